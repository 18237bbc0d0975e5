"""The verbs of the ledger, one customer at a time."""

from __future__ import annotations

import pytest
from django.db import connection

from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands, queries
from amparo.ledger.errors import (
    AlreadyEnded,
    AmountInvalid,
    KeyReused,
    NotEnough,
    NotInForce,
    TooMuchGivenBack,
)
from amparo.ledger.models import Pocket, PocketWarning, Transfer

from .conftest import DAY, END, NOW, START, WHO, filled


def held(pocket):
    found = queries.balance(pocket.pk)
    return found.balance, found.reserved


def sound():
    return queries.check()["differences"] == []


def test_what_is_issued_can_be_spent(pocket):
    """LED-1"""
    transfer = commands.spend(pocket, 4, cause="case:1", key="a", tariff_version=3, **WHO)
    assert (transfer.kind, transfer.amount, transfer.unit, transfer.cause) == (
        "single",
        4,
        "credit",
        "case:1",
    )
    assert (transfer.tariff_version, transfer.customer_id, transfer.debit_id) == (
        3,
        pocket.customer_id,
        pocket.pk,
    )
    assert transfer.at == NOW and transfer.recorded_at is not None
    assert held(pocket) == (6, 0)
    assert sound()


def test_a_reservation_is_posted_whole(pocket):
    """LED-1, CHG-4"""
    reservation = commands.reserve(pocket, 3, cause="case:1", key="r", **WHO)
    assert held(pocket) == (10, 3)
    commands.post(reservation, key="p", **WHO)
    assert held(pocket) == (7, 0)
    assert sound()


def test_posting_a_part_releases_the_rest(pocket):
    """LED-1"""
    reservation = commands.reserve(pocket, 5, cause="case:1", key="r", **WHO)
    commands.post(reservation, 2, key="p", **WHO)
    assert held(pocket) == (8, 0)
    assert sound()


def test_a_voided_reservation_comes_back_whole(pocket):
    """CHG-4"""
    reservation = commands.reserve(pocket, 5, cause="case:1", key="r", **WHO)
    commands.void(reservation, key="v", **WHO)
    assert held(pocket) == (10, 0)
    assert sound()


def test_a_reservation_ends_once(pocket):
    """LED-1, LED-2"""
    reservation = commands.reserve(pocket, 5, cause="case:1", key="r", **WHO)
    commands.post(reservation, key="p", **WHO)
    with pytest.raises(AlreadyEnded):
        commands.void(reservation, key="v", **WHO)
    with pytest.raises(AlreadyEnded):
        commands.post(reservation, key="p2", **WHO)
    assert held(pocket) == (5, 0)


def test_nothing_is_reserved_or_spent_below_zero(pocket):
    """LED-2, CHG-10: and what is reserved cannot be spent."""
    commands.reserve(pocket, 7, cause="case:1", key="r", **WHO)
    with pytest.raises(NotEnough) as refusal:
        commands.spend(pocket, 4, cause="case:2", key="s", **WHO)
    assert refusal.value.context["available"] == 3
    with pytest.raises(NotEnough):
        commands.reserve(pocket, 4, cause="case:2", key="t", **WHO)
    assert held(pocket) == (10, 7)


@pytest.mark.parametrize("amount", [0, -1, 1.5, float("nan"), "3", True, None, 2**31])
def test_an_amount_is_whole_and_positive(pocket, amount):
    """LED-1, SEC-49"""
    for act in (commands.issue, commands.reserve, commands.spend):
        with pytest.raises(AmountInvalid):
            act(pocket, amount, cause="case:1", key="x", **WHO)
    assert held(pocket) == (10, 0)


def test_the_same_key_returns_the_first_result(pocket):
    """CHG-10, SEC-48"""
    first = commands.spend(pocket, 10, cause="case:1", key="a", **WHO)
    again = commands.spend(pocket, 10, cause="case:1", key="a", actor=SYSTEM, at=NOW + DAY)
    assert again.pk == first.pk and again.at == NOW
    assert held(pocket) == (0, 0)


def test_the_same_key_with_other_values_is_refused(pocket):
    """LED-2, SEC-48"""
    commands.spend(pocket, 2, cause="case:1", key="a", **WHO)
    with pytest.raises(KeyReused):
        commands.spend(pocket, 3, cause="case:1", key="a", **WHO)
    with pytest.raises(KeyReused):
        commands.spend(pocket, 2, cause="case:2", key="a", **WHO)
    with pytest.raises(KeyReused):
        commands.reserve(pocket, 2, cause="case:1", key="a", **WHO)
    assert held(pocket) == (8, 0)


def test_the_same_key_of_another_customer_is_another_key(pocket, other_customer):
    """SEC-48"""
    theirs = filled(other_customer.pk)
    commands.spend(pocket, 2, cause="case:1", key="a", **WHO)
    commands.spend(theirs, 3, cause="case:9", key="a", **WHO)
    assert (held(pocket), held(theirs)) == ((8, 0), (7, 0))


def test_repeated_endings_return_the_first_result(pocket):
    """CHG-10, SEC-48"""
    first, second = (commands.reserve(pocket, 2, cause="case:1", key=key, **WHO) for key in "ab")
    assert commands.post(first, 1, key="p", **WHO).pk == commands.post(first, 1, key="p", **WHO).pk
    assert commands.void(second, key="v", **WHO).pk == commands.void(second, key="v", **WHO).pk
    with pytest.raises(KeyReused):
        commands.post(first, 2, key="p", **WHO)
    assert held(pocket) == (9, 0)


def test_no_more_is_posted_than_was_reserved(pocket):
    """LED-2"""
    reservation = commands.reserve(pocket, 2, cause="case:1", key="r", **WHO)
    with pytest.raises(AmountInvalid):
        commands.post(reservation, 3, key="p", **WHO)
    assert held(pocket) == (10, 2)


def test_a_pocket_is_used_only_while_it_is_in_force(pocket):
    """LED-3: from its start until its end, which is exclusive."""
    for at in (START - DAY, END, END + DAY):
        with pytest.raises(NotInForce):
            commands.spend(pocket, 1, cause="case:1", key="s", actor=SYSTEM, at=at)
    last = END - DAY / 86_400_000_000
    assert commands.spend(pocket, 1, cause="case:1", key="s", actor=SYSTEM, at=last)


def test_what_was_charged_is_given_back_by_a_reverse_transfer(pocket):
    """CHG-3, LED-1"""
    spent = commands.spend(pocket, 6, cause="order:1", key="s", tariff_version=2, **WHO)
    back = commands.give_back(spent, 4, cause="order:1", key="b", **WHO)
    assert (back.reverses_id, back.debit_id, back.credit_id) == (spent.pk, spent.credit_id, pocket.pk)
    assert held(pocket) == (8, 0)
    pocket.refresh_from_db()
    assert pocket.issued == 10
    with pytest.raises(TooMuchGivenBack):
        commands.give_back(spent, 3, cause="order:1", key="b2", **WHO)
    assert commands.give_back(spent, 4, cause="order:1", key="b", **WHO).pk == back.pk
    assert sound()


def test_a_posted_reservation_is_given_back_too(pocket):
    """CHG-3"""
    posted = commands.post(commands.reserve(pocket, 5, cause="case:1", key="r", **WHO), 3, key="p", **WHO)
    commands.give_back(posted, 3, cause="complaint:1", key="b", **WHO)
    assert held(pocket) == (10, 0)
    with pytest.raises(TooMuchGivenBack):
        commands.give_back(posted, 1, cause="complaint:1", key="c", **WHO)


def test_what_is_left_expires_at_the_end(pocket):
    """LED-3: at the pocket's own end, however late the worker comes."""
    commands.spend(pocket, 3, cause="case:1", key="s", **WHO)
    assert commands.expire_due(at=END - DAY) == 0
    assert commands.expire_due(at=END + 3 * DAY) == 1
    transfer = Transfer.objects.get(debit=pocket, credit__holder="expired")
    assert (transfer.amount, transfer.at) == (7, END)
    assert held(pocket) == (0, 0)
    assert commands.expire_due(at=END + 4 * DAY) == 0
    pocket.refresh_from_db()
    assert pocket.closed_at == END + 3 * DAY
    assert sound()


def test_a_pocket_that_expired_is_told(pocket, facts):
    """LED-3"""
    commands.expire_due(at=END)
    assert facts(pocket) == ["pocket.expired"]


def test_a_reservation_outlives_its_pocket(pocket):
    """LED-6: what was reserved in time is charged after the end."""
    reservation = commands.reserve(pocket, 4, cause="case:1", key="r", **WHO)
    commands.expire_due(at=END)
    assert held(pocket) == (4, 4)
    commands.post(reservation, key="p", actor=SYSTEM, at=END + 5 * DAY)
    assert held(pocket) == (0, 0)
    assert sound()


def extensions(pocket):
    return list(
        Pocket.objects.filter(customer_id=pocket.customer_id, source__startswith="grace:").order_by("pk")
    )


def test_what_comes_back_after_the_end_lasts_thirty_days_more(pocket):
    """LED-6, CHG-4"""
    reservation = commands.reserve(pocket, 4, cause="case:1", key="r", **WHO)
    commands.expire_due(at=END)
    later = END + 5 * DAY
    commands.void(reservation, key="v", actor=SYSTEM, at=later)
    assert commands.void(reservation, key="v", actor=SYSTEM, at=later).kind == "void"
    [extension] = extensions(pocket)
    assert (extension.unit, extension.balance, extension.issued) == ("credit", 4, 4)
    assert (extension.starts_at, extension.ends_at) == (later, later + 30 * DAY)
    assert held(pocket) == (0, 0)
    commands.spend(extension, 4, cause="case:2", key="s", actor=SYSTEM, at=later + DAY)
    assert sound()


def test_the_rest_of_a_part_posted_after_the_end_lasts_thirty_days_more(pocket):
    """LED-6"""
    reservation = commands.reserve(pocket, 4, cause="case:1", key="r", **WHO)
    commands.post(reservation, 1, key="p", actor=SYSTEM, at=END + DAY)
    [extension] = extensions(pocket)
    assert extension.balance == 3
    assert held(pocket) == (6, 0)  # not yet expired
    commands.expire_due(at=END + DAY)
    assert sound()


def test_what_is_given_back_after_the_end_lasts_thirty_days_more(pocket):
    """LED-6: each giving back in its own extension."""
    spent = commands.spend(pocket, 4, cause="order:1", key="s", **WHO)
    for key, amount in (("b", 1), ("c", 3)):
        commands.give_back(spent, amount, cause="order:1", key=key, actor=SYSTEM, at=END + DAY)
        commands.give_back(spent, amount, cause="order:1", key=key, actor=SYSTEM, at=END + 2 * DAY)
    with pytest.raises(TooMuchGivenBack):
        commands.give_back(spent, 1, cause="order:1", key="d", actor=SYSTEM, at=END + DAY)
    assert [(p.balance, p.issued, p.ends_at) for p in extensions(pocket)] == [
        (1, 1, END + 31 * DAY),
        (3, 3, END + 31 * DAY),
    ]
    assert sound()


def test_the_days_of_the_extension_are_a_policy(pocket, administrator):
    """LED-6"""
    from amparo.policies.commands import set_value

    set_value("ledger.grace_days", 10, from_at=END, actor=administrator, at=NOW)
    spent = commands.spend(pocket, 4, cause="order:1", key="s", **WHO)
    commands.give_back(spent, 4, cause="order:1", key="b", actor=SYSTEM, at=END + DAY)
    assert extensions(pocket)[0].ends_at == END + 11 * DAY


def test_units_issued_by_mistake_are_taken_back(pocket):
    """LED-1: a correction is a new transfer."""
    commands.take_back(pocket, 4, cause="contract:1", key="t", **WHO)
    pocket.refresh_from_db()
    assert (pocket.balance, pocket.issued) == (6, 6)
    with pytest.raises(NotEnough):
        commands.take_back(pocket, 7, cause="contract:1", key="u", **WHO)
    assert sound()


def test_a_pocket_is_opened_once_for_its_source(customer):
    """CHG-10"""
    first, again = (filled(customer.pk, amount=5) for _ in range(2))
    assert first.pk == again.pk and again.balance == 5
    with pytest.raises(KeyReused):
        filled(customer.pk, ends_at=END + DAY)


def test_a_pocket_can_end_early(pocket):
    """LED-3"""
    commands.end_early(pocket, ends_at=NOW, **WHO)
    commands.expire_due(at=NOW)
    assert held(pocket) == (0, 0)
    assert Transfer.objects.get(credit__holder="expired").at == NOW


def test_a_command_is_one_round_trip(pocket, django_assert_num_queries):
    """LED-1: one statement per transfer."""
    with django_assert_num_queries(1):
        reservation = commands.reserve(pocket, 2, cause="case:1", key="r", **WHO)
    with django_assert_num_queries(1):
        posted = commands.post(reservation, 1, key="p", **WHO)
    with django_assert_num_queries(1):
        commands.give_back(posted, 1, cause="case:1", key="g", **WHO)
    with django_assert_num_queries(1):
        commands.spend(pocket, 2, cause="case:1", key="s", **WHO)
    with django_assert_num_queries(1):
        queries.balance(pocket.pk)


def test_a_balance_is_one_indexed_read(pocket):
    """LED-2: whatever the number of transfers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # over a table of one page both ways cost the same
        cursor.execute("EXPLAIN SELECT balance, reserved FROM ledger_pocket WHERE id = %s", [pocket.pk])
        assert "Index Scan using ledger_pocket_pkey" in cursor.fetchone()[0]


def test_a_low_pocket_is_told_once(pocket, facts):
    """LED-5: when a fifth is left."""
    commands.spend(pocket, 7, cause="case:1", key="a", **WHO)
    assert commands.warn_due(at=NOW) == 0
    commands.reserve(pocket, 1, cause="case:2", key="b", **WHO)
    assert commands.warn_due(at=NOW) == 1
    assert commands.warn_due(at=NOW) == 0
    assert facts(pocket) == ["pocket.low"]


def test_an_ending_pocket_is_told_at_thirty_fifteen_and_five_days(pocket, facts):
    """LED-5: one warning each, the nearest only, and none for an empty one."""
    told = []
    for left in (40, 30, 29, 16, 15, 5, 1):
        commands.warn_due(at=END - left * DAY)
        told.append(list(PocketWarning.objects.order_by("pk").values_list("reason", flat=True)))
    assert (
        told
        == [[], ["ends_30"], ["ends_30"], ["ends_30"], ["ends_30", "ends_15"]]
        + [["ends_30", "ends_15", "ends_5"]] * 2
    )
    assert facts(pocket) == ["pocket.ending"] * 3


def test_a_pocket_first_seen_three_days_before_its_end_is_warned_of_once(pocket):
    """LED-5"""
    assert commands.warn_due(at=END - 3 * DAY) == 1
    assert [w.reason for w in PocketWarning.objects.all()] == ["ends_5"]


def test_a_refusal_leaves_the_callers_transaction_usable(pocket):
    """Style: a refusal is an expected answer, so it must not break the transaction it is given in. LED-2"""
    with pytest.raises(NotEnough):
        commands.spend(pocket, 99, cause="case:1", key="x", **WHO)
    assert commands.spend(pocket, 1, cause="case:1", key="y", **WHO)
