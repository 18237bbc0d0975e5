"""What anybody may read of the service: its levels, its times, its prices, what there is by product, and where all of it is.

Nothing here is written down twice: levels come from the rules of standing, times from the kinds of promises, prices from
the tariff and the plans in force, what was published from the index of search, for its reader. ACC-1, ACC-9, TIM-4, TAR-1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, FilteredRelation, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.blog import queries as blog
from amparo.campus import queries as campus
from amparo.charging.queries import compare, tariff_version_at
from amparo.contracts.access import NOT_OFFERED_YET, SERVICE_LABELS
from amparo.contracts.models import Plan
from amparo.contracts.rules import standing as rules
from amparo.contracts.rules.audience import Reader
from amparo.deadlines.queries import kind_cards
from amparo.downloads import queries as downloads
from amparo.forum import queries as forum
from amparo.knowledge import queries as knowledge
from amparo.products.models import Product
from amparo.search.access import reach
from amparo.search.models import KIND_ICONS, KIND_LABELS
from amparo.videos import queries as videos

# What a page by product shows of each kind at most, in its order.
SHELVES = {"release": 4, "article": 8, "video": 4, "topic": 6, "post": 4, "course": 4}
# Who says where things of each kind are that anybody may read.
_SITEMAPS: dict[str, Callable[[datetime], Iterable[tuple[str, datetime | None]]]] = {
    "article": knowledge.sitemap, "post": blog.sitemap, "video": videos.sitemap, "release": downloads.sitemap, "topic": forum.sitemap,
    "course": campus.sitemap,
}  # fmt: skip
TIMES = ("answer.forum", "answer.ticket", "answer.case", "fix", "complaint", "opinion")
ADDRESSES_MAX = 45_000  # a sitemap holds 50,000 at most


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was published of one kind, newest first."""

    kind: str
    label: str
    icon: str
    rows: tuple[dict[str, Any], ...]


def products() -> list[dict[str, Any]]:
    """Return what the vendor makes, with the version that is current. One statement."""
    found = Product.objects.filter(is_active=True).order_by("name").values("id", "code", "name", "description")
    return [row | {"url": product_url(row["code"])} for row in found]


def product(code: str) -> dict[str, Any] | None:
    """Return a product with its current version, None where there is none of that code. One statement."""
    found = Product.objects.filter(code__iexact=code, is_active=True)
    current = FilteredRelation("releases", condition=Q(releases__is_current=True))
    row = found.annotate(now=current).values("id", "code", "name", "description", version=F("now__version"), released_on=F("now__released_on")).first()
    return {**row} if row else None


def product_url(code: str) -> str:
    return reverse("web:product", args=[code.lower()])


_PUBLISHED = """
SELECT d.kind, d.title, d.summary, d.url, d.published_at, d.product_name, d.language
FROM unnest(%(kinds)s::text[], %(limits)s::int[]) AS wanted (kind, most)
CROSS JOIN LATERAL (
    SELECT t.* FROM search_document t
    WHERE t.kind = wanted.kind AND {reach} {product}
    ORDER BY t.language <> %(language)s, t.published_at DESC, t.id DESC LIMIT wanted.most
) d
ORDER BY array_position(%(kinds)s::text[], wanted.kind), d.language <> %(language)s, d.published_at DESC
"""


def published(who: Reader, *, product_id: int | None = None, shelves: dict[str, int] = SHELVES, language: str = "es") -> list[Shelf]:
    """Return the newest of each kind that a reader may see, of one product or of all, his own language first. One statement. SEC-29."""
    may = reach(who)
    product = "AND t.product_id = %(product)s" if product_id is not None else ""
    statement = _PUBLISHED.format(reach=may.over("t"), product=product)
    given: dict[str, Any] = {"kinds": list(shelves), "limits": list(shelves.values()), "product": product_id, "language": language}
    with connection.cursor() as cursor:
        cursor.execute(statement, given | may.given)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    by: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by.setdefault(row["kind"], []).append(row)
    return [Shelf(kind, str(KIND_LABELS[kind]), KIND_ICONS[kind], tuple(by[kind])) for kind in shelves if kind in by]


# --- the levels of service -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """A service on the page of levels: who may use it, by the rules of standing. `level`: what it needs at most."""

    code: str
    label: str
    level: str
    needs: str


LEVELS = ("visitor", "registered", "customer", "licensed", "covered")


def level_of(service: str) -> str:
    """Return the level that a service needs, read off its conditions. ACC-1, ACC-2, ACC-5, ACC-6, ACC-7."""
    asked = set(rules.SERVICES[service])
    if rules.contract in asked:
        return "covered"
    if rules.licence in asked:
        return "licensed"
    if rules.customer in asked:
        return "customer"
    return "registered" if rules.email in asked else "visitor"


def offered() -> list[Offered]:
    """Return the services that there are, the free ones first. Costs no statement. ACC-9, ACC-10."""
    needs = {
        "visitor": _("Nothing: it is open to everybody"),
        "registered": _("Free registration"),
        "customer": _("Be a customer with a NIC"),
        "licensed": _("The current version of the product"),
        "covered": _("A contract in force"),
    }
    found = [
        Offered(code, str(SERVICE_LABELS[code]), level_of(code), needs[level_of(code)])
        for code in rules.SERVICES if code not in NOT_OFFERED_YET
    ]  # fmt: skip
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def times(at: datetime) -> list[dict[str, str]]:
    """Return the maximum times as they are promised now. One statement. TIM-4, TIM-5, TIM-6, TIM-7."""
    cards = {card.code: card for card in kind_cards(at)}
    explained = {
        "answer.forum": _("From your question to an answer by our staff or by another user."),
        "answer.ticket": _("From each message of yours to our answer, in writing."),
        "answer.case": _("Cases are attended before anything else, in the order in which they came."),
        "fix": _("A fault that a customer with a contract reports: from the report to the correction in your hands."),
        "complaint": _("From your complaint to the reasoned ruling. If we do not decide by then, it is decided for you."),
        "opinion": _("The director of research and development answers quality control in writing."),
    }
    return [
        {
            "code": code,
            "label": cards[code].label,
            "time": _("As soon as possible") if code == "answer.case" else cards[code].words,
            "text": explained[code],
        }
        for code in TIMES
        if code in cards
    ]


def plans() -> list[Plan]:
    """Return the plans on sale, the cheapest first. One statement. CTR-1."""
    return list(Plan.objects.filter(is_on_sale=True))


def tariff(at: datetime) -> dict[str, Any]:
    """Return the tariff in force: its number, since when, and each price in credits. One statement. TAR-1 to TAR-4."""
    version = tariff_version_at(at)
    rows = compare(version, None)
    since = version.starts_at if version.number > 1 else None
    return {
        "number": version.number,
        "since": timezone.localtime(since).date() if since else None,
        "prices": [row for row in rows if row["is_price"]],
        "incident": version.incident,
        "event": version.advisory_event,
        "participants": version.participants_per_price,
        "terminals": version.terminals_per_incident,
        "further": version.further_terminal,
        "hours": version.get_hours_counted_display(),
    }


# --- where everything is ---------------------------------------------------------------------------------------------


def sitemap_kinds() -> tuple[str, ...]:
    """Return the parts of the sitemap: our own pages, and each kind that is published."""
    return ("pages", *_SITEMAPS)


def sitemap(kind: str, at: datetime) -> Iterator[tuple[str, datetime | None]]:
    """Yield the addresses of one part with when each changed, as far as anybody may read them. SEC-29."""
    if kind == "pages":
        yield from ((url, None) for url in _own_pages())
        return
    yield from islice(_SITEMAPS[kind](at), ADDRESSES_MAX)


def _own_pages() -> Iterable[str]:
    names = ("web:home", "web:levels", "web:tariff", "web:products", "contracts:plans", "agreements:documents")
    return [*(reverse(name) for name in names), *(row["url"] for row in products())]


def own_host() -> str:
    """Return the address by which everybody knows the service, without a slash at its end."""
    return settings.PUBLIC_URL
