"""The canonical text and the comparison, pure. AGR-1."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amparo.agreements.rules import canonical, clean_text, compare, fingerprint

TEXTS = st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12), max_size=8).map("\n".join)


@given(TEXTS, TEXTS)
def test_a_comparison_holds_both_texts(before, after):
    """AGR-1: what stays and went is the old text, what stays and came the new one."""
    lines = compare(before, after)
    old = [line for line in lines if line.kind != "added"]
    new = [line for line in lines if line.kind != "removed"]
    left = ["".join(text for mark, text in line.pieces if mark != "ins") for line in old]
    right = ["".join(text for mark, text in line.pieces if mark != "del") for line in new]
    assert [line for line in left if line] == [line for line in clean_text(before).split("\n") if line]
    assert [line for line in right if line] == [line for line in clean_text(after).split("\n") if line]


@given(st.text(max_size=60), TEXTS)
def test_a_hash_outlives_saving_and_line_ends(title, text):
    """AGR-1"""
    assert fingerprint(title, clean_text(text)) == fingerprint(title, text) == fingerprint(title, text.replace("\n", "\r\n"))
    assert canonical(title, text).endswith("\n") and "\r" not in canonical(title, text)


def test_changed_words_stand_within_their_line():
    [head, changed] = compare("Uno\nSe atiende de 9 a 18 horas.", "Uno\nSe atiende de 8 a 18 horas.")
    assert head.kind == "same" and changed.kind == "changed"
    assert ("del", "9") in changed.pieces and ("ins", "8") in changed.pieces


def test_what_stays_far_from_a_change_is_counted():
    before = "\n".join(str(n) for n in range(50))
    lines = compare(before, before.replace("\n25\n", "\nveinticinco\n"), around=2)
    assert [line.count for line in lines if line.kind == "gap"] == [23, 22]
    assert sum(line.count or 1 for line in lines if line.kind != "added") == 50
    assert compare("a", "a", around=2)[0].kind == "gap"
