"""The forum of the demonstration: who asked what, who answered when, what was solved, and what waits for a moderator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amparo.deadlines.queries import service_calendar
from amparo.deadlines.rules import Counting, business_time_between
from amparo.forum import commands
from amparo.forum.models import Member, Post, Theme, Topic
from amparo.forum.rules import proposed_alias
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people import commands as people
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.products.models import Product

from . import content
from .articles import ENGLISH_THEMES

if TYPE_CHECKING:
    from .load import World

ABOUT = {
    "Caja": ("Ventas, cobros, cortes y todo lo que pasa en la caja.", "Sales, payments, closings and all that happens at the till."),
    "Equipos e impresoras": ("Impresoras, básculas, lectores y terminales.", "Printers, scales, scanners and terminals."),
    "Facturación": ("CFDI, autofactura, complementos y cancelaciones.", "Invoices of every kind, and their cancelling."),
    "Inventario": ("Existencias, compras, conteos y traspasos.", "Stock, purchases, counts and transfers."),
    "Licencias": ("Activar, mover y liberar licencias.", "Activate, move and release licences."),
    "Red y servidor": ("Varias cajas, servidor y respaldos.", "Several tills, the server and backups."),
    "Reportes": ("Reportes propios y exportaciones.", "Own reports and exports."),
    "Desarrollo": ("SDK, complementos y ejemplos.", "SDK, add-ons and examples."),
    "General": ("Lo que no cabe en otra sección.", "What belongs to no other theme."),
}
PRODUCTS = {"Facturación": "FAC", "Desarrollo": "SDK", "General": ""}
SPAM = "Vendo puntos de venta más baratos, escríbame: http://a.example http://b.example http://c.example"


def tell(world: World) -> None:
    """Tell every topic of the content in the order of its day; the last one still waits, most of its time over. FOR-1, FOR-2."""
    products = {one.code.upper(): one for one in Product.objects.all()}
    themes: dict[tuple[str, str], Theme] = {}
    made: list[Topic] = []
    for text in sorted(content.topics(), key=lambda one: -one.days_ago):
        theme = _theme(world, themes, text, products)
        made.append(_topic(world, theme, text))
    for (_name, audience), theme in themes.items():
        if audience != "visitor":  # who wrote there may have had a contract then; who reads there now needs one
            commands.put_theme(theme, {"audience": audience}, actor=SYSTEM, at=world.now - timedelta(minutes=1))
    if made:
        _waiting(world, next(iter(themes.values())))
        _for_moderators(world, made)


def _theme(world: World, themes: dict[tuple[str, str], Theme], text: content.Text, products: dict[str, Product]) -> Theme:
    name = text.get("theme", "General")
    key = (name, text.audience)
    if key not in themes:
        about, about_en = ABOUT.get(name, ("", ""))
        english = ENGLISH_THEMES.get(name, {"General": "Everything else"}.get(name, name))
        few, product = text.audience != "visitor", products.get(PRODUCTS.get(name, "POS"))
        themes[key] = commands.put_theme(
            None,
            {
                "name": f"{name} (con póliza)" if few else name, "name_en": f"{english} (with a contract)" if few else english,
                "about": "Para quienes tienen póliza vigente." if few else about, "about_en": "For those with a contract in force." if few else about_en,
                "position": 90 if few or name == "General" else 10,
                "product_id": product.pk if product else None,
            },
            actor=SYSTEM, at=world.on(400),
        )  # fmt: skip
    return themes[key]


def _topic(world: World, theme: Theme, text: content.Text) -> Topic:
    first, *replies = text.messages
    began = world.on(text.days_ago, 9 + int(text.days_ago * 7) % 8, int(text.days_ago * 13) % 60)
    asker = _somebody(world, first, began)
    topic = commands.ask(theme, text.title, _written(first.body), kind=text.get("kind", "question"), actor=asker, at=began)
    for message in replies:
        at = min(began + timedelta(hours=message.hours), world.now - timedelta(minutes=2))
        post = commands.reply(topic, _written(message.body), actor=_somebody(world, message, at), at=at)
        if message.accepted:
            commands.solve(post, actor=asker, at=min(at + timedelta(hours=1), world.now - timedelta(minutes=1)))
            commands.thank(post, actor=asker, at=at)
    return topic


def _written(body: str) -> commands.Written:
    return commands.Written(body, has_proof=True, seconds=120)


def _somebody(world: World, message: content.Message, at: datetime) -> Actor:
    """Return who wrote a message: staff, a contact of the demonstration, or somebody who registers for it."""
    user = User.objects.filter(name=message.name).order_by("pk").first()
    if user is None:
        local = "".join(sign for sign in message.name.lower() if sign.isascii() and sign.isalpha())
        user = people.register_user(f"{local}@correo.example", name=message.name, email_verified=True, password=None, actor=SYSTEM, at=at)
    actor = actor_by_id(user.pk)
    if not Member.objects.filter(pk=user.pk).exists():
        first, _sep, last = message.name.partition(" ")
        alias = f"{first}.{last[:1]}" if last else proposed_alias(first, "", user.pk)
        commands.introduce(alias, "weekly", actor=actor, at=at)
        Member.objects.filter(pk=user.pk).update(digested_at=world.now)  # the digests of the past were sent in the past
    return actor


def _waiting(world: World, theme: Theme) -> None:
    """A question that nobody has answered, of whose time more than nine tenths are over. TIM-10."""
    calendar = service_calendar(world.now)
    hours = next(
        (hour for hour in range(66, 400) if 66 <= business_time_between(calendar, world.now - timedelta(hours=hour), world.now, Counting.BUSINESS_HOURS) / timedelta(hours=1) < 71),
        None,
    )  # fmt: skip
    if hours is None:
        return
    asker = _somebody(world, content.Message("Beto Salcido", "user", 0, ""), world.now - timedelta(hours=hours))
    body = "Al hacer el corte me pide contar dólares aunque no los acepto. ¿Dónde se quita esa moneda sin borrar las ventas de antes?"
    commands.ask(theme, "El corte me pide contar dólares y no los uso", _written(body), actor=asker, at=world.now - timedelta(hours=hours))


def _for_moderators(world: World, made: list[Topic]) -> None:
    """What waits for a moderator: advertising of somebody new, and a post that a reader reported."""
    at = world.now - timedelta(hours=2)
    user = people.register_user("ofertas@correo.example", name="Ofertas Pos", email_verified=True, password=None, actor=SYSTEM, at=at)
    commands.reply(made[-1], commands.Written(SPAM, has_proof=True, seconds=2), actor=actor_by_id(user.pk), at=at)
    reader = User.objects.filter(name="Rita Libre").first()
    post = Post.objects.filter(topic=made[0], by_staff=False).exclude(author=reader).order_by("-pk").first()
    if post is not None and reader is not None:
        commands.flag(post, "off_topic", "Es otra pregunta, quizá convenga separarla.", actor=actor_by_id(reader.pk), at=at)
    commands.pin(made[0], actor=world.staff["monica"], at=at)
