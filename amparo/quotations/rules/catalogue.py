"""What an item of the catalogue declares, and what it costs and takes for given values: pure. QUO-2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from amparo.charging.rules import GENERAL_QUOTE, HOURLY, INSTALLATION, PRICED, Need, Tariff
from amparo.quotations.errors import DeclarationInvalid, FormulaWrong, NothingToCharge, ParameterInvalid

from . import formulas
from .formulas import TRUTH, Range, number_range

COUNT, YES_NO = "count", "yes_no"
PARAMETERS_MAX: Final = 12
PARAMETER_MOST: Final = 100_000
CREDITS_MAX: Final = 1_000_000
DAYS_MAX: Final = 1_500
QUANTITY_MAX: Final = 1_000
FIXED, FORMULA, TARIFF = "fixed", "formula", "tariff"
PRICINGS: Final = (FIXED, FORMULA, TARIFF)
# The parameters that every service may ask for, with their usual range; further ones are the vendor's own.
USUAL: Final = {
    "terminals": (COUNT, 1, 50, 1),
    "hours": (COUNT, 1, 40, 1),
    "participants": (COUNT, 1, 60, 10),
    "visits": (COUNT, 1, 20, 1),
    "modules": (COUNT, 1, 20, 1),
    "urgent": (YES_NO, 0, 1, 0),
    "outside_hours": (YES_NO, 0, 1, 0),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
TARIFF_CODES: Final = (*tuple(code for code in (*PRICED, *INSTALLATION) if code != "further_terminal"), "further_terminal")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that the customer is asked for. A yes or no has no range."""

    name: str
    kind: str = COUNT
    minimum: int = 0
    maximum: int = 1
    default: int = 0
    label_es: str = ""
    label_en: str = ""

    @property
    def range(self) -> Range:
        return TRUTH if self.kind == YES_NO else number_range(self.minimum, self.maximum)

    def label(self, language: str) -> str:
        return (self.label_en if language.startswith("en") else self.label_es) or self.label_es or self.label_en or self.name

    def as_data(self) -> dict[str, Any]:
        return {
            "name": self.name, "kind": self.kind, "minimum": self.minimum, "maximum": self.maximum,
            "default": self.default, "label_es": self.label_es, "label_en": self.label_en,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class TariffLine:
    """A service of the tariff that the item consists of: its quantity, and participants where they count, as formulas."""

    code: str
    quantity: str = "1"
    participants: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an item is priced and how long it takes: what a version keeps."""

    parameters: tuple[Parameter, ...] = ()
    pricing: str = FIXED
    credits: int = 0
    formula: str = ""
    lines: tuple[TariffLine, ...] = ()
    days: str = "1"


@dataclass(frozen=True, slots=True)
class Price:
    """What given values cost and take: needs for charging, and business days."""

    needs: tuple[Need, ...]
    days: int
    credits: int  # of a fixed price or a formula; 0 where the tariff decides


def parameter_from(given: Mapping[str, Any]) -> Parameter:
    """Return a declared parameter of plain data. Raises DeclarationInvalid."""
    try:
        made = Parameter(
            name=str(given["name"]).strip(), kind=str(given.get("kind", COUNT)), minimum=int(given.get("minimum", 0)),
            maximum=int(given.get("maximum", 1)), default=int(given.get("default", 0)),
            label_es=str(given.get("label_es", "")).strip()[:80], label_en=str(given.get("label_en", "")).strip()[:80],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        raise DeclarationInvalid(field="parameters") from None
    if made.kind == YES_NO:
        made = Parameter(made.name, YES_NO, 0, 1, int(bool(made.default)), made.label_es, made.label_en)
    lawful = (
        _NAME.fullmatch(made.name) is not None and made.name not in formulas.WORDS and made.kind in (COUNT, YES_NO)
        and 0 <= made.minimum <= made.default <= made.maximum <= PARAMETER_MOST and made.minimum < made.maximum
        and bool(made.label_es or made.label_en)
    )  # fmt: skip
    if not lawful:
        raise DeclarationInvalid(field="parameters")
    return made


def parameters_from(given: Iterable[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Return declared parameters, each name once. Raises DeclarationInvalid."""
    found = tuple(parameter_from(one) for one in given)
    if len(found) > PARAMETERS_MAX or len({one.name for one in found}) != len(found):
        raise DeclarationInvalid(field="parameters")
    return found


def ranges(parameters: Sequence[Parameter], tariff: Tariff) -> dict[str, Range]:
    """Return every name that a formula may use with its range: parameters, and the prices of the tariff.

    A price is counted from the least that a version may set to what it is now; a version that asks more is met when a
    quote is computed.
    """
    known = {one.name: one.range for one in parameters}
    for code in PRICED:
        least = 1 if code in ("advisory_event", "incident") else 0
        known[f"tariff.{code}"] = number_range(least, max(least, tariff.prices[code]))
    return known


def check_terms(terms: Terms, tariff: Tariff) -> None:
    """Prove that an item can be quoted for all its values. Raises FormulaWrong (with `field`), DeclarationInvalid. QUO-2."""
    known = ranges(terms.parameters, tariff)
    _proved("days", terms.days, known, 1, DAYS_MAX)
    if terms.pricing == FIXED:
        if not 1 <= terms.credits <= CREDITS_MAX:
            raise DeclarationInvalid(field="credits")
    elif terms.pricing == FORMULA:
        _proved("formula", terms.formula, known, 1, CREDITS_MAX)
    elif terms.pricing == TARIFF:
        if not 1 <= len(terms.lines) <= 12 or any(line.code not in TARIFF_CODES for line in terms.lines):
            raise DeclarationInvalid(field="lines")
        for line in terms.lines:
            _proved("lines", line.quantity, known, 0, QUANTITY_MAX)
            if line.participants:
                _proved("lines", line.participants, known, 1, QUANTITY_MAX)
    else:
        raise DeclarationInvalid(field="pricing")


def _proved(field: str, text: str, known: Mapping[str, Range], least: int, most: int) -> None:
    try:
        formulas.checked(text, known, least=least, most=most)
    except FormulaWrong as wrong:
        wrong.field = field
        raise


def values_from(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, int | bool]:
    """Return the values of the parameters out of a form or plain data; what is not given is the default. Raises ParameterInvalid."""
    found: dict[str, int | bool] = {}
    for one in parameters:
        raw = given.get(one.name)
        if one.kind == YES_NO:
            found[one.name] = bool(one.default) if raw is None else str(raw).lower() in ("1", "on", "true", "yes")
            continue
        text = str(one.default if raw in (None, "") else raw).strip()
        if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) or not one.minimum <= int(text) <= one.maximum:
            raise ParameterInvalid(field=one.name, name=one.name)
        found[one.name] = int(text)
    return found


def priced(terms: Terms, values: Mapping[str, int | bool], tariff: Tariff) -> Price:
    """Return what an item costs and takes for values. Raises FormulaWrong, NothingToCharge. QUO-2."""
    known: dict[str, int | bool] = {**values, **{f"tariff.{code}": tariff.prices[code] for code in PRICED}}
    days = formulas.result(formulas.parse(terms.days), known, least=1, most=DAYS_MAX)
    if terms.pricing == TARIFF:
        needs = tuple(need for line in terms.lines if (need := _need(line, known)) is not None)
        if not needs:
            raise NothingToCharge
        return Price(needs, days, 0)
    credits = terms.credits
    if terms.pricing == FORMULA:
        credits = formulas.result(formulas.parse(terms.formula), known, least=1, most=CREDITS_MAX)
    return Price((Need(GENERAL_QUOTE, credits),), days, credits)


def _need(line: TariffLine, known: Mapping[str, int | bool]) -> Need | None:
    quantity = formulas.result(formulas.parse(line.quantity), known, least=0, most=QUANTITY_MAX)
    if not quantity:
        return None
    people = 0
    if line.participants and line.code in HOURLY:
        people = formulas.result(formulas.parse(line.participants), known, least=1, most=QUANTITY_MAX)
    return Need(line.code, quantity, participants=people)


def example_values(parameters: Sequence[Parameter]) -> list[dict[str, int | bool]]:
    """Return the values that worked examples show: the defaults, the least, the most, and each yes. QUO-2."""

    def as_value(one: Parameter, number: int) -> int | bool:
        return bool(number) if one.kind == YES_NO else number

    usual = {one.name: as_value(one, one.default) for one in parameters}
    least = {one.name: as_value(one, one.minimum) for one in parameters}
    most = {one.name: as_value(one, one.maximum) for one in parameters}
    turned = [usual | {one.name: not one.default} for one in parameters if one.kind == YES_NO]
    found: list[dict[str, int | bool]] = []
    for values in (usual, least, *turned, most):
        if values not in found:
            found.append(values)
    return found[:8]
