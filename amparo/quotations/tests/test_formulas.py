"""The language of formulas: what it computes, what it refuses and where, and that it never does anything else. QUO-2."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.quotations.errors import FormulaWrong
from amparo.quotations.rules import formulas
from amparo.quotations.rules.formulas import TRUTH, checked, names_in, number_range, parse, result

NAMES = {"n": number_range(1, 50), "zero": number_range(0, 9), "urgent": TRUTH, "tariff.technical_hour": number_range(0, 4)}
VALUES = {"n": 7, "zero": 3, "urgent": True, "tariff.technical_hour": 4}


def value(text: str, **values):
    return result(checked(text, NAMES, least=-(10**9), most=10**9), VALUES | values, least=-(10**9), most=10**9)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("4", 4), ("2+3*4", 14), ("(2+3)*4", 20), ("10-2-3", 5), ("24/4/2", 3), ("-n+10", 3), ("- -2", 2), ("7/2", 4), ("0.5*3", 2),
        ("1.0001", 2), ("ceil(n/2)*2", 8), ("min(n, 3, 9)", 3), ("max(n, 3)", 7), ("if(urgent, 5, 0)", 5), ("if(not urgent, 5, 0)", 0),
        ("if(n > 4 and urgent, 1, 2)", 1), ("if(n < 4 or n = 7, 1, 2)", 1), ("if(n != 7, 1, 2)", 2), ("if(n >= 7, 1, 2)", 1),
        ("if(n <= 6, 1, 2)", 2), ("tariff.technical_hour * 2", 8), ("1/3+1/3+1/3", 1), ("if(yes, 1, 2)", 1), ("if(n == 7, 1, 2)", 1),
        ("n/-2", -3),
    ],
)  # fmt: skip
def test_what_a_formula_computes(text, wanted):
    """QUO-2"""
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "fault", "column"),
    [
        ("", "empty", 1), ("   ", "empty", 1), ("2 +", "ended", 4), ("2 2", "expected", 3), ("(2", "ended", 3), ("2)", "expected", 2),
        ("foo * 2", "unknown_name", 1), ("3 + horas", "unknown_name", 5), ("tariff.gold", "unknown_name", 1),
        ("2 * open(1)", "unknown_function", 5), ("__import__(1)", "unknown_function", 1), ("n.real", "unknown_name", 1),
        ("n ** 2", "expected", 4), ("n % 2", "character", 3), ("n[0]", "character", 2), ("'a'", "character", 1), ("1e9", "expected", 2),
        ("12345678", "number", 1), ("1.23456", "number", 1), ("n // 2", "expected", 4), ("lambda: 1", "character", 7),
        ("min(n)", "arguments", 1), ("if(urgent, 1)", "arguments", 1), ("ceil()", "expected", 6), ("ceil", "ended", 5),
        ("1 / zero", "divides_by_zero", 3), ("1 / (n - 3)", "divides_by_zero", 3), ("1 / 0", "divides_by_zero", 3),
        ("n / (zero - zero)", "divides_by_zero", 3), ("9999999 * 9999999", "overflow", 9), ("n * urgent", "wants_number", 5),
        ("if(n, 1, 2)", "wants_truth", 4), ("urgent", "wants_number", 1), ("n > 3", "wants_number", 3), ("urgent > 0", "wants_number", 1),
        ("if(urgent and n, 1, 2)", "wants_truth", 15), ("٣ + 1", "character", 1), ("n + ñ", "character", 5), ("1 < 2 < 3", "expected", 7),
    ],
)  # fmt: skip
def test_what_is_refused_and_at_which_column(text, fault, column):
    """QUO-2: a formula that divides by zero, overflows, names nothing: refused when saved, with the place."""
    with pytest.raises(FormulaWrong) as refused:
        checked(text, NAMES, least=-(10**9), most=10**9)
    assert (refused.value.fault, refused.value.column) == (fault, column)
    assert str(column) in str(refused.value)


def test_what_is_too_long_too_deep_or_too_large_is_refused():
    """QUO-2"""
    for text, fault in (("1+" * 300 + "1", "too_long"), ("(" * 17 + "1" + ")" * 17, "too_deep"), ("-" * 40 + "1", "too_deep"),
                        ("1+" * 80 + "1", "too_large"), ("if(" + "not " * 30 + "urgent,1,2)", "too_deep")):  # fmt: skip
        with pytest.raises(FormulaWrong) as refused:
            checked(text, NAMES, least=0, most=10**9)
        assert refused.value.fault == fault


def test_a_result_outside_its_range_is_refused_with_the_way_out():
    """QUO-2: a price is at least one credit whatever is asked for."""
    with pytest.raises(FormulaWrong) as low:
        checked("n - 5", NAMES, least=1, most=100)
    assert low.value.fault == "too_low" and "max(1" in str(low.value)
    with pytest.raises(FormulaWrong) as high:
        checked("n * 3", NAMES, least=1, most=100)
    assert high.value.fault == "too_high" and "150" in str(high.value)
    checked("max(1, n - 5)", NAMES, least=1, most=100)


def test_a_price_of_the_tariff_that_outgrew_the_proof_is_still_refused():
    """QUO-2, TAR-1"""
    node = checked("tariff.technical_hour * n", NAMES, least=0, most=1000)
    with pytest.raises(FormulaWrong) as refused:
        result(node, VALUES | {"tariff.technical_hour": 10**6}, least=0, most=1000)
    assert refused.value.fault == "too_high"


# -- properties: a formula and its reference are made together ----------------------------------------------------------

_numbers = st.integers(0, 9999).map(lambda n: (str(n), lambda env, n=n: Fraction(n)))
_decimals = st.tuples(st.integers(0, 99), st.integers(0, 9999)).map(
    lambda p: (f"{p[0]}.{p[1]:04d}", lambda env, p=p: Fraction(f"{p[0]}.{p[1]:04d}"))
)
_names = st.sampled_from(["n", "zero", "tariff.technical_hour"]).map(lambda name: (name, lambda env, name=name: Fraction(env[name])))
_leaves = _numbers | _decimals | _names


def _joined(children):
    pair = st.tuples(children, children)
    truths = st.tuples(children, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), children).map(_compared) | st.just(("urgent", lambda env: env["urgent"]))
    return (
        pair.map(lambda p: (f"({p[0][0]} + {p[1][0]})", lambda env: p[0][1](env) + p[1][1](env)))
        | pair.map(lambda p: (f"({p[0][0]} - {p[1][0]})", lambda env: p[0][1](env) - p[1][1](env)))
        | pair.map(lambda p: (f"({p[0][0]} * {p[1][0]})", lambda env: p[0][1](env) * p[1][1](env)))
        | pair.map(lambda p: (f"({p[0][0]} / {p[1][0]})", lambda env: p[0][1](env) / p[1][1](env)))
        | pair.map(lambda p: (f"min({p[0][0]}, {p[1][0]})", lambda env: min(p[0][1](env), p[1][1](env))))
        | pair.map(lambda p: (f"max({p[0][0]},{p[1][0]})", lambda env: max(p[0][1](env), p[1][1](env))))
        | children.map(lambda c: (f"ceil({c[0]})", lambda env: Fraction(ceil(c[1](env)))))
        | children.map(lambda c: (f"-{c[0]}", lambda env: -c[1](env)))
        | st.tuples(truths, children, children).map(
            lambda t: (f"if({t[0][0]}, {t[1][0]}, {t[2][0]})", lambda env: t[1][1](env) if t[0][1](env) else t[2][1](env))
        )
    )


def _compared(parts):
    (one, sign, other) = parts
    verbs = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "=": "__eq__", "!=": "__ne__"}
    return f"{one[0]} {sign} {other[0]}", lambda env: getattr(one[1](env), verbs[sign])(other[1](env))


_formulas = st.recursive(_leaves, _joined, max_leaves=12)


@settings(max_examples=400, deadline=None)
@given(_formulas, st.integers(1, 50), st.integers(0, 9), st.booleans(), st.integers(0, 4))
def test_a_formula_equals_its_reference_or_is_refused(made, n, zero, urgent, hour):
    """QUO-2: exact, rounded up once at the end; what was proved never fails afterwards."""
    text, reference = made
    env = {"n": n, "zero": zero, "urgent": urgent, "tariff.technical_hour": hour}
    try:
        node = checked(text, NAMES, least=-(10**9), most=10**9)
    except FormulaWrong:
        return
    assert result(node, env, least=-(10**9), most=10**9) == ceil(reference(env))


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789.+-*/(),<>=! nurgetifmaxclo_\t'\"[]{}ñ\x00"), max_size=60) | st.text(max_size=80))
def test_no_text_does_anything_but_compute_or_be_refused(text):
    """QUO-2: never raises anything but its own refusal."""
    try:
        node = checked(text, NAMES, least=-(10**9), most=10**9)
        result(node, VALUES, least=-(10**9), most=10**9)
    except FormulaWrong as refused:
        assert 1 <= refused.column <= len(text) + 1 and str(refused)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["(", ")", "1", "n", "+", "-", "*", "/", ",", "if", "min", "not", "and", "urgent", "<", " "]), max_size=120))
def test_no_heap_of_signs_does_either(tokens):
    """QUO-2"""
    with suppress(FormulaWrong):
        names_in(parse(" ".join(tokens)[: formulas.TEXT_MAX]))


def test_the_prose_tells_what_the_code_does():
    """QUO-2: each worked number of docs/algorithms/formulas.md is computed here."""
    import re
    from pathlib import Path

    prose = (Path(__file__).parents[3] / "docs" / "algorithms" / "formulas.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \|([^|]*)\| (\d+) \|$", prose, re.M)
    assert len(rows) >= 8
    for text, given_text, wanted in rows:
        values = {}
        for name, raw in re.findall(r"`([a-z_.]+)` = (\w+)", given_text):
            values[name] = raw == "yes" if raw in ("yes", "no") else int(raw)
        assert result(parse(text), values, least=0, most=10**9) == int(wanted), text
