"""Who may not judge a complaint, and what is in dispute. COM-2, COM-4."""

from __future__ import annotations

from django.db import connection

from amparo.charging.models import Charge
from amparo.charging.queries import held
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Deed, Disputed, worked_on
from amparo.people.models import User
from amparo.people.queries import staff_with

# What stands on the chains of a case, of its quotes and orders, in its conversation and in its calls: of the case itself and the cases whose service it gives again, each up to its own complaint: to review one, to rule and to
# carry out a ruling is no work on the case.
_DEEDS = """
WITH RECURSIVE matter(id) AS (
    SELECT %(case)s::bigint
    UNION SELECT l.case_id FROM cases_caselink l JOIN matter m ON l.follow_up_id = m.id WHERE l.why = 'complaint'
), span AS (
    SELECT m.id, c.thread_id, q.raised_at,
        coalesce((SELECT max(f.seq) FROM history_fact f WHERE f.subject = 'case:' || m.id AND f.name = 'case.closing_refused'),
                 2147483647) AS until
    FROM matter m JOIN cases_case c ON c.id = m.id
    CROSS JOIN LATERAL (SELECT max(q.raised_at) AS raised_at FROM complaints_complaint q WHERE q.case_id = m.id) q
), deed AS (
    SELECT f.actor_ref, f.name, f.data FROM span s JOIN history_fact f ON f.subject = 'case:' || s.id AND f.seq < s.until
    UNION ALL
    SELECT f.actor_ref, f.name, f.data FROM span s JOIN history_fact f ON f.subject = 'case-desk:' || s.id AND f.at < s.raised_at
    UNION ALL
    SELECT f.actor_ref, f.name, f.data FROM span s JOIN quotations_quote q ON q.thread_id = s.thread_id
        JOIN history_fact f ON f.subject = 'quote:' || q.id AND f.at < s.raised_at
    UNION ALL
    SELECT f.actor_ref, f.name, f.data FROM span s JOIN quotations_serviceorder o ON o.thread_id = s.thread_id
        JOIN history_fact f ON f.subject = 'order:' || o.id AND f.at < s.raised_at
)
SELECT substr(d.actor_ref, 6)::bigint, CASE WHEN d.data ? 'again_of' THEN 'case.given_again' ELSE d.name END, FALSE
    FROM deed d WHERE d.actor_ref LIKE 'user:%%'
UNION
SELECT (d.data ->> 'to')::bigint, d.name, TRUE FROM deed d WHERE d.name IN ('case.assigned', 'order.assigned') AND d.data ->> 'to' IS NOT NULL
UNION
SELECT p.user_id, 'case.said', FALSE FROM span s JOIN threads_entry e ON e.thread_id = s.thread_id AND e.at < s.raised_at
    CROSS JOIN LATERAL (VALUES (e.author_id), (e.typed_by_id)) AS p (user_id) WHERE p.user_id IS NOT NULL
UNION
SELECT c.taken_by_id, 'call.taken', FALSE FROM span s JOIN live_call c ON c.linked = 'case:' || s.id AND c.started_at < s.raised_at
"""


def involved(complaint: Complaint) -> frozenset[int]:
    """Return who worked on a complaint's case, or is a party: nobody of them judges or is asked. COM-2. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DEEDS, {"case": complaint.case_id})
        return worked_on(Deed(*row) for row in cursor.fetchall())


def barred(complaint: Complaint) -> frozenset[int]:
    """Return who may not judge a complaint: who is involved, and who gave the opinion on it. COM-2. Two statements."""
    gave = complaint.opinions.filter(answered_by__isnull=False).values_list("answered_by", flat=True)
    return involved(complaint) | {person for person in gave if person is not None}


def whom_to_ask(complaint: Complaint, *, asker_id: int | None) -> list[User]:
    """Return the directors who may be asked for an opinion. COM-2, TIM-7."""
    out = involved(complaint)
    return [user for user in staff_with("rnd_director") if user.pk not in out and user.pk != asker_id]


def nobody_may_judge(complaint: Complaint) -> bool:
    """True where everybody of quality control worked on the case: somebody else has to be given the role. COM-2."""
    out = barred(complaint)
    return all(user.pk in out for user in staff_with("quality"))


def disputed(complaint: Complaint) -> list[Disputed]:
    """Return the charges of the refused closing as they stand now. COM-1, COM-4."""
    charges = Charge.objects.in_bulk([one["charge"] for one in complaint.dispute])
    return [
        Disputed(
            one["charge"], charges[one["charge"]].state, one["effect"], one["what"], one["words"],
            held(charges[one["charge"]]),
        )
        for one in complaint.dispute
    ]  # fmt: skip
