"""Refusals of agreements."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, NotPermitted, Refusal, Stale


class CodeTaken(Invalid):
    code = "agreement_code_taken"
    message = _("This code cannot be used, or a document has it already. Use another code.")


class VersionFixed(Refusal):
    """A published version is what customers accepted."""

    code = "agreement_version_fixed"
    message = _("This version is published and does not change any more. Draft the next one.")


class StartDate(Invalid):
    code = "agreement_start"
    message = _("Choose a day from today on, later than that of every version already published.")


class TextMissing(Invalid):
    code = "agreement_text_missing"
    message = _("A version is published with its title and text in both languages.")


class TextTooLong(Invalid):
    code = "agreement_text_too_long"
    message = _("The text is too long. It holds at most 100,000 characters in each language.")


class ServiceUnknown(Invalid):
    code = "agreement_service"
    message = _("An agreement cannot govern this.")


class NotInForce(Stale):
    """Another version came into force while this one was read, or this one is not yet. Nothing was accepted."""

    code = "agreement_not_in_force"
    message = _("A newer version of this document came into force while you were reading. Nothing was accepted; here is the new one.")


class TextMoved(Stale):
    """The text that was read is not the one that would be accepted."""

    code = "agreement_text_moved"
    message = _("What you read is not the text that would be accepted. Nothing was accepted; please read it again.")


class CapacityMissing(Invalid):
    code = "agreement_capacity"
    message = _("Say in which capacity you accept for the company, for example «owner» or «general manager».")


class NobodyAccepts(Invalid):
    code = "agreement_nobody"
    message = _("Choose who accepts: an administrator of the company, on the telephone with you.")


class NotYours(NotPermitted):
    """Whoever may not bind the company is told who may. AGR-1."""

    code = "agreement_not_yours"
    message = _("Only an administrator of your company may accept this for it. Ask one of them.")
