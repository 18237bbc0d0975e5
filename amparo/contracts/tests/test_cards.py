"""Service cards: issued, redeemed once, voided, guessed at. CRD-1, SEC-45, SEC-47."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from amparo.conftest import NOON
from amparo.contracts import commands
from amparo.contracts.errors import CardNotTaken, CardUsed, TooManyCodes
from amparo.contracts.models import CardAttempt, ServiceCard, ServiceCardBatch
from amparo.contracts.rules import cards as rules
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger.models import Pocket
from amparo.policies.commands import set_value

from .conftest import ADDRESS, left


@pytest.fixture
def issued(db):
    """Three cards of ten credits, and their codes."""
    return commands.issue_batch("Campaña de otoño", 10, 3, actor=SYSTEM, at=NOON)


@pytest.fixture
def redeem(customer, contact):
    def act(code, at=NOON, **kwargs):
        given = {"actor": contact, "address": ADDRESS, **kwargs}
        return commands.redeem_card(code, given.pop("customer_id", customer.pk), at=at, **given)

    return act


def test_a_code_has_a_hundred_bits_and_is_kept_nowhere(issued):
    """CRD-1, SEC-45"""
    _batch, codes = issued
    assert len(set(codes)) == 3 and all(len(code.replace("-", "")) == 20 for code in codes)
    assert 2 ** (5 * (rules.CODE_LENGTH - 4)) >= 2**80  # also where the last four signs are known
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, ' ') FROM contracts_servicecard k")
        dump = cursor.fetchone()[0]
    facts = " ".join(Fact.objects.values_list("body", flat=True))
    for code in codes:
        bare = code.replace("-", "")
        assert bare not in dump and code not in dump and bare not in facts
        assert rules.code_hash(bare, "another pepper") not in dump


def test_a_card_gives_its_credits_in_a_pocket_of_its_own_once(customer, issued, redeem, facts):
    """CRD-1, LED-3"""
    _batch, codes = issued
    card = redeem(codes[0].lower().replace("-", " "))
    pocket = Pocket.objects.get(source=card.subject)
    assert (pocket.unit, pocket.balance, pocket.starts_at) == ("credit", 10, NOON)
    assert pocket.ends_at == datetime(2027, 11, 11, 6, tzinfo=UTC)
    assert facts(card) == ["card.redeemed"]
    with pytest.raises(CardNotTaken):
        redeem(codes[0])
    assert left(customer)["credit"] == 10


def test_the_same_key_returns_the_first_result(customer, issued, redeem):
    """CHG-10"""
    code = issued[1][0]
    assert redeem(code, key="k") == redeem(code, key="k")
    assert left(customer)["credit"] == 10


def test_the_key_of_another_customer_returns_nothing(issued, redeem, other_customer, other_contact):
    """SEC-8, SEC-45"""
    code = issued[1][0]
    redeem(code, key="k")
    with pytest.raises(CardNotTaken):
        redeem(code, key="k", customer_id=other_customer.pk, actor=other_contact)


def test_unknown_void_late_and_used_get_the_same_answer_by_the_same_path(issued, redeem, customer, other_customer, other_contact):
    """SEC-45: same answer and time"""
    batch, codes = issued
    _late, late_codes = commands.issue_batch("Corta", 5, 1, redeem_until=NOON, actor=SYSTEM, at=NOON - timedelta(days=3))
    redeem(codes[0])
    commands.void_card(batch.cards.get(position=2), "Perdida", actor=SYSTEM, at=NOON)
    answers, paths = set(), set()
    for code in (codes[0], codes[1], late_codes[0], "ABCD-EFGH-JKLM-NPQR-STUV", "no es", ""):
        with CaptureQueriesContext(connection) as seen, pytest.raises(CardNotTaken) as refused:
            redeem(code, customer_id=other_customer.pk, actor=other_contact)
        answers.add((str(refused.value), refused.value.status, refused.value.code, refused.value.field))
        paths.add(tuple(query["sql"].split()[0] for query in seen))
        CardAttempt.objects.all().delete()
    assert len(answers) == 1 and len(paths) == 1
    assert left(other_customer)["credit"] == 0


@pytest.mark.parametrize(("by", "limit"), [("person", 6), ("customer", 12), ("address", 20)])
def test_guessing_is_limited_by_person_customer_and_address_and_put_on_the_record(by, limit, customer, contact, administrator, issued, redeem):
    """CRD-1, SEC-45"""
    for other in {"person", "customer", "address"} - {by}:
        set_value(f"contracts.card_tries_{other}", 1000, from_at=NOON, actor=administrator, at=NOON)
    for number in range(limit):
        with pytest.raises(CardNotTaken):
            redeem("ABCD-EFGH-JKLM-NPQR-STUV", at=NOON + timedelta(seconds=number))
    with pytest.raises(TooManyCodes) as refused:
        redeem(issued[1][0], at=NOON + timedelta(minutes=1))  # a right code is not looked at either
    assert refused.value.status == 429 and refused.value.context["wait_seconds"] == 14 * 60 + 1
    assert "14 min" in str(refused.value) or "15 min" in str(refused.value)
    with pytest.raises(TooManyCodes):
        redeem(issued[1][0], at=NOON + timedelta(minutes=2))
    guessing = Fact.objects.filter(subject=f"customer:{customer.pk}", name="card.guessing")
    assert [fact.data["by"] for fact in guessing] == [by]
    assert redeem(issued[1][0], at=NOON + timedelta(minutes=15, seconds=1)).redeemed_at


def test_right_codes_are_never_counted(customer, redeem):
    """CRD-1"""
    _batch, codes = commands.issue_batch("Muchas", 1, 30, actor=SYSTEM, at=NOON)
    for code in codes:
        redeem(code)
    assert left(customer)["credit"] == 30 and not CardAttempt.objects.exists()


def test_no_address_and_no_code_is_kept_of_a_wrong_try(redeem):
    """SEC-58"""
    with pytest.raises(CardNotTaken):
        redeem("ABCD-EFGH-JKLM-NPQR-STUV")
    attempt = CardAttempt.objects.get()
    assert ADDRESS not in attempt.address_hash and len(attempt.address_hash) == 64
    commands.cards.forget_attempts(at=NOON + timedelta(days=3))
    assert not CardAttempt.objects.exists()


def test_a_card_is_voidable_only_before_it_is_redeemed(issued, redeem, sales, facts):
    """CRD-1"""
    batch, codes = issued
    card = redeem(codes[0])
    with pytest.raises(CardUsed):
        commands.void_card(card, "x", actor=sales, at=NOON)
    other = batch.cards.get(position=2)
    with pytest.raises(Invalid):
        commands.void_card(other, " ", actor=sales, at=NOON)
    commands.void_card(other, "Robada", actor=sales, at=NOON)
    commands.void_card(other, "Robada", actor=sales, at=NOON)
    assert facts(other) == ["card.voided"]
    with pytest.raises(CardNotTaken):
        redeem(codes[1])


def test_a_lost_box_is_voided_whole(issued, redeem, sales):
    """CRD-1"""
    batch, codes = issued
    redeem(codes[0])
    assert commands.void_batch(batch, "Caja perdida", actor=sales, at=NOON) == 2
    assert commands.void_batch(batch, "Caja perdida", actor=sales, at=NOON) == 0
    assert {card.state for card in batch.cards.all()} == {"redeemed", "void"}


def test_the_database_refuses_a_second_redemption(issued, redeem, other_customer):
    """CRD-1, SEC-47"""
    card = redeem(issued[1][0])
    for change in ({"customer": other_customer}, {"redeemed_at": None, "customer": None}, {"code_hash": "0" * 64}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ServiceCard.objects.filter(pk=card.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        ServiceCardBatch.objects.filter(pk=card.batch_id).update(face_value=1000)


def test_the_same_issue_form_twice_makes_one_batch(sales):
    """CHG-10"""
    batch, codes = commands.issue_batch("A", 5, 2, actor=sales, at=NOON, key="k")
    again, none = commands.issue_batch("A", 5, 2, actor=sales, at=NOON, key="k")
    assert again == batch and codes and not none and ServiceCard.objects.count() == 2


def test_who_may_issue_void_and_redeem(customer, other_customer, issued, sales, engineer, operator, quality, contact, other_contact, own_only, registered):
    """ACC-11, SEC-8"""
    batch, codes = issued
    for actor in (engineer, operator, quality, contact):
        with pytest.raises(NotPermitted):
            commands.issue_batch("A", 5, 2, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.void_card(batch.cards.first(), "x", actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.void_batch(batch, "x", actor=actor, at=NOON)
    for actor in (other_contact, registered, quality):
        with pytest.raises(NotPermitted):
            commands.redeem_card(codes[0], customer.pk, actor=actor, at=NOON, address=ADDRESS)
    for code, actor in zip(codes, (own_only, operator, sales), strict=True):
        assert commands.redeem_card(code, customer.pk, actor=actor, at=NOON, address=ADDRESS).customer_id == customer.pk


@pytest.mark.parametrize("change", [{"face_value": 0}, {"count": 0}, {"count": 5001}, {"name": " "}, {"purpose": "other"}])
def test_a_batch_that_cannot_be_is_refused(change, sales):
    """CRD-1, SEC-33"""
    given = {"name": "A", "face_value": 5, "count": 2} | change
    with pytest.raises(Invalid):
        commands.issue_batch(**given, actor=sales, at=NOON)
