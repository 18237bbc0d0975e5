"""One case as its page shows it, its conversation with its facts, and its whole record. CAS-1, CAS-7, CHG-7."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import translation

from amparo.cases import words
from amparo.cases.machine import ENDED, State
from amparo.cases.models import CLOSED_HOWS
from amparo.cases.rules import Clock
from amparo.charging.models import Charge
from amparo.charging.queries import Explanation, explain, line_label
from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.quotations.models import ServiceRequest
from amparo.quotations.queries import request_of
from amparo.threads import queries as threads
from amparo.threads.models import Thread
from amparo.threads.rules import fill

from .lists import _scope

# One statement brings the case with all that hangs on it; the conversation and the facts are read beside it.
_PAGE = """
SELECT to_jsonb(c), to_jsonb(t) - 'open_key',
    jsonb_build_object('name', k.name, 'nic', k.nic, 'phone', k.phone),
    coalesce(nullif(a.name, ''), a.email, ''), coalesce(nullif(p.name, ''), p.email, ''), coalesce(p.language, 'es-mx'), pr.name, s.number,
    (SELECT jsonb_agg(to_jsonb(h) ORDER BY h.id) FROM charging_charge h
        WHERE h.state <> 'withdrawn' AND h.id IN (SELECT s.id FROM charging_charge s WHERE s.subject = 'case:' || c.id
            UNION SELECT c.charge_id UNION SELECT n.charge_id FROM cases_furtherneed n WHERE n.case_id = c.id)),
    (SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object('by', coalesce(nullif(u.name, ''), u.email)) ORDER BY o.id)
        FROM cases_order o JOIN people_user u ON u.id = o.proposed_by_id WHERE o.case_id = c.id),
    (SELECT jsonb_agg(to_jsonb(l) || jsonb_build_object('by', coalesce(nullif(u.name, ''), u.email)) ORDER BY l.id)
        FROM cases_closing l JOIN people_user u ON u.id = l.proposed_by_id WHERE l.case_id = c.id),
    (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.id) FROM cases_furtherneed n WHERE n.case_id = c.id),
    (SELECT coalesce(sum(extract(epoch FROM r.stopped_at - r.started_at)::int), 0) FROM cases_clockrun r WHERE r.case_id = c.id),
    (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'title', ft.title, 'state', f.state, 'kind', f.kind, 'why', x.why) ORDER BY f.id)
        FROM cases_caselink x JOIN cases_case f ON f.id = x.follow_up_id JOIN threads_thread ft ON ft.id = f.thread_id
        WHERE x.case_id = c.id AND {scope_f}),
    (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'title', ft.title, 'state', f.state, 'kind', f.kind, 'why', x.why) ORDER BY f.id)
        FROM cases_caselink x JOIN cases_case f ON f.id = x.case_id JOIN threads_thread ft ON ft.id = f.thread_id
        WHERE x.follow_up_id = c.id AND {scope_f}),
    (SELECT jsonb_build_object('body', d.body, 'kind', d.kind) FROM threads_draft d
        WHERE d.user_id = %(reader)s AND d.place = 'case:' || c.id),
    (SELECT jsonb_agg(jsonb_build_object('title', m.title, 'body', m.body) ORDER BY m.title) FROM threads_answertemplate m
        WHERE %(staff)s AND m.is_active AND m.language = coalesce(p.language, 'es-mx')),
    (SELECT h.seq FROM history_chain h WHERE h.subject = 'case:' || c.id),
    (SELECT jsonb_build_object('id', d.id, 'state', d.state, 'due_at', w.due_at, 'started_at', w.started_at, 'met_at', w.met_at,
            'ended', w.state = 'ended')
        FROM defects_defectreport r JOIN defects_defect d ON d.id = r.defect_id LEFT JOIN deadlines_promise w ON w.id = r.promise_id
        WHERE r.source = 'case:' || c.id)
FROM cases_case c JOIN threads_thread t ON t.id = c.thread_id JOIN people_customer k ON k.id = c.customer_id
LEFT JOIN people_user a ON a.id = t.assignee_id LEFT JOIN people_user p ON p.id = c.contact_id
LEFT JOIN products_product pr ON pr.id = c.product_id LEFT JOIN contracts_supportcontract s ON s.id = c.contract_id
WHERE c.id = %(id)s AND {scope}
"""


@dataclass(slots=True)
class CasePage:
    """A case with all that its page shows. Times are aware; `told` are units."""

    id: int
    row: dict[str, Any]
    thread: Thread
    customer: dict[str, Any]
    assignee: str
    contact: str
    language: str
    product: str | None
    contract: str | None
    charges: dict[int, Charge]
    orders: list[dict[str, Any]]
    closings: list[dict[str, Any]]
    needs: list[dict[str, Any]]
    seconds: int
    follow_ups: list[dict[str, Any]]
    follows: list[dict[str, Any]]
    draft: dict[str, Any] | None
    staff: bool = False
    templates: list[dict[str, str]] = field(default_factory=list)
    explained: dict[int, Explanation] = field(default_factory=dict)
    facts_told: int = 0
    fault: dict[str, Any] | None = None

    @property
    def number(self) -> str:
        return f"C-{self.id}"

    @property
    def subject(self) -> str:
        return f"case:{self.id}"

    @property
    def story_version(self) -> tuple[int, int, int] | None:
        """What tells one story from another: of which thread, how much was said, how much was done. None once any of it
        was purged: entries and facts are immutable but for that."""
        return None if self.thread.purged_at else (self.thread.pk, self.thread.entry_count, self.facts_told)

    @property
    def state(self) -> str:
        return self.row["state"]

    @property
    def kind(self) -> str:
        return self.row["kind"]

    @property
    def kind_words(self) -> str:
        return str(words.KINDS[self.kind]) if self.kind else ""

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def lessable(self) -> list[int]:
        """The charges that wait for the customer's answer and could be made less. CHG-8."""
        waiting = {self.row["charge_id"], *(one["charge_id"] for one in self.needs_open)}
        return [pk for pk, one in self.charges.items() if pk in waiting and one.state == "proposed" and one.amounts.get("credit", 0) > 1]

    @property
    def order(self) -> dict[str, Any] | None:
        """The order that waits for the customer."""
        return next((one for one in self.orders if one["state"] == "proposed"), None)

    @property
    def order_accepted(self) -> dict[str, Any] | None:
        return next((one for one in self.orders if one["state"] == "accepted"), None)

    @property
    def closing(self) -> dict[str, Any] | None:
        """The closing that waits for an answer."""
        return next((one for one in self.closings if not one["answer"]), None)

    @property
    def closing_done(self) -> dict[str, Any] | None:
        """The closing by which the case closed."""
        found = [one for one in self.closings if one["answer"] in CLOSED_HOWS]
        return found[-1] if found else None

    @property
    def disputed(self) -> frozenset[int]:
        """The charges that an open complaint contests: what the refused closing would charge. COM-1."""
        closing = self.closing if self.state == State.COMPLAINT else None
        return frozenset(one["charge"] for one in closing["effects"] if one["effect"] != "give_back") if closing else frozenset()

    @property
    def is_given_again(self) -> bool:
        """True where the case gives a service again after a complaint. COM-4."""
        return bool(self.row["consent_at"]) and any(one["why"] == "complaint" for one in self.follows)

    @property
    def needs_open(self) -> list[dict[str, Any]]:
        return [one for one in self.needs if not one["choice"]]

    @property
    def clock(self) -> Clock:
        return Clock(self.row["clock_seconds"], self.row["clock_since"], self.row["limit_minutes"])

    @property
    def state_words(self) -> str:
        refused = bool(self.closing and self.closing["refused_at"])
        return words.state_words(self.state, self.kind, staff=self.staff, order_waits=bool(self.order), refused=refused)

    @property
    def tone(self) -> str:
        return words.state_tone(self.state, self.kind, staff=self.staff, order_waits=bool(self.order))

    def answer_templates(self) -> list[dict[str, str]]:
        """Return the prepared answers in the contact's language, their fields filled. TKT-1, SEC-19."""
        given = {"customer": self.customer["name"], "number": self.number, "person": self.contact, "product": self.product or ""}
        return [{"title": one["title"], "body": fill(one["body"], given)} for one in self.templates]

    def price(self, charge_id: int | None, *, at: datetime, fresh: bool = False) -> Explanation | None:
        """Explain a charge of the case; one that lacks units is priced anew, for they may have come in since. CHG-8."""
        charge = self.charges.get(charge_id or 0)
        if charge is None:
            return None
        if charge.pk not in self.explained:
            moment = at if fresh or charge.missing else None
            self.explained[charge.pk] = explain(charge, translation.get_language() or "es", at=moment)
        return self.explained[charge.pk]


def case_page(actor: Actor, case_id: int) -> CasePage | None:
    """Return a case as its page shows it, None for who may not see it. One statement. ACC-11."""
    scope, given = _scope(actor)
    sql = _PAGE.format(scope=scope, scope_f=scope.replace("c.", "f."))
    found = prepared.rows(sql, {"id": case_id, "reader": actor.user_id, "staff": actor.is_staff, **given})
    if not found:
        return None
    (row,) = found
    case, thread, customer, assignee, contact, language, product, contract, *rest = row
    charges, orders, closings, needs, seconds, follow_ups, follows, draft, templates, told, fault = (_load(value) for value in rest)
    case, thread, customer = _load(case), _load(thread), _load(customer)
    page = CasePage(
        id=case["id"], row=_timed(case), thread=_thread(thread), customer=customer, assignee=assignee, contact=contact,
        language=language, product=product, contract=contract, charges={one["id"]: Charge(**_timed(one)) for one in charges or []},
        orders=[_timed(one) for one in orders or []], closings=[_timed(one) for one in closings or []],
        needs=[_timed(one) for one in needs or []], seconds=seconds, follow_ups=follow_ups or [], follows=follows or [],
        draft=draft, staff=actor.is_staff, templates=templates or [], facts_told=told or 0, fault=_timed(fault) if fault else None,
    )  # fmt: skip
    return page


def _load(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row of JSON its moments and days back: columns that end in `_at`, `_since` and `_on`."""
    for name, value in row.items():
        if value is not None and isinstance(value, str):
            if name.endswith(("_at", "_since", "due_from", "decide_by")):
                row[name] = datetime.fromisoformat(value)
            elif name.endswith("_on"):
                row[name] = date.fromisoformat(value)
    return row


def _thread(row: dict[str, Any]) -> Thread:
    thread = Thread(**_timed(row))
    thread._state.adding, thread._state.db = False, "default"
    return thread


@dataclass(frozen=True, slots=True)
class Moment:
    """One piece of the story: an entry said, or a fact in words."""

    at: datetime
    entry: threads.EntryRow | None = None
    fact: words.Sentence | None = None
    actor_name: str = ""
    id: int = 0


_FACTS = """
SELECT id, name, at, data, body::jsonb ->> 'actor_name', seq FROM history_fact WHERE subject = %s AND purged_at IS NULL ORDER BY seq
"""


def story(page: CasePage, actor: Actor) -> list[Moment]:
    """Return what was said and what was done, oldest first: entries and the facts that stand among them. CAS-1.

    Notes and what only staff may know are for staff alone (SEC-10). Two statements, three where files came along.
    """
    said_then = [] if page.thread.purged_at else threads.timeline(page.thread, actor)  # CAS-2
    moments = [Moment(entry.at, entry=entry) for entry in said_then]
    for fact_id, name, at, data, actor_name, _seq in _facts(page.subject):
        said = words.sentence(name, data, staff=actor.is_staff)
        if said is not None and said.inline:
            moments.append(Moment(at, fact=said, actor_name=actor_name, id=fact_id))
    return sorted(moments, key=lambda one: (one.at, one.fact is not None))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record: a fact in words, with who and when."""

    seq: int
    at: datetime
    actor_name: str
    fact: words.Sentence
    name: str


def record_lines(page: CasePage, actor: Actor) -> list[Line]:
    """Return every fact of a case that its reader may know of, in words, oldest first. CAS-1, CAS-7. One statement."""
    found = []
    for _id, name, at, data, actor_name, seq in _facts(page.subject):
        said = words.sentence(name, data, staff=actor.is_staff)
        if said is not None:
            found.append(Line(seq, at, actor_name, said, name))
    return found


def _facts(subject: str) -> list[tuple[Any, ...]]:
    return [(*row[:3], _load(row[3]), *row[4:]) for row in prepared.rows(_FACTS, [subject])]


def closing_lines(page: CasePage, closing: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each service of a closing with what it charges: [{label, cost, gives_back}]. CHG-7."""
    lines: list[dict[str, Any]] = []
    for one in closing["effects"]:
        charge = page.charges.get(one["charge"])
        back = one["effect"] == "give_back"
        shown = charge.lines if charge else []
        for line in shown:
            label = f"{one['words']}: {line_label(line)}" if one["words"] else line_label(line)
            lines.append({"label": label, "cost": [] if back else [(line["unit"], line["amount"])], "gives_back": back})
    return lines


def cost_of(closing: dict[str, Any]) -> list[tuple[str, int]]:
    """Return what accepting a closing charges, as components take it. CHG-7."""
    total: dict[str, int] = {}
    for one in closing["effects"]:
        if one["effect"] != "give_back":
            for unit, count in one["amounts"].items():
                total[unit] = total.get(unit, 0) + count
    return [(unit, total[unit]) for unit in ("event", "incident", "credit") if total.get(unit)]


def specification(page: CasePage) -> ServiceRequest | None:
    """Return the request that specifies a development case; asked only where the case may have one. QUO-4, CAS-6."""
    if "development" not in (page.row["kind"], page.row["asked_kind"]):
        return None
    return request_of(page.thread)
