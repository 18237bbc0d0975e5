"""Refusals of people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, NotPermitted, Refusal


class LastAdministrator(Refusal):
    """Somebody must be able to let people in."""

    code = "last_administrator"
    message = _("This is the last administrator of the service. Make somebody else administrator first.")


class LastCompanyAdministrator(Refusal):
    code = "last_company_administrator"
    message = _("This is the last administrator of the company. Make another contact administrator first.")


class InvitationNotValid(Refusal):
    """One sentence for every link that opens nothing: wrong, used, withdrawn or run out. SEC-4."""

    code = "invitation_not_valid"
    status = 404
    message = _("This invitation is not valid, or no longer. Ask whoever invited you for a new one.")


class InvitationForAnother(NotPermitted):
    code = "invitation_for_another"
    message = _(
        "This invitation was sent to another address than yours. Sign out, open the link again and sign in "
        "with the address that received it."
    )


class InvitationAnswered(Refusal):
    code = "invitation_answered"
    message = _("This invitation was already accepted or withdrawn.")


class AlreadyContact(Invalid):
    code = "already_contact"
    message = _("This person is already a contact of the company. Change the role in the list.")


class AlreadyStaff(Invalid):
    code = "already_staff"
    message = _("This person already belongs to the staff. Change the roles in the list.")


class ContactGone(Refusal):
    code = "contact_gone"
    message = _("This contact was removed. Invite the person again to give the access back.")


class CustomerInactive(Refusal):
    code = "customer_inactive"
    message = _("This customer is not active. Activate it again before you change it.")


class EmailTaken(Invalid):
    code = "email_taken"
    message = _("There is already a person with this address.")


class ReferenceTaken(Invalid):
    code = "reference_taken"
    message = _("Another customer has this reference already.")


class NotInOneLine(Invalid):
    code = "not_in_one_line"
    message = _("Write it on one line, without control characters.")


class EmailNotRight(Invalid):
    code = "email_not_right"
    message = _("Write an e-mail address, like nombre@ejemplo.mx.")


class NameMissing(Invalid):
    code = "name_missing"
    message = _("Write a name.")


class PasswordNotTaken(Invalid):
    code = "password_not_taken"
    message = _("Choose a longer or less common password.")


class PhoneNotRight(Invalid):
    code = "phone_not_right"
    message = _("Write the telephone with its area code, ten digits in Mexico, or with + and the country code.")


class UnknownZone(Invalid):
    code = "unknown_zone"
    message = _("Choose one of the time zones of the list.")


class UnknownRole(Invalid):
    code = "unknown_role"
    message = _("Choose one of the roles of the list.")


class NotYourCompany(NotPermitted):
    code = "not_your_company"
    message = _("You are not a contact of this company, or no longer. Choose one of your own.")


class YourOwnRights(NotPermitted):
    code = "your_own_rights"
    message = _("You cannot take away your own access. Ask another administrator.")


class FirstRunClosed(Refusal):
    """The service has its administrator: there is nothing to set up, and nothing to find. First run."""

    code = "first_run_closed"
    status = 404
    message = _("The service is already set up. Sign in.")


class SetUpCodeWrong(Invalid):
    code = "set_up_code_wrong"
    message = _("This is not the set-up code. Copy it from the terminal where the service was started.")


class SecondFactorMissing(NotPermitted):
    """Staff may go nowhere before a second factor where the policy asks for one. SEC-1."""

    code = "second_factor_missing"
    message = _("Your account needs a second factor. Add a passkey or an authenticator app to go on.")
