"""Who may not judge a complaint, and what is in dispute. COM-2, COM-4."""

from __future__ import annotations

from django.db import connection

from amparo.charging.models import Charge
from amparo.charging.queries import held
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Deed, Disputed, worked_on
from amparo.people.models import User
from amparo.people.queries import staff_with

# The case itself and the cases whose service it gives again; up to the complaint, for to review is no work on the case.
_DEEDS = """
WITH RECURSIVE matter(id) AS (
    SELECT %(case)s::bigint
    UNION SELECT l.case_id FROM cases_caselink l JOIN matter m ON l.follow_up_id = m.id WHERE l.why = 'complaint'
)
SELECT substr(f.actor_ref, 6)::bigint, f.name, FALSE FROM matter m
    JOIN history_fact f ON f.subject IN ('case:' || m.id, 'case-desk:' || m.id)
    WHERE f.actor_ref LIKE 'user:%%' AND f.at <= %(until)s
UNION
SELECT (f.data ->> 'to')::bigint, f.name, TRUE FROM matter m
    JOIN history_fact f ON f.subject IN ('case:' || m.id, 'case-desk:' || m.id)
    WHERE f.name = 'case.assigned' AND f.data ->> 'to' IS NOT NULL AND f.at <= %(until)s
UNION
SELECT p.user_id, 'case.said', FALSE FROM matter m JOIN cases_case c ON c.id = m.id
    JOIN threads_entry e ON e.thread_id = c.thread_id
    CROSS JOIN LATERAL (VALUES (e.author_id), (e.typed_by_id)) AS p (user_id)
    WHERE p.user_id IS NOT NULL AND e.at <= %(until)s
"""


def barred(complaint: Complaint) -> frozenset[int]:
    """Return who may neither judge a complaint nor be asked about it: who worked on its case, or is a party. COM-2.

    Who gave the opinion may not judge by it either. Two statements.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DEEDS, {"case": complaint.case_id, "until": complaint.raised_at})
        found = worked_on(Deed(*row) for row in cursor.fetchall())
    gave = complaint.opinions.filter(answered_by__isnull=False).values_list("answered_by", flat=True)
    return found | {person for person in gave if person is not None}


def whom_to_ask(complaint: Complaint, *, asker_id: int | None) -> list[User]:
    """Return the directors who may be asked for an opinion. COM-2, TIM-7."""
    out = barred(complaint)
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
