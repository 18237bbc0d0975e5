"""Standing: may this person use this service now, and if not, what is missing and how to get it. ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10, ACC-11, AGR-1.

Nothing else in the code decides who may use a service. And who may do what with plans, contracts, cards, imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amparo.kernel.actor import Actor
from amparo.kernel.ids import format_nic
from amparo.kernel.refusals import Remedy
from amparo.products.queries import grace_days
from amparo.ui import formats

from . import queries
from .errors import NoStanding
from .models import SupportContract
from .rules.audience import ANYBODY, LICENSED, OF_STAFF, Reader, reader_of
from .rules.standing import SERVICES, Asked, Check, Ground, allowed, judge, judge_every, judge_going_on

SERVICE_LABELS = {
    "knowledge": _("Knowledge base, videos and blog"),
    "forum": _("Forums: take part"),
    "downloads": _("Downloads"),
    "ticket": _("Technical assistance tickets"),
    "phone_limited": _("Limited advice by telephone"),
    "case": _("Support cases"),
    "chat": _("Chat with an engineer"),
    "classroom": _("Virtual classroom"),
    "remote": _("Remote desktop"),
    "development": _("Development and quotations"),
}
_CANNOT = {
    "knowledge": _("You cannot read this now."),
    "forum": _("You cannot take part in the forums yet."),
    "downloads": _("You cannot download this yet."),
    "ticket": _("You cannot open a ticket."),
    "phone_limited": _("You cannot be advised by telephone yet."),
    "case": _("You cannot open a support case."),
    "chat": _("You cannot start a chat."),
    "classroom": _("You cannot enter the virtual classroom."),
    "remote": _("You cannot start a remote session."),
    "development": _("You cannot ask for development or a quotation."),
}
_CONDITIONS = {
    "signed_in": _("Be registered and signed in"),
    "email": _("Verified e-mail address"),
    "customer": _("Be a customer with a NIC"),
    "licence": _("Licence of the product"),
    "version": _("Current version installed"),
    "contract": _("Contract in force"),
    "named": _("Be a named contact of the contract"),
    "units": _("Units left"),
    "agreement": _("Agreement accepted"),
}
# remedy -> (label for the customer, route, label for staff, route of the desk)
_REMEDIES: Mapping[str, tuple[Any, str, Any, str]] = {
    "register": (_("Register free of charge"), "account_signup", "", ""),
    "verify_email": (_("Verify my e-mail address"), "account_email", "", ""),
    "become_customer": (_("How to become a customer"), "contracts:plans", _("Open the customer"), "desk_people:list"),
    "get_licence": (_("See my licences"), "products:licences", _("Register a licence"), "desk_products:register"),
    "declare_version": (_("Say which version is installed"), "products:licences", _("Confirm the version"), "desk_products:of_customer"),
    "update": (_("Download %(current)s"), "downloads:due", _("See what may be downloaded"), "desk_downloads:of_customer"),
    "get_update": (_("How to get the update"), "downloads:due", _("Sell a contract"), "desk_contracts:sell"),
    "take_contract": (_("Take a contract"), "sales:shelf", _("Sell a contract"), "desk_contracts:sell"),
    "be_named": (_("See the contract"), "contracts:mine", _("See the contracts"), "desk_contracts:list"),
    "redeem_card": (_("Redeem a service card"), "contracts:redeem", _("Redeem a card for the customer"), "desk_contracts:redeem"),
    "accept": (_("Read and accept"), "agreements:accept", _("Read it to the customer"), "desk_agreements:by_telephone"),
}
# Where somebody was going who is asked to accept an agreement first; the rungs above name their own pages.
_BEGINS = {
    "ticket": "tickets:new", "case": "cases:new", "chat": "chat:list", "development": "quotations:request_new", "phone_limited": "web:help",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition in words. What is not `needed` is told but refuses nothing."""

    code: str
    label: Any
    passed: bool
    detail: str
    remedy: Remedy | None
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """The explained answer for one service; `remedy` is that of the first needed condition that failed. ACC-9."""

    service: str
    label: Any
    allowed: bool
    conditions: tuple[Condition, ...]
    remedy: Remedy | None

    @property
    def why_not(self) -> str:
        """The detail of the first needed condition that failed, empty where none did."""
        return next((one.detail for one in self.conditions if one.needed and not one.passed), "")

    @property
    def shown(self) -> tuple[Any, ...]:
        """What tells one answer from another as it is shown: labels follow from the codes."""
        ways = ((one.remedy.url, str(one.remedy.label)) if one.remedy else None for one in self.conditions)
        told = ((one.code, one.passed, one.detail) for one in self.conditions)
        return (self.service, self.allowed, *zip(told, ways, strict=True))


def standing(
    actor: Actor, service: str, *, at: datetime, product_id: int | None = None, customer_id: int | None = None
) -> Standing:
    """Judge one service for a person, at the moment of use. One statement. ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10.

    `product_id` narrows licensed services to one product. Staff and the service itself name the customer for whom
    they ask; a contact asks for the one that it acts for, whatever is named.
    """
    return _answer(service, _ground(actor, customer_id, at), _asked(at, product_id), actor, customer_id)


def standing_going_on(
    actor: Actor, service: str, *, at: datetime, product_id: int | None = None, customer_id: int | None = None
) -> Standing:
    """Judge a service that is under way already: as `standing`, but no agreement is asked for. AGR-1."""
    ground, asked = _ground(actor, customer_id, at), _asked(at, product_id)
    return _answered(service, judge_going_on(service, ground, asked), actor, customer_id)


def all_standings(actor: Actor, at: datetime, *, customer_id: int | None = None) -> list[Standing]:
    """Judge every service, for «qué puede usar y por qué». One statement for all. ACC-9."""
    return _answers(SERVICES, actor, customer_id, at)


# Judged by the rules, but told to people only once the service itself exists.
NOT_OFFERED_YET: frozenset[str] = frozenset()


def offered_standings(actor: Actor, at: datetime, *, customer_id: int | None = None) -> list[Standing]:
    """Judge every service that there is, for the page «qué puede usar y por qué». One statement. ACC-9, ACC-10."""
    return _answers([service for service in SERVICES if service not in NOT_OFFERED_YET], actor, customer_id, at)


def require(
    actor: Actor, service: str, *, at: datetime, product_id: int | None = None, customer_id: int | None = None, back: str = ""
) -> Standing:
    """Return the standing of whoever may use a service. Raises NoStanding, with what is missing and the way out. ACC-9.

    `back` is the page to which accepting an agreement leads back, where it is not the beginning of the service. AGR-1.
    """
    found = standing(actor, service, at=at, product_id=product_id, customer_id=customer_id)
    return _required(_leading_back(found, back) if back and not actor.is_staff else found)


def require_going_on(
    actor: Actor, service: str, *, at: datetime, product_id: int | None = None, customer_id: int | None = None
) -> Standing:
    """Return the standing of whoever may go on with what is under way; no agreement is asked for. AGR-1, ACC-9.

    Raises NoStanding.
    """
    return _required(standing_going_on(actor, service, at=at, product_id=product_id, customer_id=customer_id))


def _leading_back(found: Standing, back: str) -> Standing:
    first = next((one for one in found.conditions if one.needed and not one.passed), None)
    if first is None or first.code != "agreement" or first.remedy is None:
        return found
    url = f"{first.remedy.url.partition('?')[0]}?{urlencode({'service': found.service, 'next': back})}"
    return replace(found, remedy=Remedy(first.remedy.label, url))


def _required(found: Standing) -> Standing:
    if not found.allowed:
        raise NoStanding(
            f"{_CANNOT[found.service]} {found.why_not}", remedies=[found.remedy] if found.remedy else [], standing=found
        )
    return found


def _asked(at: datetime, product_id: int | None) -> Asked:
    return Asked(at, product_id, grace_days(at))


def _ground(actor: Actor, customer_id: int | None, at: datetime) -> Ground:
    if actor.is_staff or actor.is_system:
        return queries.ground(user_id=actor.user_id, customer_id=customer_id, by_staff=True, at=at)
    return queries.ground(
        user_id=actor.user_id, customer_id=actor.customer_id if actor.is_contact else None, contact_id=actor.contact_id,
        company_role=actor.company_role, at=at,
    )


def _answer(service: str, ground: Ground, asked: Asked, actor: Actor, customer_id: int | None) -> Standing:
    return _answered(service, judge(service, ground, asked), actor, customer_id)


def _answers(services: Iterable[str], actor: Actor, customer_id: int | None, at: datetime) -> list[Standing]:
    """Answer for several services: what several of them ask for is judged and put into words once."""
    judged = judge_every(services, _ground(actor, customer_id, at), _asked(at, None))
    told: dict[int, Condition] = {}
    for check in (check for checks in judged.values() for check in checks):
        if id(check) not in told:
            told[id(check)] = _in_words(check, actor, customer_id)
    return [_standing(service, checks, tuple(told[id(check)] for check in checks)) for service, checks in judged.items()]


def _answered(service: str, checks: tuple[Check, ...], actor: Actor, customer_id: int | None) -> Standing:
    return _standing(service, checks, tuple(_in_words(check, actor, customer_id) for check in checks))


def _standing(service: str, checks: tuple[Check, ...], conditions: tuple[Condition, ...]) -> Standing:
    way_out = next((one.remedy for one in conditions if one.needed and not one.passed and one.remedy), None)
    return Standing(service, SERVICE_LABELS[service], allowed(checks), conditions, way_out)


def _in_words(check: Check, actor: Actor, customer_id: int | None) -> Condition:
    remedy = None if check.passed else _remedy(check, actor, customer_id)
    return Condition(check.code, _CONDITIONS[check.code], check.passed, _detail(check), remedy, check.needed)


def _remedy(check: Check, actor: Actor, customer_id: int | None) -> Remedy | None:
    if not check.remedy:
        return None
    label, route, desk_label, desk_route = _REMEDIES[check.remedy]
    if check.detail == "agreement_of_others":
        label = _("Read it")
    try:
        if check.code == "agreement":
            return _to_accept(check.facts["service"], label, route, desk_label, desk_route, actor, customer_id)
        if not actor.is_staff and route == "downloads:due":  # the very download, or what would include it. TKT-4
            return Remedy(str(label) % check.facts, reverse(route, args=[check.facts["product_id"]]))
        if not actor.is_staff:
            return Remedy(label, reverse(route))
        if not desk_route:
            return None
        if desk_route in ("desk_products:of_customer", "desk_downloads:of_customer"):
            return Remedy(desk_label, reverse(desk_route, args=[customer_id or 0]))
        return Remedy(desk_label, reverse(desk_route) + (f"?customer={customer_id}" if customer_id else ""))
    except NoReverseMatch:
        return None


def _to_accept(
    service: str, label: Any, route: str, desk_label: Any, desk_route: str, actor: Actor, customer_id: int | None
) -> Remedy:
    """The page that asks for what is missing, one document after the other, and leads back. AGR-1."""
    if actor.is_staff:
        return Remedy(desk_label, f"{reverse(desk_route)}?{urlencode({'customer': customer_id or '', 'service': service})}")
    try:
        back = {"next": reverse(_BEGINS[service])} if service in _BEGINS else {}
    except NoReverseMatch:
        back = {}
    return Remedy(label, f"{reverse(route)}?{urlencode({'service': service} | back)}")


def _documents(documents: tuple[tuple[Mapping[str, str], int], ...]) -> str:
    """«Condiciones generales», versión 2; …"""
    tongue = "en" if (translation.get_language() or "es").startswith("en") else "es"
    return ", ".join(
        gettext("«%(title)s», version %(number)s") % {"title": titles[tongue], "number": number} for titles, number in documents
    )


def _day(moment: datetime) -> str:
    return formats.day_full(timezone.localtime(moment).date())


def _last_day(ends_at: datetime) -> str:
    """Return the last day before an exclusive end."""
    return formats.day_full(timezone.localtime(ends_at - timedelta(microseconds=1)).date())


def _detail(check: Check) -> str:
    """Return what a condition found, as a sentence."""
    facts = dict(check.facts)
    match check.detail:
        case "nic":
            return gettext("NIC %(nic)s.") % {"nic": format_nic(facts["nic"])}
        case "licences":
            return ", ".join(facts["products"]) + "."
        case "version_grace":
            return gettext(
                "Version %(version)s of %(product)s counts as current until %(until)s; the current one is %(current)s."
            ) % (facts | {"until": _last_day(facts["until"])})
        case "contract":
            return gettext("%(plan)s, %(number)s, until %(until)s.") % (facts | {"until": _last_day(facts["until"])})
        case "contract_coming":
            return gettext("Your contract %(number)s begins on %(from)s.") % (facts | {"from": _day(facts["from"])})
        case "contract_over":
            return gettext("Your contract %(number)s ended on %(until)s.") % (facts | {"until": _last_day(facts["until"])})
        case "units":
            order = [(unit, facts["left"].get(unit, 0)) for unit in ("event", "incident", "credit")]
            return gettext("You have %(amounts)s.") % {"amounts": formats.amounts(order)}
        case "agreement_accepted":
            return _documents(facts["documents"]) + "."
        case "agreement_missing":
            return gettext("Read and accept first: %(documents)s.") % {"documents": _documents(facts["documents"])}
        case "agreement_of_others":
            return gettext("An administrator of your company has to accept first: %(documents)s.") % {
                "documents": _documents(facts["documents"])
            }
    return str(_SENTENCES[check.detail]) % facts


_SENTENCES = {
    "signed_in": _("You are signed in."),
    "not_signed_in": _("Registration is free and takes a minute."),
    "email_verified": _("Your e-mail address is verified."),
    "email_unverified": _("We have not yet verified your e-mail address: open the link that we sent you."),
    "no_nic": _("Your user does not act for any customer yet."),
    "no_licence": _("There is no licence of this product registered for you."),
    "no_version": _("Without a licence there is no version to look at."),
    "version_current": _("Version %(version)s of %(product)s is current."),
    "version_unknown": _("We do not know yet which version of %(product)s you have installed."),
    "version_old_included": _("You have version %(version)s of %(product)s. The current one is %(current)s and is included in your contract."),
    "version_old": _("You have version %(version)s of %(product)s. The current one is %(current)s; you get it with a contract or by buying it."),
    "no_contract": _("You have no contract."),
    "named": _("You are covered by the contract."),
    "not_named": _("Contract %(number)s covers only its named contacts. The administrator of your company can name you."),
    "no_units": _("Nothing is left on your contracts and cards. You can still ask for a quote."),
}


def ground_of(actor: Actor, *, at: datetime, customer_id: int | None = None) -> Ground:
    """Return all that standing asks of a person now, for apps that judge more than a service. One statement. UPD-1."""
    return _ground(actor, customer_id, at)


# --- who reads what is published -------------------------------------------------------------------------------------


def reader(actor: Actor, *, at: datetime) -> Reader:
    """Return to which audiences somebody belongs now. One statement; none for visitors and staff. ACC-1, ACC-2, ACC-3, ACC-4."""
    if actor.is_staff or actor.is_system:
        return OF_STAFF
    if not actor.is_signed_in:
        return ANYBODY
    return reader_of(_ground(actor, None, at), _asked(at, None))


def readers(people: Sequence[Actor], *, at: datetime) -> list[Reader]:
    """Return the reader that each of many people is, in one statement for all. SEC-11, SEC-20."""
    asking = [actor for actor in people if actor.is_signed_in and not actor.is_staff]
    asked = _asked(at, None)
    found = {actor.user_id: reader_of(ground, asked) for actor, ground in zip(asking, queries.grounds(asking, at=at), strict=True)}
    return [OF_STAFF if actor.is_staff else found.get(actor.user_id, ANYBODY) for actor in people]


def reader_from(ground: Ground, *, at: datetime) -> Reader:
    """Return the reader of a ground that was read before; no statement."""
    return reader_of(ground, _asked(at, None))


def readable(who: Reader, *, audience: str = "audience", product: str = "product_id") -> Q:
    """Return the condition of rows that a reader may see, by their columns of audience and product. ACC-1, ACC-3, ACC-4."""
    if who.is_staff:
        return Q()
    seen = Q(**{f"{audience}__in": sorted(who.levels - {LICENSED})})
    if who.licensed:
        seen |= Q(**{audience: LICENSED}) & (Q(**{f"{product}__in": sorted(who.licensed)}) | Q(**{f"{product}__isnull": True}))
    return seen


# --- who may do what with contracts ----------------------------------------------------------------------------------


def visible_to(actor: Actor) -> QuerySet[SupportContract]:
    """Return the contracts that the actor may know of: staff all, a contact those of its customer. ACC-11."""
    if actor.is_staff or actor.is_system:
        return SupportContract.objects.all()
    if actor.is_contact:
        return SupportContract.objects.filter(customer=actor.customer_id)
    return SupportContract.objects.none()


def may_sell(actor: Actor) -> bool:
    """Plans, contracts and cards are sold by sales; an administrator may everything of theirs. CTR-1, CRD-1."""
    return actor.is_system or actor.has_role("sales")


def may_redeem(actor: Actor, customer_id: int) -> bool:
    """Any contact for its own customer; staff for a caller who reads the code out. CRD-1."""
    if actor.is_contact:
        return actor.customer_id == customer_id
    return actor.is_system or actor.has_role("operator", "engineer", "sales")


def may_name_contacts(actor: Actor, contract: SupportContract) -> bool:
    """Sales, and the customer's own administrators, say who is a named contact. CTR-1."""
    if may_sell(actor):
        return True
    return actor.is_contact and actor.customer_id == contract.customer_id and actor.company_role == "administrator"


def may_import(actor: Actor) -> bool:
    """Administrators import files."""
    return actor.is_system or actor.has_role("administrator")
