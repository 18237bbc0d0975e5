"""Refusals of mail in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NotWaiting(Refusal):
    code = "mail_not_waiting"
    status = 409
    message = _("Somebody has dealt with this message already. Look at what became of it.")


class NoSuchMatter(Invalid):
    code = "mail_no_such_matter"
    message = _("There is no matter with this number. Write it like T-41 or C-2041.")


class ReasonMissing(Invalid):
    code = "mail_reason_missing"
    message = _("Say in a few words why it is discarded: others will ask.")


class NoSuchCustomer(Invalid):
    code = "mail_no_such_customer"
    message = _("There is no customer with this NIC. Look it up under Customers.")


class AddressTaken(Invalid):
    code = "mailbox_address_taken"
    message = _("There is a mailbox with this address already. Open that one.")


class PasswordMissing(Invalid):
    code = "mailbox_password_missing"
    message = _("Type the password again: it is not sent to another server or as another user than it was given for.")


class CannotConnect(Refusal):
    code = "mailbox_cannot_connect"
    status = 422
    message = _("The mail server could not be asked. Look at host, port, user and password.")


class NotYours(Refusal):
    code = "mail_not_yours"
    status = 404
    message = _("There is no such message.")


class AlreadyDealt(Refusal):
    code = "mail_dealt_with"
    status = 409
    message = _("This message has been dealt with already. You find it among your matters.")
