"""The knowledge base of the demonstration: written as drafts, published on their days, read, praised and found wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from amparo.editor import commands as editor
from amparo.kernel.actor import VISITOR
from amparo.knowledge import commands
from amparo.knowledge.models import Article, Theme
from amparo.products.models import Product, Release

from . import content

if TYPE_CHECKING:
    from .load import World

ENGLISH_THEMES = {
    "Actualización": "Updates", "Atención": "Our service", "Caja": "Till", "Catálogo": "Catalogue", "Desarrollo": "Development",
    "Equipos e impresoras": "Devices and printers", "Facturación": "Invoicing", "Impresión": "Printing", "Instalación": "Installation",
    "Inventario": "Stock", "Licencias": "Licences", "Precios y promociones": "Prices and promotions", "Red y servidor": "Network and server",
    "Reportes": "Reports", "Respaldos": "Backups", "Uso del portal": "Using the portal", "Usuarios y permisos": "Users and rights",
}  # fmt: skip
# What readers left: slug, useful, word, days ago.
WORDS = (
    ("pv-0417-codigo-postal-del-receptor", False, "Ya puse el código de la constancia y sigue igual; resultó que tenía un espacio al final.", 3),
    ("pv-0417-codigo-postal-del-receptor", True, "", 9),
    ("pv-0417-codigo-postal-del-receptor", True, "Gracias, con esto quedó.", 21),
)


LEFT_UNREAD = 2  # old articles that nobody read again since a new major version came out


def publish(world: World) -> None:
    """Write and publish every article of the content, in the order of its day."""
    themes: dict[str, Theme] = {}
    made: dict[str, Article] = {}
    products = {one.code.upper(): one for one in Product.objects.all()}
    releases = {(one.product_id, one.version): one for one in Release.objects.all()}
    texts = sorted(content.articles(), key=lambda one: (bool(one.translation_of), -one.days_ago))
    for text in texts:
        owner = world.staff.get(text.get("owner")) or world.staff["monica"]
        at, product = world.on(text.days_ago, 11), products.get(text.product)
        name = text.get("theme") or ""
        original = made.get(text.translation_of)
        theme = original.theme if original else _theme(themes, name, world)
        parts = text.sections
        article = Article(
            title=text.title, kind=text.get("kind", "article"), product=product, language=text.language, audience=text.audience,
            summary=text.summary[:500], codes=text.get("codes"), theme=theme, sources=text.get("sources"), created_at=at,
            owner_id=owner.user_id, created_by_id=owner.user_id, review_days=365,
            from_release=releases.get((product.pk, text.get("from"))) if product else None,
            to_release=releases.get((product.pk, text.get("to"))) if product else None, **parts,
        )  # fmt: skip
        if original:
            article.translation_group = original.translation_group
        editor.save_draft(article, actor=owner, at=at)
        made[text.slug] = commands.publish(article, actor=world.staff["monica"], at=at)
    _relate(world, texts, made)
    _read_again(world, texts, made)
    _tell(world, made)


def _read_again(world: World, texts: list[content.Text], made: dict[str, Article]) -> None:
    """What is old was read again a month ago and holds, but for some that are left as they are for the version before. SRC-2."""
    old = [text for text in texts if text.days_ago > 30]
    for text in old[LEFT_UNREAD:]:
        commands.review(made[text.slug], actor=world.staff["monica"], at=world.on(30, 16))


def _theme(themes: dict[str, Theme], name: str, world: World) -> Theme | None:
    if name and name not in themes:
        themes[name] = commands.add_theme(name, ENGLISH_THEMES.get(name, ""), actor=world.staff["monica"], at=world.on(600))
    return themes.get(name)


def _relate(world: World, texts: list[content.Text], made: dict[str, Article]) -> None:
    for text in texts:
        for other in text.several("related"):
            if other in made and other != text.slug:
                commands.relate(made[text.slug], made[other].pk, actor=world.staff["monica"], at=world.on(text.days_ago))


def _tell(world: World, made: dict[str, Article]) -> None:
    for number, (slug, useful, word, days) in enumerate(WORDS):
        if slug in made:
            commands.vote(made[slug], useful=useful, reader=f"demo{number}", word=word, actor=VISITOR, at=world.on(days, 12, number))
    first = made.get("pv-0417-codigo-postal-del-receptor")
    if first is None:
        return
    commands.flag(first, "El menú ya no se llama «Pendientes de timbrar» en la 10.1: ahora es «Por timbrar».", actor=world.staff["elena"], at=world.on(2))
    draft = Article.objects.get(pk=first.pk).get_latest_revision_as_object()
    draft.steps = draft.steps.replace("Pendientes de timbrar", "Por timbrar")
    editor.save_draft(draft, actor=world.staff["monica"], at=world.on(1))
    Article.objects.filter(pk=first.pk).update(review_on=(world.now - timedelta(days=5)).date())
