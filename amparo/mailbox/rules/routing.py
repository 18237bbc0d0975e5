"""Where a message goes, as far as it shows by itself. Pure. SEC-13, SEC-14, SEC-15."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from amparo.kernel.reply import Thing, find_words

from . import marks
from .letter import Letter

LOOP_HEADER = "x-amparo-loop"


class Course(StrEnum):
    """What is done with a message."""

    OWN = "own"
    BOUNCE = "bounce"
    MACHINE = "machine"
    SEVERAL_AUTHORS = "several_authors"
    UNPROVEN = "unproven"
    REPLY = "reply"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Ours:
    """What of a message could be ours: our host, our addresses (without what stands behind a plus), our mail server's name."""

    host: str
    addresses: Collection[str]
    authserv: str
    secret: str


def recipients(letter: Letter, envelope_to: Sequence[str]) -> list[str]:
    """Return the addresses that a message came to, those of the envelope first."""
    found = [address.strip("<> ").lower() for address in envelope_to]
    for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "resent-to"):
        found += [one.normal for one in letter.headers.addresses(name)]
    return list(dict.fromkeys(address for address in found if "@" in address))


def things(letter: Letter, envelope_to: Sequence[str], *, secret: str) -> list[Thing]:
    """Return the matters that a message speaks of by our signed words: in its addresses, then in the ids it answers to."""
    found = [thing for address in recipients(letter, envelope_to) for thing in find_words(address, secret=secret)]
    for one in letter.headers.ids("in-reply-to", "references")[:100]:
        found += find_words(one, secret=secret)
    return list(dict.fromkeys(found))


def is_own(letter: Letter, ours: Ours) -> bool:
    """True where we wrote it: our mark, our address as the author, or our own id."""
    headers = letter.headers
    if any(ours.host.lower() == headers.plain(LOOP_HEADER).lower() for _one in headers.all(LOOP_HEADER)):
        return True
    if letter.message_id and find_words(letter.message_id, secret=ours.secret):
        return True
    return any(bare(one.normal) in ours.addresses for one in letter.sender)


def bare(address: str) -> str:
    """Return an address in small letters without what stands behind a plus."""
    local, _sep, domain = address.lower().partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def has_one_author(letter: Letter) -> bool:
    """True where one From names one address, and nothing else does. SEC-14."""
    return len(letter.headers.all("from")) == 1 and len([one for one in letter.sender if one.address]) == 1


def is_doubtful(letter: Letter, authserv: str) -> bool:
    """True where nobody may be taken for the author, whatever else the message is: several, or a forged one. SEC-13, SEC-14."""
    return not has_one_author(letter) or marks.authentication(letter.headers, authserv) == "fail"


def course(letter: Letter, envelope_from: str | None, found: Sequence[Thing], ours: Ours) -> Course:
    """Decide what a message is, the most suspicious first. The author is the one address of From, and nothing else. SEC-14."""
    if letter.bounce:
        return Course.BOUNCE
    if is_own(letter, ours):
        return Course.OWN
    if letter.auto_submitted or marks.is_null_sender(letter.headers, envelope_from):
        return Course.MACHINE
    if not has_one_author(letter):
        return Course.SEVERAL_AUTHORS
    if marks.authentication(letter.headers, ours.authserv) == "fail":
        return Course.UNPROVEN
    if found:
        return Course.REPLY
    return Course.MACHINE if marks.is_from_list(letter.headers) else Course.NEW
