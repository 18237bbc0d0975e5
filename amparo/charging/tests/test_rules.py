"""The choice of charge, with figures worked by hand and against brute force."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amparo.charging import bench, rules
from amparo.charging.errors import BaseMissing, NeedInvalid
from amparo.charging.rules import Need, PocketView, Tariff

DEFAULT = Tariff(
    number=1,
    prices={
        "advisory_event": 1,
        "incident": 4,
        "technical_hour": 4,
        "online_hour": 4,
        "home_visit": 2,
        "urgent_on_site": 5,
        "outside_hours": 5,
        "further_terminal": 1,
    },
)
JAN, MAR, DEC = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 3, 12))


def pocket(key, unit, available, ends_at=MAR):
    return PocketView(key, unit, available, ends_at, label=f"P-{key}")


PLENTY = [pocket(1, "event", 50), pocket(2, "incident", 50), pocket(3, "credit", 500)]
ONLY_CREDITS = [pocket(3, "credit", 500)]


def best(needs, pockets, tariff=DEFAULT):
    return rules.most_beneficial(rules.lawful_ways(needs, tariff, pockets))


@pytest.mark.parametrize(
    ("need", "credits"),
    [
        (Need("advisory_event"), 1),
        (Need("incident"), 4),
        (Need("technical_hour"), 4),
        (Need("online_hour"), 4),
        (Need("home_visit"), 2),
        (Need("urgent_on_site"), 5),
        (Need("outside_hours"), 5),
        (Need("general_quote", 37), 37),
        (Need("install_server"), 4),
        (Need("install_terminals", 4), 4),
        (Need("install_terminals", 5), 5),
        (Need("technical_hour", 3), 12),
        (Need("technical_hour", minutes=61), 8),
        (Need("technical_hour", minutes=60), 4),
        (Need("technical_hour", minutes=1), 4),
        (Need("online_hour", participants=10), 4),
        (Need("online_hour", participants=11), 8),
        (Need("online_hour", 2, participants=21), 24),
        (Need("online_hour", minutes=90, participants=12), 16),
    ],
)
def test_the_shipped_tariff_prices_each_service(need, credits):
    """TAR-1, TAR-2, TAR-3, TAR-4"""
    way = best([need], ONLY_CREDITS)
    assert way.amounts == {"credit": credits}
    assert way.tariff_value == credits


def test_an_event_pays_advice_and_an_incident_an_incident_while_there_are_any():
    """CHG-6: credits are no lawful way while a pocket of the unit suffices, even if they end sooner."""
    soon = [pocket(1, "event", 1, DEC), pocket(2, "incident", 1, DEC), pocket(3, "credit", 99, JAN)]
    ways = rules.lawful_ways([Need("advisory_event"), Need("incident")], DEFAULT, soon)
    assert [way.amounts for way in ways] == [{"event": 1, "incident": 1}]


def test_the_second_incident_of_an_exhausted_contract_costs_four_credits():
    """CHG-6"""
    way = best([Need("incident")], [pocket(2, "incident", 0), pocket(3, "credit", 36)])
    assert way.amounts == {"credit": 4}
    assert [(line.code, line.unit, line.amount, line.exchanged) for line in way.lines] == [
        ("incident", "credit", 4, True)
    ]


def test_each_piece_is_paid_by_its_own_unit_as_long_as_one_is_left():
    """CHG-6: of three incidents two are paid by the last two incidents, the third in credits."""
    way = best([Need("incident", 3)], [pocket(2, "incident", 2), pocket(3, "credit", 10)])
    assert way.amounts == {"incident": 2, "credit": 4}


def test_what_expires_first_is_spent_first_also_across_pockets():
    """CHG-8, LED-3"""
    way = best([Need("home_visit", 3)], [pocket(1, "credit", 4, MAR), pocket(2, "credit", 5, JAN)])
    assert [(take.pocket, take.amount) for take in way.takes] == [(2, 5), (1, 1)]


def test_the_alternatives_name_each_other_pocket_that_could_pay():
    """CHG-8"""
    ways = rules.lawful_ways(
        [Need("home_visit")], DEFAULT, [pocket(1, "credit", 4, MAR), pocket(2, "credit", 5, JAN)]
    )
    assert [[take.pocket for take in way.takes] for way in ways] == [[2], [1]]
    assert rules.loses_by(ways[1], ways[0]) == "expires_later"


def test_a_server_covers_its_first_terminal_and_further_ones_cost_a_credit():
    """TAR-2: 1 server with 6 terminals = 1 incident + 5 further terminals; worth 9, as any way to bundle them is."""
    way = best(
        [Need("install_server"), Need("further_terminal", 5)],
        [pocket(2, "incident", 1), pocket(3, "credit", 9)],
    )
    assert way.amounts == {"incident": 1, "credit": 5}
    assert way.tariff_value == 9


def test_a_second_incident_may_cover_four_of_the_further_terminals():
    """TAR-2, TAR-3, CHG-8: at the same worth incidents go before credits; without credits it is the only way."""
    needs = [Need("install_server"), Need("further_terminal", 4)]
    assert best(needs, PLENTY).amounts == {"incident": 2}
    assert best(needs, [pocket(2, "incident", 2)]).amounts == {"incident": 2}


@pytest.mark.parametrize(
    ("terminals", "amounts"),
    [
        (1, {"incident": 1}),
        (4, {"incident": 1}),
        (5, {"incident": 1, "credit": 1}),
        (7, {"incident": 1, "credit": 3}),
        (8, {"incident": 2}),
        (9, {"incident": 2, "credit": 1}),
    ],
)
def test_one_incident_covers_up_to_four_terminals(terminals, amounts):
    """TAR-3, CHG-8: seven are 1 incident and 3 credits (worth 7), for a second incident would be worth 8."""
    assert best([Need("install_terminals", terminals)], PLENTY).amounts == amounts


def test_credits_that_end_sooner_are_preferred_to_a_second_incident_of_the_same_worth():
    """CHG-8: what expires first goes before events and incidents."""
    pockets = [pocket(2, "incident", 5, MAR), pocket(3, "credit", 9, JAN)]
    assert best([Need("install_terminals", 8)], pockets).amounts == {"incident": 1, "credit": 4}


def test_a_further_terminal_alone_is_refused():
    """TAR-2"""
    with pytest.raises(BaseMissing):
        rules.lawful_ways([Need("further_terminal", 2)], DEFAULT, PLENTY)


def test_a_cheaper_incident_makes_bundles_of_it_cheaper():
    """TAR-1, TAR-3: with the incident at 2 credits, seven terminals are two incidents (worth 4), not one and 3 credits (5)."""
    tariff = Tariff(2, DEFAULT.prices | {"incident": 2})
    assert best([Need("install_terminals", 7)], PLENTY, tariff).amounts == {"incident": 2}


def test_how_many_credits_are_missing():
    """CHG-3"""
    assert rules.credits_missing([Need("general_quote", 30)], DEFAULT, [pocket(3, "credit", 22)]) == 8
    assert rules.credits_missing([Need("general_quote", 30)], DEFAULT, ONLY_CREDITS) == 0
    assert rules.lawful_ways([Need("general_quote", 30)], DEFAULT, [pocket(3, "credit", 22)]) == []


@pytest.mark.parametrize(
    "bad",
    [
        Need("incident", 0),
        Need("incident", -1),
        Need("incident", 1.5),
        Need("incident", float("nan")),
        Need("incident", True),
        Need("incident", "1"),
        Need("unknown"),
        Need("incident", 10**9),
        Need("incident", minutes=5),
        Need("technical_hour", participants=5),
        Need("online_hour", participants=-1),
        Need("general_quote", 0),
    ],
)
def test_a_need_that_cannot_be_priced_is_refused(bad):
    """SEC-49, CHG-10"""
    with pytest.raises(NeedInvalid):
        rules.lawful_ways([bad], DEFAULT, PLENTY)


@pytest.mark.parametrize(
    "data", [{"code": "incident", "price": 1}, {"code": "incident", "quantity": "1"}, {}, "x"]
)
def test_needs_from_outside_carry_no_price_of_their_own(data):
    """SEC-49, SEC-33"""
    with pytest.raises(NeedInvalid):
        rules.need_from(data)


# --- brute force: every composition, judged by the letter of CHG-6 and CHG-8 ---------------------------------------


def compositions(amount, pockets):
    """Every way to take an amount out of pockets."""
    for parts in itertools.product(*(range(min(amount, p.available) + 1) for p in pockets)):
        if sum(parts) == amount:
            yield parts


def brute_force_cost(needs, tariff, pockets):
    """The least (worth, dates of each credit's worth, credits spent) of every lawful way; None if there is none."""
    count = dict.fromkeys(("event", "incident"), 0)
    servers = terminals = fixed = 0
    for need in needs:
        if need.code in ("advisory_event", "incident"):
            count["event" if need.code == "advisory_event" else "incident"] += need.quantity
        elif need.code == "install_server":
            servers += need.quantity
        elif need.code in ("install_terminals", "further_terminal"):
            terminals += need.quantity
        elif need.code == "general_quote":
            fixed += need.quantity
        else:
            people = max(1, -(-need.participants // 10))
            length = -(-need.minutes // 60) if need.minutes else need.quantity
            fixed += length * people * tariff.prices[need.code]
    of = {unit: [p for p in pockets if p.unit == unit] for unit in ("event", "incident", "credit")}
    total = {unit: sum(p.available for p in of[unit]) for unit in of}
    worth = {"event": tariff.prices["advisory_event"], "incident": tariff.prices["incident"], "credit": 1}
    found = None
    for bundles in range(-(-terminals // 4) + 1):
        if terminals and not servers and not bundles:
            continue
        incidents = count["incident"] + servers + bundles
        further = max(0, terminals - 4 * bundles) * tariff.prices["further_terminal"]
        for own_events, own_incidents in itertools.product(range(count["event"] + 1), range(incidents + 1)):
            # a piece paid in credits is unlawful while a unit of its own is left
            if own_events < count["event"] and own_events < total["event"]:
                continue
            if own_incidents < incidents and own_incidents < total["incident"]:
                continue
            exchanged = (count["event"] - own_events) * worth["event"] + (incidents - own_incidents) * worth[
                "incident"
            ]
            amounts = {"event": own_events, "incident": own_incidents, "credit": fixed + further + exchanged}
            if any(amounts[unit] > total[unit] for unit in of):
                continue
            for parts in itertools.product(*(list(compositions(amounts[unit], of[unit])) for unit in of)):
                dates = []
                for unit, taken in zip(of, parts, strict=True):
                    for p, n in zip(of[unit], taken, strict=True):
                        dates += [p.ends_at] * (n * worth[unit])
                cost = (len(dates), sorted(dates), amounts["credit"])
                if found is None or cost < found:
                    found = cost
    return found


def random_case(rng):
    tariff = Tariff(
        1,
        {code: rng.randint(0, 4) for code in rules.PRICED}
        | {"incident": rng.randint(1, 5), "advisory_event": rng.randint(1, 2)},
    )
    needs = []
    for _ in range(rng.randint(1, 3)):
        code = rng.choice([c for c in rules.CODES if c != "further_terminal"])
        most = {"install_terminals": 9, "general_quote": 5}.get(code, 2)
        needs.append(
            Need(
                code,
                rng.randint(1, most),
                minutes=rng.choice([0, 0, 61]) if code in rules.HOURLY else 0,
                participants=rng.choice([0, 11]) if code == "online_hour" else 0,
            )
        )
    if any(n.code.startswith("install") for n in needs) and rng.random() < 0.5:
        needs.append(Need("further_terminal", rng.randint(1, 5)))
    pockets = [
        PocketView(key, rng.choice(rules.UNITS), rng.randint(0, 6), JAN + timedelta(days=rng.randint(0, 3)))
        for key in range(1, rng.randint(1, 4) + 1)
    ]
    return needs, tariff, pockets


def test_the_choice_equals_brute_force_on_ten_thousand_cases():
    """CHG-8, CHG-6, LED-3"""
    rng = random.Random(20260101)
    payable = 0
    for _ in range(10_000):
        needs, tariff, pockets = random_case(rng)
        expected = brute_force_cost(needs, tariff, pockets)
        ways = rules.lawful_ways(needs, tariff, pockets)
        if expected is None:
            assert ways == []
            assert rules.credits_missing(needs, tariff, pockets) > 0
            continue
        payable += 1
        way = rules.most_beneficial(ways)
        dates = [take.ends_at for take in way.takes for _ in range(take.amount * tariff.value(take.unit))]
        assert (way.tariff_value, sorted(dates), way.amount("credit")) == expected, (needs, tariff, pockets)
        assert way is ways[0]
        assert sum(line.amount for line in way.lines) == sum(take.amount for take in way.takes)
    assert payable > 3_000


def test_exactly_the_missing_credits_make_it_payable():
    """CHG-3"""
    rng = random.Random(7)
    for _ in range(1_000):
        needs, tariff, pockets = random_case(rng)
        missing = rules.credits_missing(needs, tariff, pockets)
        if missing:
            more = [*pockets, PocketView(99, "credit", missing, DEC)]
            fewer = [*pockets, PocketView(99, "credit", missing - 1, DEC)]
            assert rules.lawful_ways(needs, tariff, more)
            assert not rules.lawful_ways(needs, tariff, fewer)


def test_twelve_needs_over_six_pockets_are_chosen_quickly():
    """CHG-8: under 2 ms"""
    [figure] = bench.run(times=60)
    assert figure["holds"], figure


# --- the tables of the prose ----------------------------------------------------------------------------------------

PROSE = Path(__file__).parents[3] / "docs" / "algorithms" / "charge-choice.md"
MONTHS = {"Jan": JAN, "Mar": MAR, "Dec": DEC}


def worked_rows():
    lines = PROSE.read_text(encoding="utf-8").partition("## Worked")[2].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def test_the_prose_has_its_worked_rows():
    """CHG-8"""
    assert len(worked_rows()) > 12


@pytest.mark.parametrize("row", worked_rows(), ids=lambda row: f"{row[0]} | {row[1]}")
def test_the_code_answers_what_the_prose_works_out(row):
    """CHG-3, CHG-6, CHG-8, TAR-2, TAR-3, TAR-4"""
    needs = []
    for words in row[0].split(", "):
        quantity, code, *rest = words.split()
        minutes = int(rest[rest.index("of") + 1]) if "of" in rest else 0
        people = int(rest[rest.index("for") + 1]) if "for" in rest else 0
        needs.append(Need(code, int(quantity), minutes=minutes, participants=people))
    pockets = [
        pocket(place, words.split()[1], int(words.split()[0]), MONTHS[words.split()[2]])
        for place, words in enumerate(row[1].split(", "), start=1)
    ]
    if row[2].startswith("missing"):
        assert rules.credits_missing(needs, DEFAULT, pockets) == int(row[2].split()[1])
        assert not rules.lawful_ways(needs, DEFAULT, pockets)
        return
    way = best(needs, pockets)
    assert way.amounts == {unit: int(n) for n, unit in (part.split() for part in row[2].split(", "))}
    assert way.tariff_value == int(row[3])
