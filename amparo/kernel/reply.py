"""The words by which an answer finds its matter again: signed for one thing and one person. Pure.

Letters carry such a word in the address that they may be answered to and in their own id; mail that comes in is read by
it. It stands this low because the app that sends letters and the one that takes mail in stand on one rung and do not
know each other. A word opens nothing by itself: whoever uses it must also be somebody who may write there. SEC-13.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

SIGNATURE_OCTETS = 10  # eighty bits, sixteen letters: too many to guess by mail
_WORD = re.compile(r"([a-z][a-z_]{1,15})-(\d{1,15})-(\d{1,15})-([a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class Thing:
    """What a word speaks of (`ticket`, 41) and to whom it was given."""

    kind: str
    number: int
    user_id: int

    @property
    def subject(self) -> str:
        return f"{self.kind}:{self.number}"


def word_for(subject: str, user_id: int, *, secret: str) -> str:
    """Return the word of a thing (`ticket:41`) for a person: letters, digits and hyphens, good for an address.

    >>> word_for("ticket:41", 7, secret="x").rpartition("-")[0]
    'ticket-41-7'
    """
    kind, _sep, number = subject.partition(":")
    return f"{kind}-{int(number)}-{user_id}-{_signature(kind, int(number), user_id, secret)}"


def read_word(word: str, *, secret: str) -> Thing | None:
    """Return what a word speaks of; None for one that was not made here, or altered. Capitals do not matter. SEC-13."""
    found = _WORD.fullmatch(word.strip().lower())
    if not found:
        return None
    kind, number, user_id = found[1], int(found[2]), int(found[3])
    if not hmac.compare_digest(found[4], _signature(kind, number, user_id, secret)):
        return None
    return Thing(kind, number, user_id)


def find_words(text: str, *, secret: str) -> list[Thing]:
    """Return the things that the words in a text speak of, in order, each once."""
    found = (read_word(one[0], secret=secret) for one in _WORD.finditer(text.lower()))
    return list(dict.fromkeys(one for one in found if one is not None))


def _signature(kind: str, number: int, user_id: int, secret: str) -> str:
    key = hashlib.sha256(b"amparo.kernel.reply:" + secret.encode()).digest()
    digest = hmac.new(key, f"{kind}:{number}:{user_id}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:SIGNATURE_OCTETS]).decode().lower()


def address_for(pattern: str, word: str) -> str:
    """Return the address that an answer goes to, by the pattern of the service (`soporte+{word}@ejemplo.mx`)."""
    return pattern.replace("{word}", word)


def is_pattern(text: str) -> bool:
    """True for an address that holds the place of the word once, before the @."""
    local, sep, domain = text.partition("@")
    return bool(sep) and local.count("{word}") == 1 and bool(re.fullmatch(r"[a-z0-9.-]+", domain.lower())) and bool(
        re.fullmatch(r"[A-Za-z0-9._+=-]{0,20}", local.replace("{word}", ""))
    )
