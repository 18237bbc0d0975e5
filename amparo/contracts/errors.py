"""Refusals of contracts, cards, standing and imports."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class NoStanding(Refusal):
    """The person lacks what the service needs; `context["standing"]` says which condition failed. ACC-9."""

    code = "no_standing"
    status = 403
    message = _("You cannot use this service now.")


class PlanNotOnSale(Refusal):
    code = "plan_not_on_sale"
    message = _("This plan is no longer on sale. Choose another plan.")


class PlanNameTaken(Invalid):
    code = "plan_name_taken"
    message = _("There is already a plan with this name. Use another name.")


class NumberTaken(Invalid):
    code = "contract_number_taken"
    message = _("There is already a contract with this number. Look it up, or use another number.")


class ContractOver(Refusal):
    code = "contract_over"
    message = _("This contract has ended or was cancelled. Take a new one.")


class AlreadyRenewed(Refusal):
    code = "already_renewed"
    message = _("This contract is already renewed. Renew the contract that follows it.")


class NamesFull(Refusal):
    code = "named_contacts_full"
    message = _("The plan allows no more named contacts. Remove one first.")


class CardNotTaken(Invalid):
    """Unknown, void, expired or used by somebody: one answer, so that a guess learns nothing. SEC-45."""

    code = "card_not_taken"
    message = _("This code cannot be redeemed. It may be mistyped, already used, or void. Check it against the card.")


class TooManyCodes(LimitReached):
    code = "card_tries"
    message = _("Too many codes that were not right. Wait and try again, or call us.")


class CardUsed(Refusal):
    code = "card_used"
    message = _("This card was already redeemed and can no longer be made void.")


class FileNotRead(Invalid):
    code = "import_file"
    message = _("This file cannot be read. Save it as CSV with a first row of headings, from the template.")


class ImportHasErrors(Refusal):
    code = "import_errors"
    message = _("The file has rows with errors, so nothing was imported. Correct them and upload the file again.")


class ImportBusy(Refusal):
    code = "import_busy"
    message = _("This file is being looked at or imported at this moment. Wait until that is done.")


class ImportOver(Refusal):
    code = "import_over"
    message = _("This file was already imported or dropped. Upload it again if you need to.")
