"""By which door a matter takes an answer that came by mail: kind of subject -> dotted name of a function.

`door(actor, number, body, files, key, at)` says `body` in the thing `number` for `actor`, whose right the command asks as for
the portal, and returns the entry it made. `files` are public ids of the actor's drafts, stored under the draft key `key`; the same
`key` says the same thing once. What it refuses, as a Refusal, waits for staff with the refusal's sentence.

A kind that stands here also has answering addresses in its letters (`notifications`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amparo.cases import access as cases_access
from amparo.cases import commands as cases
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.threads.models import Entry
from amparo.tickets import access as tickets_access
from amparo.tickets import commands as tickets

DOORS: dict[str, str] = {
    "ticket": "amparo.project.mail_doors.ticket",
    "case": "amparo.project.mail_doors.case",
}


def ticket(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Entry:
    """A message in a ticket; it opens a closed one again. TKT-1, TKT-2."""
    found = tickets_access.visible_to(actor).filter(pk=number).first()
    if found is None:
        raise NotPermitted(ticket=number)
    return tickets.write(found, body, files=files, draft_key=key, key=key, via="email", actor=actor, at=at)


def case(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Entry:
    """A message in a case; where a closing is proposed it is an answer, so that the case goes on. It accepts nothing. CAS-4."""
    found = cases_access.visible_to(actor).filter(pk=number).first()
    if found is None:
        raise NotPermitted(case=number)
    return cases.write(found, body, files=files, draft_key=key, key=key, via="email", actor=actor, at=at)
