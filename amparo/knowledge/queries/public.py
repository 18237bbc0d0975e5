"""The public side: an article in one statement, the home page, codes, the sitemap. SRC-2, ACC-1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, When
from django.urls import reverse

from amparo.contracts.rules.audience import Reader
from amparo.kernel import markdown
from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.prepared import rows
from amparo.products.models import Licence

from .. import access, rules
from ..machine import PARTS
from ..models import Article

_ARTICLE = """
SELECT a.id, a.slug, a.title, a.kind, a.summary, a.rendered, a.audience, a.product_id, p.name, a.language, a.published_at,
    a.updated_at, a.review_on, r1.version, r2.version, h.name_es, h.name_en, a.theme_id, a.written_for, a.sources, a.codes,
    (SELECT json_agg(json_build_array(f.public_id, f.name, f.size) ORDER BY t.id) FROM knowledge_attachment t
        JOIN files_storedfile f ON f.id = t.file_id WHERE t.article_id = a.id AND t.removed_at IS NULL AND f.purged_at IS NULL),
    (SELECT json_agg(json_build_array(o.id, o.slug, o.title, o.audience, o.product_id, o.kind) ORDER BY l.position, l.id)
        FROM knowledge_relation l JOIN knowledge_article o ON o.id = l.other_id WHERE l.article_id = a.id AND o.live),
    (SELECT json_agg(json_build_array(o.id, o.slug, o.language, o.audience, o.product_id)) FROM knowledge_article o
        WHERE o.translation_group = a.translation_group AND o.id <> a.id AND o.live)
FROM knowledge_article a LEFT JOIN products_product p ON p.id = a.product_id LEFT JOIN knowledge_theme h ON h.id = a.theme_id
    LEFT JOIN products_release r1 ON r1.id = a.from_release_id LEFT JOIN products_release r2 ON r2.id = a.to_release_id
WHERE a.id = %s::bigint AND a.live
"""


@dataclass(frozen=True, slots=True)
class File:
    public_id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Other:
    """Another article that a page points to."""

    id: int
    slug: str
    title: str
    kind: str = ""
    language: str = ""

    @property
    def url(self) -> str:
        return reverse("knowledge:article", args=[self.id, self.slug])


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article as readers see it."""

    id: int
    slug: str
    title: str
    kind: str
    summary: str
    parts: Sequence[tuple[str, str]]
    audience: str
    product_id: int | None
    product: str
    language: str
    published_at: datetime | None
    updated_at: datetime | None
    review_on: date | None
    first_version: str
    last_version: str
    theme: str
    theme_en: str
    theme_id: int | None
    written_for: str
    sources: Sequence[tuple[str, str]]
    codes: Sequence[str]
    files: Sequence[File] = ()
    related: Sequence[Other] = ()
    translations: Sequence[Other] = ()

    @property
    def url(self) -> str:
        return reverse("knowledge:article", args=[self.id, self.slug])

    def is_stale(self, today: date) -> bool:
        """True where it should have been read again by now. SRC-2."""
        return self.review_on is not None and self.review_on < today


def _list(given: Any) -> list[list[Any]]:
    return json.loads(given) if isinstance(given, str) else given or []


def article_page(who: Reader, number: int) -> ArticlePage | None:
    """Return a published article, None for what does not exist and for who may not read it alike. One statement. ACC-1."""
    found = rows(_ARTICLE, [number])
    if not found or not who.may_see(found[0][6], found[0][7]):
        return None
    (*head, sources, codes, files, related, translations) = found[0]
    number, slug, title, kind, summary, rendered, audience, product_id, product, *rest = head
    language, published_at, updated_at, review_on, first, last, theme, theme_en, theme_id, written_for = rest
    return ArticlePage(
        number, slug, title, kind, summary, [(part, html) for part, html in _list(rendered)], audience, product_id, product or "",
        language, published_at, updated_at, review_on, first or "", last or "", theme or "", theme_en or "", theme_id, written_for,
        rules.sources_of(sources), rules.split_codes(codes), [File(*one) for one in _list(files)],
        [Other(one[0], one[1], one[2], one[5]) for one in _list(related) if who.may_see(one[3], one[4])],
        [Other(one[0], one[1], "", language=one[2]) for one in _list(translations) if who.may_see(one[3], one[4])],
    )  # fmt: skip


def to_preview(draft: Article) -> ArticlePage:
    """Return a draft as its page will be; its text is rendered here, for nothing of it is stored. SRC-2."""
    return ArticlePage(
        draft.pk or 0, draft.address_slug, draft.title, draft.kind, draft.summary,
        [(part, markdown.render(text)) for part in PARTS if (text := getattr(draft, part).strip())], draft.audience, draft.product_id,
        draft.product.name if draft.product else "", draft.language, draft.published_at, draft.updated_at, None,
        draft.from_release.version if draft.from_release else "", draft.to_release.version if draft.to_release else "",
        draft.theme.name_es if draft.theme else "", draft.theme.name_en if draft.theme else "", draft.theme_id, draft.written_for,
        rules.sources_of(draft.sources), rules.split_codes(draft.codes),
    )  # fmt: skip


def reader_versions(actor: Actor, product_id: int | None) -> list[str]:
    """Return which versions of a product somebody's company runs, as far as anybody said. One statement; none for others."""
    if not actor.is_contact or product_id is None:
        return []
    licences = Licence.objects.filter(customer_id=actor.customer_id or 0, product_id=product_id, withdrawn_at__isnull=True)
    return sorted({one for one in licences.values_list("installed__version", flat=True) if one})


@dataclass(frozen=True, slots=True)
class Home:
    """A page of the list of articles, with the products and themes that have any."""

    page: Page[Any]
    products: Sequence[tuple[int, str, int]] = field(default_factory=list)
    themes: Sequence[tuple[int, str, int]] = field(default_factory=list)
    kinds: Sequence[tuple[str, int]] = field(default_factory=list)


_FACETS = """
SELECT 'product', p.id::text, p.name, '', count(*) FROM knowledge_article a JOIN products_product p ON p.id = a.product_id WHERE {where} GROUP BY p.id, p.name
UNION ALL SELECT 'theme', h.id::text, h.name_es, h.name_en, count(*) FROM knowledge_article a JOIN knowledge_theme h ON h.id = a.theme_id WHERE {where} GROUP BY h.id
UNION ALL SELECT 'kind', a.kind, '', '', count(*) FROM knowledge_article a WHERE {where} GROUP BY a.kind
"""

_LIST = """
SELECT a.id, a.slug, a.title, a.kind, a.summary, p.name, r1.version, r2.version, a.updated_at, a.language
FROM knowledge_article a LEFT JOIN products_product p ON p.id = a.product_id LEFT JOIN products_release r1 ON r1.id = a.from_release_id
    LEFT JOIN products_release r2 ON r2.id = a.to_release_id
WHERE {where} AND (%(product)s::bigint IS NULL OR a.product_id = %(product)s::bigint)
    AND (%(theme)s::bigint IS NULL OR a.theme_id = %(theme)s::bigint) AND (%(kind)s::text = '' OR a.kind = %(kind)s::text)
    AND (%(at)s::timestamptz IS NULL OR ((a.language = %(mine)s)::int, a.updated_at, a.id) < (%(first)s::int, %(at)s::timestamptz, %(number)s::bigint))
ORDER BY (a.language = %(mine)s) DESC, a.updated_at DESC, a.id DESC LIMIT %(size)s::int
"""


def home(
    who: Reader, *, language: str, product_id: int | None = None, theme_id: int | None = None, kind: str = "", after: str = "", size: int = 24
) -> Home:
    """Return published articles, those in the reader's language and the latest first, by product, theme and kind; what is not said narrows nothing. ACC-1.

    Each article once: in the reader's language where it has it, else in the one it has. Two statements.
    """
    seen = _readable(who, "a")
    mine = "en" if language.startswith("en") else "es"
    one_each = (
        "(a.language = %(mine)s OR NOT EXISTS (SELECT FROM knowledge_article o WHERE o.translation_group = a.translation_group "
        f"AND o.language = %(mine)s AND o.live AND {_readable(who, 'o')}))"
    )
    where = f"a.live AND {seen} AND {one_each}"
    given: dict[str, Any] = {
        "mine": mine, "levels": sorted(who.levels), "licensed": sorted(who.licensed), "product": product_id, "theme": theme_id,
        "kind": kind, "size": size + 1, "at": None, "number": None, "first": 0,
    }  # fmt: skip
    if (marked := unmark(after, 3)) and (moment := _moment(marked[1])):
        given["first"], given["at"], given["number"] = int(marked[0] == 1), moment, _number(marked[2])
    listed = [Row(*one) for one in rows(_LIST.format(where=where), given)]
    facets = rows(_FACETS.format(where=where), given)
    english = mine == "en"
    return Home(
        page_of(listed, size, lambda row: (int(row.language == mine), row.updated_at, row.id)),
        sorted(((int(key), name, n) for what, key, name, _en, n in facets if what == "product"), key=lambda one: one[1]),
        sorted(((int(key), (en if english and en else name), n) for what, key, name, en, n in facets if what == "theme"), key=lambda one: one[1]),
        [(key, n) for what, key, _name, _en, n in facets if what == "kind"],
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An article in a list."""

    id: int
    slug: str
    title: str
    kind: str
    summary: str
    product: str
    first_version: str
    last_version: str
    updated_at: datetime
    language: str

    @property
    def url(self) -> str:
        return reverse("knowledge:article", args=[self.id, self.slug])


def _moment(given: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _number(given: Any) -> int:
    return given if isinstance(given, int) and 0 <= given < 2**63 else 0


def _readable(who: Reader, alias: str) -> str:
    """The rule of `contracts.access.readable` for a statement of our own: values go in as `levels` and `licensed`."""
    if who.is_staff:
        return "true"
    return (
        f"(({alias}.audience = ANY(%(levels)s::text[]) AND {alias}.audience <> 'licensed') OR ({alias}.audience = 'licensed' "
        f"AND cardinality(%(licensed)s::bigint[]) > 0 AND ({alias}.product_id IS NULL OR {alias}.product_id = ANY(%(licensed)s::bigint[]))))"
    )


def by_code(actor: Actor, text: str, *, language: str, at: datetime) -> Other | None:
    """Return the article that an error code stands for, in the reader's language where there is one. SRC-2. Exact: no likeness."""
    normal = rules.normal_code(text[:200])
    if not normal:
        return None
    mine = "en" if language.startswith("en") else "es"
    found = access.visible_to(actor, at=at).filter(error_codes__normal=normal).order_by(Case(When(language=mine, then=0), default=1), "pk")
    first = found.values_list("pk", "slug", "title").first()
    return Other(*first) if first else None


def sitemap(at: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield address and last change of what anybody may read. SEC-7."""
    found = access.visible_to(VISITOR, at=at).order_by("pk").values_list("pk", "slug", "updated_at")
    for number, slug, changed in found.iterator():
        assert changed is not None, "what is published was published at some time"
        yield reverse("knowledge:article", args=[number, slug]), changed


