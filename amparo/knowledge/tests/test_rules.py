"""Codes, sources, versions and comparisons, without a database. SRC-1, SRC-2, SRC-5."""

from datetime import date

import pytest

from amparo.knowledge import rules


@pytest.mark.parametrize(
    ("text", "normal"),
    [("PV-0417", "PV0417"), (" pv 0417 ", "PV0417"), ("0x8007-0005", "0X80070005"), ("--", ""), ("ñ", ""), ("E" * 99, "E" * 40)],
)
def test_a_code_is_looked_up_whatever_its_signs(text, normal):
    """SRC-2"""
    assert rules.normal_code(text) == normal


def test_codes_are_split_and_bad_ones_are_named():
    """SRC-2"""
    assert rules.split_codes("PV-0417, pv 0417;E12\n E13 ,") == ["PV-0417", "E12", "E13"]
    assert rules.bad_codes("PV-0417, E 12, 0x80070005") == []
    assert rules.bad_codes("<script>") == ["<script>"]
    assert rules.bad_codes(",".join(f"E{n}" for n in range(41))) == ["E40"]


@pytest.mark.parametrize(
    "line",
    ["https://sat.gob.mx", "SAT | javascript:alert(1)", "SAT | https://sat .mx", "| https://sat.gob.mx", "SAT | ftp://sat.gob.mx", "SAT | https://[", 'x | https://a.mx/"on', "x | //evil.mx"],
)
def test_only_addresses_of_the_web_are_sources(line):
    """SRC-5, SEC-21"""
    assert rules.bad_sources(line) == [line]
    assert rules.sources_of(line) == []


def test_sources_are_linked_with_their_titles():
    """SRC-5"""
    assert rules.sources_of("SAT: errores | https://www.sat.gob.mx/e\n\nEpson | http://epson.com.mx") == [
        ("SAT: errores", "https://www.sat.gob.mx/e"), ("Epson", "http://epson.com.mx"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "mine", "fits"),
    [
        ("11.2", "12.1", "11.4", True), ("11.2", "12.1", "11.2", True), ("11.2", "12.1", "12.1.3", True), ("11.2", "12.1", "12.2", False),
        ("11.2", "12.1", "9.9", False), ("", "10.1", "10.1", True), ("", "10.1", "10.2", False), ("10.0", "", "99", True), ("10.0", "", "", None),
    ],
)  # fmt: skip
def test_a_version_lies_in_the_range_or_not(first, last, mine, fits):
    """SRC-2"""
    assert rules.applies(first, last, mine) is fits


def test_what_a_text_cites():
    """SRC-1"""
    text = "Vea [esto](/knowledge/41-pv-0417/) y https://ayuda.mx/knowledge/7 y /e/PV-0417, otra vez /knowledge/41/"
    assert rules.cited_in(text) == ([41, 7], ["PV0417"])
    assert rules.cited_in("nada") == ([], [])


def test_a_comparison_shows_what_changed_with_its_neighbours():
    """SRC-2"""
    old = "\n".join(f"línea {n}" for n in range(20))
    new = old.replace("línea 10", "línea diez")
    kinds = [line.kind for line in rules.compared(old, new)]
    assert kinds == ["same", "same", "removed", "added", "same", "same"]
    assert rules.compared(old, old) == []


def test_review_days():
    """SRC-2"""
    assert rules.review_on(date(2026, 11, 11), 90) == date(2027, 2, 9)
    assert rules.review_on(date(2026, 11, 11), 0) is None


def test_the_share_of_answers_without_a_source():
    """SRC-1"""
    assert rules.share([0, 0, 1]).per_cent_without == 67
    assert rules.share([]).per_cent_without == 0


@pytest.mark.parametrize(("first", "last", "before", "current", "outgrown"), [
    ("", "", "11.2", "12.0", True), ("10.1", "", "11.2", "12.0", True), ("12.0", "", "11.2", "12.0", False),
    ("10.0", "11.2", "11.2", "12.0", False), ("", "", "11.2", "11.3", False), ("", "", "", "12.0", False),
    ("", "", "12.1", "11.2", False), ("", "", "9.9", "10.0", True), ("", "", "beta", "12.0", False),
])  # fmt: skip
def test_only_a_new_major_version_outgrows_what_says_nothing_of_it(first, last, before, current, outgrown):
    """SRC-2"""
    assert rules.is_outgrown(first, last, before, current) is outgrown
