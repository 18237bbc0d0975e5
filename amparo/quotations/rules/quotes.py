"""Lines of a quote, their sum, and what changed between two versions: pure. QUO-3, CHG-9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from amparo.charging.rules import GENERAL_CREDITS_MAX, GENERAL_QUOTE, HOURLY, QUANTITY_MAX, Need
from amparo.quotations.errors import DaysInvalid, LineInvalid, NothingToCharge, TravelInvalid, ValidityInvalid

from .catalogue import DAYS_MAX, TARIFF_CODES

LINES_MAX: Final = 40
VALIDITY_MAX: Final = 180
CURRENCIES: Final = ("MXN", "USD")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a text, how many, and either credits each or a service of the tariff.

    `mark` names the line across versions, so that a comparison knows it again.
    """

    text: str
    quantity: int = 1
    credits: int = 0
    code: str = ""
    participants: int = 0
    mark: str = ""

    @property
    def total(self) -> int:
        """Credits of a line with a price of its own."""
        return 0 if self.code else self.quantity * self.credits

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Travel:
    """Travel expenses: money, told apart, never credits. CHG-9."""

    amount: Decimal | None = None
    currency: str = "MXN"
    text: str = ""


def line_from(given: Mapping[str, Any]) -> Line:
    """Return a line of plain data. Raises LineInvalid."""
    try:
        line = Line(
            text=" ".join(str(given.get("text", "")).split())[:300], quantity=int(given.get("quantity") or 1),
            credits=int(given.get("credits") or 0), code=str(given.get("code") or ""),
            participants=int(given.get("participants") or 0), mark=str(given.get("mark") or "")[:12],
        )  # fmt: skip
    except (TypeError, ValueError):
        raise LineInvalid(field="lines") from None
    lawful = bool(line.text) and 1 <= line.quantity <= QUANTITY_MAX and 0 <= line.participants <= QUANTITY_MAX
    if line.code:
        lawful = lawful and line.code in TARIFF_CODES and not line.credits and (not line.participants or line.code in HOURLY)
    else:
        lawful = lawful and 0 <= line.credits <= GENERAL_CREDITS_MAX and not line.participants
    if not lawful:
        raise LineInvalid(field="lines")
    return line


def lines_from(given: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return lines of plain data, each with its mark. Raises LineInvalid."""
    found = [line_from(one) for one in given]
    if len(found) > LINES_MAX:
        raise LineInvalid(field="lines")
    used = {line.mark for line in found if line.mark}
    if len(used) != sum(bool(line.mark) for line in found):
        raise LineInvalid(field="lines")
    free = (mark for mark in (f"l{number}" for number in range(1, 10 * LINES_MAX)) if mark not in used)
    return tuple(line if line.mark else Line(line.text, line.quantity, line.credits, line.code, line.participants, next(free)) for line in found)


def needs_of(lines: Sequence[Line]) -> tuple[Need, ...]:
    """Return what charging is asked for: the lines' own credits as one sum, each service of the tariff by itself.

    Raises NothingToCharge, LineInvalid.
    """
    own = sum(line.total for line in lines)
    if own > GENERAL_CREDITS_MAX:
        raise LineInvalid(field="lines")
    needs = [Need(line.code, line.quantity, participants=line.participants) for line in lines if line.code]
    if own:
        needs.append(Need(GENERAL_QUOTE, own))
    if not needs:
        raise NothingToCharge(field="lines")
    return tuple(needs)


def days_from(given: Any) -> int:
    """Return a delivery time in business days. Raises DaysInvalid."""
    if type(given) is not int or not 1 <= given <= DAYS_MAX:
        raise DaysInvalid(field="business_days")
    return given


def validity_from(given: Any) -> int:
    """Return for how many days a quote is valid. Raises ValidityInvalid."""
    if type(given) is not int or not 1 <= given <= VALIDITY_MAX:
        raise ValidityInvalid(field="valid_days")
    return given


def travel_from(amount: Any, currency: str, text: str) -> Travel:
    """Return travel expenses; no amount and no text is none. Raises TravelInvalid. CHG-9."""
    words = " ".join(text.split())[:200]
    if amount in (None, ""):
        return Travel(None, currency if currency in CURRENCIES else "MXN", words)
    try:
        money = Decimal(str(amount)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise TravelInvalid(field="travel_amount") from None
    if not money.is_finite() or not 0 <= money <= Decimal("9999999.99") or currency not in CURRENCIES:
        raise TravelInvalid(field="travel_amount")
    return Travel(money, currency, words)


@dataclass(frozen=True, slots=True)
class Content:
    """What a version of a quote says. QUO-3."""

    lines: tuple[Line, ...]
    business_days: int
    text: str = ""
    terms: str = ""
    valid_days: int = 15
    travel: Travel = Travel()


@dataclass(frozen=True, slots=True)
class Change:
    """One line beside what it was: `how` is same, changed, added or removed."""

    how: str
    line: Line | None
    before: Line | None


def compare_lines(before: Sequence[Line], after: Sequence[Line]) -> list[Change]:
    """Return the lines of a version beside those of the one before, by their marks; what went comes last. QUO-3."""
    old = {line.mark: line for line in before}
    found = []
    for line in after:
        was = old.pop(line.mark, None)
        how = "added" if was is None else "same" if was == line else "changed"
        found.append(Change(how, line, was))
    return found + [Change("removed", None, line) for line in before if line.mark in old]
