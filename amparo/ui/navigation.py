"""The places of the desk's rail and of the portal's bar: a table, and what of it a person is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ANY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go. `names` are tried in order; a place none of whose names exists yet is not shown."""

    code: str
    label: str | Promise
    icon: str
    names: tuple[str, ...]
    roles: frozenset[str] = ANY
    keys: str = ""
    foot: bool = False
    wide_only: bool = False
    short: str | Promise = ""
    contacts: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as it is drawn for one person on one page."""

    code: str
    label: str | Promise
    icon: str
    url: str
    current: bool
    keys: str
    foot: bool
    wide_only: bool
    short: str | Promise


_MONEY = frozenset({"sales", "operator", "quality", "engineer"})

DESK: tuple[Place, ...] = (
    Place(
        "queue",
        _("Queue"),
        "inbox",
        ("desk_web:queue", "desk_threads:queue", "desk_threads:list"),
        keys="g q",
    ),
    Place(
        "tickets",
        _("Tickets"),
        "message-circle",
        ("desk_tickets:list", "desk_tickets:tickets", "desk_tickets:index"),
        keys="g t",
    ),
    Place(
        "cases",
        _("Cases"),
        "briefcase",
        ("desk_cases:list", "desk_cases:cases", "desk_cases:index"),
        keys="g c",
    ),
    Place(
        "complaints",
        _("Complaints"),
        "scale",
        ("desk_complaints:complaints",),
        frozenset({"quality", "rnd_director", "administrator"}),
        keys="g k",
    ),
    Place(
        "quotations",
        _("Quotes"),
        "file-text",
        ("desk_quotations:quotes",),
        frozenset({"engineer", "developer", "operator", "sales"}),
    ),
    Place(
        "mailbox",
        _("Mail"),
        "mail",
        ("desk_mailbox:list",),
        frozenset({"operator", "engineer", "quality"}),
        keys="g e",
    ),
    Place("chat", _("Chats"), "message-2", ("desk_chat:list",), frozenset({"operator", "engineer", "developer"}), keys="g h"),
    Place("forum", _("Forum"), "messages", ("desk_forum:board",), frozenset({"moderator", "operator", "engineer", "editor"}), keys="g f"),
    Place(
        "phone",
        _("Phone"),
        "phone",
        ("desk_live:phone", "desk_web:phone", "desk_phone:phone"),
        frozenset({"operator", "engineer", "sales"}),
        keys="g p",
    ),
    Place(
        "customers",
        _("Customers"),
        "building-store",
        ("desk_people:list", "desk_people:customers", "desk_people:index"),
        keys="g u",
    ),
    Place(
        "contracts",
        _("Contracts"),
        "certificate",
        ("desk_contracts:list", "desk_contracts:contracts", "desk_contracts:index"),
        _MONEY,
    ),
    Place(
        "sales",
        _("Sales"),
        "shopping-cart",
        ("desk_sales:list",),
        frozenset({"sales", "operator"}),
        keys="g v",
    ),
    Place(
        "products",
        _("Products"),
        "package",
        ("desk_products:list", "desk_products:products", "desk_products:index"),
    ),
    Place(
        "defects",
        _("Defects"),
        "bug",
        ("desk_defects:list",),
        frozenset({"engineer", "developer", "rnd_director"}),
    ),
    Place("knowledge", _("Knowledge base"), "book", ("desk_knowledge:work",), keys="g b"),
    Place("blog", _("News"), "news", ("desk_blog:list",), frozenset({"editor"})),
    Place("videos", _("Videos"), "video", ("desk_videos:list",), frozenset({"editor"})),
    Place("campus", _("Campus"), "school", ("desk_campus:list",), frozenset({"instructor", "editor"})),
    Place("classroom", _("Classes"), "users-group", ("desk_classroom:list",), frozenset({"instructor", "engineer", "operator"})),
    Place("search", _("Searches"), "list-search", ("desk_search:report",), frozenset({"editor", "engineer", "moderator"}), keys="g s"),
    Place("reports", _("Reports"), "chart-bar", ("desk_web:reports", "desk_reports:list"), keys="g r"),
    Place(
        "calculator",
        _("Calculator"),
        "calendar-time",
        ("desk_deadlines:calculator", "desk_deadlines:calculate"),
        keys="g d",
    ),
    Place("records", _("Records"), "archive", ("desk_casefiles:plan",), frozenset({"administrator"}), foot=True),
    Place(
        "staff", _("Staff"), "users-group", ("desk_people:staff",), frozenset({"administrator"}), foot=True
    ),
    Place(
        "settings",
        _("Settings"),
        "settings",
        ("desk_policies:settings", "desk_policies:list", "desk_policies:index"),
        frozenset({"administrator"}),
        foot=True,
    ),
)

PORTAL: tuple[Place, ...] = (
    Place("home", _("Home"), "home", ("web:home",), keys="g h"),
    Place("help", _("Ask for help"), "lifebuoy", ("web:help",), keys="g n"),
    Place("matters", _("My matters"), "messages", ("web:matters", "threads:list"), keys="g m", contacts=True),
    Place(
        "statements",
        _("Statements"),
        "receipt",
        ("web:statements", "ledger:statement", "ledger:statements"),
        keys="g s",
        contacts=True,
        short=_("Movements"),
    ),
    Place("quotations", _("Quotes"), "file-text", ("quotations:quotes",), wide_only=True, contacts=True, short=_("Quotes")),
    Place("contracts", _("Contracts"), "certificate", ("contracts:mine",), wide_only=True, contacts=True),
    Place("buy", _("Buy"), "shopping-cart", ("sales:shelf",), wide_only=True),
    Place("licences", _("Licences"), "license", ("products:licences",), wide_only=True, contacts=True),
    Place("classes", _("Classes"), "users-group", ("classroom:classes",), wide_only=True),
    Place("company", _("My company"), "building-store", ("people:company",), wide_only=True, contacts=True),
    Place("profile", _("Profile"), "user-circle", ("people:profile", "web:profile"), keys="g u"),
)

# What the house holds for everybody, with what each place is. Its strip stands below the header of the portal.
HOUSE: tuple[tuple[Place, str | Promise], ...] = (
    (Place("knowledge", _("Knowledge base"), "book", ("knowledge:home",), short=_("Articles")),
     _("Known problems with their solution, step by step guides and error codes.")),
    (Place("forum", _("Forum"), "messages", ("forum:home",)),
     _("Ask other users and our staff; every question has a date by which it is answered.")),
    (Place("downloads", _("Downloads"), "download", ("downloads:home",)),
     _("Versions, updates, examples and tools, with their notes.")),
    (Place("videos", _("Videos"), "player-play", ("videos:gallery",)),
     _("Short, with captions and chapters.")),
    (Place("campus", _("Campus"), "school", ("campus:courses",)),
     _("Courses with a certificate that anybody can verify.")),
    (Place("blog", _("News"), "news", ("blog:list",)),
     _("What is new in each product.")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Room:
    """A place of the house as it is drawn."""

    code: str
    label: str | Promise
    short: str | Promise
    icon: str
    url: str
    text: str | Promise
    current: bool


def house(path: str) -> Sequence[Room]:
    """Return what the house holds for everybody, as far as it is built, the present place marked."""
    return [
        Room(place.code, place.label, place.short or place.label, place.icon, address, text, _within(path, address))
        for place, text, address in _rooms(settings.ROOT_URLCONF)
    ]


@lru_cache(maxsize=8)
def _rooms(urlconf: str) -> Sequence[tuple[Place, str | Promise, str]]:
    return tuple((place, text, address) for place, text in HOUSE if (address := _address(place.names, urlconf)) is not None)


@lru_cache(maxsize=64)
def _address(names: tuple[str, ...], _urlconf: str) -> str | None:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return None


def places(actor: Any, path: str) -> Sequence[Entry]:
    """Return the places this person may go to, the present one marked (the longest address that the path begins with)."""
    if actor is None or not actor.is_signed_in:
        return ()
    current = here(actor, path)
    return [
        Entry(
            place.code,
            place.label,
            place.icon,
            address,
            place.code == current,
            place.keys,
            place.foot,
            place.wide_only,
            place.short or place.label,
        )
        for place, address in _open_to(actor, settings.ROOT_URLCONF)
    ]


def here(actor: Any, path: str) -> str:
    """Return the code of the place that a path lies in, nothing where it lies in none."""
    if actor is None or not actor.is_signed_in:
        return ""
    within = [
        (len(address), place.code)
        for place, address in _open_to(actor, settings.ROOT_URLCONF)
        if _within(path, address)
    ]
    return max(within)[1] if within else ""


@lru_cache(maxsize=1024)
def _open_to(actor: Any, urlconf: str) -> Sequence[tuple[Place, str]]:
    """The places that a person may go to, with their addresses."""
    return tuple(
        (place, address)
        for place in (DESK if actor.is_staff else PORTAL)
        if (not place.roles or actor.has_role(*place.roles))
        and (not place.contacts or actor.is_contact)
        and (address := _address(place.names, urlconf)) is not None
    )


def _within(path: str, address: str) -> bool:
    """A home ("/" and "/desk/") holds only itself; any other place holds what lies under it."""
    return path == address or (address.strip("/") not in ("", "desk") and path.startswith(address))


def drawn(table: Sequence[Place], current: str) -> Sequence[Entry]:
    """Return a whole table as it would be drawn, leading nowhere: for the gallery."""
    return [
        Entry(
            p.code, p.label, p.icon, "#", p.code == current, p.keys, p.foot, p.wide_only, p.short or p.label
        )
        for p in table
    ]
