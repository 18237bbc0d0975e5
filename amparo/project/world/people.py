"""Who is in the large world: the vendor with its staff and goods by the ordinary commands, customers in bulk."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from amparo.charging.models import TariffVersion
from amparo.charging.rules import PocketView, Tariff
from amparo.contracts import commands as contracts
from amparo.contracts.models import Plan
from amparo.contracts.rules.terms import last_day, moments
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.ids import make_nic
from amparo.ledger.models import VENDOR_POCKETS, Holder
from amparo.people import commands as people
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.products import commands as products
from amparo.products.models import Product, Release
from amparo.products.rules import masked, serial_key
from amparo.project.demo.names import FIRST, LAST, PLACES, SHOPS, STREETS

from .tape import Story, Tape

ZONE = ZoneInfo("America/Mexico_City")
DOMAIN = "mundo.example"
PASSWORD = "mostrador 2026 mundo"  # noqa: S105 (a world for trials; printed when it was made)
DAYS = 725
PLANS = {
    "Mundo Básica": {"events": 6, "incidents": 3, "credits": 10, "price": 4_900},
    "Mundo Plus": {"events": 12, "incidents": 6, "credits": 40, "price": 11_900},
    "Mundo Integral": {"events": 24, "incidents": 12, "credits": 120, "price": 24_900},
}
RELEASES = (("7.0", 720), ("8.0", 400), ("8.1", 90))


@dataclass(slots=True)
class Cover:
    """A contract as stories need it: while it is in force, and what its pockets still hold."""

    id: int
    starts_at: datetime
    ends_at: datetime
    pockets: list[list[object]]


@dataclass(slots=True)
class Client:
    """A customer as stories need it."""

    id: int
    contacts: list[Actor]
    licence: int
    product: int
    release: int | None
    since: datetime
    covers: list[Cover] = field(default_factory=list)

    def cover_at(self, at: datetime) -> Cover | None:
        return next((cover for cover in self.covers if cover.starts_at <= at < cover.ends_at), None)

    def views(self, at: datetime) -> list[PocketView]:
        """What the choice of charge sees at a moment: pockets in force and what is neither used nor reserved."""
        return [
            PocketView(key, unit, left, cover.ends_at, label, source)  # type: ignore[arg-type]
            for cover in self.covers
            if cover.starts_at <= at < cover.ends_at
            for key, unit, left, label, source in cover.pockets
        ]

    def take(self, pocket: int, amount: int) -> None:
        """Less is left in a pocket; more, where the amount is negative."""
        for cover in self.covers:
            for held in cover.pockets:
                if held[0] == pocket:
                    held[2] -= amount  # type: ignore[operator]


@dataclass
class Vendor:
    """The staff, what is sold and at what price."""

    operator: Actor
    sales: Actor
    engineers: list[Actor]
    goods: list[tuple[Product, list[Release]]]
    plans: list[Plan]
    tariffs: list[tuple[datetime, Tariff]]

    def tariff(self, at: datetime) -> Tariff:
        return next(tariff for since, tariff in reversed(self.tariffs) if since <= at)


def make_vendor(now: datetime, secret: str) -> Vendor:
    """Make staff, products, releases and plans by the ordinary commands."""
    begin = now - timedelta(days=DAYS + 5)

    def hired(name: str, local: str, role: str) -> Actor:
        user = people.register_user(
            f"{local}@{DOMAIN}", name=name, email_verified=True, actor=SYSTEM, at=begin
        )
        people.add_staff(user, (role,), actor=SYSTEM, at=begin)
        return actor_by_id(user.pk)

    admin, operator = hired("Alma Rangel", "admin", "administrator"), hired("Omar Téllez", "operador", "operator")
    sales = hired("Sonia Prado", "ventas", "sales")
    engineers = [hired(f"{FIRST[i]} {LAST[-i - 1]}", f"ingenieria{i + 1:02}", "engineer") for i in range(20)]
    # One hash for all: each costs a twentieth of a second on purpose.
    User.objects.filter(email__endswith=f"@{DOMAIN}").update(password=secret)
    goods = []
    for code, name in (("caja-maestra", "Caja Maestra"), ("almacen-maestro", "Almacén Maestro")):
        product = products.add_product(code, name, f"{name}, para comercios", actor=admin, at=begin)
        made = []
        for version, ago in RELEASES:
            at = now - timedelta(days=ago)
            made.append(products.add_release(product, version, at.date(), "", actor=admin, at=at))
            products.make_current(made[-1], actor=admin, at=at)
        goods.append((product, made))
    plans = [contracts.add_plan(name, months=12, actor=sales, at=begin, **terms) for name, terms in PLANS.items()]
    versions = TariffVersion.objects.filter(starts_at__isnull=False).order_by("starts_at")
    return Vendor(operator, sales, engineers, goods, plans, [(v.starts_at, v.as_tariff()) for v in versions if v.starts_at])


def make_clients(
    tape: Tape, vendor: Vendor, dice: random.Random, count: int, now: datetime, secret: str
) -> list[Client]:
    """Write customers with contacts, licences, and contracts of two years with their units."""
    numbers = _several("people_nic", count)
    return [_client(tape, vendor, dice, number, now, secret) for number in numbers]


def _several(sequence: str, count: int) -> range:
    """Draw so many numbers in a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        first = cursor.fetchone()[0]
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + count])
    return range(first, first + count)


def _client(tape: Tape, vendor: Vendor, dice: random.Random, number: int, now: datetime, secret: str) -> Client:
    state, area, city = dice.choice(PLACES)
    name = f"{dice.choice(SHOPS)} {dice.choice(LAST)}"
    since = now - timedelta(days=DAYS - dice.random() * 3, hours=dice.random() * 20)
    nic, phone = make_nic(number), f"+52{area}{dice.randrange(10 ** (10 - len(area))):0{10 - len(area)}}"
    customer = tape.add(
        "people.Customer", nic=nic, name=name, legal_name=f"{name}, S.A. de C.V.", state=state, phone=phone,
        email=f"contacto@cliente{number}.example", address=f"{dice.choice(STREETS)} {dice.randint(10, 990)}, {city}",
        created_at=since,
    )  # fmt: skip
    story = Story(tape, f"customer:{customer}", customer)
    story.tell("customer.registered", vendor.operator, since, nic=nic, customer_name=name)
    contacts = []
    for place, role in enumerate(("administrator", "member", "own")[: dice.choices((1, 2, 3), (5, 4, 1))[0]]):
        contacts.append(_contact(tape, vendor, dice, story, f"persona{place + 1}@cliente{number}.example", role, since, secret))
    story.end()
    product, releases = dice.choice(vendor.goods)
    release = releases[-1] if dice.random() < 0.85 else releases[0]
    licence = _licence(tape, vendor, dice, customer, number, product, release, since)
    client = Client(customer, contacts, licence, product.pk, release.pk, since)
    _covers(tape, vendor, dice, client, now)
    return client


def _contact(
    tape: Tape, vendor: Vendor, dice: random.Random, story: Story, email: str, role: str, at: datetime, secret: str
) -> Actor:
    name = f"{dice.choice(FIRST)} {dice.choice(LAST)} {dice.choice(LAST)}"
    user = tape.add("people.User", email=email, name=name, password=secret, phone="")
    tape.add("account.EmailAddress", user_id=user, email=email, verified=True, primary=True)
    registered = Story(tape, f"user:{user}", None)
    registered.tell("user.registered", vendor.operator, at)
    registered.end()
    contact = tape.add(
        "people.Contact", user_id=user, customer_id=story.customer, company_role=role, created_at=at, phone=""
    )
    story.tell("contact.added", vendor.operator, at, contact=contact, user=user, role=role)
    return Actor(
        kind="contact", user_id=user, name=name, email=email, language="es-mx", customer_id=story.customer,
        contact_id=contact, company_role=role,  # type: ignore[arg-type]
    )  # fmt: skip


def _licence(
    tape: Tape, vendor: Vendor, dice: random.Random, customer: int, number: int, product: Product, release: Release,
    at: datetime,
) -> int:  # fmt: skip
    serial = f"MUN-{number}-{dice.randint(1000, 9999)}"
    terminals = dice.randint(1, 6)
    licence = tape.add(
        "products.Licence", serial=serial, serial_key=serial_key(serial), product_id=product.pk, customer_id=customer,
        terminals=terminals, installed_id=release.pk, confirmed_at=at, confirmed_by_id=vendor.operator.user_id,
        registered_at=at, registered_by_id=vendor.operator.user_id, withdrawn_reason="",
    )  # fmt: skip
    story = Story(tape, f"licence:{licence}", customer)
    story.tell(
        "licence.registered", vendor.operator, at, product=product.pk, terminals=terminals, serial_end=masked(serial),
        version=release.version,
    )  # fmt: skip
    story.end()
    return licence


def _covers(tape: Tape, vendor: Vendor, dice: random.Random, client: Client, now: datetime) -> None:
    """Most had a contract for a year and renewed it; some are new, some left, some never had one."""
    fate = dice.choices(("renewed", "new", "left", "none"), (74, 12, 10, 4))[0]
    today = now.astimezone(ZONE).date()
    if fate == "none" or not vendor.plans:
        return
    if fate == "new":
        start = today - timedelta(days=dice.randint(3, 360))
    else:
        start = today - timedelta(days=dice.randint(370, DAYS - 5))
    first = _contract(tape, vendor, dice, client, start, None)
    if fate == "renewed":
        _contract(tape, vendor, dice, client, first[0] + timedelta(days=1), first)
    first[2].end()


def _contract(
    tape: Tape, vendor: Vendor, dice: random.Random, client: Client, starts_on: date, before: tuple[date, int, Story, str] | None
) -> tuple[date, int, Story, str]:
    plan = dice.choices(vendor.plans, (5, 3, 2))[0]
    ends_on = last_day(starts_on, plan.months)
    starts_at, ends_at = moments(starts_on, ends_on, ZONE)
    at = datetime.combine(starts_on - timedelta(days=4 if before else 0), time(9, 30), ZONE)
    number = f"P-M{tape.last['contracts.SupportContract'] + 1}"
    contract = tape.add(
        "contracts.SupportContract", number=number, customer_id=client.id, plan_id=plan.pk, terms=plan.terms(),
        starts_on=starts_on, ends_on=ends_on, starts_at=starts_at, ends_at=ends_at, sold_at=at,
        renewed_from_id=before[1] if before else None, sold_by_id=vendor.sales.user_id, cancel_reason="",
    )  # fmt: skip
    subject, label = f"contract:{contract}", f"{plan.name} {number}"
    cover = Cover(contract, starts_at, ends_at, [])
    for unit, amount in plan.allotments.items():
        if amount:
            pocket = tape.add(
                "ledger.Pocket", customer_id=client.id, unit=unit, source=subject, label=label, starts_at=starts_at,
                ends_at=ends_at,
            )  # fmt: skip
            tape.add(
                "ledger.Transfer", kind="single", customer_id=client.id, unit=unit, amount=amount,
                debit_id=VENDOR_POCKETS[Holder.ISSUED, unit], credit_id=pocket, cause=subject, at=at,
                key=f"{client.id}:{subject}:{unit}:allotment", actor_ref=vendor.sales.ref,
            )  # fmt: skip
            cover.pockets.append([pocket, unit, amount, label, subject])
    story = Story(tape, subject, client.id)
    story.tell(
        "contract.renewed" if before else "contract.sold", vendor.sales, at, number=number, plan=plan.pk,
        terms=plan.terms(), starts_on=starts_on, ends_on=ends_on, renewed_from=before[3] if before else "",
    )  # fmt: skip
    client.covers.append(cover)
    if before is not None:
        before[2].tell("contract.followed", vendor.sales, at, number=number)
        story.end()
    return ends_on, contract, story, number
