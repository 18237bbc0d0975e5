"""What may be dialled, and what may never reach an exchange's command line: pure. SEC-43."""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers

from amparo.live.errors import DialRefused

AMI_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_EXTENSION = re.compile(r"^[0-9*#]{1,8}$")
_DEAR = frozenset({phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST})


def dialable(number: str, *, countries: Sequence[str], refused: Sequence[str]) -> str:
    """Return a number in E.164 that staff may dial; raises DialRefused with the reason otherwise. SEC-43.

    `countries` are calling codes (`52`), `refused` the beginnings that cost more than a call (`+52900`). Numbers that
    their country counts as premium are refused besides, and those that an exchange would read as a way abroad (+52 00 290 …).
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        raise DialRefused(why="number") from None
    plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if plain != number or not phonenumbers.is_possible_number(parsed):
        raise DialRefused(why="number")
    if str(parsed.country_code) not in {code.strip().lstrip("+") for code in countries}:
        raise DialRefused(why="country")
    if any(plain.startswith("+" + start.strip().lstrip("+")) for start in refused if start.strip().lstrip("+")):
        raise DialRefused(why="premium")
    if phonenumbers.number_type(parsed) in _DEAR:
        raise DialRefused(why="premium")
    if parsed.italian_leading_zero and not phonenumbers.is_valid_number(parsed):  # 00 … would leave the country by another door
        raise DialRefused(why="number")
    return plain


def is_extension(text: str) -> bool:
    """True for what can be an extension or a code of an exchange: a few digits."""
    return bool(_EXTENSION.match(text))


def one_line(text: str) -> str:
    """Return a text without anything that would end a line of an exchange's protocol. SEC-43."""
    return AMI_FORBIDDEN.sub("", text)
