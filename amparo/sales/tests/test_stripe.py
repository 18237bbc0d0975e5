"""Paying by Stripe Checkout, against a local server that speaks its protocol. CHG-10, SEC-42, SEC-47, SEC-48."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.contracts.models import SupportContract
from amparo.kernel.refusals import NotPermitted
from amparo.sales import commands
from amparo.sales.errors import AlreadyPaid, PaymentAway, WayNotOffered, WebhookRefused
from amparo.sales.models import Checkout, Payment, ProviderEvent, SealedSetting
from amparo.sales.payments import stripe
from tests.stripe_peer import SECRET_KEY, WEBHOOK_SECRET, Peer

from .conftest import order, paid_by

BACK = "https://soporte.example/sales/1/"
COMPLETED = "checkout.session.completed"


@pytest.fixture
def peer(settings):
    made = Peer().start()
    settings.STRIPE_API = made.url
    yield made
    made.stop()


@pytest.fixture
def set_up(peer, administrator):
    commands.set_secret("stripe.secret_key", SECRET_KEY, actor=administrator, at=NOON)
    commands.set_secret("stripe.webhook_secret", WEBHOOK_SECRET, actor=administrator, at=NOON)
    return peer


@pytest.fixture
def sale(customer, contact, plan):
    return order(customer, plan, contact)


def begin(sale, actor, at=NOON):
    return commands.begin_checkout(sale, "stripe", back_url=BACK, actor=actor, at=at)


def call(peer, event, *, at=NOON, signed_at=None, secret=WEBHOOK_SECRET):
    body, header = peer.signed(event, secret=secret, at=(signed_at or at).timestamp())
    return commands.hear("stripe", body, {"Stripe-Signature": header}, at=at)


def test_what_is_asked_is_our_own_amount_and_what_pays_is_the_signed_call(set_up, sale, contact, facts):
    """CHG-10"""
    checkout = begin(sale, contact)
    session = set_up.sessions[checkout.session_id]
    assert (session["amount_total"], session["currency"], session["client_reference_id"]) == (sale.total, "mxn", checkout.reference)
    assert checkout.url.startswith(set_up.url)
    set_up.pay(checkout.session_id)
    sale.refresh_from_db()
    assert sale.state == "placed", "that somebody paid there is not known here before it is told"
    assert call(set_up, set_up.event(COMPLETED, session)) == "activated"
    sale.refresh_from_db()
    assert sale.state == "activated" and sale.contract.sold_by is None
    assert facts(sale) == ["sale.placed", "sale.paid", "sale.activated"]
    payment = Payment.objects.get()
    assert payment.counts and payment.amount == sale.total and payment.reference == session["payment_intent"]


def test_a_replayed_call_counts_once(set_up, sale, contact):
    """SEC-42, SEC-47"""
    session = set_up.pay(begin(sale, contact).session_id)
    event = set_up.event(COMPLETED, session)
    assert [call(set_up, event) for _again in range(3)] == ["activated", "repeated", "repeated"]
    assert call(set_up, set_up.event(COMPLETED, session)) == "repeated", "another event about the same session"
    assert SupportContract.objects.count() == Payment.objects.count() == 1


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24])
def test_a_call_that_is_too_old_or_too_new_is_refused(set_up, sale, contact, minutes):
    """SEC-42"""
    session = set_up.pay(begin(sale, contact).session_id)
    with pytest.raises(WebhookRefused):
        call(set_up, set_up.event(COMPLETED, session), signed_at=NOON + timedelta(minutes=minutes))
    assert not ProviderEvent.objects.exists() and not Payment.objects.exists()


def test_a_wrong_signature_changes_nothing(set_up, sale, contact):
    """SEC-42"""
    session = set_up.pay(begin(sale, contact).session_id)
    event = set_up.event(COMPLETED, session)
    with pytest.raises(WebhookRefused):
        call(set_up, event, secret="whsec_another")
    body, header = set_up.signed(event, at=NOON.timestamp())
    altered = body.replace(b'"paid"', b'"paid" ')
    for wrong_body, wrong_header in (
        (altered, header), (body, ""), (body, "t=,v1="), (body, header.replace("v1=", "v0=")), (body, "v1=" + "0" * 64),
        (body, f"t={int(NOON.timestamp())},v1={'é' * 64}"), (body + b" ", header),
    ):  # fmt: skip
        with pytest.raises(WebhookRefused):
            commands.hear("stripe", wrong_body, {"Stripe-Signature": wrong_header}, at=NOON)
    assert not ProviderEvent.objects.exists() and sale.payments.count() == 0


def test_a_key_that_is_changed_over_may_sign_beside_the_old_one(set_up, sale, contact):
    session = set_up.pay(begin(sale, contact).session_id)
    body, header = set_up.signed(set_up.event(COMPLETED, session), at=NOON.timestamp())
    moment, right, _old = header.split(",")
    assert commands.hear("stripe", body, {"Stripe-Signature": f"{moment},v1={'0' * 64},{right}"}, at=NOON) == "activated"


@pytest.mark.parametrize("changed", [{"amount_total": 1}, {"amount_total": 1_136_801}, {"amount_total": None}, {"amount_total": "1136800"},
                                     {"amount_total": True}, {"currency": "usd"}, {"currency": None}])  # fmt: skip
def test_another_amount_or_currency_activates_nothing_and_is_told(set_up, sale, contact, changed, facts):
    """SEC-49"""
    session = set_up.pay(begin(sale, contact).session_id)
    assert call(set_up, set_up.event(COMPLETED, session, **changed)) == "differs"
    sale.refresh_from_db()
    assert sale.state == "placed" and not Payment.objects.exists()
    assert facts(sale)[-1] == "sale.payment_differs"


def test_money_that_differs_is_told_once_however_often_it_is_asked_about(set_up, sale, contact, facts):
    """SEC-49: every notice of it is a letter to sales."""
    session = set_up.pay(begin(sale, contact).session_id)
    Checkout.objects.update(amount=1)
    for minutes in (0, 10, 20):
        assert call(set_up, set_up.event(COMPLETED, session)) == "differs"
        commands.look_at_open(at=NOON + timedelta(minutes=minutes))
    assert facts(sale).count("sale.payment_differs") == 1


def test_another_orders_session_pays_nothing_here(set_up, sale, contact, customer, cards):
    """SEC-8, SEC-47"""
    other = order(customer, cards, contact)
    mine, cheap = begin(sale, contact), begin(other, contact)
    session = set_up.pay(cheap.session_id)
    assert call(set_up, set_up.event(COMPLETED, session, client_reference_id=mine.reference)) == "unknown"
    assert call(set_up, set_up.event(COMPLETED, session, id=mine.session_id)) == "unknown"
    assert call(set_up, set_up.event(COMPLETED, session, id="cs_test_nobody", client_reference_id="nobody")) == "unknown"
    sale.refresh_from_db(), other.refresh_from_db()
    assert sale.state == other.state == "placed"


def test_what_is_not_paid_yet_is_waited_for(set_up, sale, contact):
    """Vouchers are paid days later: the visit is complete before the money is there."""
    checkout = begin(sale, contact)
    session = set_up.sessions[checkout.session_id]
    assert call(set_up, set_up.event(COMPLETED, session, status="complete", payment_status="unpaid")) == "waiting"
    sale.refresh_from_db()
    assert sale.state == "placed"
    assert call(set_up, set_up.event("checkout.session.async_payment_succeeded", session, status="complete", payment_status="paid")) == "activated"


def test_calls_out_of_order_end_alike(set_up, sale, contact):
    """SEC-42"""
    checkout = begin(sale, contact)
    session = set_up.pay(checkout.session_id)
    assert call(set_up, set_up.event("checkout.session.expired", session, status="expired", payment_status="unpaid")) == "expired"
    assert call(set_up, set_up.event(COMPLETED, session)) == "activated", "money that came in counts, whatever was said before"
    assert call(set_up, set_up.event("checkout.session.expired", session, status="expired", payment_status="unpaid")) == "repeated"
    assert call(set_up, set_up.event("checkout.session.async_payment_failed", session)) == "repeated"
    sale.refresh_from_db()
    assert sale.state == "activated"


def test_a_call_that_comes_before_our_own_answer_counts(set_up, sale, contact):
    """SEC-42"""
    checkout = begin(sale, contact)
    Checkout.objects.update(session_id=None, url="", state="asked")
    session = set_up.pay(checkout.session_id)
    assert call(set_up, set_up.event(COMPLETED, session)) == "activated"


def test_money_for_an_order_that_expired_still_counts(set_up, sale, contact):
    checkout = begin(sale, contact)
    commands.expire_due(at=sale.expires_at)
    session = set_up.pay(checkout.session_id)
    at = sale.expires_at + timedelta(hours=1)
    assert call(set_up, set_up.event(COMPLETED, session), at=at) == "activated"


def test_money_for_a_cancelled_or_paid_order_is_written_down_and_gives_nothing(set_up, sale, contact, sales, facts, customer, cards):
    """CHG-10, SEC-47"""
    checkout = begin(sale, contact)
    commands.cancel(sale, "", actor=contact, at=NOON)
    assert call(set_up, set_up.event(COMPLETED, set_up.pay(checkout.session_id))) == "again"
    sale.refresh_from_db()
    assert sale.state == "cancelled" and not sale.payments.get().counts and facts(sale)[-1] == "sale.paid_again"
    other = order(customer, cards, contact)
    second = begin(other, contact)
    paid_by(other, sales)
    assert call(set_up, set_up.event(COMPLETED, set_up.pay(second.session_id))) == "again"
    assert other.payments.filter(counts=True).count() == 1 and other.cards.count() == 1


def test_what_was_paid_and_cannot_be_given_is_kept_and_told(set_up, customer, contact, plan, sales, facts):
    """CTR-1, CHG-10"""
    first = paid_by(order(customer, plan, contact), sales).contract
    sale = order(customer, plan, contact, renews_id=first.pk)
    checkout = begin(sale, contact)
    contracts.renew(first, actor=sales, at=NOON)
    assert call(set_up, set_up.event(COMPLETED, set_up.pay(checkout.session_id))) == "stuck"
    sale.refresh_from_db()
    assert (sale.state, sale.stuck_because, sale.contract) == ("paid", "already_renewed", None)
    assert facts(sale)[-2:] == ["sale.paid", "sale.stuck"]
    with pytest.raises(AlreadyPaid):
        begin(sale, contact)


def test_a_second_click_opens_no_second_page(set_up, sale, contact):
    """CHG-10"""
    assert begin(sale, contact) == begin(sale, contact)
    assert len(set_up.sessions) == 1


def test_what_broke_between_asking_and_writing_is_mended_by_trying_again(set_up, sale, contact):
    """SEC-48: the same idempotency key gives the same session."""
    first = begin(sale, contact)
    Checkout.objects.update(session_id=None, url="", state="asked")
    assert begin(sale, contact).session_id == first.session_id and len(set_up.sessions) == 1


def test_somebody_else_who_tries_again_opens_the_same_page(set_up, sale, contact, member):
    """CHG-10: under the same key the provider takes the same words only, whoever of the company sends them."""
    first = begin(sale, contact)
    Checkout.objects.update(session_id=None, url="", state="asked")
    assert begin(sale, member).session_id == first.session_id and len(set_up.sessions) == 1


def test_when_it_is_away_the_order_stays(set_up, sale, contact):
    set_up.away = True
    with pytest.raises(PaymentAway):
        begin(sale, contact)
    sale.refresh_from_db()
    assert sale.state == "placed"
    set_up.away = False
    assert begin(sale, contact).state == "open"


def test_when_nobody_listens_there_the_order_stays(set_up, sale, contact, settings):
    settings.STRIPE_API = "http://127.0.0.1:9"
    with pytest.raises(PaymentAway):
        begin(sale, contact)


def test_without_keys_it_is_not_offered(peer, sale, contact):
    with pytest.raises(WayNotOffered):
        begin(sale, contact)
    with pytest.raises(WebhookRefused):
        commands.hear("stripe", b"{}", {"Stripe-Signature": "t=1,v1=0"}, at=NOON)


def test_somebody_else_neither_pays_nor_looks(set_up, sale, other_contact, engineer):
    """SEC-7"""
    for actor in (other_contact, engineer):
        with pytest.raises(NotPermitted):
            begin(sale, actor)
        with pytest.raises(NotPermitted):
            commands.look_again(sale, actor=actor, at=NOON)


def test_asking_the_provider_settles_what_no_call_told(set_up, sale, contact):
    checkout = begin(sale, contact)
    assert commands.look_again(sale, actor=contact, at=NOON) == "waiting"
    set_up.pay(checkout.session_id)
    assert commands.look_again(sale, actor=contact, at=NOON) == "activated"
    assert commands.look_again(sale, actor=contact, at=NOON) == "repeated"


def test_the_worker_asks_about_open_visits_and_closes_those_of_orders_that_are_over(set_up, sale, contact, customer, cards):
    other = order(customer, cards, contact)
    one, two = begin(sale, contact), begin(other, contact)
    commands.cancel(other, "", actor=contact, at=NOON)
    set_up.pay(one.session_id)
    assert commands.look_at_open(at=NOON) == 0
    assert commands.look_at_open(at=NOON + timedelta(minutes=6)) == 2
    sale.refresh_from_db(), two.refresh_from_db()
    assert sale.state == "activated" and two.state == "expired" and set_up.sessions[two.session_id]["status"] == "expired"


def test_the_webhook_answers_by_http_without_a_session_and_says_nothing(set_up, sale, contact, client, monkeypatch):
    """SEC-42, SEC-57"""
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)
    session = set_up.pay(begin(sale, contact).session_id)
    body, header = set_up.signed(set_up.event(COMPLETED, session), at=NOON.timestamp())
    wrong = client.post("/sales/stripe/", body, content_type="application/json", headers={"Stripe-Signature": "t=1,v1=0"})
    assert wrong.status_code == 400 and WEBHOOK_SECRET not in wrong.text and not wrong.cookies
    right = client.post("/sales/stripe/", body, content_type="application/json", headers={"Stripe-Signature": header})
    assert right.status_code == 200 and not right.cookies
    assert client.get("/sales/stripe/").status_code == 405
    assert client.post("/sales/stripe/", b"x" * 300_000, content_type="application/json").status_code == 400
    sale.refresh_from_db()
    assert sale.state == "activated"


def test_nonsense_that_is_signed_is_refused_or_ignored(set_up, sale, contact):
    """SEC-42"""
    for body in (b"[]", b"null", b"{", b'{"id": "evt_1"}', b'{"id":"e","type":"x","data":[]}', b"[" * 50_000, b'{"id":"' + b"e" * 300 + b'"}'):
        moment = int(NOON.timestamp())
        header = f"t={moment},v1={stripe.signature(WEBHOOK_SECRET, moment, body)}"
        with pytest.raises(WebhookRefused):
            commands.hear("stripe", body, {"Stripe-Signature": header}, at=NOON)
    assert call(set_up, set_up.event("customer.created", {"id": "cus_1"})) == "ignored"
    assert call(set_up, {"id": "evt_9", "type": COMPLETED, "data": {"object": {"id": {}, "client_reference_id": []}}}) == "unknown"


def test_keys_are_sealed_and_for_administrators(peer, administrator, sales, client_for):
    """SEC-53, SEC-57"""
    with pytest.raises(NotPermitted):
        commands.set_secret("stripe.secret_key", SECRET_KEY, actor=sales, at=NOON)
    commands.set_secret("stripe.secret_key", SECRET_KEY, actor=administrator, at=NOON)
    kept = SealedSetting.objects.get()
    assert SECRET_KEY not in kept.sealed and kept.shown_end == SECRET_KEY[-4:]
    from amparo.history.models import Fact

    assert not any(SECRET_KEY in fact.body for fact in Fact.objects.all())
    commands.set_secret("stripe.secret_key", "", actor=administrator, at=NOON)
    assert not SealedSetting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_never_asked_inside_a_transaction(set_up, sale, contact, monkeypatch):
    """Style 9: an outage of another system holds no lock of ours."""
    seen, ask = [], stripe.Stripe._ask

    def spied(self, *given, **more):
        seen.append(connection.in_atomic_block)
        return ask(self, *given, **more)

    monkeypatch.setattr(stripe.Stripe, "_ask", spied)
    begin(sale, contact)
    commands.look_again(sale, actor=contact, at=NOON)
    commands.cancel(sale, "", actor=contact, at=NOON)
    commands.look_at_open(at=NOON + timedelta(minutes=6))
    assert seen == [False] * 4


def test_a_page_elsewhere_is_never_led_to(settings):
    """SEC-60"""
    settings.STRIPE_API = "https://api.stripe.com"
    assert stripe._is_page("https://checkout.stripe.com/c/pay/cs_1")
    assert not any(stripe._is_page(url) for url in ("http://checkout.stripe.com/", "javascript:alert(1)", "//x", "", "https://a@b/"))
