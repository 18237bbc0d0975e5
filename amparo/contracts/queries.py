"""Reads of contracts, shaped for pages and for the rungs above."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from amparo.agreements.access import may_bind
from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.policies.queries import value
from amparo.products.rules import Installed

from .models import ServiceCard, ServiceCardBatch, SupportContract
from .rules.standing import Ground, HeldAgreement, HeldContract, HeldLicence
from .rules.terms import Share, Standing, standing_of

PAGE = 50


def in_force(customer_id: int, at: datetime) -> list[SupportContract]:
    """Return a customer's contracts in force at a moment, the one that ends first first. ACC-7. One statement."""
    return list(
        SupportContract.objects.filter(customer_id=customer_id, starts_at__lte=at, ends_at__gt=at)
        .filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=at))
        .order_by("ends_at", "id")
    )


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as lists show it, with what is left on it."""

    id: int
    number: str
    customer_id: int
    customer_name: str
    nic: str
    plan_name: str
    starts_on: date
    ends_on: date
    ends_at: datetime
    cancelled_at: datetime | None
    renewed: bool
    state: Standing
    shares: tuple[Share, ...]

    def left(self, unit: str) -> int:
        return sum(share.left for share in self.shares if share.unit == unit)


_CONTRACTS = """
SELECT k.id, k.number, k.customer_id, c.name AS customer_name, c.nic, k.terms ->> 'plan_name' AS plan_name,
    k.starts_on, k.ends_on, k.starts_at, k.ends_at, k.cancelled_at,
    EXISTS (SELECT 1 FROM contracts_supportcontract n WHERE n.renewed_from_id = k.id) AS renewed,
    coalesce((SELECT json_agg(json_build_array(p.unit, p.issued, p.balance - p.reserved, p.reserved)
        ORDER BY array_position(ARRAY['event', 'incident', 'credit']::text[], p.unit::text))
        FROM ledger_pocket p WHERE p.customer_id = k.customer_id AND p.source = 'contract:' || k.id), '[]') AS shares
FROM contracts_supportcontract k JOIN people_customer c ON c.id = k.customer_id
"""
SHOWN = {
    "all": "TRUE",
    "in_force": "k.starts_at <= %(at)s AND k.ends_at > %(at)s AND (k.cancelled_at IS NULL OR k.cancelled_at > %(at)s)",
    "ending": "k.starts_at <= %(at)s AND k.ends_at > %(at)s AND k.ends_at <= %(at)s + %(days)s * interval '1 day'"
    " AND k.cancelled_at IS NULL",
    "upcoming": "k.starts_at > %(at)s AND k.cancelled_at IS NULL",
    "over": "(k.ends_at <= %(at)s OR k.cancelled_at <= %(at)s)",
}


def ending_days(at: datetime) -> int:
    return max(value("contracts.ending_days", at=at), default=30)


def contracts(
    *, at: datetime, show: str = "all", words: str = "", customer_id: int | None = None,
    after: Sequence[Any] | None = None, limit: int = PAGE,
) -> list[ContractRow]:
    """Return contracts, the one that ends last first, one more than a page. One statement.

    `words`: a part of the customer's name, a NIC, or a contract's number.
    """
    days = ending_days(at)
    clauses = [SHOWN[show]]
    given: dict[str, Any] = {"at": at, "days": days, "limit": limit + 1}
    if customer_id is not None:
        clauses.append("k.customer_id = %(customer)s")
        given["customer"] = customer_id
    if words.strip():
        clauses.append("(c.name ILIKE %(like)s OR k.number ILIKE %(like)s OR c.nic = %(digits)s)")
        given["like"] = "%" + words.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        given["digits"] = "".join(sign for sign in words if sign.isdecimal())
    if after is not None:
        clauses.append("(k.ends_at, k.id) < (%(after_end)s::timestamptz, %(after_id)s)")
        given["after_end"], given["after_id"] = after
    sql = f"{_CONTRACTS} WHERE {' AND '.join(clauses)} ORDER BY k.ends_at DESC, k.id DESC LIMIT %(limit)s"
    return [_contract_row(row, at, days) for row in _dicts(sql, given)]


def contract_row(contract: SupportContract, at: datetime) -> ContractRow:
    """Return one contract with what is left on it. One statement."""
    days = ending_days(at)
    return _contract_row(_dicts(_CONTRACTS + " WHERE k.id = %(id)s", {"id": contract.pk})[0], at, days)


def _contract_row(row: dict[str, Any], at: datetime, days: int) -> ContractRow:
    shares = shares_of(row.pop("shares"))
    starts_at = row.pop("starts_at")
    state = standing_of(starts_at, row["ends_at"], row["cancelled_at"], shares, at=at, ending_days=days)
    return ContractRow(**row, shares=shares, state=state)


def shares_of(rows: Iterable[Sequence[Any]]) -> tuple[Share, ...]:
    return tuple(Share(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card that a customer redeemed, with what is left on it."""

    id: int
    batch_name: str
    code_end: str
    face_value: int
    redeemed_at: datetime
    ends_at: datetime | None
    left: int
    reserved: int

    @property
    def last_at(self) -> datetime | None:
        """The last moment before the end, which lies on the day that people are told."""
        return self.ends_at - timedelta(microseconds=1) if self.ends_at else None


def cards_of(customer_id: int) -> list[CardRow]:
    """Return the cards that a customer redeemed, newest first. One statement."""
    rows = _dicts(
        """
        SELECT k.id, b.name AS batch_name, k.code_end, b.face_value, k.redeemed_at, p.ends_at,
            coalesce(p.balance - p.reserved, 0) AS left, coalesce(p.reserved, 0) AS reserved
        FROM contracts_servicecard k JOIN contracts_servicecardbatch b ON b.id = k.batch_id
        LEFT JOIN ledger_pocket p ON p.customer_id = k.customer_id AND p.source = 'card:' || k.id
        WHERE k.customer_id = %(customer)s ORDER BY k.redeemed_at DESC, k.id DESC LIMIT 100
        """,
        {"customer": customer_id},
    )
    return [CardRow(**row) for row in rows]


def batches(limit: int = 200) -> list[dict[str, Any]]:
    """Return card batches, newest first, with how many are open, redeemed and void. One statement."""
    return _dicts(
        """
        SELECT b.id, b.name, b.face_value, b.count, b.purpose, b.months, b.redeem_until - interval '1 microsecond' AS redeem_last_at, b.issued_at, n.redeemed, n.void,
            b.count - n.redeemed - n.void AS open
        FROM contracts_servicecardbatch b, LATERAL (
            SELECT count(k.redeemed_at) AS redeemed, count(k.voided_at) AS void
            FROM contracts_servicecard k WHERE k.batch_id = b.id) n
        ORDER BY b.id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    )


def cards_of_batch(batch: ServiceCardBatch, *, state: str = "", after: int = 0, limit: int = PAGE) -> list[ServiceCard]:
    """Return the cards of a batch by position, one more than a page. One statement."""
    cards = ServiceCard.objects.filter(batch=batch, position__gt=after).select_related("customer")
    if state == "open":
        cards = cards.filter(redeemed_at__isnull=True, voided_at__isnull=True)
    elif state in ("redeemed", "void"):
        cards = cards.filter(**{f"{'redeemed' if state == 'redeemed' else 'voided'}_at__isnull": False})
    return list(cards.order_by("position")[: limit + 1])


def _dicts(sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_GROUND = """
SELECT
    EXISTS (SELECT 1 FROM account_emailaddress e WHERE e.user_id = %(user)s AND e.verified) AS email_verified,
    (SELECT c.nic FROM people_customer c WHERE c.id = %(customer)s AND c.is_active) AS nic,
    coalesce((SELECT json_agg(json_build_array(l.id, p.id, p.name, i.version, i.released_on, i.is_current,
            i.superseded_at, n.version, n.released_on, n.current_from) ORDER BY p.name, l.id)
        FROM products_licence l JOIN products_product p ON p.id = l.product_id
        LEFT JOIN products_release i ON i.id = l.installed_id
        LEFT JOIN products_release n ON n.product_id = p.id AND n.is_current
        WHERE l.customer_id = %(customer)s AND l.withdrawn_at IS NULL), '[]') AS licences,
    coalesce((SELECT json_agg(json_build_array(k.id, k.number, k.terms ->> 'plan_name', k.starts_at, k.ends_at,
            k.cancelled_at, (k.terms -> 'benefits' ->> 'named_contacts_max')::int,
            CASE WHEN k.terms -> 'benefits' ->> 'named_contacts_max' IS NOT NULL THEN
                (SELECT json_agg(m.contact_id) FROM contracts_namedcontact m JOIN people_contact t ON t.id = m.contact_id
                 WHERE m.contract_id = k.id AND t.removed_at IS NULL) END))
        FROM contracts_supportcontract k WHERE k.customer_id = %(customer)s), '[]') AS contracts,
    (SELECT json_object_agg(u.unit, u.left) FROM (
        SELECT p.unit, sum(p.balance - p.reserved) AS left FROM ledger_pocket p
        WHERE p.customer_id = %(customer)s AND p.starts_at <= %(at)s AND p.ends_at > %(at)s GROUP BY p.unit) u) AS units,
    coalesce((SELECT json_agg(json_build_array(g.code, v.number, v.title_es, v.title_en, g.services, a.accepted_at)
            ORDER BY g.position, g.id)
        FROM agreements_agreement g
        JOIN LATERAL (SELECT o.id, o.number, o.title_es, o.title_en FROM agreements_agreementversion o
            WHERE o.agreement_id = g.id AND o.starts_at <= %(at)s ORDER BY o.starts_at DESC LIMIT 1) v ON TRUE
        LEFT JOIN agreements_acceptance a ON a.version_id = v.id AND a.customer_id = %(customer)s AND a.accepted_at <= %(at)s
        WHERE g.asked_from <= %(at)s AND %(customer)s::bigint IS NOT NULL), '[]') AS agreements
"""


_OF_GROUND = ("email_verified", "nic", "licences", "contracts", "units", "agreements")


def ground(
    *, user_id: int | None, customer_id: int | None, contact_id: int | None = None, company_role: str | None = None,
    by_staff: bool = False, at: datetime,
) -> Ground:
    """Return all that standing asks of a person and a customer at a moment. One statement for every service."""
    found = prepared.rows(_GROUND, {"user": user_id, "customer": customer_id, "at": at})[0]
    return _ground_of(found, user_id, contact_id, company_role, by_staff, at)


# The same statement for many people at once: each with his own values instead of the parameters.
_GROUNDS = "SELECT g.* FROM unnest(%(users)s::bigint[], %(customers)s::bigint[]) WITH ORDINALITY AS asked(user_id, customer_id, place), LATERAL ({one}) g ORDER BY place"
_GROUNDS = _GROUNDS.replace("{one}", _GROUND.replace("%(user)s", "asked.user_id").replace("%(customer)s::bigint", "asked.customer_id").replace("%(customer)s", "asked.customer_id"))


def grounds(people: Sequence[Actor], *, at: datetime) -> list[Ground]:
    """Return the ground of each of many people, as they act, in one statement for all: for letters to many. SEC-11, SEC-20."""
    if not people:
        return []
    customers = [actor.customer_id if actor.is_contact else None for actor in people]
    found = prepared.rows(_GROUNDS, {"users": [actor.user_id for actor in people], "customers": customers, "at": at})
    return [_ground_of(row, actor.user_id, actor.contact_id, actor.company_role, False, at) for row, actor in zip(found, people, strict=True)]


def _ground_of(found: Any, user_id: int | None, contact_id: int | None, company_role: str | None, by_staff: bool, at: datetime) -> Ground:
    row = {name: json.loads(part) if isinstance(part, str) and name != "nic" else part for name, part in zip(_OF_GROUND, found, strict=True)}
    return Ground(
        signed_in=user_id is not None,
        email_verified=row["email_verified"],
        by_staff=by_staff,
        has_customer=row["nic"] is not None,
        nic=row["nic"] or "",
        contact_id=contact_id,
        is_administrator=company_role == "administrator",
        licences=tuple(_held_licence(*one) for one in row["licences"]),
        contracts=tuple(_held_contract(*one) for one in row["contracts"]),
        units=row["units"] or {},
        agreements=tuple(
            HeldAgreement(code, number, {"es": es, "en": en}, tuple(services), _moment(accepted_at))
            for code, number, es, en, services, accepted_at in row["agreements"]
        ),
        may_accept=by_staff or may_bind(company_role or "", at=at),
    )


def _held_licence(
    id: int, product_id: int, product: str, version: str | None, released_on: str | None, is_current: bool | None,
    superseded_at: str | None, current: str | None, current_released_on: str | None, current_from: str | None,
) -> HeldLicence:
    installed = None
    if version is not None and released_on is not None:
        installed = Installed(
            version, date.fromisoformat(released_on), bool(is_current), _moment(superseded_at), current or "",
            date.fromisoformat(current_released_on) if current_released_on else None,
        )
    return HeldLicence(id, product_id, product, installed, current or "", _moment(current_from))


def _held_contract(
    id: int, number: str, plan_name: str, starts_at: str, ends_at: str, cancelled_at: str | None, named_max: int | None,
    names: list[int] | None,
) -> HeldContract:
    starts, ends = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    return HeldContract(
        id, number, plan_name, starts, ends, _moment(cancelled_at), named_max, frozenset(names or ())
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
