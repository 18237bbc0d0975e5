"""A story of a quote, as people play it in real browsers: quoted in one page view, paid with a card that is bought, delivered, changed.

Over the service's own processes and a local server that speaks the payment provider's protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from amparo.conftest import PASSWORD, make_contact, make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.ledger import queries as ledger
from amparo.people.queries import actor_by_id
from amparo.project import testreset
from amparo.quotations import commands as quotations
from amparo.quotations.models import ItemVersion, Quote, ServiceOrder
from amparo.quotations.rules.catalogue import Parameter, Terms
from amparo.sales import commands as sales
from amparo.sales.models import Sale

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .stripe_peer import SECRET_KEY, WEBHOOK_SECRET, Peer
from .test_stories import Player

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium]


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what they read."""

    language: str
    email: str
    price: str
    missing: str
    finished: str
    right: str


CASTS = {
    "es-mx": Cast("es-mx", "lupita@abarrotes.mx", "17 créditos", "Faltan 7 créditos", "Esta orden está terminada", "Se corrige sin costo"),
    "en": Cast("en", "lucy@cornershop.mx", "17 credits", "7 more credits are needed", "This order is finished", "It is put right at no charge"),
}  # fmt: skip


def _world(peer: Peer) -> SimpleNamespace:
    """A vendor with a catalogue and cards on sale, and a customer of each language with ten credits."""
    now = timezone.now()
    began, customers = now - timedelta(days=30), {}
    for cast in CASTS.values():
        staff = {
            role: actor_by_id(make_user(role, f"{role}.{cast.language}@vendor.mx", roles=(role,), language=cast.language).pk)
            for role in ("developer", "sales", "administrator")
        }
        customers[cast.language] = make_customer("Abarrotes Lupita")
        make_contact(customers[cast.language], "Lupita", email=cast.email, language=cast.language)
    plan = contracts.add_plan("Plus", events=2, incidents=2, credits=10, months=12, price=100, currency="MXN", actor=SYSTEM, at=began)
    for customer in customers.values():
        contracts.sell_contract(customer, plan, began.date(), actor=SYSTEM, at=began)
    sales.add_card_offer("20 créditos", 20, 180_000, actor=staff["sales"], at=now)
    for name, secret in (("stripe.secret_key", SECRET_KEY), ("stripe.webhook_secret", WEBHOOK_SECRET)):
        sales.set_secret(name, secret, actor=staff["administrator"], at=now)
    return SimpleNamespace(customers=customers, item=_service(staff["administrator"], began), peer=peer)


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    """One service for both languages: web, stream, worker, and the payment provider."""
    hashers = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    peer = Peer().start()
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers):
        try:
            world = _world(peer)
            with service(tmp_path_factory.mktemp("quotes"), AMPARO_STRIPE_API=peer.url) as world.running:
                peer.webhook_url = f"{world.running.url}/sales/stripe/"
                yield world
        finally:
            peer.stop()
            testreset.reset()


@pytest.fixture(params=list(CASTS))
def stage(request, playing, open_page):  # noqa: F811
    cast, customer = CASTS[request.param], playing.customers[request.param]
    return SimpleNamespace(cast=cast, customer=customer, item=playing.item, peer=playing.peer, running=playing.running, open_page=open_page)


def _service(admin, at) -> ItemVersion:
    asked = (
        Parameter("terminals", "count", 1, 50, 2, "Terminales", "Terminals"), Parameter("urgent", "yes_no", 0, 1, 0, "Urgente", "Urgent"),
    )  # fmt: skip
    terms = Terms(asked, "formula", formula="4 + 2 * terminals + if(urgent, 5, 0)", days="if(urgent, 1, 3)")
    draft = quotations.add_item("general", texts={"name_es": "Importar", "name_en": "Import"}, terms=terms, actor=admin, at=at)
    return quotations.publish_version(draft, actor=admin, at=at)


def _enter(stage, email: str) -> Player:
    running = stage.running
    own = (running.url, running.stream_url.rsplit("/", 1)[0], stage.peer.url)
    player = Player(stage.open_page(own, language=stage.cast.language), running.url)
    player.sign_in(email, PASSWORD)
    return player


def _left(stage) -> int:
    return sum(pocket.available for pocket in ledger.pockets(stage.customer.pk, timezone.now()) if pocket.unit == "credit")


def test_a_service_is_quoted_paid_with_a_card_delivered_and_changed(stage):
    """QUO-2, QUO-3, QUO-5, CHG-2, CHG-3, CAS-6, CRD-1"""
    customer = _enter(stage, stage.cast.email)
    quote = _quotes_in_one_view(stage, customer)
    _buys_a_card_and_comes_back(stage, customer, quote)
    order = _accepts(stage, customer, quote)
    developer = _enter(stage, f"developer.{stage.cast.language}@vendor.mx")
    _delivers_what_is_put_right_once(stage, customer, developer, order)
    _changes_it_against_a_new_quote(stage, customer, developer, order)


def _quotes_in_one_view(stage, customer: Player) -> Quote:
    """Parameters, price and date on one page; nothing is consumed. QUO-2, CHG-2."""
    customer.go(f"/quotations/catalogue/{stage.item.item_id}/")
    customer.page.fill("[name=terminals]", "4")
    customer.page.check("[name=urgent]")
    customer.reads(stage.cast.missing)
    customer.page.wait_for_function("() => document.querySelector('#price [name=terminals]')?.value === '4' && document.querySelector('#price [name=urgent]')?.value === '1'")
    customer.submit(f"/cases/quotes/{stage.item.pk}/")
    quote = until(lambda: Quote.objects.filter(customer=stage.customer).first())
    assert quote.state == "presented" and _left(stage) == 10
    customer.reads(stage.cast.price)
    return quote


def _buys_a_card_and_comes_back(stage, customer: Player, quote: Quote) -> None:
    """Credits are missing: how many is told, a card is bought and redeemed, and the quote stands there again. CHG-3, CRD-1."""
    customer.reads(stage.cast.missing)
    with customer.page.expect_navigation():
        customer.page.locator('a[href^="/sales/?next="]').first.click()
    with customer.page.expect_navigation():
        customer.page.locator('a[href^="/sales/buy/card/"]').first.click()
    with customer.page.expect_navigation():
        customer.page.locator("button[name=act][value=order]").click()
    sale = until(lambda: Sale.objects.filter(customer=stage.customer).first())
    customer.submit(f"/sales/{sale.pk}/pay/")
    session = until(lambda: next((one for one in stage.peer.sessions.values() if one["status"] == "open"), None))
    stage.peer.pay(session["id"])
    until(lambda: Sale.objects.get(pk=sale.pk).state == "activated")
    customer.go(f"/sales/{sale.pk}/")
    customer.submit(f"/sales/{sale.pk}/credit/")
    assert customer.path() == f"/quotations/{quote.pk}/" and _left(stage) == 30


def _accepts(stage, customer: Player, quote: Quote) -> ServiceOrder:
    """The order stands with its date, its credits charged in advance. CHG-3, QUO-5."""
    customer.submit(f"/quotations/{quote.pk}/accept/")
    order = until(lambda: ServiceOrder.objects.filter(quote=quote).first())
    assert customer.path() == f"/quotations/orders/{order.pk}/" and _left(stage) == 13
    assert order.told == {"credit": 17} and order.business_days == 1
    until(lambda: ServiceOrder.objects.get(pk=order.pk).thread.state == "attention")  # the case heard of it
    return order


def _delivers_what_is_put_right_once(stage, customer: Player, developer: Player, order: ServiceOrder) -> None:
    """Delivered, found wanting, put right at no charge, accepted. CAS-6."""
    developer.go(f"/desk/quotations/orders/{order.pk}/")
    developer.submit(f"/desk/quotations/orders/{order.pk}/start/")
    for note in ("Aquí está.", "Con lo que faltaba."):
        developer.go(f"/desk/quotations/orders/{order.pk}/deliver/")
        developer.page.fill("[name=note]", note)
        developer.send()
        customer.go(f"/quotations/orders/{order.pk}/")
        customer.reads(note)
        if note == "Aquí está.":
            customer.page.locator("details.fold summary").first.click()
            customer.page.fill("[name=reasons]", "Falta la terminal 4.")
            customer.submit(f"/quotations/orders/{order.pk}/refuse/")
            customer.reads(stage.cast.right)
    customer.submit(f"/quotations/orders/{order.pk}/accept/")
    customer.reads(stage.cast.finished)
    assert _left(stage) == 13


def _changes_it_against_a_new_quote(stage, customer: Player, developer: Player, order: ServiceOrder) -> None:
    """What met its specification is changed against a new quote. CAS-6."""
    developer.go(f"/desk/quotations/orders/{order.pk}/")
    with developer.page.expect_navigation():
        developer.page.locator(f'a[href$="?changes={order.pk}"]').click()
    developer.page.fill("[name=title]", "Otra columna")
    developer.page.locator("[name=line_text]").first.fill("Otra columna")
    developer.page.locator("[name=line_credits]").first.fill("3")
    developer.send()
    change = until(lambda: Quote.objects.filter(changes_order=order).first())
    developer.submit(f"/desk/quotations/{change.pk}/present/")
    customer.go(f"/quotations/{change.pk}/")
    customer.submit(f"/quotations/{change.pk}/accept/")
    until(lambda: ServiceOrder.objects.filter(quote=change).exists())
    assert _left(stage) == 10
