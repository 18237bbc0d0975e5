"""The best promotion, and why. PRO-1."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.conftest import NOON
from amparo.promotions import rules
from amparo.promotions.rules import Context, Priced, Terms

NAMES = ("plan", "card", "plan:1", "card:2")


def terms(number=1, kind="percent", value=10, **more):
    return Terms(number, f"P{number}", "money", kind, value, **more)


@st.composite
def promotions(draw):
    found = []
    for number in range(1, draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(("percent", "amount", "units")))
        value = draw(st.integers(1, 100)) if kind == "percent" else draw(st.integers(1, 3_000)) if kind == "amount" else 0
        moments = st.one_of(st.none(), st.integers(-5, 5))
        begins, length = draw(moments), draw(moments)
        starts_at = NOON + timedelta(days=begins) if begins is not None else None
        ends_at = None if length is None else (starts_at or NOON) + timedelta(days=length)
        found.append(
            Terms(
                number, f"P{number}", "money", kind, value,
                units=(("credit", draw(st.integers(1, 40))),) if kind == "units" else (),
                goods=draw(st.frozensets(st.sampled_from(NAMES), max_size=2)), starts_at=starts_at, ends_at=ends_at,
                has_code=draw(st.booleans()), needs_contract=draw(st.booleans()),
                plans=draw(st.frozensets(st.integers(1, 3), max_size=2)), products=draw(st.frozensets(st.integers(1, 3), max_size=2)),
                uses_max=draw(st.one_of(st.none(), st.integers(1, 3))), uses_per_customer_max=draw(st.one_of(st.none(), st.integers(1, 2))),
            )
        )
    return found


prices = st.lists(st.builds(Priced, st.sampled_from((("plan", "plan:1"), ("card", "card:2"), ("card", "card:9"))), st.integers(0, 5_000)), min_size=1, max_size=4)
contexts = st.builds(
    Context, st.just(NOON), st.frozensets(st.integers(1, 3)), st.booleans(), st.frozensets(st.integers(1, 3)),
    st.frozensets(st.integers(1, 7)), st.dictionaries(st.integers(1, 7), st.tuples(st.integers(0, 4), st.integers(0, 2))),
)  # fmt: skip
WORTH = {"event": Fraction(90), "incident": Fraction(360), "credit": Fraction(181, 2)}


@given(promotions(), prices, contexts)
def test_the_one_taken_is_never_worse_than_any_other_lawful_one(offered, asked, context):
    """PRO-1"""
    taken = rules.best(offered, asked, context, worth=WORTH)
    benefits = [rules.applied(one, asked, worth=WORTH).benefit for one in offered if rules.may_take(one, asked, context)]
    assert (taken.benefit if taken else 0) == max(benefits, default=0)
    if taken:
        assert all(check.passed for check in rules.why(taken.terms, asked, context))


@given(promotions(), prices, contexts)
def test_no_price_goes_below_zero(offered, asked, context):
    """PRO-1"""
    for one in offered:
        taken = rules.reductions(one, asked)
        assert all(0 <= off <= price.amount for off, price in zip(taken, asked, strict=True))
        assert all(not off or rules.is_for(one, price) for off, price in zip(taken, asked, strict=True))
        assert sum(taken) == rules.applied(one, asked).saved
        if one.kind == "amount":
            assert sum(taken) <= one.value


@given(promotions(), promotions(), prices, contexts)
def test_more_promotions_never_make_it_dearer(some, others, asked, context):
    """PRO-1"""
    moved = [rules.terms_from(one.as_data() | {"id": one.id + 100}) for one in others]
    few, many = rules.best(some, asked, context, worth=WORTH), rules.best([*some, *moved], asked, context, worth=WORTH)
    assert (many.benefit if many else 0) >= (few.benefit if few else 0)


@given(promotions(), prices, contexts)
def test_the_order_in_which_they_stand_changes_nothing(offered, asked, context):
    """PRO-1"""
    assert rules.best(offered, asked, context, worth=WORTH) == rules.best(offered[::-1], asked, context, worth=WORTH)


@given(promotions())
def test_terms_are_kept_whole(offered):
    """PRO-1: what was agreed to can be read again to the letter."""
    assert [rules.terms_from(one.as_data()) for one in offered] == offered


def test_an_amount_is_taken_off_the_sum_once():
    """PRO-1"""
    one = terms(kind="amount", value=1_000, goods=frozenset({"card"}))
    assert rules.reductions(one, [Priced(("card",), 700), Priced(("plan",), 900), Priced(("card",), 700)]) == [700, 0, 300]


@pytest.mark.parametrize(("amount", "percent", "off"), [(1, 50, 1), (1, 49, 0), (999, 50, 500), (100, 100, 100), (0, 100, 0), (5, 10, 1), (4, 10, 0)])
def test_a_per_cent_is_rounded_half_up(amount, percent, off):
    """PRO-1"""
    assert rules.reductions(terms(value=percent), [Priced(("card",), amount)]) == [off]


def test_extra_units_count_for_what_the_bought_ones_cost():
    """PRO-1: fifty credits for 4,500.00 make ten more worth 900.00."""
    worth = rules.worth_of_units(450_000, {"credit": 50}, {"event": 1, "incident": 4, "credit": 1})
    extra = terms(2, "units", 0, units=(("credit", 10),))
    asked = [Priced(("card",), 450_000)]
    assert rules.applied(extra, asked, worth=worth).worth == 90_000
    assert rules.best([terms(1, "amount", 89_999), extra], asked, Context(NOON), worth=worth).terms.id == 2
    assert rules.best([terms(1, "amount", 90_000), extra], asked, Context(NOON), worth=worth).terms.id == 1, "money before units"
    assert rules.applied(extra, asked, worth=worth, count=3).units == (("credit", 30),)


@pytest.mark.parametrize(("failing", "changed", "context"), [
    ("published", {"published": False}, {}), ("begun", {"starts_at": NOON + timedelta(seconds=1)}, {}),
    ("not_over", {"ends_at": NOON}, {}), ("goods", {"goods": frozenset({"plan:7"})}, {}),
    ("plan", {"plans": frozenset({3})}, {"contract_plans": frozenset({2})}), ("contract", {"needs_contract": True}, {}),
    ("product", {"products": frozenset({3})}, {}), ("code", {"has_code": True}, {"codes": frozenset({2})}),
    ("uses", {"uses_max": 2}, {"uses": {1: (2, 0)}}), ("own_uses", {"uses_per_customer_max": 1}, {"uses": {1: (1, 1)}}),
])  # fmt: skip
def test_each_condition_alone_keeps_it_from_applying(failing, changed, context):
    """PRO-1"""
    checks = rules.why(terms(**changed), [Priced(("card",), 100)], Context(NOON, **context))
    assert [check.code for check in checks if not check.passed] == [failing]
    assert rules.best([terms(**changed)], [Priced(("card",), 100)], Context(NOON, **context)) is None


@pytest.mark.parametrize(("typed", "kept"), [(" verano-26 ", "VERANO-26"), ("a b\x00c", "ABC"), ("ñü", ""), ("x" * 60, "X" * 40)])
def test_a_code_is_compared_in_one_form(typed, kept):
    assert rules.normal_code(typed) == kept
