"""The catalogue of the demonstration, and quotes and orders in every state."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from amparo.cases import commands as cases
from amparo.kernel.refusals import Refusal
from amparo.quotations import commands
from amparo.quotations.models import ItemVersion, Quote, ServiceOrder
from amparo.quotations.rules.catalogue import Parameter, TariffLine, Terms
from amparo.quotations.rules.quotes import Content, Line, Travel, travel_from
from amparo.quotations.words import USUAL_LABELS

from . import requests

if TYPE_CHECKING:
    from amparo.contracts.models import SupportContract
    from amparo.kernel.actor import Actor

    from .load import World

ZONE = ZoneInfo("America/Mexico_City")
TERMS = "Los créditos se cobran por adelantado al aceptar. Los cambios a lo especificado se cotizan aparte."


def _asked(name: str, least: int, most: int, usual: int) -> Parameter:
    spanish, english = USUAL_LABELS[name]
    return Parameter(name, "count", least, most, usual, spanish, english)


def _yes(name: str) -> Parameter:
    spanish, english = USUAL_LABELS[name]
    return Parameter(name, "yes_no", 0, 1, 0, spanish, english)


# code -> kind, names, texts, terms
CATALOGUE: tuple[tuple[str, str, str, str, str, str, Terms], ...] = (
    ("install", "general", "Instalación de servidor y terminales", "Installation of a server and terminals",
     "Configuramos el servidor de base de datos, creamos la base y conectamos las terminales. Incluye una prueba de venta en cada caja.",
     "We configure the database server, create the database and connect the terminals. A test sale at each till is included.",
     Terms((_asked("terminals", 1, 30, 2),), "tariff", lines=(TariffLine("install_server"), TariffLine("further_terminal", "terminals - 1")), days="2")),
    ("terminals", "general", "Instalación de terminales adicionales", "Installation of further terminals",
     "Conectamos cajas nuevas a un servidor que ya trabaja.", "We connect new tills to a server that already runs.",
     Terms((_asked("terminals", 1, 30, 1),), "tariff", lines=(TariffLine("install_terminals", "terminals"),), days="2")),
    ("import", "general", "Importación de catálogo de productos", "Import of a product catalogue",
     "Cargamos sus productos, precios y existencias desde Excel o CSV, con revisión de claves repetidas.",
     "We load your products, prices and stock from Excel or CSV, and check for repeated codes.",
     Terms((Parameter("products", "count", 100, 50_000, 1_000, "Productos", "Products"), _yes("urgent")), "formula",
           formula="max(4, 2 * ceil(products / 1000)) + if(urgent, 5, 0)", days="if(urgent, 1, 3 + ceil(products / 10000))")),
    ("training", "general", "Capacitación en línea para su equipo", "Online training for your team",
     "Una hora exclusiva para su personal, con ejercicios sobre su propia base de datos.",
     "An exclusive hour for your staff, with exercises on your own data.",
     Terms((_asked("hours", 1, 12, 2), _asked("participants", 1, 40, 6)), "tariff", lines=(TariffLine("online_hour", "hours", "participants"),), days="3")),
    ("visit", "general", "Visita técnica a domicilio", "Technical visit",
     "Un ingeniero en su local. Los viáticos se cotizan aparte, en dinero.", "An engineer at your premises. Travel expenses are quoted apart, in money.",
     Terms((_asked("visits", 1, 5, 1), _asked("hours", 1, 16, 2), _yes("urgent"), _yes("outside_hours")), "tariff",
           lines=(TariffLine("home_visit", "visits"), TariffLine("technical_hour", "hours"), TariffLine("urgent_on_site", "if(urgent, visits, 0)"),
                  TariffLine("outside_hours", "if(outside_hours, visits, 0)")), days="if(urgent, 1, 4)")),
    ("backup", "general", "Respaldo automático diario", "Daily automatic backup",
     "Programamos y probamos el respaldo de su base en el disco y en la nube que usted elija.",
     "We set up and test the backup of your database to disk and to the cloud you choose.", Terms((), "fixed", credits=8, days="2")),
    ("close", "general", "Revisión de cierre fiscal del año", "Review of the year's tax closing",
     "Revisamos cortes, notas de crédito y facturas del año, con un informe de diferencias.",
     "We review cash counts, credit notes and invoices of the year, with a report of differences.",
     Terms((Parameter("months", "count", 1, 12, 12, "Meses", "Months"),), "formula", formula="6 + months", days="5")),
    ("ticket", "development", "Ticket de venta a la medida", "Made-to-measure receipt",
     "Diseño de su ticket: logotipo, mensajes, promociones y código QR.", "Design of your receipt: logo, messages, promotions and a QR code.",
     Terms((), "fixed", credits=10, days="4")),
    ("report", "development", "Reporte a la medida", "Made-to-measure report",
     "Un reporte con los datos y filtros que usted especifique, en pantalla, PDF y Excel.",
     "A report with the data and filters that you specify, on screen, as PDF and Excel.",
     Terms((Parameter("tables", "count", 1, 12, 2, "Tablas o fuentes de datos", "Tables or sources of data"),
            Parameter("charts", "count", 0, 6, 0, "Gráficas", "Charts"), _yes("urgent")), "formula",
           formula="8 + 3 * tables + 2 * charts + if(urgent, 5, 0)", days="if(urgent, 4, 6 + ceil(tables / 2))")),
    ("link", "development", "Enlace con tienda en línea", "Link to an online shop",
     "Existencias y pedidos entre Mostrador POS y su tienda, cada quince minutos.", "Stock and orders between Mostrador POS and your shop, every fifteen minutes.",
     Terms((_asked("modules", 1, 6, 2),), "formula", formula="24 + 8 * modules", days="12 + 2 * modules")),
)  # fmt: skip


def publish(world: World) -> None:
    """Publish the catalogue, long before anybody asks."""
    at, admin = world.on(700), world.staff["ana"]
    for code, kind, name_es, name_en, text_es, text_en, terms in CATALOGUE:
        texts = {"name_es": name_es, "name_en": name_en, "text_es": text_es, "text_en": text_en}
        draft = commands.add_item(kind, texts=texts, terms=terms, actor=admin, at=at)
        world.items[code] = commands.publish_version(draft, actor=admin, at=at)


@dataclass(frozen=True)
class Story:
    """One quote of the demonstration: of the catalogue (`item`) or by hand (`lines`), and how far it came."""

    state: str
    days: float
    item: str = ""
    values: Mapping[str, int] = field(default_factory=dict)
    title: str = ""
    ask: str = ""
    text: str = ""
    lines: tuple[Line, ...] = ()
    kind: str = "development"
    delivery: int = 6
    travel: Travel = field(default_factory=Travel)
    reply: str = ""


STORIES: dict[int, tuple[Story, ...]] = {
    0: (
        Story("finished", 60, item="import", values={"products": 2400}, reply="Se cargaron 2,391 productos; le enviamos la lista de los 9 con clave repetida."),
        Story("presented", 2, title="Reporte de ventas por cajero y turno", ask="Necesito ver cuánto vendió cada cajero en cada turno, con devoluciones.",
              text="Un reporte por **cajero y turno**, con ventas, devoluciones y arqueo.\n\n- Filtros por fecha, sucursal y caja\n- En pantalla, PDF y Excel",
              lines=(Line("Análisis y especificación", 1, 2), Line("Reporte por cajero y turno", 1, 5), Line("Exportación a Excel", 1, 1))),
        Story("delivered", 9, item="report", values={"tables": 1, "charts": 0}, reply="El reporte está en Reportes → A la medida. Adjuntamos una muestra con sus datos de octubre."),
    ),
    3: (Story("in_progress", 3, item="ticket"), Story("change_asked", 1, title="Etiquetas con código de barras", kind="development",
              ask="Queremos imprimir etiquetas con precio y código de barras.", text="Impresión de etiquetas de 40 × 25 mm, una o varias por producto.",
              lines=(Line("Diseño de la etiqueta", 1, 3), Line("Impresión por lote", 1, 4)), reply="¿Se puede también en rollo de 60 × 40 mm?")),
    5: (Story("ordered", 0.6, item="install", values={"terminals": 3}), Story("not_met", 20, item="ticket", reply="El ticket nuevo ya está en sus cajas.")),
    6: (Story("expired", 40, item="close", values={"months": 12}),
        Story("presented", 1, title="Visita para cambio de servidor", kind="general", ask="Vamos a cambiar el servidor y queremos que vengan.",
              text="Migración de la base al servidor nuevo, en su local, con prueba de ventas.",
              lines=(Line("Visita", 1, code="home_visit"), Line("Horas de servicio técnico", 3, code="technical_hour")),
              travel=travel_from("1450.00", "MXN", "autobús y hospedaje, una noche"), delivery=5)),
    9: (Story("rejected", 12, item="link", values={"modules": 3}), Story("cancelled", 7, item="backup"),
        Story("delayed", 4, item="report", values={"tables": 2, "charts": 1})),
    15: (Story("draft", 0.5, title="Puntos por compra frecuente", ask="¿Se puede dar puntos a los clientes frecuentes?",
               text="Lo que hoy no permite la versión es canjear puntos en línea; sí se puede acumularlos y canjearlos en la caja.",
               lines=(Line("Acumulación de puntos en caja", 1, 12), Line("Canje en caja", 1, 8))),),
    16: (Story("presented", 3, item="training", values={"hours": 2, "participants": 14}),),
}  # fmt: skip


def tell(world: World, contacts: list[Actor], *, held: list[SupportContract], number: int) -> None:
    """Let a customer have been quoted and have ordered."""
    for place, story in enumerate(STORIES.get(number, ()) if held else ()):
        _Telling(world, contacts[0], story, f"demo-quote-{number}-{place}").run()


class _Telling:
    """One quote told from its beginning."""

    def __init__(self, world: World, contact: Actor, story: Story, key: str) -> None:
        self.world, self.contact, self.story, self.key = world, contact, story, key
        self.at = world.on(story.days, 10, 20)
        self.worker = world.staff["ivan"]

    def later(self, hours: float) -> datetime:
        """Step on by so many hours; what would fall after closing happens the next business morning."""
        local = (self.at + timedelta(hours=hours)).astimezone(ZONE)
        if local.hour >= 18 or local.hour < 9 or local.weekday() > 4:
            local = (local + timedelta(days=1 if local.hour >= 18 else 0)).replace(hour=9, minute=40)
            while local.weekday() > 4:
                local += timedelta(days=1)
        self.at = min(local, self.world.now - timedelta(minutes=2))
        return self.at

    def run(self) -> None:
        quote = self._quoted()
        state = self.story.state
        if state in ("draft", "presented", "expired"):
            return
        if state == "rejected":
            commands.reject_quote(quote, seen=1, reason="Lo veremos el año que entra.", actor=self.contact, at=self.later(20))
            return
        if state == "change_asked":
            commands.ask_change(quote, self.story.reply, seen=1, key=self.key, actor=self.contact, at=self.later(3))
            return
        with suppress(Refusal):  # a customer whose credits are used up leaves it open
            self._worked(commands.accept_quote(quote, seen=1, actor=self.contact, at=self.later(2)))

    def _quoted(self) -> Quote:
        story = self.story
        if story.item:
            version: ItemVersion = self.world.items[story.item]
            return cases.quote_service(version, story.values, key=self.key, actor=self.contact, at=self.at)
        case = requests.asked(self.world, story.title, self.contact, key=self.key, at=self.at) or cases.open_case(
            story.title, story.ask, key=self.key, asked_kind=story.kind, actor=self.contact, at=self.at
        )
        content = Content(story.lines, story.delivery, story.text, TERMS, 15, story.travel)
        quote = commands.draft_quote(
            case.thread, kind=story.kind, title=story.title, content=content, key=self.key, actor=self.worker, at=self.later(0.7)
        )
        if story.state != "draft":
            quote = commands.present_quote(quote, actor=self.worker, at=self.later(0.1))
            cases.follow_presented(quote, actor=self.worker, at=self.at)
        return quote

    def _worked(self, order: ServiceOrder) -> None:
        state = self.story.state
        if state == "ordered":
            return
        if state == "cancelled":
            commands.cancel_order(order, reason="Ya lo resolvimos nosotros.", actor=self.contact, at=self.later(5))
            return
        commands.start_order(order, actor=self.worker, at=self.later(4))
        if state == "in_progress":
            return
        if state == "delayed":
            new_on = (order.due_at + timedelta(days=7)).date()
            reason = "El servidor de pruebas del cliente no estuvo disponible dos días."
            commands.tell_delay(order, new_on, reason=reason, key=self.key, actor=self.worker, at=self.later(9))
            return
        commands.deliver(order, self.story.reply, key=self.key, actor=self.worker, at=self.later(30))
        if state == "finished":
            commands.accept_delivery(order, seen=1, actor=self.contact, at=self.later(5))
        elif state == "not_met":
            reasons = "Falta el código QR que pedimos."
            commands.refuse_delivery(order, reasons, seen=1, key=self.key, actor=self.contact, at=self.later(20))
