"""Many at once, on real connections: one order, one payment, one activation. SEC-47, CHG-10."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON
from amparo.contracts.models import ServiceCard, SupportContract
from amparo.contracts.tests.test_races import at_once
from amparo.sales import commands
from amparo.sales.errors import AlreadyPaid, CodesShown
from amparo.sales.models import Payment, Sale
from tests.stripe_peer import SECRET_KEY, WEBHOOK_SECRET, Peer

from .conftest import credits_of, order, paid_by

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def peer(settings, administrator):
    made = Peer().start()
    settings.STRIPE_API = made.url
    commands.set_secret("stripe.secret_key", SECRET_KEY, actor=administrator, at=NOON)
    commands.set_secret("stripe.webhook_secret", WEBHOOK_SECRET, actor=administrator, at=NOON)
    yield made
    made.stop()


def test_twelve_confirmations_at_once_activate_once(customer, contact, sales, plan):
    sale = order(customer, plan, contact)
    results = at_once(12, lambda _n: paid_by(sale, sales))
    assert sum(isinstance(one, AlreadyPaid) for one in results) == 11
    assert SupportContract.objects.count() == Payment.objects.count() == 1


def test_a_webhook_and_the_staff_at_once_activate_once(customer, contact, sales, plan, peer):
    """CHG-10: the money that came second is written down to be given back."""
    sale = order(customer, plan, contact)
    checkout = commands.begin_checkout(sale, "stripe", back_url="https://x.example/", actor=contact, at=NOON)
    session = peer.pay(checkout.session_id)

    def act(number):
        if number % 2:
            return paid_by(sale, sales)
        body, header = peer.signed(peer.event("checkout.session.completed", session), at=NOON.timestamp())
        return commands.hear("stripe", body, {"Stripe-Signature": header}, at=NOON)

    results = at_once(10, act)
    sale.refresh_from_db()
    assert sale.state == "activated" and SupportContract.objects.count() == 1
    assert sale.payments.filter(counts=True).count() == 1
    told = sorted(one for one in results if isinstance(one, str))
    assert told in (["activated"] + ["repeated"] * 4, ["again"] + ["repeated"] * 4)
    assert credits_of(customer) == 40


def test_one_event_sent_ten_times_at_once_counts_once(customer, contact, cards, peer):
    """SEC-42"""
    sale = order(customer, cards, contact)
    checkout = commands.begin_checkout(sale, "stripe", back_url="https://x.example/", actor=contact, at=NOON)
    body, header = peer.signed(peer.event("checkout.session.completed", peer.pay(checkout.session_id)), at=NOON.timestamp())
    results = at_once(10, lambda _n: commands.hear("stripe", body, {"Stripe-Signature": header}, at=NOON))
    assert sorted(results) == ["activated"] + ["repeated"] * 9
    assert sale.cards.count() == ServiceCard.objects.count() == 1


def test_ten_clicks_open_one_page(customer, contact, cards, peer):
    """CHG-10"""
    sale = order(customer, cards, contact)
    results = at_once(10, lambda _n: commands.begin_checkout(sale, "stripe", back_url="https://x.example/", actor=contact, at=NOON))
    assert len({one.session_id for one in results}) == 1 and len(peer.sessions) == 1


def test_one_form_sent_by_ten_at_once_is_one_order(customer, contact, cards):
    """SEC-48"""
    results = at_once(10, lambda _n: order(customer, cards, contact, key="same"))
    assert Sale.objects.count() == 1 and {one.pk for one in results} == {Sale.objects.get().pk}


def test_credits_are_added_once_and_codes_shown_once(customer, contact, sales, cards):
    """CRD-1, SEC-47"""
    sale = paid_by(order(customer, cards, contact, quantity=2), sales)
    results = at_once(8, lambda n: commands.credit_cards(sale, actor=contact, at=NOON) if n % 2 else commands.show_codes(sale, actor=contact, at=NOON))
    shown = [one for one in results if isinstance(one, list)]
    credited = sum(one for one in results if isinstance(one, int))
    assert (len(shown), credited) in ((1, 0), (0, 2)) and credits_of(customer) == 50 * credited
    assert sum(isinstance(one, CodesShown) for one in results) == 4 - len(shown)


def test_cancelling_and_confirming_at_once_end_in_one_of_the_two(customer, contact, sales, plan):
    sale = order(customer, plan, contact)
    at_once(8, lambda n: paid_by(sale, sales) if n % 2 else commands.cancel(sale, "", actor=contact, at=NOON))
    sale.refresh_from_db()
    assert (sale.state, SupportContract.objects.count()) in (("activated", 1), ("cancelled", 0))


def test_expiry_by_many_workers_tells_once(customer, contact, plan, facts):
    sale = order(customer, plan, contact)
    results = at_once(6, lambda _n: commands.expire_due(at=sale.expires_at))
    assert sum(results) == 1 and facts(sale) == ["sale.placed", "sale.expired"]
