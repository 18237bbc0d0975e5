"""What nobody should read in public, hidden before it is written there: serials, NICs, card codes, addresses. FOR-1, SRC-1.

It hides what it is sure of: what carries check digits, a shape that nothing else has, or a word before it that says what
it is. A version, an error code, an amount and a date stay. What was hidden is told, so that its writer can look again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stdnum import iban, luhn
from stdnum.mx import rfc

from .ids import ALPHABET, parse_nic

DOTS: Final = "••••"
# Fixed pieces of a text that are never looked into: what links to our own pages and files.
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_RFC = re.compile(r"\b[A-ZÑ&]{3,4}-?\d{6}-?[A-Z0-9]{3}\b", re.I)
_CARD = re.compile(rf"(?<![\w-])(?:[{ALPHABET}]{{4}}([- ]))(?:[{ALPHABET}]{{4}}\1){{2,3}}[{ALPHABET}]{{4}}(?![\w-])")
_SERIAL = re.compile(r"(?<![\w/.-])(?:[A-Z]{2,6}-\d{3,8}-\d{3,8}|[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7})(?![\w-])", re.I)
_NIC = re.compile(r"(?<![\w.,/-])\d{3,18}-\d{2}(?![\w-])")
_LABELLED = re.compile(
    r"\b(?P<label>NIC|(?:n[uú]mero\s+de\s+)?serie|serial(?:\s+number)?|licencia|licen[cs]e(?:\s+key)?|c[oó]digo\s+de\s+(?:la\s+)?tarjeta|card\s+code"
    r"|contrase[ñn]a|password)\b(?P<between>\s*(?:n[uú]mero|number|n\.?[ºo°]|#|es|is)?\s*[:=#]?\s*)(?P<what>[A-Z0-9][A-Z0-9-]{4,45})",
    re.I,
)  # fmt: skip
# Numbers of payment cards by where their kinds begin (Visa, Mastercard, Carnet and others of 16; American Express), and the
# 18 digits of an account in Mexico. Their check digits are asked too; a bar code or a folio begins otherwise.
_PAYMENT = re.compile(r"(?<![\w.,/-])(?:(?:4\d{3}|5[0-8]\d\d|6[0-57]\d\d|2[2-8]\d\d)([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([ -]?)\d{6}\2\d{5})(?![\w-])")
_CLABE = re.compile(r"(?<![\w.,/-])\d{3}([ -]?)\d{3}\1\d{11}\1\d(?![\w-])")
_NO_SECRET = re.compile(
    r"(?:in)?correct[ao]?|inv[aá]lida|v[aá]lida|err[oó]nea|vencida|caducada|requerida|obligatoria|necesaria|nueva|temporal|(?:in)?valid|wrong|expired"
    r"|required|needed|missing", re.I,
)  # fmt: skip
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,3}\)[ .-]?|\d{2,3}[ .-])\d{3,4}[ .-]\d{4}(?![\w-])|(?<![\w.,/-])\+\d{10,14}(?!\w)")
_PLAIN_PHONE = re.compile(
    r"\b(?P<label>tel(?:[eé]fono)?|cel(?:ular)?|m[oó]vil|whats ?app|phone|mobile)\b(?P<between>\.?\s*[:=]?\s*)(?P<what>\d{8,14})\b", re.I
)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was hidden: its kind, and how it stands now."""

    kind: str
    shown: str


def mask(text: str) -> tuple[str, tuple[Found, ...]]:
    """Return the text with what is private hidden, and what was found, in the order of its kinds.

    Kinds: email, iban, rfc, payment (of a bank's card), clabe, card (of ours), serial, nic, phone, secret. The end of a serial stays, so that its owner knows it again.

    >>> mask("Mi serie es MPOS-41003-2211 y mi correo ana@ejemplo.mx")[0]
    'Mi serie es •••• 2211 y mi correo ••••@ejemplo.mx'
    """
    found: list[Found] = []

    def hide(kind: str, shown: Callable[[str], str | None]) -> Callable[[re.Match[str]], str]:
        def one(match: re.Match[str]) -> str:
            put = shown(match[0])
            if put is None:
                return match[0]
            found.append(Found(kind, put))
            return put

        return one

    def labelled(match: re.Match[str]) -> str:
        what, label = match["what"], match["label"].lower()
        secret = label.startswith(("contrase", "password"))
        if secret and not _is_told(what, match["between"]):
            return match[0]
        if not secret and not any(sign.isdecimal() for sign in what):
            return match[0]
        kind = "secret" if secret else "nic" if label == "nic" else "card" if "tarjeta" in label or "card" in label else "serial"
        put = DOTS if secret or kind == "nic" else _ending(what)
        found.append(Found(kind, put))
        return f"{match['label']}{match['between']}{put}"

    def numbered(match: re.Match[str]) -> str:
        found.append(Found("phone", DOTS))
        return f"{match['label']}{match['between']}{DOTS}"

    text = _EMAIL.sub(hide("email", lambda one: f"{DOTS}@{one.partition('@')[2]}"), text)
    text = _IBAN.sub(hide("iban", lambda one: DOTS if iban.is_valid(one) else None), text)
    text = _RFC.sub(hide("rfc", lambda one: DOTS if rfc.is_valid(one) else None), text)
    text = _PAYMENT.sub(hide("payment", lambda one: DOTS if luhn.is_valid(_digits(one)) else None), text)
    text = _CLABE.sub(hide("clabe", lambda one: DOTS if _is_clabe(_digits(one)) else None), text)
    text = _LABELLED.sub(labelled, text)
    text = _CARD.sub(hide("card", lambda one: DOTS if _mixed(one) or one.count("-") == 4 else None), text)
    text = _SERIAL.sub(hide("serial", lambda one: _ending(one) if _mixed(one) else None), text)
    text = _NIC.sub(hide("nic", lambda one: DOTS if parse_nic(one) else None), text)
    text = _PHONE.sub(hide("phone", lambda _one: DOTS), text)
    text = _PLAIN_PHONE.sub(numbered, text)
    return text, tuple(found)


def _is_told(what: str, between: str) -> bool:
    """True where a password is told; «la contraseña es incorrecta», «mi contraseña desde ayer» and «contraseña especial» tell none."""
    said = between.strip()
    if _NO_SECRET.fullmatch(what) or (said.isalpha() and not between[-1].isspace()):
        return False
    return bool(said) or any(sign.isdecimal() for sign in what)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_clabe(digits: str) -> bool:
    """True for an account whose bank can be one and whose control digit is right."""
    bank = int(digits[:3])
    weighed = sum(int(digit) * weight % 10 for digit, weight in zip(digits[:17], (3, 7, 1) * 6, strict=False))
    return (2 <= bank <= 168 or 600 <= bank <= 740 or bank in (901, 902)) and (10 - weighed % 10) % 10 == int(digits[17])


def _ending(serial: str) -> str:
    signs = re.sub(r"[^0-9A-Za-z]", "", serial)
    return f"{DOTS} {signs[-4:].upper()}" if len(signs) > 7 else DOTS


def _mixed(text: str) -> bool:
    """True for what has letters and digits: dates, plain words and amounts have not. A UUID of a page is none of ours."""
    return any(sign.isdecimal() for sign in text) and any(sign.isalpha() for sign in text)
