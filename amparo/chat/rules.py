"""What is decided without a database: who is offered a chat, what a question in public may not tell. CHT-1, CHT-2, FOR-1."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from amparo.kernel import masking

PRESENT = timedelta(seconds=60)  # a page that is open is told of every quarter of a minute


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on duty: how many chats he has or is offered, of which products he knows, when he was last given one."""

    user_id: int
    load: int = 0
    products: frozenset[int] = frozenset()
    last_given: float = 0.0


def choose(
    candidates: Iterable[Candidate], *, product_id: int | None, passed: Collection[int] = (), limit: int
) -> int | None:
    """Return who is offered a chat: by skill, then by load, then who waited longest; None where nobody is free. CHT-1.

    Who knows the product comes first, then who is of no product (and helps with all), then others: somebody is better
    than nobody. Who passed this chat on, or has as many as one may have, is left out.

    >>> choose([Candidate(1, 3), Candidate(2, 0, frozenset({9}))], product_id=8, limit=4)
    1
    """

    def skill(one: Candidate) -> int:
        if product_id is not None and product_id in one.products:
            return 0
        return 1 if not one.products or product_id is None else 2

    free = [one for one in candidates if one.load < limit and one.user_id not in passed]
    best = min(free, key=lambda one: (skill(one), one.load, one.last_given, one.user_id), default=None)
    return best.user_id if best else None


def parts(text: str, most: int) -> list[str]:
    """Return a text in parts of at most so many characters, between paragraphs where there are any: nothing is left out.

    >>> parts("uno\\n\\ndos\\n\\ntres", 9)
    ['uno\\n\\ndos', 'tres']
    """
    found: list[str] = []
    while len(text) > most:
        cut = text.rfind("\n\n", 1, most + 2)
        cut = cut if cut > 0 else most
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip("\n")
    return [part for part in (*found, text) if part]


def quoted(text: str) -> str:
    """Return what somebody said as a quotation in Markdown: whatever stands in it, it is nobody else's word and opens nothing that stays open.

    >>> quoted("uno\\n\\n**Elena**, 10:05:")
    '> uno\\n>\\n> **Elena**, 10:05:'
    """
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def without_private(text: str, private: Iterable[str]) -> str:
    """Return a text that may stand in public: no name of the customer or its people, and nothing that masking knows. FOR-1, CHT-2.

    >>> without_private("Soy Lupita Romero de Abarrotes Lupita, correo a@b.mx", ["Abarrotes Lupita", "Lupita Romero"])
    'Soy •••• de ••••, correo ••••@b.mx'
    >>> without_private("soy jose nunez", ["José Núñez"])
    'soy ••••'
    """
    text = unicodedata.normalize("NFC", text)
    words = sorted({_plain(word.strip()) for word in private if len(word.strip()) > 1}, key=len, reverse=True)
    for word in words:
        for hit in reversed(list(re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", _plain(text), re.IGNORECASE))):
            text = text[: hit.start()] + masking.DOTS + text[hit.end() :]
    masked, _found = masking.mask(text)
    return masked


def _plain(text: str) -> str:
    """Return a text without accents, letter for letter: who is José writes jose too."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in unicodedata.normalize("NFC", text))


def private_words(names: Iterable[str]) -> list[str]:
    """Return names with their parts that are long enough to tell who it is: «Lupita Romero», «Lupita», «Romero».

    >>> private_words(["Ana de la O"])
    ['Ana de la O', 'Ana']
    """
    found: list[str] = []
    for name in names:
        parts = [part for part in re.split(r"\s+", name.strip()) if len(part) > 2]
        found += [name.strip(), *parts] if len(parts) > 1 else [name.strip(), *(part for part in parts if part != name.strip())]
    return [word for word in dict.fromkeys(found) if word]
