"""How the demonstration comes about: customer by customer, each in the order in which it would have happened."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from amparo.agreements.models import AgreementVersion
from amparo.cases import tasks as case_tasks
from amparo.contracts import commands as contracts
from amparo.contracts.models import Plan, SupportContract
from amparo.deadlines import tasks as deadline_tasks
from amparo.history.commands import deliver_pending
from amparo.kernel import clock
from amparo.kernel.actor import Actor
from amparo.ledger import tasks as ledger_tasks
from amparo.notifications.models import Letter, Notice
from amparo.people import commands as people
from amparo.people.models import Contact, Customer
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.products.models import Licence, Product, Release
from amparo.quotations import tasks as quote_tasks
from amparo.quotations.models import ItemVersion
from amparo.sales.models import CardOffer
from amparo.threads.commands import add_template

from . import (
    agreements,
    articles,
    calls,
    chats,
    classes,
    courses,
    downloads,
    mail,
    matters,
    names,
    posts,
    quotes,
    records,
    requests,
    screens,
    selling,
    terminals,
    topics,
    videos,
)
from .people import CONTACTS, make_free_user, make_staff, sign_in_for

ZONE = ZoneInfo("America/Mexico_City")
WHOLE_FROM = 10
SITUATIONS = ("half_used", "exhausted", "new", "ending", "ended", "two", "half_used", "none", "card_only", "half_used")


@dataclass
class World:
    """What the loading of one world knows: the day it is told for, the staff, what is sold."""

    now: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(20260131))  # noqa: S311 (a story, not a secret)
    staff: dict[str, Actor] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    product: Product | None = None
    releases: dict[str, Release] = field(default_factory=dict)
    cards: list[str] = field(default_factory=list)
    agreements: dict[str, AgreementVersion] = field(default_factory=dict)
    items: dict[str, ItemVersion] = field(default_factory=dict)
    offers: dict[int, CardOffer] = field(default_factory=dict)
    serial: int = 41_000
    complaints: int = 0
    at_work: list[Actor] = field(default_factory=list)  # who attends a case as the visitor looks

    def on(self, days_ago: float, hour: int = 10, minute: int = 0) -> datetime:
        """Return a moment so many days ago, on a weekday in business hours, never after now."""
        day = (self.now - timedelta(days=days_ago)).astimezone(ZONE).date()
        if day.weekday() > 4:  # what would have come at the weekend came on Friday before closing
            hour, minute = 17, 8 + minute * 50 // 60
        while day.weekday() > 4:
            day -= timedelta(days=1)
        return min(datetime.combine(day, time(hour, minute), ZONE), self.now - timedelta(minutes=3))


def load(*, at: datetime | None = None, customers: int = 100) -> int:
    """Load the demonstration; return how many customers it has. The database must hold no customer yet.

    With a handful of customers, as those have it who try the machinery, nothing is published.
    """
    assert not Customer.objects.exists(), "the demonstration goes into an empty database"
    world, is_whole = World(at or clock.now()), customers >= WHOLE_FROM
    with transaction.atomic():
        _vendor(world)
        _goods(world)
        agreements.publish(world)
        quotes.publish(world)
        selling.publish(world)
        if is_whole:
            downloads.publish(world)
            articles.publish(world)
            courses.publish(world)
            posts.publish(world)
            videos.prepare(world)
    for number, shop in enumerate(names.SHOPS[:customers]):
        with transaction.atomic():
            _customer(world, number, shop)
    with transaction.atomic():
        agreements.announce(world)
        selling.tell(world)
        mail.tell(world)
        records.keep(world)
        chats.tell(world)
        calls.tell(world)
        screens.show(world)
        if is_whole:
            downloads.tell(world)
            courses.take(world)
            classes.give(world)
            topics.tell(world)
    _settle(world)
    return customers


def _vendor(world: World) -> None:
    begin = world.on(720)
    world.staff = make_staff(begin)
    make_free_user(world.on(20))
    identity = {
        "name": "Mostrador", "legal_name": "Sistemas Mostrador, S.A. de C.V.", "telephone": "55 5550 1200",
        "hours": "Lunes a viernes, 9:00 a 18:00", "address": "Av. Insurgentes Sur 1602, Ciudad de México",
        "web": "https://mostrador.example", "mail_from": "soporte@mostrador.example",
    }  # fmt: skip
    for key, value in identity.items():
        set_value(f"identity.{key}", value, from_at=begin, actor=world.staff["ana"], at=begin)
    for title, body in (
        ("Saludo y pedir detalle", "Buenos días, {person}:\n\n¿Nos puede decir en qué caja ocurre y qué mensaje aparece? Una captura de pantalla ayuda mucho."),
        ("Resuelto, confirmar", "{person}, quedó resuelto. Por favor confirme que ya trabaja como debe."),
        ("Versión nueva", "{person}, eso se corrigió en la versión 10.1. La actualización está incluida en su póliza."),
    ):  # fmt: skip
        add_template(title=title, language="es-mx", body=body, actor=world.staff["elena"], at=begin)


def _goods(world: World) -> None:
    begin, admin, sales = world.on(720), world.staff["ana"], world.staff["sara"]
    world.product = products.add_product("POS", "Mostrador POS", "Punto de venta para comercios", actor=admin, at=begin)
    for version, days in (("9.2", 690), ("10.0", 330), ("10.1", 120)):
        at = world.on(days)
        world.releases[version] = products.add_release(
            world.product, version, at.date(), f"Mostrador POS {version}", actor=admin, at=at
        )
        products.make_current(world.releases[version], actor=admin, at=at)
    invoicing = products.add_product("FAC", "Mostrador Facturación", "Facturas CFDI 4.0", actor=admin, at=begin)
    world.releases["fac"] = products.add_release(invoicing, "4.3", world.on(200).date(), "", actor=admin, at=world.on(200))
    products.make_current(world.releases["fac"], actor=admin, at=world.on(200))
    for name, terms in {
        "Básica": {"events": 6, "incidents": 2, "credits": 0, "price": 4_900},
        "Plus": {"events": 12, "incidents": 4, "credits": 40, "price": 11_900},
        "Integral": {"events": 24, "incidents": 10, "credits": 120, "price": 24_900},
    }.items():
        world.plans[name] = contracts.add_plan(
            name, description=f"Un año de soporte preferente, plan {name}", months=12, currency="MXN", actor=sales,
            benefits={"course_access": name != "Básica"}, at=begin, **terms,
        )  # fmt: skip
    _batch, world.cards = contracts.issue_batch("Tarjetas de 20 créditos", 20, 60, actor=sales, at=world.on(300))


def _customer(world: World, number: int, shop: str) -> None:
    dice, admin = world.dice, world.staff["ana"]
    state, area, city = names.PLACES[number % len(names.PLACES)]
    since = world.on(dice.randint(420, 700))
    customer = people.register_customer(
        shop, actor=world.staff["oscar"], at=since, state=state, country="MX", legal_name=f"{shop}, S.A. de C.V.",
        phone=f"{area}{dice.randint(10 ** (9 - len(area)), 10 ** (10 - len(area)) - 1)}",
        address=f"{names.STREETS[number % len(names.STREETS)]} {dice.randint(10, 990)}, {city}",
        email=f"contacto@cliente{number:03}.example",
    )  # fmt: skip
    contacts = _contacts(world, customer, number, since)
    licence = _licence(world, customer, number, since)
    situation = SITUATIONS[number % len(SITUATIONS)]
    held = _contracts(world, customer, situation, number)
    agreements.accept(world, customer, contacts, number, covered=bool(held))
    matters.tell(world, customer, contacts, licence, situation=situation, held=held, number=number)
    quotes.tell(world, contacts, held=held, number=number)
    requests.tell(world, contacts, number=number)
    if number == 0:
        records.tell(world, customer, contacts[0], licence)
    if number in (0, 2):
        products.bind_terminal(licence, "Caja 1", f"CAJA1-{number:04}", actor=admin, at=since)
    terminals.tell(world, licence, contacts, number)
    if number == 1:
        terminals.ask(world, contacts[0])


def _contacts(world: World, customer: Customer, number: int, since: datetime) -> list[Actor]:
    found = []
    for name, email, company, role, language in CONTACTS:
        if company == number:
            user = sign_in_for(name, email, language, since)
            people.add_contact(customer, email, name, role, actor=world.staff["oscar"], at=since)
            found.append(actor_by_id(user.pk))
    if not found:
        dice = world.dice
        for role in ("administrator", "member")[: 1 + number % 2]:
            name = f"{dice.choice(names.FIRST)} {dice.choice(names.LAST)}"
            contact = people.add_contact(
                customer, f"{role}{number:03}@cliente{number:03}.example", name, role, actor=world.staff["oscar"], at=since
            )
            found.append(actor_by_id(contact.user_id))
    if number == 1:  # one person who acts for two companies
        lupita = Contact.objects.get(user__email=CONTACTS[0][1], customer__name=names.SHOPS[0]).user
        people.add_contact(customer, lupita.email, lupita.name, "member", actor=world.staff["oscar"], at=since)
    return found


def _licence(world: World, customer: Customer, number: int, since: datetime) -> Licence:
    world.serial += world.dice.randint(3, 90)
    assert world.product
    version = "9.2" if number % 7 == 4 else "10.1"
    at = max(since, world.on(600))
    licence = products.register_licence(
        f"MPOS-{world.serial}-{world.dice.randint(1000, 9999)}", world.product, customer, terminals=1 + number % 5,
        installed=world.releases["9.2"], actor=world.staff["oscar"], at=at,
    )  # fmt: skip
    if version != "9.2":
        products.confirm_version(licence, world.releases[version], actor=world.staff["elena"], at=world.on(110))
    return licence


def _contracts(world: World, customer: Customer, situation: str, number: int) -> list[SupportContract]:
    """Give a customer the contracts and cards of its situation."""
    sales, plan = world.staff["sara"], world.plans[("Plus", "Básica", "Integral")[number % 3]]

    def sell(days_ago: int, chosen: Plan = plan) -> SupportContract:
        at = world.on(days_ago, 9, 30)
        return contracts.sell_contract(customer, chosen, at.astimezone(ZONE).date(), actor=sales, at=at)

    def card(days_ago: int) -> None:
        contracts.redeem_card(world.cards.pop(), customer.pk, actor=sales, at=world.on(days_ago), address="")

    held: list[SupportContract] = []
    match situation:
        case "half_used":
            held = [sell(150 + number % 40)]
        case "exhausted":
            held = [sell(220, world.plans["Básica"])]
            card(90)
        case "new":
            held = [sell(4)]
        case "ending":
            held = [sell(356)]
        case "ended":
            held = [sell(400)]
        case "two":
            held = [sell(330, world.plans["Básica"]), sell(60, world.plans["Plus"])]
        case "card_only":
            card(30)
    return held


def _settle(world: World) -> None:
    """Let the worker's jobs catch up, as they would have; what was told long ago is not told again."""
    while ledger_tasks.tick(at=world.now):
        pass
    case_tasks.tick(at=world.now)
    quote_tasks.tick(at=world.now)
    deadline_tasks.tick(at=world.now)
    while deliver_pending(at=world.now, limit=500):
        pass
    Letter.objects.filter(created_at__lt=world.now - timedelta(days=1), state="waiting").update(
        state="sent", sent_at=world.now - timedelta(days=1)
    )
    Notice.objects.filter(at__lt=world.now - timedelta(days=4)).update(read_at=world.now - timedelta(days=1))
