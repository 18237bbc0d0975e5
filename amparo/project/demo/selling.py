"""What the demonstration sells in money: cards on sale, promotions, and orders in their states."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.kernel.actor import Actor
from amparo.people.models import Contact, Customer
from amparo.people.queries import actor_in
from amparo.policies.commands import set_value
from amparo.promotions import commands as promotions
from amparo.sales import commands as sales
from amparo.sales.models import CardOffer, Sale

if TYPE_CHECKING:
    from .load import World

ZONE = ZoneInfo("America/Mexico_City")
TRANSFER = "Banco del Sureste, a nombre de Mostrador Sistemas, S.A. de C.V.\nCLABE 012 345 0012 3456 7890. En efectivo, en nuestras oficinas."
FISCAL = {"rfc": "ALU010101AB1", "legal_name": "ABARROTES LUPITA", "regime": "601", "use": "G03", "postal_code": "97000"}
INVOICE = """<?xml version="1.0" encoding="UTF-8"?>
<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0" Total="{total}" Moneda="MXN">
<cfdi:Receptor Rfc="ALU010101AB1" Nombre="ABARROTES LUPITA"/><cfdi:Complemento>
<tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" UUID="7C0F2B1E-4D52-4F8A-9C3B-1A2B3C4D5E6F"/>
</cfdi:Complemento></cfdi:Comprobante>
"""


def publish(world: World) -> None:
    """Put cards on sale and promotions into force; say how to pay."""
    begin, sara = world.on(200), world.staff["sara"]
    set_value("sales.transfer_words", TRANSFER, from_at=begin, actor=world.staff["ana"], at=begin)
    for credits, price in ((20, 198_000), (50, 450_000), (100, 840_000)):
        world.offers[credits] = sales.add_card_offer(f"Tarjeta de {credits} créditos", credits, price, actor=sara, at=begin)
    _promote(world, 150, days=90, name="Bienvenida", words="Para quien estrena el portal.", value=10, goods=["card"])
    _promote(world, 20, days=60, name="Fin de año", words="En todas las tarjetas de servicio.", value=8, goods=["card"])
    _promote(world, 20, name="Más créditos con su póliza", words="Quien tiene póliza recibe 5 créditos más con cada tarjeta.",
             kind="units", value=0, units={"credit": 5}, goods=["card"], needs_contract=True)  # fmt: skip
    _promote(world, 30, name="Renovación anticipada", words="En cualquier plan, con el código de su ejecutiva.", value=12, goods=["plan"],
             code="RENUEVA-12", uses_max=40, uses_per_customer_max=1)  # fmt: skip
    _promote(world, 10, name="Capacitación en línea", words="Horas en línea con el código del boletín.", scope="services", value=25,
             goods=["online_hour"], code="APRENDE-25")  # fmt: skip
    promotions.draft_promotion(
        name="Aniversario", words="Aún por aprobar.", scope="money", kind="percent", value=15, starts_at=world.now + timedelta(days=30),
        ends_at=world.now + timedelta(days=37), actor=sara, at=world.on(2),
    )  # fmt: skip


def _promote(world: World, days_ago: int, *, days: int = 0, **terms: object) -> None:
    at = world.on(days_ago)
    starts_at = datetime.combine(at.astimezone(ZONE).date(), time(), ZONE) + timedelta(days=1)
    ends_at = starts_at + timedelta(days=days) if days else None
    given: dict[str, Any] = {"scope": "money", "kind": "percent", **terms}
    made = promotions.draft_promotion(starts_at=starts_at, ends_at=ends_at, actor=world.staff["sara"], at=at, **given)
    promotions.publish(made, actor=world.staff["sara"], at=at)


def _buyer(number: int) -> Actor:
    customer = Customer.objects.order_by("pk")[number]
    chosen = Contact.objects.filter(customer=customer, company_role="administrator").order_by("pk")[0]
    return actor_in(chosen.user_id, chosen.customer_id)


def tell(world: World) -> None:
    """Let customers order: paid and waiting to be credited, with its invoice; waiting for payment; cancelled; expired."""
    if Customer.objects.count() < 4:
        return
    lupita, sara = _buyer(0), world.staff["sara"]
    done = _order(world, lupita, world.offers[50], 12, "a", fiscal=FISCAL)
    customer = done.customer
    sales.keep_fiscal(customer, FISCAL, actor=lupita, at=world.on(12))
    _pay(world, done, 11)
    xml = SimpleUploadedFile("factura-1042.xml", INVOICE.format(total=f"{done.total // 100}.{done.total % 100:02}").encode())
    sales.attach_invoice(done, xml=xml, actor=sara, at=world.on(10))
    _order(world, lupita, world.offers[100], 1, "b", fiscal=FISCAL)
    sales.cancel(_order(world, lupita, world.offers[20], 40, "c"), "", actor=lupita, at=world.on(38))
    sergio = _buyer(1)
    credited = _order(world, sergio, world.offers[20], 70, "d", quantity=2)
    _pay(world, credited, 69)
    sales.credit_cards(credited, actor=sergio, at=world.on(69))
    _order(world, _buyer(2), world.offers[50], 60, "e")
    _order(world, _buyer(3), world.offers[20], 2, "f", quantity=3)
    sales.expire_due(at=world.now)


def _order(world: World, actor: Actor, offer: CardOffer, days_ago: int, key: str, **more: object) -> Sale:
    assert actor.customer_id is not None
    asked = sales.Order(f"card:{offer.pk}", **more)  # type: ignore[arg-type]
    return sales.place(Customer.objects.get(pk=actor.customer_id), asked, key=f"demo-{key}", actor=actor, at=world.on(days_ago))


def _pay(world: World, sale: Sale, days_ago: int) -> None:
    at = world.on(days_ago)
    received = sales.Received("transfer", sale.total, f"SPEI {sale.pk}4471", at.astimezone(ZONE).date())
    sales.confirm_payment(sale, received, actor=world.staff["sara"], at=at)
