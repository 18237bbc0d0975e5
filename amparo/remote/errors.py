"""Refusals of remote sessions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import LimitReached, Refusal


class NotInAttention(Refusal):
    """CHG-1: nothing is attended before the customer consented to what it is and costs."""

    code = "not_in_attention"
    message = _("A remote session is offered while a case is in attention. Classify it, and wait for the customer's consent.")


class SessionOpen(Refusal):
    code = "session_open"
    message = _("This case has a remote session that is not over. Go on with it, or end it first.")


class CodeUnknown(Refusal):
    code = "CODE_UNKNOWN"
    status = 404
    message = _("There is no session with this code. Look at the nine digits again, or ask the engineer to say them again.")


class CodeExpired(Refusal):
    code = "CODE_EXPIRED"
    status = 410
    message = _("This code no longer holds. Ask the engineer for a new one.")


class CodeUsed(Refusal):
    code = "CODE_USED"
    status = 410
    message = _("This code was used already. Ask the engineer for a new one.")


class TooMany(LimitReached):
    """SEC-39"""

    code = "TOO_MANY"
    message = _("Too many wrong codes came from your network. Wait ten minutes, then ask the engineer for a new code.")


class ResumeUnknown(Refusal):
    code = "RESUME_UNKNOWN"
    status = 410
    message = _("This session is over. Ask the engineer for a new code.")


class Elsewhere(Refusal):
    """The session belongs to another broker; `address` says which."""

    code = "elsewhere"

    def __init__(self, address: str) -> None:
        super().__init__(address=address)
        self.address = address


class Purged(Refusal):
    """CAS-2"""

    code = "recording_purged"
    status = 410
    message = _("This recording was removed because its time was over. Its hashes stay on the record of the case.")


class MeshCentralAway(Refusal):
    code = "meshcentral_away"
    status = 503
    message = _("MeshCentral does not answer, or is not set up. Use the helper, or ask the operator of this service.")


class MeshCentralOld(Refusal):
    code = "meshcentral_old"
    status = 503
    message = _(
        "This MeshCentral is not used: its version %(found)s is not known to be 1.3.1 or newer, and older ones are attacked. "
        "Bring it up to date, and let its footer say its version."
    )
