"""Fields of activation: forms of pages, and the strict reading of what programs send. Forms never save. SEC-33."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.products.models import Product

from .errors import Malformed
from .rules.devices import COMPONENT, COMPONENTS, unb64
from .rules.offline import PRODUCT, TEXT_MAX, VERSION
from .rules.tokens import TOKEN_MAX

BODY_MAX: Final = 8192
_NONCE: Final = re.compile(r"[0-9a-f]{16}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _text(low: int, high: int) -> Callable[[Any], str]:
    def read(given: Any) -> str:
        if not isinstance(given, str) or not low <= len(given) <= high or not given.isprintable():
            raise ValueError
        return given

    return read


def _like(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def read(given: Any) -> str:
        if not isinstance(given, str) or not pattern.fullmatch(given) or not given.isascii():
            raise ValueError
        return given

    return read


def _moment(given: Any) -> datetime:
    return datetime.strptime(_like(_TIME)(given), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _day(given: Any) -> date:
    found = date.fromisoformat(_like(_DAY)(given))
    if not 2000 <= found.year <= 2150:
        raise ValueError
    return found


def _device_key(given: Any) -> str:
    if not isinstance(given, str) or len(given) != 43 or len(unb64(given)) != 32:
        raise ValueError
    return given


def _components(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not given or not set(given) <= set(COMPONENTS):
        raise ValueError
    return {name: _like(COMPONENT)(value) for name, value in given.items()}


FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "key": _text(1, 60), "product": _like(PRODUCT), "version": _like(VERSION), "build_date": _day, "components": _components,
    "device_key": _device_key, "terminal": _text(1, 80), "nonce": _like(_NONCE), "time": _moment, "edition": _text(0, 40),
    "token": _text(1, TOKEN_MAX), "channel": _like(PRODUCT),
}  # fmt: skip
OPTIONAL: Final = {"edition": "", "channel": "stable"}


def read_body(body: bytes, *names: str) -> dict[str, Any]:
    """Return the fields of a request: those that are named and no other, each of its own type. Raises Malformed. SEC-33."""
    try:
        given = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Malformed(reason="json") from None
    if not isinstance(given, dict):
        raise Malformed(reason="object")
    for name in given:
        if name not in names:
            raise Malformed(field=name[:40], reason="unknown")
    found = {}
    for name in names:
        if name not in given:
            if name not in OPTIONAL:
                raise Malformed(field=name, reason="missing")
            found[name] = OPTIONAL[name]
            continue
        try:
            found[name] = FIELDS[name](given[name])
        except (ValueError, TypeError, OverflowError):
            raise Malformed(field=name, reason="type") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


class RequestForm(forms.Form):
    """An offline request or a tombstone: pasted, scanned into the field, or as a file."""

    request = forms.CharField(
        label=_("Text of the request"), max_length=TEXT_MAX + TOKEN_MAX, required=False, strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
        help_text=_("What the program shows under the picture, or what your scanner reads from it."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Or the file that the program wrote"), required=False, max_length=120, help_text=_("It ends in .amparo or .txt."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        upload = given.get("file")
        if upload is not None:
            if upload.size > BODY_MAX:
                raise forms.ValidationError(_("This file is larger than any request. Choose the one that the program wrote."))
            given["request"] = upload.read().decode("utf-8", "replace").replace("\0", "")
        if not given.get("request"):
            raise forms.ValidationError(_("Paste the text of the request, or choose its file."))
        return given


class PlaceForm(forms.Form):
    """For which licence, and how the terminal is called."""

    request = forms.CharField(max_length=TEXT_MAX, widget=forms.HiddenInput)
    licence = forms.IntegerField(min_value=1, max_value=2**62)
    terminal = forms.CharField(label=_("Name of the terminal"), max_length=80, help_text=_("For example: till 2."))


class SerialForm(forms.Form):
    """A serial that the customer has and we do not know yet."""

    product = forms.ModelChoiceField(Product.objects.filter(is_active=True), label=_("Product"), empty_label=_("Choose"))
    serial = forms.CharField(
        label=_("Serial"), max_length=60, help_text=_("As it stands on the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip
    terminals = forms.IntegerField(label=_("Terminals"), min_value=1, max_value=100_000, initial=1, help_text=_("The number on the certificate."))


class TerminalsForm(forms.Form):
    terminals = forms.IntegerField(label=_("Terminals"), min_value=1, max_value=100_000)


class HandForm(forms.Form):
    """A seat kept for a device by its code, read over the telephone. TEL-2."""

    name = forms.CharField(label=_("Name of the terminal"), max_length=80, help_text=_("For example: till 2."))
    fingerprint = forms.CharField(
        label=_("Code of the computer"), max_length=40, help_text=_("Five groups of four; the program shows it under Help, Activation."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_fingerprint(self) -> str:
        return "".join(sign for sign in self.cleaned_data["fingerprint"].upper() if sign.isascii() and sign.isalnum())


class OfflineForm(forms.Form):
    """A request that a caller sent by mail or chat. TEL-2."""

    request = forms.CharField(
        label=_("Text of the request"), max_length=TEXT_MAX, strip=True, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("The customer sends it by mail or chat: the picture's text or the file's."),
    )  # fmt: skip
    terminal = forms.CharField(label=_("Name of the terminal"), max_length=80, help_text=_("For example: till 2."))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=400, help_text=_("It stays on the record of the licence."))


class EmergencyForm(ReasonForm):
    request = forms.CharField(
        label=_("Text of the request"), max_length=TEXT_MAX, strip=True, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("The customer sends it by mail or chat: the picture's text or the file's."),
    )  # fmt: skip


class MovesForm(ReasonForm):
    moves = forms.IntegerField(label=_("Further moves"), min_value=1, max_value=500, initial=1)


class TermsForm(ReasonForm):
    edition = forms.CharField(label=_("Edition"), max_length=40, required=False)
    features = forms.CharField(label=_("Features"), max_length=200, required=False, help_text=_("Words with commas between."))
    updates_until = forms.DateField(
        label=_("Updates until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Empty: a year from the registration, and as long as there is a contract."),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("Valid until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), help_text=_("Empty: for ever."),
    )  # fmt: skip
