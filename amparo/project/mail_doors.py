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
from amparo.complaints import access as complaints_access
from amparo.complaints import commands as complaints
from amparo.complaints.models import Statement
from amparo.forum import access as forum_access
from amparo.forum import commands as forum
from amparo.forum.models import Post
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.quotations import access as quotations_access
from amparo.threads.models import Entry
from amparo.tickets import access as tickets_access
from amparo.tickets import commands as tickets

DOORS: dict[str, str] = {
    "ticket": "amparo.project.mail_doors.ticket",
    "case": "amparo.project.mail_doors.case",
    "complaint": "amparo.project.mail_doors.complaint",
    "quote": "amparo.project.mail_doors.quote",
    "order": "amparo.project.mail_doors.order",
    "topic": "amparo.project.mail_doors.topic",
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


def complaint(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Statement:
    """Words or evidence in a complaint that is open. COM-1, COM-7."""
    found = complaints_access.visible_to(actor).filter(pk=number).first()
    if found is None:
        raise NotPermitted(complaint=number)
    return complaints.say(found, body, files=files, draft_key=key, key=key, via="email", actor=actor, at=at)


def quote(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Entry:
    """A question about a quote is asked in its case; it accepts, rejects and changes nothing. QUO-3."""
    found = quotations_access.visible_to(actor).select_related("thread").filter(pk=number).first()
    if found is None:
        raise NotPermitted(quote=number)
    return case(actor, found.thread.number, body, files, key, at)


def order(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Entry:
    """The same of an order: its delivery is accepted or refused in the portal. QUO-5."""
    found = quotations_access.orders_visible_to(actor).select_related("thread").filter(pk=number).first()
    if found is None:
        raise NotPermitted(order=number)
    return case(actor, found.thread.number, body, files, key, at)


def topic(actor: Actor, number: int, body: str, files: Sequence[str], key: str, at: datetime) -> Post:
    """A reply in the forum, which everybody reads; a new member's waits for review. FOR-1."""
    found = forum_access.visible_to(actor, at=at).filter(pk=number).first()
    if found is None:
        raise NotPermitted(topic=number)
    return forum.say_by_mail(found, body, files=files, key=key, actor=actor, at=at)
