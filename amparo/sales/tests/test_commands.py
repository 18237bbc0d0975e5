"""Orders placed, paid, activated once. CTR-1, CRD-1, CHG-10."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.contracts.commands import redeem_card
from amparo.contracts.models import ServiceCard, SupportContract
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger.errors import KeyReused
from amparo.ledger.models import Pocket
from amparo.sales import commands
from amparo.sales.errors import (
    AlreadyPaid,
    AmountDiffers,
    CannotActivate,
    CodesShown,
    MoneyBack,
    NotOffered,
    PriceMoved,
    RefundFirst,
    RefundTooMuch,
)
from amparo.sales.models import Payment, Sale, SoldCard

from .conftest import credits_of, order, paid_by


def test_an_order_keeps_its_price_with_tax(customer, contact, cards, facts):
    """CRD-1"""
    sale = order(customer, cards, contact, quantity=2)
    assert (sale.gross, sale.net, sale.tax, sale.total) == (900_000, 900_000, 144_000, 1_044_000)
    assert sale.state == "placed" and sale.number == f"V-{sale.pk}" and facts(sale) == ["sale.placed"]
    commands.change_card_offer(cards, name=cards.name, credits=50, price=999_900, is_on_sale=True, actor=_seller(), at=NOON)
    sale.refresh_from_db()
    assert sale.total == 1_044_000


def _seller():
    from amparo.kernel.actor import SYSTEM

    return SYSTEM


def test_a_confirmed_transfer_activates_a_contract_with_the_terms_that_were_ordered(customer, contact, plan, sales, facts):
    """CTR-1, CHG-10"""
    sale = order(customer, plan, contact)
    contracts.change_plan(plan, events=1, credits=0, months=1, actor=sales, at=NOON)
    contracts.take_off_sale(plan, actor=sales, at=NOON)
    sale = paid_by(sale, sales)
    assert sale.state == "activated" and sale.contract.terms["events"] == 12
    assert (sale.contract.ends_on - sale.contract.starts_on).days == 364
    assert credits_of(customer) == 40
    assert facts(sale) == ["sale.placed", "sale.paid", "sale.activated"]
    assert sale.contract.sold_by_id == sales.user_id


def test_a_paid_sale_is_not_paid_again(customer, contact, plan, sales):
    """CHG-10, SEC-47"""
    sale = paid_by(order(customer, plan, contact), sales)
    with pytest.raises(AlreadyPaid):
        paid_by(sale, sales)
    assert SupportContract.objects.count() == 1 and Payment.objects.count() == 1


@pytest.mark.parametrize("amount", [0, 1, 1_136_799, 1_136_801])
def test_another_amount_confirms_nothing(customer, contact, plan, sales, amount):
    """SEC-49"""
    sale = order(customer, plan, contact)
    with pytest.raises(AmountDiffers):
        paid_by(sale, sales, amount=amount)
    sale.refresh_from_db()
    assert sale.state == "placed" and not Payment.objects.exists()


def test_a_payment_has_a_reference_and_a_day_that_was(customer, contact, plan, sales):
    sale = order(customer, plan, contact)
    with pytest.raises(Invalid):
        paid_by(sale, sales, reference="  ")
    late = commands.Received("transfer", sale.total, "x", date(2026, 11, 12))
    with pytest.raises(Invalid):
        commands.confirm_payment(sale, late, actor=sales, at=NOON)


def test_only_sales_confirm(customer, contact, plan, engineer, operator):
    """SEC-53"""
    sale = order(customer, plan, contact)
    for actor in (contact, engineer, operator):
        with pytest.raises(NotPermitted):
            paid_by(sale, actor)


def test_an_order_of_another_company_is_refused(other_customer, contact, cards):
    """SEC-8, ACC-11"""
    with pytest.raises(NotPermitted):
        order(other_customer, cards, contact)


@pytest.mark.parametrize("quantity", [0, -1, 101, 1.5, "2", True])
def test_a_quantity_is_a_whole_number_within_limits(customer, contact, cards, quantity):
    """SEC-49"""
    with pytest.raises(Invalid):
        order(customer, cards, contact, quantity=quantity)
    assert not Sale.objects.exists()


def test_one_plan_at_a_time_and_nothing_that_is_not_on_sale(customer, contact, plan, cards, sales):
    """SEC-49"""
    with pytest.raises(Invalid):
        order(customer, plan, contact, quantity=2)
    contracts.change_plan(plan, price=0, actor=sales, at=NOON)
    with pytest.raises(NotOffered):
        order(customer, plan, contact)
    for code in ("plan:999999", "card:x", "credit:1", "", "card:-1", "card:²"):
        with pytest.raises(NotOffered):
            commands.place(customer, commands.Order(code), key="k", actor=contact, at=NOON)


def test_the_same_form_twice_is_one_order_and_for_another_thing_is_refused(customer, contact, cards, plan):
    """SEC-48, CHG-10"""
    first = order(customer, cards, contact, key="same")
    assert order(customer, cards, contact, key="same") == first
    with pytest.raises(KeyReused):
        order(customer, plan, contact, key="same")
    with pytest.raises(KeyReused):
        order(customer, cards, contact, key="same", quantity=2)


def test_a_price_that_moved_since_it_was_shown_orders_nothing(customer, contact, cards):
    """SEC-49"""
    with pytest.raises(PriceMoved):
        order(customer, cards, contact, seen="1:0")
    assert order(customer, cards, contact, seen="522000:0").total == 522_000


def test_cards_are_credited_by_one_click_once(customer, contact, cards, sales, facts):
    """CRD-1, CHG-10"""
    sale = paid_by(order(customer, cards, contact, quantity=2), sales)
    assert sale.batch.count == 2 and credits_of(customer) == 0
    assert commands.credit_cards(sale, actor=contact, at=NOON) == 2
    assert commands.credit_cards(sale, actor=contact, at=NOON) == 0
    assert credits_of(customer) == 100
    assert not SoldCard.objects.exclude(code_sealed="").exists()


def test_codes_are_shown_once_to_who_bought_and_to_nobody_else(customer, contact, member, own_only, other_contact, cards, sales):
    """CRD-1"""
    sale = paid_by(order(customer, cards, contact, quantity=2), sales)
    for actor in (sales, member, own_only, other_contact):
        with pytest.raises(NotPermitted):
            commands.show_codes(sale, actor=actor, at=NOON)
    shown = commands.show_codes(sale, actor=contact, at=NOON)
    assert [number for number, _code in shown] == [1, 2]
    with pytest.raises(CodesShown):
        commands.show_codes(sale, actor=contact, at=NOON)
    card = redeem_card(shown[0][1], customer.pk, address="203.0.113.9", actor=contact, at=NOON)
    assert card.customer_id == customer.pk and credits_of(customer) == 50
    assert commands.credit_cards(sale, actor=contact, at=NOON) == 0, "a shown code may be another's by now"


def test_what_the_database_keeps_reveals_no_code(customer, contact, cards, sales):
    """CRD-1, SEC-45, SEC-57"""
    sale = paid_by(order(customer, cards, contact), sales)
    sealed = SoldCard.objects.get(sale=sale).code_sealed
    (_number, code), = commands.show_codes(sale, actor=contact, at=NOON)
    assert code not in sealed and code.replace("-", "") not in sealed
    from amparo.history.models import Fact

    assert not any(code in fact.body for fact in Fact.objects.all())


def test_lost_codes_are_made_void_and_issued_anew(customer, contact, cards, sales):
    """CRD-1"""
    sale = paid_by(order(customer, cards, contact, quantity=2), sales)
    old = dict(commands.show_codes(sale, actor=contact, at=NOON))
    redeem_card(old[1], customer.pk, address="", actor=contact, at=NOON)
    assert commands.issue_again(sale, "Se extravió el correo", actor=contact, at=NOON) == 1
    assert commands.issue_again(sale, "Otra vez", actor=contact, at=NOON) == 0
    new = dict(commands.show_codes(sale, actor=contact, at=NOON))
    assert set(new) == {2} and new[2] != old[2]
    assert ServiceCard.objects.filter(voided_at__isnull=False).count() == 1
    redeem_card(new[2], customer.pk, address="", actor=contact, at=NOON)
    assert credits_of(customer) == 100


def test_a_renewal_follows_its_contract_and_is_ordered_once(customer, contact, plan, sales):
    """CTR-1"""
    first = paid_by(order(customer, plan, contact), sales).contract
    sale = order(customer, plan, contact, renews_id=first.pk)
    with pytest.raises(NotOffered):
        order(customer, plan, contact, renews_id=first.pk)
    sale = paid_by(sale, sales)
    assert sale.contract.renewed_from == first and sale.contract.starts_on == first.ends_on + timedelta(days=1)


def test_what_cannot_be_activated_is_not_confirmed(customer, contact, plan, sales):
    """CTR-1, CHG-10"""
    first = paid_by(order(customer, plan, contact), sales).contract
    sale = order(customer, plan, contact, renews_id=first.pk)
    contracts.renew(first, actor=sales, at=NOON)
    with pytest.raises(CannotActivate) as refused:
        paid_by(sale, sales)
    assert refused.value.context["because"] == "already_renewed"
    sale.refresh_from_db()
    assert sale.state == "placed" and not sale.payments.exists()


def test_an_unpaid_order_expires_once_at_its_own_moment(customer, contact, plan, sales, facts):
    """PRO-1"""
    sale = order(customer, plan, contact)
    assert commands.expire_due(at=sale.expires_at - timedelta(seconds=1)) == 0
    assert commands.expire_due(at=sale.expires_at + timedelta(days=3)) == 1
    assert commands.expire_due(at=sale.expires_at + timedelta(days=3)) == 0
    sale.refresh_from_db()
    assert sale.state == "expired" and sale.ended_at == sale.expires_at
    assert paid_by(sale, sales, at=sale.expires_at + timedelta(days=4)).state == "activated"


def test_cancelling_is_for_what_is_not_paid(customer, contact, plan, cards, sales):
    sale = order(customer, plan, contact)
    assert commands.cancel(sale, "", actor=contact, at=NOON).state == "cancelled"
    assert commands.cancel(sale, "", actor=contact, at=NOON).state == "cancelled"
    with pytest.raises(IllegalMove):
        paid_by(sale, sales)
    done = paid_by(order(customer, cards, contact), sales)
    with pytest.raises(IllegalMove):
        commands.cancel(done, "porque sí", actor=sales, at=NOON)


def test_a_refund_is_never_more_than_came_in(customer, contact, cards, sales, facts):
    """CHG-10"""
    sale = paid_by(order(customer, cards, contact), sales)
    back = commands.Received("transfer", 500_000, "DEV-1", date(2026, 11, 11))
    first = commands.record_refund(sale, back, "Compró de más", key="r1", actor=sales, at=NOON)
    assert commands.record_refund(sale, back, "Compró de más", key="r1", actor=sales, at=NOON) == first
    with pytest.raises(RefundTooMuch):
        commands.record_refund(sale, back, "Otra vez", key="r2", actor=sales, at=NOON)
    assert "sale.refunded" in facts(sale)


def test_the_database_refuses_a_changed_amount(customer, contact, cards, sales):
    """SEC-50"""
    sale = paid_by(order(customer, cards, contact), sales)
    for change in ({"total": 1, "net": 1, "gross": 1, "unit_price": 1, "tax": 0}, {"quantity": 2}, {"state": "placed"}, {"currency": "USD"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Sale.objects.filter(pk=sale.pk).update(**change)
    for rows in (Payment.objects.all(), Sale.objects.all()):
        with pytest.raises((DatabaseError, Exception)), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.update(amount=1)


def test_extra_units_and_pockets_are_whole(customer, contact, cards, sales):
    """LED-1"""
    paid_by(order(customer, cards, contact), sales)
    assert not Pocket.objects.filter(customer=customer).exists()


def test_refund_first_then_cancel_of_what_is_stuck(customer, contact, plan, sales):
    """CHG-10"""
    sale = order(customer, plan, contact)
    Sale.objects.filter(pk=sale.pk).update(state="paid", paid_at=NOON)
    Payment.objects.create(sale=sale, method="cash", amount=sale.total, currency="MXN", received_on=NOON.date(), counts=True, at=NOON)
    with pytest.raises(RefundFirst):
        commands.cancel(sale, "No procede", actor=sales, at=NOON)
    back = commands.Received("cash", sale.total, "", NOON.date())
    commands.record_refund(sale, back, "No procede", key="r", actor=sales, at=NOON)
    with pytest.raises(MoneyBack):  # nobody gets for nothing what was given back
        commands.activate(sale, actor=sales, at=NOON)
    assert not SupportContract.objects.exists()
    assert commands.cancel(sale, "No procede", actor=sales, at=NOON).state == "cancelled"
