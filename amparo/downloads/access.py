"""Who may know of a release, who may take its files and why, and who keeps them. ACC-3, ACC-9, ACC-11, UPD-1, SEC-11."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.contracts import access as standing
from amparo.contracts.rules.audience import Reader
from amparo.contracts.rules.standing import Ground, HeldContract
from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Remedy
from amparo.products.models import Release
from amparo.ui import formats

from .models import Publication
from .rules.entitlement import Came, Holder, Owned, Verdict, judge

KEEPING = ("developer",)
NOBODY = Ground()
PAGE_LABEL = _("Open the version")
Price = Callable[[], str]  # of a contract as it is shown; asked only where it is told


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The explained answer for one file or release: a code for programs, a sentence and a way out for people. ACC-9."""

    allowed: bool
    code: str
    sentence: str
    remedy: Remedy | None = None


# code of the verdict -> sentence
_SENTENCES: Mapping[str, Any] = {
    "staff": _("Included: you are of the staff."),
    "registered": _("Included for everybody who is registered."),
    "customer": _("Included for every customer."),
    "licensed": _("Included: you have the current version."),
    "covered": _("Included: your contract is in force."),
    "contract_then": _("Included for ever: contract %(number)s, until %(until)s, was in force when it came out."),
    "contract_now": _("Included: contract %(number)s is in force until %(until)s."),
    "fix_guarantee": _("Included: it corrects a fault that you reported."),
    "bought": _("Included: it came with your licence."),
    "installed": _("Included: it is the version that you have installed."),
    "correction": _("Included: it corrects version %(version)s, which is yours."),
    "taken": _("Included: you downloaded it while it was included."),
    "yanked": _("Withdrawn: it is not given out any more."),
    "not_signed_in": _("Registration is free and takes a minute."),
    "email": _("Your e-mail address is not verified yet: open the link that we sent you."),
    "no_customer": _("Not included: it is for customers, and your user does not act for one yet."),
    "no_licence": _("Not included: there is no licence of this product registered for you."),
    "not_current": _("Not included: it is for those who have the current version installed."),
    "not_covered": _("Not included: it is for customers with a contract in force."),
    "after_contract": _("Not included: it came out after your contract %(number)s ended, on %(until)s."),
    "no_contract": _("Not included: it came out after you bought your licence, and you have no contract."),
}
# code of the remedy -> (label, route, label for staff, route of the desk)
_REMEDIES: Mapping[str, tuple[Any, str, Any, str]] = {
    "register": (_("Register free of charge"), "account_signup", "", ""),
    "verify_email": (_("Verify my e-mail address"), "account_email", "", ""),
    "become_customer": (_("How to become a customer"), "contracts:plans", "", ""),
    "get_licence": (_("See my licences"), "products:licences", _("Register a licence"), "desk_products:register"),
    "update": (_("See the update"), "downloads:mine", _("See the licences"), "desk_products:of_customer"),
    "take_contract": (_("Take a contract"), "sales:shelf", _("Sell a contract"), "desk_contracts:sell"),
    "newer": (_("See the other versions"), "", _("See the other versions"), ""),
}

_HOLDINGS = """
SELECT
    coalesce((SELECT json_agg(json_build_array(l.product_id, p.name, l.registered_at,
            CASE WHEN l.confirmed_at IS NOT NULL AND l.reported_at IS NULL THEN r.version ELSE '' END) ORDER BY l.id)
        FROM products_licence l JOIN products_product p ON p.id = l.product_id LEFT JOIN products_release r ON r.id = l.installed_id
        WHERE l.customer_id = %(customer)s::bigint AND l.withdrawn_at IS NULL), '[]'),
    coalesce((SELECT json_agg(DISTINCT d.corrected_in_id) FROM defects_defectreport t JOIN defects_defect d ON d.id = t.defect_id
        WHERE t.customer_id = %(customer)s::bigint AND t.is_covered AND d.corrected_in_id IS NOT NULL), '[]'),
    coalesce((SELECT json_agg(DISTINCT p.release_id) FROM downloads_download t JOIN downloads_publication p ON p.id = t.publication_id
        WHERE t.customer_id = %(customer)s::bigint), '[]')
"""


def zone() -> ZoneInfo:
    """The service's zone, in which days begin."""
    return ZoneInfo(settings.TIME_ZONE)


def holder(actor: Actor, *, at: datetime, customer_id: int | None = None) -> Holder:
    """Return all that is known of whoever asks; none, one or two statements. Staff may ask for a customer. UPD-1, ACC-11.

    Staff who name nobody are given everything; a contact asks for the customer that it acts for, whatever is named.
    """
    if not actor.is_signed_in and not actor.is_system:
        return Holder(NOBODY, standing.reader(actor, at=at))
    by_staff = actor.is_staff or actor.is_system
    if by_staff and customer_id is None:
        return Holder(Ground(by_staff=True), standing.reader(actor, at=at), is_staff=True)
    ground = standing.ground_of(actor, at=at, customer_id=customer_id)
    who = standing.reader_from(ground, at=at)
    of = customer_id if by_staff else actor.customer_id if actor.is_contact else None
    if of is None or not ground.has_customer:
        return Holder(ground, who)
    licences, fixed, taken = prepared.rows(_HOLDINGS, {"customer": of})[0]
    owned = tuple(Owned(number, name, datetime.fromisoformat(since), version or "") for number, name, since, version in licences)
    return Holder(ground, who, owned, frozenset(fixed), frozenset(taken))


def siblings_of(product_id: int) -> tuple[tuple[str, date], ...]:
    """Return the versions of a product that came out, with their days: what a correction corrects. One statement. UPD-1."""
    rows = Publication.objects.filter(release__product_id=product_id, published_at__isnull=False)
    return tuple(rows.values_list("release__version", "release__released_on"))


def came(release: Release, publication: Publication, siblings: Iterable[tuple[str, Any]] = ()) -> Came:
    """Return a release as entitlement looks at it. `siblings`: (version, day) of the product's releases that came out."""
    return Came(
        release.pk, release.product_id, release.version, release.released_on, publication.yanked_at is not None, tuple(siblings)
    )


def entitlement(actor: Actor, release: Release, at: datetime, *, asks: str = "included", customer_id: int | None = None) -> Entitlement:
    """Tell whether somebody may take a release's files that ask so, and why; else what would include them. ACC-9, UPD-1.

    For one release; lists ask `judged` with a `holder` that was read once.
    """
    publication = Publication.objects.get(release=release)
    asked = came(release, publication, siblings_of(release.product_id))
    return judged(asks, asked, holder(actor, at=at, customer_id=customer_id), at=at, customer_id=customer_id if actor.is_staff else None)


def judged(asks: str, release: Came, who: Holder, *, at: datetime, customer_id: int | None = None, price: Price | None = None) -> Entitlement:
    """Tell it of a holder that was read before; no statement. `customer_id`: staff ask for that customer; `price`: what a contract costs."""
    verdict = judge(asks, release, who, at=at, zone=zone())
    return Entitlement(verdict.allowed, verdict.code, _sentence(verdict), _remedy(verdict, release, customer_id, price))


def _sentence(verdict: Verdict) -> str:
    facts: dict[str, Any] = {"version": verdict.version}
    if verdict.contract is not None:
        facts |= {"number": verdict.contract.number, "until": _last_day(verdict.contract)}
    return str(_SENTENCES[verdict.code]) % facts


def _last_day(contract: HeldContract) -> str:
    ended = min(contract.ends_at, contract.cancelled_at or contract.ends_at)
    return formats.day_full(timezone.localtime(ended - timedelta(microseconds=1), zone()).date())


def _remedy(verdict: Verdict, release: Came, customer_id: int | None, price: Price | None) -> Remedy | None:
    if not verdict.remedy:
        return None
    label, route, desk_label, desk_route = _REMEDIES[verdict.remedy]
    try:
        if verdict.remedy == "newer":
            return Remedy(label, reverse("downloads:product", args=[release.product_id]))
        if customer_id is not None:
            return _for_staff(desk_label, desk_route, customer_id)
        if verdict.remedy == "take_contract" and price is not None and (amount := price()):
            label = _("Take a contract, from %(price)s") % {"price": amount}
        return Remedy(label, reverse(route))
    except NoReverseMatch:
        return None


def _for_staff(label: Any, route: str, customer_id: int) -> Remedy | None:
    if not route:
        return None
    if route == "desk_products:of_customer":
        return Remedy(label, reverse(route, args=[customer_id]))
    return Remedy(label, f"{reverse(route)}?customer={customer_id}")


# --- who may know of what --------------------------------------------------------------------------------------------


def published(who: Reader) -> QuerySet[Publication]:
    """Return what is out and a reader may know of; withdrawn releases too, for those who have them must read why."""
    return Publication.objects.filter(standing.readable(who, product="release__product_id"), published_at__isnull=False)


def visible_to(actor: Actor, *, at: datetime) -> QuerySet[Publication]:
    """Return the publications that somebody may know of; staff see drafts too. ACC-3, ACC-11."""
    if actor.is_staff or actor.is_system:
        return Publication.objects.all()
    return published(standing.reader(actor, at=at))


def may_keep(actor: Actor) -> bool:
    """Developers and administrators prepare, publish and withdraw releases and upload their files."""
    return actor.is_system or actor.has_role(*KEEPING)


def may_recall(actor: Actor) -> bool:
    """What is to be done with the customers of a withdrawn release is done by who attends them."""
    return actor.is_system or actor.has_role("operator", "engineer", "developer", "sales")


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a release's number, for files and the stream: drafts are seen by staff alone."""
    if actor.is_staff or actor.is_system:
        return Publication.objects.filter(release_id=number).exists()
    return False
