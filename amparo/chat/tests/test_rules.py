"""What is decided without a database."""

from __future__ import annotations

import doctest

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.chat import rules
from amparo.chat.machine import LIFE, EndedHow, State
from amparo.chat.rules import Candidate, choose, without_private


def test_examples_of_the_rules():
    """CHT-1, CHT-2"""
    assert doctest.testmod(rules).failed == 0


def test_skill_then_load_then_who_waited_longest():
    """CHT-1"""
    knows, of_none, other = Candidate(1, 2, frozenset({7})), Candidate(2, 0), Candidate(3, 0, frozenset({8}))
    assert choose([of_none, other, knows], product_id=7, limit=4) == 1
    assert choose([of_none, other, knows], product_id=7, passed=[1], limit=4) == 2
    assert choose([other], product_id=7, limit=4) == 3  # somebody is better than nobody
    assert choose([of_none, other, knows], product_id=None, limit=4) == 2
    assert choose([Candidate(1, 1, last_given=5.0), Candidate(2, 1, last_given=3.0)], product_id=None, limit=4) == 2


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=2000)
@given(st.lists(st.builds(Candidate, st.integers(1, 9), st.integers(0, 6), st.frozensets(st.integers(1, 3)), st.floats(0, 9)), max_size=6),
       st.sets(st.integers(1, 9), max_size=4), st.sampled_from([None, 1, 2]), st.integers(1, 6))  # fmt: skip
def test_nobody_who_is_full_or_passed_it_on_is_chosen(candidates, passed, product, limit):
    """CHT-1: and somebody is, where there is somebody."""
    chosen = choose(candidates, product_id=product, passed=passed, limit=limit)
    free = [one for one in candidates if one.load < limit and one.user_id not in passed]
    assert (chosen is None) == (not free)
    assert chosen is None or chosen in {one.user_id for one in free}


def test_the_table_of_lives():
    """CHT-1: ended is the end."""
    for state, move, after in LIFE.cells():
        assert state is not State.ENDED or after is None, move


def test_what_tells_who_it_is_goes():
    """CHT-2, FOR-1: names of company and people, whole and in part, and what masking knows."""
    private = [*rules.private_words(["Abarrotes Lupita", "Lupita Romero"]), "CAJA-7K2M-9XQ4-0001"]
    text = "Soy lupita, de ABARROTES LUPITA (NIC 10482-71). Serie CAJA-7K2M-9XQ4-0001, tel. 55 5512 3456, lupita@ejemplo.mx. Error E-204 en 10.1."
    told = without_private(text, private)
    for secret in ("upita", "ABARROTES", "10482", "7K2M", "5512", "lupita@"):
        assert secret not in told, told
    assert "E-204" in told and "10.1" in told


def test_each_way_to_end_has_its_sentence():
    from amparo.chat import words

    assert set(words.ENDED) == set(EndedHow)
