"""Who may use which service: pure. Section 2, ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10, AGR-1.

Each service asks a list of conditions, each judged by itself. A condition that is not `needed` is told and refuses
nothing. What is known is collected in a Ground before; here nobody asks the database or the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from amparo.products.rules import Installed, counts_as_current, counts_until


@dataclass(frozen=True, slots=True)
class HeldLicence:
    """A licence of the customer. `current_from`: since when the product's current release is so."""

    id: int
    product_id: int
    product_name: str
    installed: Installed | None
    current_version: str
    current_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldContract:
    """A contract of the customer. `names`: the contacts named on it, where its plan limits them."""

    id: int
    number: str
    plan_name: str
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None = None
    named_max: int | None = None
    names: frozenset[int] = frozenset()

    def in_force(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at and (self.cancelled_at is None or at < self.cancelled_at)

    def covers(self, contact_id: int | None, is_administrator: bool) -> bool:
        """Whoever is named; the company's administrators while nobody is; all where the plan sets no limit. CTR-1."""
        if self.named_max is None or contact_id is None:
            return True
        return contact_id in self.names if self.names else is_administrator


@dataclass(frozen=True, slots=True)
class HeldAgreement:
    """A document in force that the `services` ask for: whether this customer accepted its version, and when. AGR-1."""

    code: str
    number: int
    titles: Mapping[str, str]
    services: tuple[str, ...]
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known when standing is asked. `by_staff`: staff ask about a customer, who is not signed in himself.

    `may_accept`: the person may accept agreements for the customer.
    """

    signed_in: bool = False
    email_verified: bool = False
    by_staff: bool = False
    has_customer: bool = False
    nic: str = ""
    contact_id: int | None = None
    is_administrator: bool = False
    licences: tuple[HeldLicence, ...] = ()
    contracts: tuple[HeldContract, ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)
    agreements: tuple[HeldAgreement, ...] = ()
    may_accept: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """One condition judged. `detail` and `remedy` are codes that access turns into words and addresses."""

    code: str
    passed: bool
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: at which moment, for which product, with how much grace."""

    at: datetime
    product_id: int | None
    grace_days: int


def signed_in(ground: Ground, asked: Asked) -> Check | None:
    """Judge whether the person is signed in. ACC-2."""
    if ground.by_staff:
        return None
    return Check("signed_in", ground.signed_in, "signed_in" if ground.signed_in else "not_signed_in", remedy="register")


def email(ground: Ground, asked: Asked) -> Check | None:
    """Judge whether the e-mail address is verified. ACC-2."""
    if ground.by_staff:
        return None
    good = ground.signed_in and ground.email_verified
    return Check("email", good, "email_verified" if good else "email_unverified", remedy="verify_email")


def customer(ground: Ground, asked: Asked) -> Check | None:
    """Judge whether there is a customer with a NIC. ACC-6."""
    return Check(
        "customer", ground.has_customer, "nic" if ground.has_customer else "no_nic", {"nic": ground.nic}, "become_customer"
    )


def _of_product(ground: Ground, asked: Asked) -> list[HeldLicence]:
    return [one for one in ground.licences if asked.product_id in (None, one.product_id)]


def licence(ground: Ground, asked: Asked) -> Check | None:
    """Judge whether the customer has a licence of the product. ACC-5."""
    held = _of_product(ground, asked)
    names = tuple(sorted({one.product_name for one in held}))
    return Check("licence", bool(held), "licences" if held else "no_licence", {"products": names}, "get_licence")


def version(ground: Ground, asked: Asked) -> Check | None:
    """A current version of one licence is enough: a ticket is about its product, and the licence of it may be any."""
    held = _of_product(ground, asked)
    if not held:
        return Check("version", False, "no_version", remedy="get_licence")
    told = [(one, one.installed) for one in held if one.installed is not None]
    good = [
        (one, installed)
        for one, installed in told
        if counts_as_current(installed, at=asked.at, grace_days=asked.grace_days)
    ]
    if good:
        one, installed = max(good, key=lambda pair: (pair[1].is_current, pair[1].released_on))
        until = counts_until(installed, grace_days=asked.grace_days)
        facts: dict[str, Any] = {"product": one.product_name, "version": installed.version, "current": one.current_version, "until": until}
        return Check("version", True, "version_grace" if until else "version_current", facts, "update")
    if not told:
        return Check("version", False, "version_unknown", {"product": held[0].product_name}, "declare_version")
    one, installed = max(told, key=lambda pair: pair[1].released_on)
    included = may_take(ground, one, at=asked.at)
    facts = {"product": one.product_name, "product_id": one.product_id, "version": installed.version, "current": one.current_version}
    return Check(
        "version", False, "version_old_included" if included else "version_old", facts, "update" if included else "get_update"
    )


def may_take(ground: Ground, licence: HeldLicence, *, at: datetime) -> bool:
    """True where the product's current release came out while a contract was in force, also if that has ended; or one is now. UPD-1."""
    came = licence.current_from
    return any(one.in_force(at) or (came is not None and one.in_force(came)) for one in ground.contracts)


def contract(ground: Ground, asked: Asked) -> Check | None:
    """Judge whether a contract is in force. ACC-7."""
    good = [one for one in ground.contracts if one.in_force(asked.at)]
    if good:
        last = max(good, key=lambda one: one.ends_at)
        return Check("contract", True, "contract", {"number": last.number, "plan": last.plan_name, "until": last.ends_at})
    coming = [one for one in ground.contracts if asked.at < one.starts_at and one.cancelled_at is None]
    if coming:
        first = min(coming, key=lambda one: one.starts_at)
        return Check("contract", False, "contract_coming", {"number": first.number, "from": first.starts_at}, "take_contract")
    past = [one for one in ground.contracts if one.ends_at <= asked.at or one.cancelled_at is not None]
    if past:
        last = max(past, key=lambda one: one.ends_at)
        ended = min(last.ends_at, last.cancelled_at or last.ends_at)
        return Check("contract", False, "contract_over", {"number": last.number, "until": ended}, "take_contract")
    return Check("contract", False, "no_contract", {}, "take_contract")


def named(ground: Ground, asked: Asked) -> Check | None:
    """Asked only where every contract in force limits its contacts. CTR-1."""
    good = [one for one in ground.contracts if one.in_force(asked.at)]
    if ground.by_staff or not good or any(one.named_max is None for one in good):
        return None
    covered = any(one.covers(ground.contact_id, ground.is_administrator) for one in good)
    return Check("named", covered, "named" if covered else "not_named", {"number": good[0].number}, "be_named")


def units(ground: Ground, asked: Asked) -> Check | None:
    """What is left, to whoever has a contract: told, never asked, since asking for a quote costs nothing. CHG-2, CHG-6."""
    if not any(one.in_force(asked.at) for one in ground.contracts):
        return None
    left = {unit: n for unit, n in ground.units.items() if n > 0}
    return Check("units", bool(left), "units" if left else "no_units", {"left": left}, "redeem_card", needed=False)


def agreement(service: str, ground: Ground) -> Check | None:
    """Judge whether the customer accepted the documents that govern a service, in the versions in force. AGR-1.

    Which documents govern which service is data; where none does, nothing is asked.
    """
    asked = [one for one in ground.agreements if service in one.services]
    if not ground.has_customer or not asked:
        return None
    missing = [one for one in asked if one.accepted_at is None]
    shown = missing or asked
    detail = "agreement_accepted" if not missing else "agreement_missing" if ground.may_accept else "agreement_of_others"
    facts = {"documents": tuple((one.titles, one.number) for one in shown), "service": service}
    return Check("agreement", not missing, detail, facts, "accept")


Condition = Callable[[Ground, Asked], Check | None]
REGISTERED: Final[tuple[Condition, ...]] = (signed_in, email)
LICENSED: Final[tuple[Condition, ...]] = (signed_in, customer, licence, version)
COVERED: Final[tuple[Condition, ...]] = (signed_in, customer, contract, named)

SERVICES: Final[Mapping[str, tuple[Condition, ...]]] = {
    "knowledge": (),
    "forum": REGISTERED,
    "downloads": REGISTERED,
    "ticket": LICENSED,
    "phone_limited": (customer,),
    "case": (*COVERED, units),
    "chat": (*COVERED, units),
    "classroom": COVERED,
    "remote": (*COVERED, units),
    "development": (*COVERED, units),
}


def judge(service: str, ground: Ground, asked: Asked) -> tuple[Check, ...]:
    """Return every condition of a service, passed or failed, in the order in which to remedy them. ACC-9, AGR-1."""
    own = agreement(service, ground)
    return (*judge_all(SERVICES[service], ground, asked), *((own,) if own else ()))


def judge_every(services: Iterable[str], ground: Ground, asked: Asked) -> dict[str, tuple[Check, ...]]:
    """Return what `judge` says of each of some services. A condition that several ask for is judged once: the same object."""
    judged: dict[Condition, Check | None] = {}
    found = {}
    for service in services:
        for condition in SERVICES[service]:
            if condition not in judged:
                judged[condition] = condition(ground, asked)
        own = agreement(service, ground)
        checks = [check for condition in SERVICES[service] if (check := judged[condition]) is not None]
        found[service] = (*checks, *((own,) if own else ()))
    return found


def judge_all(conditions: tuple[Condition, ...], ground: Ground, asked: Asked) -> tuple[Check, ...]:
    """Return each of some conditions, passed or failed; those that do not arise are left out."""
    return tuple(check for condition in conditions if (check := condition(ground, asked)) is not None)


def licensed_products(ground: Ground, asked: Asked) -> frozenset[int]:
    """Return the products of which the customer has a licence whose installed version counts as current. ACC-5."""
    held = {one.product_id for one in ground.licences}
    return frozenset(
        number for number in held
        if allowed(judge_all((licence, version), ground, Asked(asked.at, number, asked.grace_days)))
    )  # fmt: skip


def judge_going_on(service: str, ground: Ground, asked: Asked) -> tuple[Check, ...]:
    """Return the conditions for going on with what is under way: no agreement stands in its way. AGR-1."""
    return tuple(check for check in judge(service, ground, asked) if check.code != "agreement")


def allowed(checks: tuple[Check, ...]) -> bool:
    """Return whether every needed condition is met."""
    return all(check.passed for check in checks if check.needed)
