"""Refusals of live service."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class NumberInvalid(Invalid):
    code = "number_invalid"
    message = _("This is not a telephone number. Write it with its area code, for example 55 1234 5678 or +52 55 1234 5678.")


class CallEnded(Refusal):
    code = "call_ended"
    message = _("This call has already ended. What came of it can still be added to its record.")


class CallOpen(Refusal):
    code = "call_open"
    message = _("This call has not ended yet. End it first, with what it was about.")


class SignatureMissing(Refusal):
    code = "signature_missing"
    status = 401
    message = _("The delivery is not signed. Send X-Amparo-Timestamp and X-Amparo-Signature: sha256=… over the time, a point and the body.")


class SignatureWrong(Refusal):
    code = "signature_wrong"
    status = 401
    message = _("The signature is not of this body and this exchange's secret. Nothing was done.")


class SignatureOld(Refusal):
    code = "signature_old"
    status = 401
    message = _("The delivery was signed more than five minutes ago, or the clock of one of us is wrong. Nothing was done.")


class Replayed(Refusal):
    code = "replayed"
    status = 401
    message = _("This very delivery was taken before. Nothing was done again.")


_WHY = {
    "json": _("The body is not JSON in UTF-8."),
    "object": _("An event is an object."),
    "count": _("A delivery holds from 1 to 50 events."),
    "unknown": _("«%(place)s» is not known here, or its value is not."),
    "text": _("«%(place)s» must be a text."),
    "long": _("«%(place)s» is too long."),
    "missing": _("«%(place)s» is missing."),
    "time": _("«at» is not a time such as 2026-11-23T10:15:00-06:00."),
    "zone": _("«at» does not say its zone."),
    "far": _("«at» lies more than five minutes ahead or a week behind."),
}


class EventInvalid(Invalid):
    code = "event_invalid"
    status = 400

    def __init__(self, *, place: str, why: str) -> None:
        super().__init__(_WHY[why] % {"place": place} if "%" in str(_WHY[why]) else _WHY[why], field=place or None)


class DialRefused(Refusal):
    code = "dial_refused"
    status = 422
    _SAID = {
        "number": _("This is not a number that can be called. Write it with its country, for example +52 55 1234 5678."),
        "country": _("Calls to that country are not on the list. An administrator can add it under Settings."),
        "premium": _("That number costs more than a call; it is not dialled from here."),
        "line": _("You have no line at an exchange that can call. Ask an administrator for one under Exchanges."),
    }

    def __init__(self, *, why: str) -> None:
        super().__init__(self._SAID[why], why=why)


REFUSED_HERE = ("number", "country", "premium", "limit")  # by our own list and cap, not by the exchange
_NOT_PLACED = {
    "number": DialRefused._SAID["number"], "country": DialRefused._SAID["country"], "premium": DialRefused._SAID["premium"],
    "limit": _("The person had reached the number of calls of a day."),
    "late": _("The exchange could not be reached within a minute."),
    "lost": _("The connection with the exchange was lost before it was placed."),
    "silent": _("The exchange did not answer."),
    "refused": _("The exchange refused it: look at the channel and the context under its settings, and at what its user may do."),
    "absent": _("The exchange does not reach the person's own telephone: it is not connected there."),
    "unanswered": _("The person's own telephone rang and was not lifted."),
    "busy": _("The person's own telephone was engaged."),
    "crowded": _("The exchange had no line free."),
}  # fmt: skip


def not_placed(error: str) -> str:
    """Return in words why a call that was asked for was not placed."""
    return str(_NOT_PLACED.get(error, _NOT_PLACED["refused"]))


class DialLimit(LimitReached):
    code = "dial_limit"
    message = _("You reached the number of calls that one person may place from here in a day. An administrator sets it under Settings.")


class ExchangeInvalid(Invalid):
    code = "exchange_invalid"


class SecretMissing(Invalid):
    code = "secret_missing"
    message = _("Write the secret: another address or user needs it anew.")


class LineTaken(Invalid):
    code = "line_taken"
    message = _("Somebody has that extension at this exchange already.")


class NoAnswer(Refusal):
    """The exchange did not answer as it should; says in words what is wrong, nothing of what it sent."""

    code = "no_answer"
    status = 502
    _SAID = {
        "name": _("No machine has that name. Look at the address."),
        "closed": _("Nobody listens there: the machine answers, the port does not. Look at the port and at the firewall."),
        "silent": _("No answer within some seconds. Look at the address, the port and the firewall."),
        "other": _("Something answers there, but it is not an exchange of this kind."),
        "denied": _("The exchange refuses this user and secret."),
        "unknown": _("The exchange does not know this user."),
        "lost": _("The exchange closed the connection."),
        "channels": _("It answers and takes this user, but does not say which calls there are: give the user the right «reporting», so that calls which end while the line to it is lost do not stay open."),
    }

    def __init__(self, why: str, **context: Any) -> None:
        super().__init__(self._SAID[why], why=why, **context)


class CallbackSettled(Refusal):
    code = "callback_settled"
    message = _("Somebody settled this already.")
