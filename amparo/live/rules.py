"""Telephone numbers and lengths of calls: pure. TEL-3."""

from __future__ import annotations

from datetime import datetime

import phonenumbers

from .errors import NumberInvalid


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
