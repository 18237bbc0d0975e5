"""Telephone numbers and lengths of calls: pure. TEL-3."""

from __future__ import annotations

import re
from datetime import datetime

import phonenumbers

from amparo.live.errors import NumberInvalid

WITHHELD = frozenset({"", "anonymous", "anonimo", "anónimo", "private", "privado", "restricted", "unavailable", "unknown", "desconocido", "withheld", "<unknown>"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NUMBER = re.compile(r"^\+?[0-9()\s.\-/]{5,30}$")


def e164(text: str, region: str = "MX") -> str:
    """Return a number as `+525512345678`, however it was typed; nothing stays nothing.

    A number without a country is taken as one of `region`. Raises NumberInvalid.
    """
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise NumberInvalid(field="phone") from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise NumberInvalid(field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def number_of(text: str, region: str = "MX") -> tuple[str, str]:
    """Return what an exchange gave as a caller: the number as E.164 and the text as it is shown; either may be empty.

    Withheld callers have neither; an extension, a name or whatever else somebody put there is text only, in one line.
    Never raises: what an exchange says is written down, not believed. SEC-43.
    """
    plain = _CONTROL.sub(" ", text).strip()[:80]
    if plain.casefold() in WITHHELD:
        return "", ""
    if _NUMBER.match(plain):
        try:
            number = phonenumbers.parse(plain, region)
        except phonenumbers.NumberParseException:
            return "", plain
        if phonenumbers.is_possible_number(number) and not number.extension:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), plain
    return "", plain


def shown(number: str, region: str = "MX") -> str:
    """Return a stored number as people of a country write it: `55 1234 5678`, or `+1 202 555 0123` from abroad."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(region) == parsed.country_code
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)


def length(started_at: datetime, ended_at: datetime) -> int:
    """Return how long a call took, in whole seconds, never negative."""
    return max(0, int((ended_at - started_at).total_seconds()))


def national(number: str) -> str:
    """Return the digits of a number in E.164 without its country, as most people write theirs down."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return number.lstrip("+")
