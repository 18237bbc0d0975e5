"""The verbs of contracts: sold, renewed, cancelled; who is named; that they end soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction

from amparo.contracts import access
from amparo.contracts.errors import AlreadyRenewed, ContractOver, NamesFull, NumberTaken, PlanNotOnSale
from amparo.contracts.models import ContractNotice, NamedContact, Plan, SupportContract
from amparo.contracts.rules.terms import days_to_tell, last_day, moments, renewal_starts_on
from amparo.deadlines.queries import service_calendar
from amparo.history.commands import record
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger import commands as ledger
from amparo.ledger.models import Pocket
from amparo.people.models import Contact, Customer
from amparo.policies.queries import value


def service_zone(at: datetime) -> ZoneInfo:
    """Return the time zone of the service, in which a contract's days begin and end. Section 2."""
    return ZoneInfo(service_calendar(at).zone)


@transaction.atomic
def sell_contract(
    customer: Customer,
    plan: Plan,
    starts_on: date,
    *,
    key: str | None = None,
    number: str = "",
    used: Mapping[str, int] | None = None,
    agreed: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> SupportContract:
    """Give a customer a contract of a plan, with its terms as they are now, and its units in pockets. CTR-1, LED-3.

    One pocket for each unit that the plan has, until local midnight after the last day; a contract that is over when
    it is written down gets none. `number` where it has one already, else the next one; `used` is what was consumed
    of each unit before it was written down here; `agreed` the plan's terms as they were when it was ordered, which hold
    though the plan changed or is no longer on sale. The same `key` returns the first contract.
    Raises NotPermitted, PlanNotOnSale, NumberTaken, Invalid (used).
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if key and (first := SupportContract.objects.filter(key=key).first()):
        return first
    plan = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk)
    if agreed is None and not plan.is_on_sale:
        raise PlanNotOnSale()
    return _take(customer, plan, starts_on, None, actor, at, key, number, used or {}, agreed or plan.terms())


@transaction.atomic
def renew(
    contract: SupportContract,
    *,
    plan: Plan | None = None,
    key: str | None = None,
    agreed: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> SupportContract:
    """Follow a contract by another from the day after its end, or from today where it is over. CTR-1.

    The new one has the plan's terms of now, or those `agreed` when it was ordered, and pockets of its own; what is left
    on the old one ends with it.
    Raises NotPermitted, AlreadyRenewed, ContractOver (cancelled), PlanNotOnSale.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if key and (first := SupportContract.objects.filter(key=key).first()):
        return first
    contract = SupportContract.objects.select_for_update(of=("self",)).select_related("customer").get(pk=contract.pk)
    if contract.cancelled_at is not None:
        raise ContractOver()
    if SupportContract.objects.filter(renewed_from=contract).exists():
        raise AlreadyRenewed()
    plan = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk if plan else contract.plan_id)
    if agreed is None and not plan.is_on_sale:
        raise PlanNotOnSale()
    starts_on = renewal_starts_on(contract.ends_on, today=at.astimezone(service_zone(at)).date())
    return _take(contract.customer, plan, starts_on, contract, actor, at, key, "", {}, agreed or plan.terms())


def _take(
    customer: Customer, plan: Plan, starts_on: date, renewed_from: SupportContract | None, actor: Actor, at: datetime,
    key: str | None, number: str, used: Mapping[str, int], terms: Mapping[str, Any],
) -> SupportContract:
    ends_on = last_day(starts_on, terms["months"])
    starts_at, ends_at = moments(starts_on, ends_on, service_zone(at))
    try:
        with transaction.atomic():
            contract = SupportContract.objects.create(
                number=number.strip().upper() or _next_number(), customer=customer, plan=plan, terms=dict(terms),
                starts_on=starts_on, ends_on=ends_on, starts_at=starts_at, ends_at=ends_at,
                renewed_from=renewed_from, sold_at=at, sold_by_id=actor.user_id, key=key or None,
            )
    except IntegrityError:
        if key and (first := SupportContract.objects.filter(key=key).first()):
            return first
        raise NumberTaken(field="number") from None
    _fill(contract, used, actor, at)
    record(
        "contract.renewed" if renewed_from else "contract.sold", subject=contract, actor=actor, at=at,
        number=contract.number, plan=plan.pk, terms=contract.terms, starts_on=starts_on, ends_on=ends_on,
        renewed_from=renewed_from.number if renewed_from else "",
    )
    if renewed_from is not None:
        record("contract.followed", subject=renewed_from, actor=actor, at=at, number=contract.number)
    return contract


def _fill(contract: SupportContract, used: Mapping[str, int], actor: Actor, at: datetime) -> None:
    """Open a pocket for each unit of the terms and issue the allotment; take off what was used before."""
    if contract.ends_at <= at:
        return
    label = f"{contract.plan_name} {contract.number}"[:120]
    for unit, amount in contract.allotments.items():
        gone = used.get(unit, 0)
        if not 0 <= gone <= amount or (gone and at < contract.starts_at):
            raise Invalid(field=f"used_{unit}")
        if not amount:
            continue
        pocket = ledger.open_pocket(
            contract.customer_id, unit, contract.subject, label, contract.starts_at, contract.ends_at, actor=actor, at=at
        )
        ledger.issue(
            pocket, amount, cause=contract.subject, key=f"{contract.subject}:{unit}:allotment", actor=actor, at=at
        )
        if gone:
            ledger.spend(
                pocket, gone, cause=f"{contract.subject}:before", key=f"{contract.subject}:{unit}:before",
                actor=actor, at=at,
            )


def _next_number() -> str:
    """Return the next number that no contract has: imported ones may have taken some."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT 'P-' || nextval('contracts_number')")
            number = cursor.fetchone()[0]
            if not SupportContract.objects.filter(number=number).exists():
                return number


@transaction.atomic
def cancel(contract: SupportContract, reason: str, *, actor: Actor, at: datetime) -> SupportContract:
    """End a contract before its time: it covers nobody from now on, and what is left on it expires. CTR-1, LED-3.

    What was reserved while it was in force may still be charged (LED-6). Raises NotPermitted, Invalid (reason),
    ContractOver.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    contract = SupportContract.objects.select_for_update().get(pk=contract.pk)
    if contract.cancelled_at is not None or contract.ends_at <= at:
        raise ContractOver()
    contract.cancelled_at, contract.cancelled_by_id, contract.cancel_reason = at, actor.user_id, reason.strip()
    contract.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    for pocket in Pocket.objects.filter(customer_id=contract.customer_id, source=contract.subject).order_by("pk"):
        ledger.end_early(pocket, ends_at=at, actor=actor, at=at)
    record("contract.cancelled", subject=contract, actor=actor, at=at, number=contract.number, reason=contract.cancel_reason)
    return contract


@transaction.atomic
def name_contact(contract: SupportContract, contact: Contact, *, actor: Actor, at: datetime) -> NamedContact:
    """Name a contact whom the contract covers, up to its limit; naming one again changes nothing. CTR-1.

    Raises NotPermitted, Invalid (contact of somebody else), NamesFull.
    """
    contract = SupportContract.objects.select_for_update().get(pk=contract.pk)
    if not access.may_name_contacts(actor, contract):
        raise NotPermitted()
    if not Contact.objects.filter(pk=contact.pk, customer=contract.customer_id, removed_at__isnull=True).exists():
        raise Invalid(field="contact")
    named = NamedContact.objects.filter(contract=contract)
    if found := named.filter(contact=contact).first():
        return found
    limit = contract.named_contacts_max
    if limit is None or named.filter(contact__removed_at__isnull=True).count() >= limit:
        raise NamesFull()
    found = NamedContact.objects.create(contract=contract, contact=contact, named_at=at)
    record("contract.contact_named", subject=contract, actor=actor, at=at, contact=contact.pk)
    return found


@transaction.atomic
def unname_contact(contract: SupportContract, contact_id: int, *, actor: Actor, at: datetime) -> None:
    """Let a contract no longer cover a contact. CTR-1."""
    contract = SupportContract.objects.select_for_update().get(pk=contract.pk)
    if not access.may_name_contacts(actor, contract):
        raise NotPermitted()
    gone, _kinds = NamedContact.objects.filter(contract=contract, contact=contact_id).delete()
    if gone:
        record("contract.contact_unnamed", subject=contract, actor=actor, at=at, contact=contact_id)


@transaction.atomic
def ask_for_contract(plan: Plan, words: str = "", *, actor: Actor, at: datetime) -> None:
    """Write down that a customer asks sales for a contract; the same plan again within a day changes nothing. ACC-8.

    Fact: contract.asked, on the customer. Raises NotPermitted, PlanNotOnSale.
    """
    if not actor.is_contact or actor.customer_id is None:
        raise NotPermitted()
    if not plan.is_on_sale:
        raise PlanNotOnSale()
    customer = Customer.objects.select_for_update(no_key=True).get(pk=actor.customer_id)
    asked = Fact.objects.filter(
        subject=customer.subject, name="contract.asked", at__gt=at - timedelta(days=1), data__plan=plan.pk
    )
    if not asked.exists():
        record("contract.asked", subject=customer, actor=actor, at=at, plan=plan.pk, plan_name=plan.name,
               notes=words.strip()[:2000])


def tell_endings(*, at: datetime, limit: int = 500) -> int:
    """Record, once for each threshold, that a contract which nobody renewed ends soon. LED-5. Returns how many.

    After a stop only the tightest threshold is told. Any number of workers may run this.
    """
    thresholds = sorted(value("contracts.ending_days", at=at))
    if not thresholds:
        return 0
    told = 0
    for contract in _ending(at, thresholds, limit):
        days = days_to_tell(contract.ends_at, thresholds, at=at)
        assert days is not None
        with transaction.atomic():
            _notice, new = ContractNotice.objects.get_or_create(contract=contract, days=days, defaults={"at": at})
            if new:
                record("contract.ending", subject=contract, actor=SYSTEM, at=at, number=contract.number, days=days,
                       ends_on=contract.ends_on, plan_name=contract.plan_name)
                told += 1
    return told


def _ending(at: datetime, thresholds: list[int], limit: int) -> list[SupportContract]:
    """Return contracts in force whose tightest threshold reached was not told yet. One statement."""
    return list(
        SupportContract.objects.raw(
            """
            SELECT k.* FROM contracts_supportcontract k
            WHERE k.starts_at <= %(at)s AND k.ends_at > %(at)s AND k.cancelled_at IS NULL
                AND k.ends_at <= %(at)s + %(most)s * interval '1 day'
                AND NOT EXISTS (SELECT 1 FROM contracts_supportcontract n WHERE n.renewed_from_id = k.id)
                AND NOT EXISTS (SELECT 1 FROM contracts_contractnotice m WHERE m.contract_id = k.id AND m.days <= (
                    SELECT min(d) FROM unnest(%(days)s::int[]) AS d WHERE k.ends_at <= %(at)s + d * interval '1 day'))
            ORDER BY k.ends_at LIMIT %(limit)s
            """,
            {"at": at, "most": thresholds[-1], "days": thresholds, "limit": limit},
        )
    )
