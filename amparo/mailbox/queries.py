"""Reads of mail in: who wrote, what is ours, what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Count
from django.utils.module_loading import import_string

from amparo.contracts import access as standing
from amparo.kernel.actor import Actor
from amparo.kernel.ids import format_nic
from amparo.kernel.paging import Page, page_of, unmark
from amparo.people.models import User
from amparo.people.queries import actor_by_id, actor_in, companies_of
from amparo.policies.queries import value
from amparo.products.queries import licences_of
from amparo.threads.models import LETTERS, shown

from . import access
from .models import BouncingAddress, Mail, Mailbox

PAGE = 40
VIEWS = {
    "waiting": ("waiting",), "matters": ("said", "opened", "handed"), "automatic": ("automatic",), "answered": ("answered",),
    "discarded": ("discarded",), "taken": ("taken",),
}  # fmt: skip
# Each reply written by people who stand in these words is looked for in the record of the sender by hour.
_COUNTED = ("said", "opened", "handed")


@lru_cache(1)
def doors() -> Mapping[str, str]:
    """The doors by which matters take answers stand in the composition root, above this app."""
    return import_string(getattr(settings, "MAIL_DOORS", "amparo.project.mail_doors.DOORS"))


def door(kind: str) -> Callable[..., Any] | None:
    dotted = doors().get(kind)
    return import_string(dotted) if dotted else None


def secret() -> str:
    """The key that signs answering addresses: of the installation, never of the database."""
    return settings.SECRETS["secret_key"]


def own_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "amparo"


def own_addresses(*, at: datetime) -> set[str]:
    """Return the addresses that we write from or read at, in small letters. SEC-15."""
    found = {address.lower() for address in Mailbox.objects.values_list("address", flat=True)}
    found |= {value("identity.mail_from", at=at).lower(), settings.DEFAULT_FROM_EMAIL.lower()}
    return found - {""}


def base_address(address: str) -> str:
    """Return an address without what stands behind a plus: `soporte+x@y` is read at `soporte@y`."""
    local, _sep, domain = address.lower().partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def person_of(email: str) -> User | None:
    """Return the active person who has proved that an address is his; None for anybody else. SEC-13.

    The database finds ana@mı.mx (a dotless ı: another domain, and another's) where ana@mi.mx is meant: it compares in
    capitals. So what it finds is compared again.
    """
    found = EmailAddress.objects.filter(email__iexact=email, verified=True, user__is_active=True).select_related("user")
    return next((one.user for one in found if one.email.lower() == email.lower()), None)


@dataclass(frozen=True, slots=True)
class Way:
    """For which customer and product a person may open a ticket now."""

    actor: Actor
    customer_id: int
    customer: str
    product_id: int
    product: str


@dataclass(frozen=True, slots=True)
class Ways:
    """What a person may open, and where nothing: why not, and the way."""

    ways: tuple[Way, ...]
    why: str = ""
    label: str = ""
    url: str = ""

    @property
    def only(self) -> Way | None:
        return self.ways[0] if len(self.ways) == 1 else None


def ways_to_open(user: User, *, at: datetime) -> Ways:
    """Return for which customers and products a person may open tickets: those with a current licence. ACC-5, ACC-9."""
    found: list[Way] = []
    refused: Any = None
    companies = companies_of(user)
    for company in companies:
        actor = actor_in(user.pk, company["customer"])
        products = {
            row.licence.product_id: row.licence.product.name
            for row in licences_of(company["customer"], at) if row.state in ("current", "grace")
        }  # fmt: skip
        for product_id, name in sorted(products.items(), key=lambda pair: pair[1]):
            judged = standing.standing(actor, "ticket", at=at, product_id=product_id)
            if judged.allowed:
                found.append(Way(actor, company["customer"], company["name"], product_id, name))
            else:
                refused = refused or judged
        if not products:
            refused = refused or standing.standing(actor, "ticket", at=at)
    if found:
        return Ways(tuple(found))
    if refused is None:
        refused = standing.standing(actor_by_id(user.pk), "ticket", at=at)
    remedy = refused.remedy
    return Ways((), str(refused.why_not), str(remedy.label) if remedy else "", str(remedy.url) if remedy else "")


def within_the_hour(*, at: datetime, **whose: Any) -> int:
    """Return how many messages of a sender, or for a matter, reached one within the last hour. SEC-15, SEC-16."""
    return Mail.objects.filter(taken_at__gt=at - timedelta(hours=1), state__in=_COUNTED, **whose).count()


def mails(actor: Actor, *, view: str, words: str = "", after: str = "") -> Page[dict[str, Any]]:
    """Return a page of mail that the actor may see, newest first."""
    rows = access.visible_to(actor).filter(state__in=VIEWS.get(view, VIEWS["waiting"])).order_by("-id")
    if words:
        rows = rows.filter(from_email__icontains=words) | rows.filter(title__icontains=words)
    if place := unmark(after, 1):
        rows = rows.filter(pk__lt=int(place[0]))
    found = list(
        rows.values("id", "from_name", "from_email", "title", "received_at", "state", "reason", "detail", "matter", "size")[: PAGE + 1]
    )
    return page_of(found, PAGE, lambda row: (row["id"],))  # type: ignore[arg-type, return-value]


def counts(actor: Actor) -> dict[str, int]:
    """Return how many wait, for the tabs: one statement."""
    by_state = dict(access.visible_to(actor).filter(state__in=("waiting", "taken")).values_list("state").annotate(n=Count("pk")).order_by())
    return {"waiting": by_state.get("waiting", 0), "taken": by_state.get("taken", 0)}


def bouncing(*, limit: int = 100) -> list[BouncingAddress]:
    """Return addresses that letters do not reach, last first."""
    return list(BouncingAddress.objects.filter(cleared_at__isnull=True).select_related("user").order_by("-last_at")[:limit])


def has_mailbox() -> bool:
    """True where mail can come in at all."""
    return Mailbox.objects.filter(is_active=True).exists()


def shown_matter(subject: str) -> str:
    """Return how a ticket or case is called (`T-41`), "" for anything else."""
    kind, _sep, number = subject.partition(":")
    return shown(kind, int(number)) if kind in LETTERS and number.isdecimal() else ""


def matter_url(subject: str) -> str:
    """Return where staff see a ticket or case, "" for anything else."""
    kind, _sep, number = subject.partition(":")
    return f"/desk/{kind}s/{number}/" if kind in LETTERS and number.isdecimal() else ""


def nic_of(mail: Mail) -> str:
    """Return the NIC of the one customer that the author is a contact of, "" where there are none or several."""
    person = person_of(mail.from_email) if mail.from_email else None
    companies = companies_of(person) if person is not None else []
    return format_nic(companies[0]["nic"]) if len(companies) == 1 else ""
