"""Refusals of case files and their retention."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Refusal


class Purged(Refusal):
    """The content of the case is gone. CAS-2."""

    code = "case_purged"
    status = 410
    message = _(
        "The content of this case was purged, because its time was over. Its number, dates, kind and charges stay on its page."
    )


class ExportOver(Refusal):
    """The link is a day old, or the file was never made."""

    code = "export_over"
    status = 410
    message = _("This case file is no longer kept here. Make it again from the page of its case.")


class ExportTooLarge(Refusal):
    """More than the format holds."""

    code = "export_too_large"
    status = 409
    message = _("The files of this case are larger than a case file can hold. Write to us in the case, and we hand it over in parts.")


class ExportsUsed(Refusal):
    """Somebody orders case files over and over."""

    code = "exports_used"
    status = 429
    message = _("You have asked for many case files today. Fetch those that are ready, or ask again tomorrow.")


class HeldAlready(Refusal):
    """One hold for a case, one for a customer."""

    code = "held_already"
    status = 409
    message = _("There is a hold already. Lift it first if its reason has changed.")


class HoldLifted(Refusal):
    """A hold is lifted once."""

    code = "hold_lifted"
    status = 409
    message = _("This hold was lifted already.")
