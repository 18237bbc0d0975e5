"""Lists of cases: what waits for a customer, its open matters, and the desk's list. One statement each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.cases import words
from amparo.cases.machine import Kind, State
from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.quotations.models.orders import order_number
from amparo.quotations.models.quotes import quote_number

PAGE = 50


def _scope(actor: Actor) -> tuple[str, dict[str, Any]]:
    """Return the condition of what an actor may see, the same rule as `access.visible_to`. ACC-11."""
    if actor.is_staff or actor.is_system:
        return "TRUE", {}
    if not actor.is_contact:
        return "FALSE", {}
    if actor.company_role == "own":
        return "c.customer_id = %(customer)s AND c.contact_id = %(user)s", {"customer": actor.customer_id, "user": actor.user_id}
    return "c.customer_id = %(customer)s", {"customer": actor.customer_id}


@dataclass(frozen=True, slots=True)
class NeedsMe:
    """Something that waits for the customer's word: consent, quote, delivery, closing, or a need that came up.

    `case_id` is the id of the case, of a quote or an order its own.
    """

    case_id: int
    what: str
    number: str
    title: str
    url: str
    state: str
    detail: str
    told: dict[str, int]
    since: datetime


_NEEDS = """
SELECT c.id, 'consent', t.title, c.told, t.last_staff_at, t.created_at FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id
WHERE {scope} AND c.state = 'classified' AND c.kind IN ('advisory', 'incident')
UNION ALL
SELECT c.id, 'order', t.title, o.told, o.proposed_at, t.created_at FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id
JOIN cases_order o ON o.case_id = c.id AND o.state = 'proposed'
WHERE {scope} AND c.state = 'classified' AND o.quote_id IS NULL
UNION ALL
SELECT q.id, 'quote', q.title, v.told, q.presented_at, q.created_at FROM quotations_quote q JOIN cases_case c ON c.thread_id = q.thread_id
JOIN quotations_quoteversion v ON v.quote_id = q.id AND v.number = q.shown
WHERE {scope} AND q.state = 'presented'
UNION ALL
SELECT r.id, 'delivery', r.title, NULL::jsonb, r.delivered_at, r.accepted_at FROM quotations_serviceorder r JOIN cases_case c ON c.thread_id = r.thread_id
WHERE {scope} AND r.state = 'delivered'
UNION ALL
SELECT c.id, 'closing', t.title, l.effects, l.proposed_at, t.created_at FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id
JOIN cases_closing l ON l.case_id = c.id AND l.answer = '' AND l.refused_at IS NULL
WHERE {scope} AND c.state IN ('closing_proposed', 'silent')
UNION ALL
SELECT c.id, 'need', n.description, NULL::jsonb, n.raised_at, t.created_at FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id
JOIN cases_furtherneed n ON n.case_id = c.id AND n.choice = ''
WHERE {scope} AND c.state IN ('attention', 'procedure')
ORDER BY 5 NULLS FIRST, 1 LIMIT 50
"""


def needs_me(actor: Actor) -> list[NeedsMe]:
    """Return what waits for a customer's word, the oldest first, with amounts. CHG-1, CHG-3, CHG-5, CAS-4. One statement."""
    if not actor.is_contact:
        return []
    scope, given = _scope(actor)
    return [_need(*row) for row in prepared.rows(_NEEDS.format(scope=scope), given)]


def _need(case_id: int, what: str, title: str, told: Any, since: datetime | None, created_at: datetime) -> NeedsMe:
    found = _json(told) or {}
    if what == "closing":
        found = _sum(one["amounts"] for one in found if one["effect"] != "give_back")
    cost = words.amounts(found)
    says = {
        "consent": (_("Confirm how it will be attended"), _("It would cost %(cost)s")),
        "order": (_("Review and accept the order"), _("It would cost %(cost)s")),
        "quote": (_("Review and decide the quote"), _("It would cost %(cost)s")),
        "delivery": (_("Review and accept the delivery"), ""),
        "closing": (_("Review and accept the closing"), _("Accepting charges %(cost)s")),
        "need": (_("Choose when it is attended"), ""),
    }[what]
    shown, page = {
        "quote": (quote_number(case_id), "quotations:quote"), "delivery": (order_number(case_id), "quotations:order"),
    }.get(what, (f"C-{case_id}", "cases:case"))  # fmt: skip
    return NeedsMe(
        case_id, what, shown, title, reverse(page, args=[case_id]), says[0], says[1] % {"cost": cost} if says[1] else "",
        found, since or created_at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What of the list is asked for; nothing means all that is open."""

    state: str = ""
    kind: str = ""
    customer_id: int | None = None
    assignee: int | None = None
    closed: bool = False

    @classmethod
    def parse(cls, given: Mapping[str, Any], actor: Actor) -> CaseFilter:
        """Read the parameters of a page by an allow-list. Raises Invalid. SEC-30."""
        state, kind, customer = given.get("state", ""), given.get("kind", ""), given.get("customer", "")
        if (state and state not in list(State)) or (kind and kind not in [*Kind, "none"]):
            raise Invalid(field="state")
        if customer and not (customer.isdecimal() and len(customer) < 18):
            raise Invalid(field="customer")
        return cls(
            state=state, kind=kind, customer_id=int(customer) if customer else None,
            assignee=actor.user_id if given.get("assignee") == "me" else None, closed=given.get("view") == "closed",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list."""

    id: int
    kind: str
    state: str
    title: str
    customer_id: int
    customer: str
    assignee: str
    told: dict[str, int]
    created_at: datetime
    last_at: datetime
    due_at: datetime | None
    due_from: datetime | None
    clock_since: datetime | None
    closed_at: datetime | None
    closed_how: str
    order_waits: bool
    refused: bool

    @property
    def number(self) -> str:
        return f"C-{self.id}"

    @property
    def kind_words(self) -> str:
        return str(words.KINDS[self.kind]) if self.kind else ""


_LIST = """
SELECT c.id, c.kind, c.state, t.title, c.customer_id, k.name, coalesce(nullif(u.name, ''), u.email, ''), c.told, c.created_at,
    {last}, t.due_at, t.due_from, c.clock_since, c.closed_at, c.closed_how,
    EXISTS (SELECT 1 FROM cases_order o WHERE o.case_id = c.id AND o.state = 'proposed'),
    EXISTS (SELECT 1 FROM cases_closing l WHERE l.case_id = c.id AND l.answer = '' AND l.refused_at IS NOT NULL)
FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id JOIN people_customer k ON k.id = c.customer_id
LEFT JOIN people_user u ON u.id = t.assignee_id
WHERE {where} ORDER BY c.id DESC LIMIT %(limit)s
"""


def cases_list(actor: Actor, asked: CaseFilter, *, after: str = "", size: int = PAGE) -> Page[CaseRow]:
    """Return a page of cases, newest first. One statement. ACC-11, CAS-7."""
    scope, given = _scope(actor)
    where = [scope]
    if asked.state:
        where.append("c.state = %(state)s")
    elif asked.closed:
        where.append("c.state IN ('closed', 'withdrawn')")
    else:
        where.append("c.state NOT IN ('closed', 'withdrawn')")
    if asked.kind:
        where.append("c.kind = %(kind)s")
    if asked.customer_id is not None and not actor.is_contact:
        where.append("c.customer_id = %(of)s")
    if asked.assignee is not None:
        where.append("t.assignee_id = %(assignee)s")
    if marked := unmark(after, 1):
        where.append("c.id < %(before)s")
        given["before"] = int(marked[0])
    given |= {
        "state": asked.state, "kind": "" if asked.kind == "none" else asked.kind, "of": asked.customer_id,
        "assignee": asked.assignee, "limit": size + 1,
    }  # fmt: skip
    last = "t.last_public_at" if actor.is_contact else "t.last_at"
    with connection.cursor() as cursor:
        cursor.execute(_LIST.format(where=" AND ".join(where), last=last), given)
        rows = [_row(row) for row in cursor.fetchall()]
    return page_of(rows, size, lambda row: (row.id,))


def _row(row: tuple[Any, ...]) -> CaseRow:
    found = list(row)
    found[7] = _json(found[7]) or {}
    return CaseRow(*found)


def _json(found: Any) -> Any:
    return json.loads(found) if isinstance(found, str) else found


def _sum(several: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in several:
        for unit, count in one.items():
            found[unit] = found.get(unit, 0) + count
    return found
