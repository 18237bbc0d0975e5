"""The choice of charge: needs x tariff x pockets -> lawful ways -> the one that costs the customer least.

Pure. The prose with worked numbers is `docs/algorithms/charge-choice.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from amparo.promotions.rules import Priced, Terms, reductions

from .errors import BaseMissing, NeedInvalid

EVENT: Final = "event"
INCIDENT: Final = "incident"
CREDIT: Final = "credit"
UNITS: Final = (EVENT, INCIDENT, CREDIT)

ADVICE: Final = "advisory_event"
INSTALL_SERVER: Final = "install_server"
INSTALL_TERMINALS: Final = "install_terminals"
FURTHER_TERMINAL: Final = "further_terminal"
GENERAL_QUOTE: Final = "general_quote"
HOURLY: Final = ("technical_hour", "online_hour")
FLAT: Final = ("home_visit", "urgent_on_site", "outside_hours")
INSTALLATION: Final = (INSTALL_SERVER, INSTALL_TERMINALS, FURTHER_TERMINAL)
CODES: Final = (ADVICE, INCIDENT, *HOURLY, *FLAT, *INSTALLATION, GENERAL_QUOTE)
# What a version of the tariff prices; an installation costs incidents, a general quote names its own credits.
PRICED: Final = (ADVICE, INCIDENT, *HOURLY, *FLAT, FURTHER_TERMINAL)

QUANTITY_MAX: Final = 1_000
GENERAL_CREDITS_MAX: Final = 1_000_000
NEEDS_MAX: Final = 50
HOURS_BEGUN, HOURS_NEAREST, HOURS_COMPLETED = "begun", "nearest", "completed"


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of the prices, in credits. TAR-1 to TAR-4."""

    number: int
    prices: Mapping[str, int]
    participants_per_price: int = 10
    terminals_per_incident: int = 4
    hours_counted: str = HOURS_BEGUN

    def value(self, unit: str) -> int:
        """What one of a unit is worth in credits: what it would be exchanged for. CHG-6."""
        return 1 if unit == CREDIT else self.prices[ADVICE if unit == EVENT else INCIDENT]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to be paid for.

    `quantity` counts pieces, hours, servers or terminals; of a general quote it is the credits. Hours may be given as
    `minutes` instead, which are counted by the hour begun (TAR-4). `participants` is for hours online.
    """

    code: str
    quantity: int = 1
    minutes: int = 0
    participants: int = 0

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PocketView:
    """What the choice must know of a pocket. `available` is what is neither used nor reserved."""

    key: int
    unit: str
    available: int
    ends_at: datetime
    label: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """So many units out of one pocket."""

    pocket: int
    unit: str
    amount: int
    ends_at: datetime
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: a need, or the part of it that is paid in one unit.

    `covered` is what the line pays for (pieces, hours, terminals); `exchanged` marks an event or incident that is
    paid in credits (CHG-6); `bundle` an incident that covers several terminals (TAR-2, TAR-3); `saved` what a promotion
    took off its credits (PRO-1).
    """

    code: str
    covered: int
    unit: str
    amount: int
    exchanged: bool = False
    bundle: bool = False
    participants: int = 0
    saved: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """One lawful way to pay all needs. Ordered by `cost`: less is better for the customer. CHG-8.

    `promotion` is the one whose prices it pays, with its terms as they are. PRO-1.
    """

    takes: tuple[Take, ...]
    lines: tuple[Line, ...]
    tariff_value: int
    expiries: tuple[tuple[datetime, int], ...] = field(compare=False)
    promotion: Terms | None = field(default=None, compare=False)

    @property
    def saved(self) -> int:
        """The credits that the promotion took off."""
        return sum(line.saved for line in self.lines)

    @property
    def cost(self) -> tuple[Any, ...]:
        """Fewest credits by tariff value; then what expires first; then fewest credits spent; then a fixed order."""
        return (self.tariff_value, self.expiries, self.amount(CREDIT), tuple(t.pocket for t in self.takes))

    def amount(self, unit: str) -> int:
        """How many of a unit the way spends."""
        return sum(take.amount for take in self.takes if take.unit == unit)

    @property
    def amounts(self) -> dict[str, int]:
        """Units spent, those that are spent at all."""
        return {unit: self.amount(unit) for unit in UNITS if self.amount(unit)}

    def as_data(self) -> dict[str, Any]:
        """Plain data for the record."""
        data = {
            "takes": [asdict(take) | {"ends_at": take.ends_at.isoformat()} for take in self.takes],
            "lines": [asdict(line) for line in self.lines],
            "tariff_value": self.tariff_value,
        }
        if self.promotion is not None and self.saved:
            data["promotion"] = self.promotion.as_data() | {"saved": self.saved}
        return data


@dataclass(frozen=True, slots=True)
class Demand:
    """What the needs ask for before it is decided which unit pays; terminals are still open to bundles."""

    pieces: tuple[
        tuple[str, str], ...
    ]  # (need's code, unit) for each event or incident, in the order of the needs
    credit_lines: tuple[Line, ...]
    servers: int
    terminals: int

    def count(self, unit: str) -> int:
        return sum(1 for _code, paid_by in self.pieces if paid_by == unit)


def need_from(data: Mapping[str, Any]) -> Need:
    """Make a need of plain data. Unknown names and anything but whole numbers are refused. SEC-49."""
    if not isinstance(data, Mapping) or not set(data) <= {"code", "quantity", "minutes", "participants"}:
        raise NeedInvalid(needs=str(data)[:200])
    need = Need(**{"code": "", **data})
    check_needs([need])
    return need


def check_needs(needs: Sequence[Need]) -> None:
    """Refuse what cannot be priced: unknown codes, amounts that are not whole and positive, too much. SEC-49."""
    if not needs or len(needs) > NEEDS_MAX:
        raise NeedInvalid
    for need in needs:
        numbers = (need.quantity, need.minutes, need.participants)
        most = GENERAL_CREDITS_MAX if need.code == GENERAL_QUOTE else QUANTITY_MAX
        if need.code not in CODES or any(type(number) is not int for number in numbers):
            raise NeedInvalid(need=need.code)
        if not (0 < need.quantity <= most and 0 <= need.minutes <= 60 * QUANTITY_MAX):
            raise NeedInvalid(need=need.code)
        if not 0 <= need.participants <= QUANTITY_MAX:
            raise NeedInvalid(need=need.code)
        if (need.minutes and need.code not in HOURLY) or (need.participants and need.code != "online_hour"):
            raise NeedInvalid(need=need.code)


def hours(need: Need, tariff: Tariff) -> int:
    """Hours to charge: as given, or the minutes by the hour begun. TAR-4."""
    if not need.minutes:
        return need.quantity
    if tariff.hours_counted == HOURS_COMPLETED:
        return max(1, need.minutes // 60)
    if tariff.hours_counted == HOURS_NEAREST:
        return max(1, (need.minutes + 30) // 60)
    return -(-need.minutes // 60)


def prices_per_hour(need: Need, tariff: Tariff) -> int:
    """How many hour prices one hour costs: one more for each further ten participants begun. TAR-4."""
    return max(1, -(-need.participants // tariff.participants_per_price))


def demand(needs: Sequence[Need], tariff: Tariff) -> Demand:
    """Add up the needs. Raises NeedInvalid, BaseMissing. TAR-1 to TAR-4."""
    check_needs(needs)
    pieces: list[tuple[str, str]] = []
    credit_lines: list[Line] = []
    servers = terminals = further = 0
    for need in needs:
        if need.code in (ADVICE, INCIDENT):
            pieces += [(need.code, EVENT if need.code == ADVICE else INCIDENT)] * need.quantity
        elif need.code == INSTALL_SERVER:
            servers += need.quantity
        elif need.code == INSTALL_TERMINALS:
            terminals += need.quantity
        elif need.code == FURTHER_TERMINAL:
            further += need.quantity
        else:
            credit_lines.append(_credit_line(need, tariff))
    if further and not (servers or terminals):
        raise BaseMissing
    return Demand(tuple(pieces), tuple(credit_lines), servers, terminals + further)


def _credit_line(need: Need, tariff: Tariff) -> Line:
    if need.code == GENERAL_QUOTE:
        return Line(need.code, 1, CREDIT, need.quantity)
    count = hours(need, tariff) if need.code in HOURLY else need.quantity
    times = prices_per_hour(need, tariff)
    return Line(
        need.code, count, CREDIT, count * times * tariff.prices[need.code], participants=need.participants
    )


def bundle_counts(wanted: Demand, tariff: Tariff) -> range:
    """How many incidents may pay for terminals beyond the servers' own. TAR-2, TAR-3.

    A server's installation is a base by itself, so none is needed beside it; terminals alone need one. Each covers up
    to four; what is left are further terminals.
    """
    if not wanted.terminals:
        return range(1)
    most = -(-wanted.terminals // tariff.terminals_per_incident)
    return range(0 if wanted.servers else 1, most + 1)


def reduced(lines: Sequence[Line], terms: Terms | None) -> list[Line]:
    """Return the lines with what a promotion takes off their prices in credits; units of a contract are no prices. PRO-1.

    It comes before the choice of charge: the ways are compared by what is left to pay.
    """
    if terms is None:
        return list(lines)
    prices = [Priced((line.code,), line.amount if line.unit == CREDIT else 0) for line in lines]
    taken = reductions(terms, prices)
    return [replace(line, amount=line.amount - off, saved=off) for line, off in zip(lines, taken, strict=True)]


def lawful_ways(
    needs: Sequence[Need], tariff: Tariff, pockets: Iterable[PocketView], promotion: Terms | None = None
) -> list[Way]:
    """Return the lawful ways to pay all needs, best first; empty when there is not enough. CHG-6, CHG-8, LED-3.

    `promotion` takes off the prices what it does; whether it may is asked before.

    Of ways that differ only in the order of pockets, the one that starts with what expires first is given, and for
    each other pocket that could pay, the one that starts with that pocket. Raises NeedInvalid, BaseMissing.
    """
    wanted = demand(needs, tariff)
    by_unit = _sorted_by_unit(pockets)
    ways: dict[tuple[Any, ...], Way] = {}
    for bundles in bundle_counts(wanted, tariff):
        lines = reduced(_bill(wanted, bundles, tariff, by_unit), promotion)
        amounts = _amounts(lines)
        if any(sum(p.available for p in by_unit[unit]) < amounts[unit] for unit in UNITS):
            continue
        for takes in _openings(amounts, by_unit):
            ways.setdefault(tuple((t.pocket, t.amount) for t in takes), _way(takes, lines, tariff, promotion))
    return sorted(ways.values(), key=lambda way: way.cost)


def most_beneficial(ways: Iterable[Way]) -> Way:
    """Return the way that costs the customer least; then what expires first; then credits last. CHG-8."""
    return min(ways, key=lambda way: way.cost)


def credits_missing(
    needs: Sequence[Need], tariff: Tariff, pockets: Iterable[PocketView], promotion: Terms | None = None
) -> int:
    """Return how many more credits would make a way lawful; 0 when one already is. CHG-3."""
    wanted = demand(needs, tariff)
    by_unit = _sorted_by_unit(pockets)
    available = sum(p.available for p in by_unit[CREDIT])
    return min(
        max(0, _amounts(reduced(_bill(wanted, bundles, tariff, by_unit), promotion))[CREDIT] - available)
        for bundles in bundle_counts(wanted, tariff)
    )


def _sorted_by_unit(pockets: Iterable[PocketView]) -> dict[str, list[PocketView]]:
    by_unit: dict[str, list[PocketView]] = {unit: [] for unit in UNITS}
    for pocket in sorted(pockets, key=lambda p: (p.ends_at, p.key)):
        if pocket.available > 0:
            by_unit[pocket.unit].append(pocket)
    return by_unit


def _amounts(lines: Iterable[Line]) -> dict[str, int]:
    amounts = dict.fromkeys(UNITS, 0)
    for line in lines:
        amounts[line.unit] += line.amount
    return amounts


def _bill(
    wanted: Demand, bundles: int, tariff: Tariff, by_unit: Mapping[str, list[PocketView]]
) -> list[Line]:
    """Decide, piece by piece, which unit pays: its own while there is one, else credits. CHG-6."""
    left = {unit: sum(p.available for p in by_unit[unit]) for unit in (EVENT, INCIDENT)}
    lines: list[Line] = []
    runs: list[tuple[str, str, int, int]] = []  # code, unit, pieces, what they cover
    for code, unit in wanted.pieces:
        if runs and runs[-1][0] == code:
            runs[-1] = (code, unit, runs[-1][2] + 1, runs[-1][3] + 1)
        else:
            runs.append((code, unit, 1, 1))
    if wanted.servers:
        runs.append((INSTALL_SERVER, INCIDENT, wanted.servers, wanted.servers))
    covered = min(wanted.terminals, bundles * tariff.terminals_per_incident)
    if bundles:
        runs.append((INSTALL_TERMINALS, INCIDENT, bundles, covered))
    for code, unit, count, covers in runs:
        own = min(count, left[unit])
        left[unit] -= own
        lines += _split(code, unit, count, covers, own, tariff)
    further = wanted.terminals - covered
    if further:
        lines.append(Line(FURTHER_TERMINAL, further, CREDIT, further * tariff.prices[FURTHER_TERMINAL]))
    return [*lines, *wanted.credit_lines]


def _split(code: str, unit: str, count: int, covers: int, own: int, tariff: Tariff) -> Iterator[Line]:
    each = tariff.terminals_per_incident if code == INSTALL_TERMINALS else 1
    bundle = code in INSTALLATION
    if own:
        yield Line(code, min(covers, own * each), unit, own, bundle=bundle)
    if count > own:
        rest = max(0, covers - own * each)
        yield Line(code, rest, CREDIT, (count - own) * tariff.value(unit), exchanged=True, bundle=bundle)


def _openings(
    amounts: Mapping[str, int], by_unit: Mapping[str, list[PocketView]]
) -> Iterator[tuple[Take, ...]]:
    """Yield the takes that spend what expires first, then for each other pocket those that start with it."""
    plain = {unit: _take(by_unit[unit], amounts[unit]) for unit in UNITS}
    yield (*plain[EVENT], *plain[INCIDENT], *plain[CREDIT])
    for unit in UNITS:
        if not amounts[unit]:
            continue
        for pocket in by_unit[unit][1:]:
            others = [p for p in by_unit[unit] if p is not pocket]
            started = plain | {unit: _take([pocket, *others], amounts[unit])}
            yield (*started[EVENT], *started[INCIDENT], *started[CREDIT])


def _take(pockets: Iterable[PocketView], amount: int) -> tuple[Take, ...]:
    takes = []
    for pocket in pockets:
        if not amount:
            break
        part = min(amount, pocket.available)
        takes.append(Take(pocket.key, pocket.unit, part, pocket.ends_at, pocket.label))
        amount -= part
    return tuple(sorted(takes, key=lambda take: (take.ends_at, take.pocket)))


def _way(
    takes: tuple[Take, ...], lines: Sequence[Line], tariff: Tariff, promotion: Terms | None = None
) -> Way:
    """Value the takes; `expiries` orders by the date of each credit's worth, soonest first: (date, -worth) runs."""
    worth: dict[datetime, int] = {}
    for take in takes:
        if tariff.value(take.unit):
            worth[take.ends_at] = worth.get(take.ends_at, 0) + take.amount * tariff.value(take.unit)
    runs = tuple((ends_at, -worth[ends_at]) for ends_at in sorted(worth))
    return Way(takes, tuple(lines), sum(worth.values()), runs, promotion)


def codes_of(needs: Iterable[Need]) -> list[str]:
    """Return the codes of the tariff that needs may be billed by, so that a promotion of one is found. PRO-1."""
    codes = list(dict.fromkeys(need.code for need in needs))
    if set(codes) & set(INSTALLATION):
        codes += [code for code in INSTALLATION if code not in codes]
    return codes


def best_ways(
    needs: Sequence[Need], tariff: Tariff, pockets: Iterable[PocketView], promotions: Iterable[Terms]
) -> list[Way]:
    """Return the ways under the promotion that is best for the customer, or under none, best first. PRO-1, CHG-8.

    One promotion at most: they are never added up. Where one changes nothing it is not taken.
    """
    views = list(pockets)
    found: list[tuple[Terms | None, list[Way]]] = [(None, lawful_ways(needs, tariff, views))]
    found += [(terms, lawful_ways(needs, tariff, views, terms)) for terms in promotions]
    lawful = [(ways[0].cost, _order(terms), ways) for terms, ways in found if ways]
    return min(lawful, key=lambda one: one[:2], default=(None, None, []))[2]


def _order(terms: Terms | None) -> tuple[bool, bool, int]:
    """Of promotions that come to the same: none first, then without a limit of uses, then the older."""
    return (False, False, 0) if terms is None else (True, terms.uses_max is not None, abs(terms.id))


def loses_by(way: Way, chosen: Way) -> str:
    """Say why a way was not chosen: `dearer`, `expires_later`, `spends_credits`, or `same`. CHG-8."""
    if way.tariff_value != chosen.tariff_value:
        return "dearer"
    if way.expiries != chosen.expiries:
        return "expires_later"
    if way.amount(CREDIT) != chosen.amount(CREDIT):
        return "spends_credits"
    return "same"


def is_within(way: Way, agreed: Mapping[str, int], agreed_value: int) -> bool:
    """True when a way asks no more of the customer than what he agreed to: worth no more, and no more credits.

    From which pocket may differ, for another act may have used what stood first. CHG-1, CHG-8.
    """
    return way.tariff_value <= agreed_value and way.amount(CREDIT) <= agreed.get(CREDIT, 0)


def seen(tariff_value: int, amounts: Mapping[str, int]) -> str:
    """What a page says of a price, so that a form can send back what was seen: worth, then units. TAR-1."""
    return f"{tariff_value}:" + "-".join(str(amounts.get(unit, 0)) for unit in UNITS)
