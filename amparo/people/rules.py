"""Decisions about people: pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from cryptography.fernet import Fernet, InvalidToken

from amparo.kernel.ids import parse_nic

CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
EMAIL = re.compile(r"[^@\s<>\"(),;:\\\[\]]{1,64}@[^@\s<>\"(),;:\\\[\]]+\.[^@\s<>\"(),;:\\\[\].]{2,}")
PHONE_LENGTH = 10  # digits that tell a telephone in Mexico, without the country
FACTORS = frozenset({"totp", "webauthn"})


def is_one_line(text: str) -> bool:
    """True where a text holds no line break and no control character: it may stand in a header. SEC-18."""
    return not CONTROL.search(text)


def is_email(text: str) -> bool:
    """True for one plain address; a list, a display name or a line break is none. SEC-3, SEC-18."""
    return len(text) <= 254 and EMAIL.fullmatch(text) is not None


def normal_email(text: str) -> str:
    """Return an address as it is kept and compared."""
    return text.strip().lower()


def normal_phone(text: str, country: str) -> str | None:
    """Return a telephone as `+` and digits, with an extension after `;ext=`; None for what cannot be dialled.

    The prefixes that Mexico gave up in 2019 (01, 044, 045, and the 1 after +52) are left out.
    """
    if not text.strip():
        return ""
    if country == "MX":
        text = re.sub(r"^\s*(?:\+?52[\s.-]*1|04[45]|01)[\s.-]*(?=(?:[\s().-]*\d){10}\s*$)", "", text)
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{shown};ext={number.extension}" if number.extension else shown


def shown_phone(text: str, country: str = "MX") -> str:
    """Return a telephone as people of the country write it: `55 5512 3456`, `+1 212 555 0100`."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return text
    home = phonenumbers.region_code_for_number(number) == country
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def token_hash(token: str) -> str:
    """Return what is kept of a link's secret. SEC-4: a copy of the database opens no link."""
    return hashlib.sha256(token.encode()).hexdigest()


def seal(text: str, key: str) -> str:
    """Return a short secret encrypted for keeping."""
    return Fernet(key).encrypt(text.encode()).decode()


def unseal(sealed: str, key: str) -> str | None:
    """Return a kept secret, None where it was altered or sealed with another key."""
    try:
        return Fernet(key).decrypt(sealed.encode()).decode()
    except (InvalidToken, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Sought:
    """What an operator typed, read as far as it can be: digits of a telephone or NIC, an address, words. TEL-1."""

    digits: str = ""
    nic: str = ""
    email: str = ""
    words: tuple[str, ...] = ()


def read_sought(text: str) -> Sought:
    """Read what was typed into the search for a caller. TEL-1.

    Ten digits and more are compared by their last ten, so that `+52 1 55…`, `55…` and `044 55…` are one number.
    """
    text = text.replace("\x00", "").strip()[:100]
    if "@" in text:
        return Sought(email=normal_email(text))
    if re.fullmatch(r"\+?[\d\s().\-/]+", text):
        digits = re.sub(r"\D", "", text)
        nic = parse_nic(text) or (digits if len(digits) <= 20 else "")
        return Sought(digits=digits[-PHONE_LENGTH:], nic=nic)
    return Sought(words=tuple(dict.fromkeys(re.findall(r"[^\s,;]+", text)))[:6])


def like(text: str) -> str:
    """Return a text that LIKE takes literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def passed_second_factor(records: Iterable[Mapping[str, Any]]) -> bool:
    """True where the ways by which a session was signed in hold a second factor, or a passkey alone. SEC-1."""
    return any(record.get("method") == "mfa" for record in records)


def roles_taken(before: Iterable[str], after: Iterable[str]) -> Sequence[str]:
    """Return the roles that a change takes away, in order."""
    return sorted(set(before) - set(after))


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
             ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
            ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device_name(user_agent: str) -> str:
    """Return what people call a browser and its machine: «Chrome, Windows»; the words as they came where unknown."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or user_agent[:60]
