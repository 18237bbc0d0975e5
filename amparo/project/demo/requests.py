"""General development requests of the demonstration: a draft, one sent and amended, and those behind quotes."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.contracts.errors import NoStanding
from amparo.kernel.actor import Actor
from amparo.quotations import commands
from amparo.quotations.models import ServiceRequest

# title of a quote of the demonstration -> what its request says
SPECIFIED: dict[str, dict[str, str]] = {
    "Reporte de ventas por cajero y turno": {
        "aim": "Saber cuánto vende cada cajero en cada turno, para repartir los turnos y revisar devoluciones.",
        "present": "Cada noche se imprime el corte de las tres cajas y se suma a mano por cajero. Toma unos 40 minutos, y las devoluciones se pierden de vista.",
        "wanted": "En **Reportes** hay «Ventas por cajero y turno».\n\n1. Elijo sucursal, fecha y turno.\n2. Veo una fila por cajero: ventas, devoluciones y diferencia de arqueo.\n3. Puedo imprimirlo y pasarlo a Excel.\n\nLos cajeros no lo ven.",
        "data": "Pantalla *Corte de caja*; reporte *Ventas del día*; impresora de 80 mm. Unas 900 ventas al día en tres cajas.",
        "acceptance": "1. Con las ventas de un día cerrado, el total es igual a la suma de los cortes.\n2. Con 1,000 ventas tarda menos de 5 segundos.\n3. Un usuario con perfil *Cajera* no puede abrirlo.",
    },
    "Etiquetas con código de barras": {
        "aim": "Etiquetar la mercancía sin comprar rollos ya impresos.",
        "present": "Se escriben a mano. La clave se equivoca y en la caja hay que buscar el artículo.",
        "wanted": "Desde **Artículos** marco varios y elijo cuántas etiquetas de cada uno. Salen de 40 × 25 mm con nombre, precio y código de barras.",
        "data": "Catálogo de artículos (2,300); impresora de etiquetas en la caja 1.",
        "acceptance": "1. El lector de la caja lee 20 de 20 etiquetas.\n2. Cambiar el precio de un artículo cambia su etiqueta siguiente.",
    },
}


def asked(world: Any, title: str, contact: Actor, *, key: str, at: datetime) -> Case | None:
    """Let a contact specify what a quote of the demonstration is about; None where there is no such request."""
    if title not in SPECIFIED:
        return None
    with suppress(NoStanding):
        return cases.open_development(_written(world, title, SPECIFIED[title], contact, key, at), actor=contact, at=at)
    return None


def _written(world: Any, title: str, words: dict[str, str], contact: Actor, key: str, at: datetime) -> ServiceRequest:
    begun = commands.begin_request(title=title, product_id=world.product.pk, key=key, actor=contact, at=at - timedelta(minutes=40))
    return commands.keep_request(
        begun, words, title=title, product_id=world.product.pk, product_version="10.1", actor=contact, at=at - timedelta(minutes=2)
    )


def tell(world: Any, contacts: list[Actor], *, number: int) -> None:
    """A draft that a member has begun, and a request that was amended before its quote."""
    if number == 0 and len(contacts) > 1:
        words = {
            "aim": "Que los clientes frecuentes paguen con puntos sin llamar a la gerente.",
            "present": "Los puntos se llevan en una libreta junto a la caja.",
        }
        _written(world, "Puntos para clientes frecuentes", words, contacts[1], "demo-request-draft", world.on(1, 12))
    if number == 2:
        contact, at = contacts[0], world.on(3, 11)
        words = {
            "aim": "Invoices in English for our customers abroad.",
            "present": "We translate the printed invoice by hand, about six a week.",
            "wanted": "On the customer's card there is a field *Language*. Where it says English, the printed invoice is in English; the fiscal file stays as it is.",
            "data": "Screen *Customers*; printed invoice.",
            "acceptance": "1. An invoice for an English customer prints with English headings and dates.\n2. Any other invoice prints as before.",
        }
        request = _written(world, "Invoices in English", words, contact, "demo-request-sent", at)
        cases.open_development(request, actor=contact, at=at)
        later = at + timedelta(hours=3)
        request = commands.keep_request(
            ServiceRequest.objects.get(pk=request.pk), words | {"acceptance": words["acceptance"] + "\n3. The choice is kept when the customer is changed."},
            title=request.title, product_id=world.product.pk, product_version="10.1", actor=contact, at=later,
        )  # fmt: skip
        commands.amend_request(request, actor=contact, at=later)
