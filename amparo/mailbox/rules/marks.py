"""What a message is beside its words: written by a machine, from a list, a report that a letter did not arrive. Pure. SEC-15."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .charsets import decode, one_line
from .headers import Headers, split
from .mime import Part

_AUTO_SUBJECT = re.compile(
    r"(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|autoreply|out of (?:the )?office|respuesta automática|respuesta automatica"
    r"|fuera de (?:la )?oficina|réponse automatique|automatische antwort|abwesenheitsnotiz|resposta automática)\b\s*[:\-]", re.IGNORECASE
)
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon)@", re.IGNORECASE)
_NOBODY = re.compile(r"(?:no|do-?not|donot)[-_.]?(?:reply|responder|responda)|noreply|bounces?[+@-]|mailer-daemon|postmaster|listserv|majordomo", re.IGNORECASE)
_ORDER_MAX = 60


@dataclass(frozen=True, slots=True)
class Failure:
    """A recipient whom a letter did not reach: `status` is the code of RFC 3463, `5.…` for good."""

    address: str
    status: str
    words: str


def is_auto_submitted(headers: Headers) -> bool:
    """True where a machine wrote: RFC 3834, and what machines that do not know it write instead."""
    said = headers.plain("auto-submitted").lower().partition(";")[0].strip()
    if said and said != "no":
        return True
    if headers.plain("precedence").lower() in ("auto_reply", "bulk", "junk"):
        return True
    if any(headers.all(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply-from", "x-mail-autoreply")):
        return True
    return bool(_AUTO_SUBJECT.match(headers.text("subject")))


def is_from_list(headers: Headers) -> bool:
    """True where a mailing list handed it on. RFC 2919, 2369."""
    return bool(headers.all("list-id") or headers.all("list-post") or headers.plain("precedence").lower() == "list")


def is_null_sender(headers: Headers, envelope_from: str | None) -> bool:
    """True where nobody wants an answer: the empty return path, or a machine's name."""
    if envelope_from is not None:
        return envelope_from.strip("<> ") == "" or bool(_MACHINES.match(envelope_from))
    path = headers.all("return-path")
    return bool(path) and headers.plain("return-path").strip() in ("<>", "")


def takes_no_answer(address: str) -> bool:
    """True for an address behind which nobody reads."""
    return bool(_NOBODY.search(address.partition("@")[0] + "@"))


def failures(root: Part) -> list[Failure]:
    """Return whom a letter did not reach, as a delivery report tells. RFC 3464."""
    reports = [part for part in _leaves(root) if part.kind in ("message/delivery-status", "message/global-delivery-status")]
    found: list[Failure] = []
    for part in reports[:4]:
        rest = part.octets[:200_000].lstrip()
        for _block in range(_ORDER_MAX):
            if not rest.strip():
                break
            fields, rest = split(rest)
            action = fields.plain("action").lower()
            if action and action != "failed":
                continue
            recipient = fields.plain("final-recipient") or fields.plain("original-recipient")
            if recipient:
                address = recipient.rpartition(";")[2].strip().strip("<>")[:320]
                found.append(Failure(address, fields.plain("status")[:20], fields.text("diagnostic-code", 300)))
    if not found and root.headers.all("x-failed-recipients"):
        for address in root.headers.plain("x-failed-recipients").split(",")[:20]:
            if "@" in address:
                found.append(Failure(address.strip()[:320], "", ""))
    return found


def is_bounce(root: Part) -> bool:
    """True for a report that a letter did not arrive; one that it is late, or did arrive, is none."""
    if failures(root):
        return True
    is_report = root.kind == "multipart/report" and root.params.get("report-type", "").lower() == "delivery-status"
    if is_report:
        return not any(part.kind == "message/delivery-status" and b"action:" in part.octets[:100_000].lower() for part in _leaves(root))
    sender = next(iter(root.headers.addresses("from")), None)
    if sender is None or not _MACHINES.match(sender.address):
        return False
    subject = root.headers.text("subject").lower()
    return any(words in subject for words in ("undeliver", "delivery status notification (failure)", "failure notice", "returned mail",
                                              "delivery failed", "mail delivery failed", "no entregado", "no se pudo entregar"))  # fmt: skip


def returned_ids(root: Part) -> list[str]:
    """Return the ids of the letter that a report speaks of: from the copy or the headers that it returns."""
    found: list[str] = []
    for part in _leaves(root):
        if part.kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            found += split(part.octets[:400_000], is_message=True)[0].ids("message-id")
    if not found:
        for part in _leaves(root)[:3]:
            words = one_line(decode(part.octets[:50_000], part.params.get("charset", "")), 50_000)
            found += re.findall(r"<[^<>\s]{1,500}>", words)
    return list(dict.fromkeys([*found, *root.headers.ids("in-reply-to", "references")]))


def _leaves(part: Part) -> list[Part]:
    return [leaf for one in part.parts for leaf in _leaves(one)] if part.parts else [part]


def authentication(headers: Headers, authserv: str) -> str:
    """Return what our own server found of the sender by DMARC: `pass`, `fail`, `none`, or "" where it did not look.

    Only what the server that the administrator named wrote on top counts, in one header or several, for it may look at
    one thing after the other: whatever stands below another's, the sender may have written. RFC 8601. SEC-14.
    """
    if not authserv:
        return ""
    for name, value in headers.rows:
        if name == "authentication-results":
            words = one_line(decode(value), 4000).lower()
            if words.partition(";")[0].split()[:1] != [authserv.lower()]:
                return ""
            if found := re.search(r"\bdmarc\s?=\s?(\w{1,20})", words):
                return found[1]
    return ""
