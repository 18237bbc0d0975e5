"""Refusals of activation: each has a code of the protocol that never changes, a sentence, and the way out. ACC-9."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Refusal, Remedy, Text


class Refused(Refusal):
    """What the protocol refuses. `way` is the remedy: what it says, and the address that it leads to."""

    way: ClassVar[tuple[Text, str]] = (_("Get help"), "web:help")

    def __init__(self, message: Text | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        label, route = self.way
        address = _address(route, self.context.get("licence_id"))
        self.remedies = (Remedy(label, address),) if address else ()


def _address(route: str, licence_id: int | None) -> str:
    for names, arguments in (((route,), [licence_id] if licence_id else []), ((route, "activation:licences"), [])):
        for name in names:
            try:
                return reverse(name, args=arguments)
            except NoReverseMatch:
                continue
    return "/"


class Malformed(Refused):
    code = "BAD_REQUEST"
    status = 400
    message = _("The request is not what this version of the protocol asks for. Update the program, or tell its maker.")
    way = (_("What each answer means"), "activation:codes")


class TooLarge(Malformed):
    code = "TOO_LARGE"
    status = 413
    message = _("The request is larger than any that a terminal sends. Nothing was read.")


class WrongMedia(Malformed):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    message = _("Send the request as application/json, in UTF-8.")


class NotHere(Malformed):
    code = "NOT_FOUND"
    status = 404
    message = _("There is no such address in this version of the protocol.")


class WrongMethod(Malformed):
    code = "METHOD_NOT_ALLOWED"
    status = 405
    message = _("This address answers another method.")


class KeyUnknown(Refused):
    """Unknown and misspelt serials alike: one answer, so that a guess learns nothing. SEC-45."""

    code = "KEY_UNKNOWN"
    status = 404
    message = _("This serial is not known. Check each sign against the certificate. If it is right, call us and we register it.")


class ProductMismatch(Refused):
    code = "PRODUCT_MISMATCH"
    status = 409
    message = _("This serial belongs to another product. Use the serial of this product's certificate.")
    way = (_("See my licences"), "activation:licences")


class EditionMismatch(ProductMismatch):
    code = "EDITION_MISMATCH"
    message = _("This serial belongs to another edition of the product. Install the edition of your certificate, or ask us for a change.")


class Revoked(Refused):
    code = "REVOKED"
    status = 403
    message = _("This licence was withdrawn, so it activates nothing any more. Use the one that replaces it, or write to us.")
    way = (_("See my licences"), "activation:licences")


class Suspended(Refused):
    code = "SUSPENDED"
    status = 403
    message = _("This licence is suspended for now. Terminals that are active go on until the end of their grace. Write to us and we look at it with you.")
    way = (_("Open a ticket"), "tickets:new")


class Expired(Refused):
    code = "EXPIRED"
    status = 403
    message = _("The time of this licence has ended, and its grace too. Renew it, then load it again: nothing was lost.")
    way = (_("Renew"), "sales:shelf")


class UpdatesExpired(Refused):
    code = "UPDATES_EXPIRED"
    status = 403
    message = _(
        "This version was built after the updates of your licence ended. Every earlier version stays yours for ever. "
        "Install one of those, or take a contract that includes updates."
    )
    way = (_("How to get the update"), "sales:shelf")


class SeatsExhausted(Refused):
    code = "SEATS_EXHAUSTED"
    status = 409
    message = _("All terminals of this licence are in use. Release one that you no longer use, or extend the licence.")
    way = (_("Release a terminal"), "activation:licence")


class NotActivated(Refused):
    code = "NOT_ACTIVATED"
    status = 404
    message = _("This terminal is not active on a licence now. Activate it with the serial of your certificate.")
    way = (_("See my terminals"), "activation:licences")


class DeviceMismatch(Refused):
    code = "DEVICE_MISMATCH"
    status = 409
    message = _(
        "This computer is not the one that was activated: more than two of its five parts differ. If it is a copy of "
        "another, activate it as a terminal of its own. If you exchanged parts, release the old terminal first."
    )
    way = (_("See my terminals"), "activation:licences")


class LeaseExpired(Refused):
    code = "LEASE_EXPIRED"
    status = 409
    message = _("The lease of this terminal has ended. Connect it to the internet once, or activate it without network.")
    way = (_("Activate without network"), "activation:offline")


class ClockSkew(Refused):
    code = "CLOCK_SKEW"
    status = 409
    message = _("The clock of this computer is more than a day wrong. Set its date and hour, then try again.")
    way = (_("What each answer means"), "activation:codes")


class SignatureInvalid(Refused):
    """SEC-46: what was not signed by the device's own key."""

    code = "SIGNATURE_INVALID"
    status = 403
    message = _("The request was not signed with the key of this terminal, so nothing was done. Activate the terminal again.")
    way = (_("See my terminals"), "activation:licences")


class Replayed(SignatureInvalid):
    """SEC-46: a signed request is taken once."""

    code = "REPLAYED"
    status = 409
    message = _("This request was sent before and was taken then. Nothing was done twice. Make a new one.")


class TokenInvalid(SignatureInvalid):
    """SEC-46: a file that was altered, or signed by nobody we know."""

    code = "TOKEN_INVALID"
    status = 422
    message = _("This file was not signed by us, or was altered on its way. Load the file as it was sent to you.")


class RequestInvalid(Refused):
    """LIC-1: what was scanned, pasted or uploaded is no request."""

    code = "REQUEST_INVALID"
    status = 422
    message = _("This is not a complete request of a terminal. Scan it again, or choose the file that the program wrote.")
    way = (_("Activate without network"), "activation:offline")


class TransferLimit(Refused):
    code = "TRANSFER_LIMIT"
    status = 409
    message = _("The moves of this licence for this year are used up. Open a ticket and tell us which terminal changed: we add more.")
    way = (_("Open a ticket"), "tickets:new")


class RateLimited(Refused):
    """`context["wait_seconds"]` says for how long."""

    code = "RATE_LIMITED"
    status = 429
    message = _("Too many attempts. Wait a few minutes and try again. Terminals that are active go on as they are.")


class ReasonMissing(Refused):
    code = "reason_missing"
    status = 422
    message = _("Write the reason: it stays on the record of the licence.")


# Every code that a program may get, in the order in which people read about them.
SPOKEN: tuple[type[Refused], ...] = (
    KeyUnknown, ProductMismatch, EditionMismatch, SeatsExhausted, TransferLimit, UpdatesExpired, Expired, Suspended, Revoked,
    NotActivated, DeviceMismatch, LeaseExpired, ClockSkew, SignatureInvalid, Replayed, TokenInvalid, RequestInvalid, RateLimited,
    Malformed, TooLarge, WrongMedia, NotHere, WrongMethod,
)  # fmt: skip
BY_CODE: dict[str, type[Refused]] = {one.code: one for one in SPOKEN}
