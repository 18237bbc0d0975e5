"""The verbs of tickets. TKT."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from amparo.contracts import access as standing
from amparo.deadlines import commands as deadlines
from amparo.defects import commands as defects
from amparo.defects.models import Defect
from amparo.forum import access as forum_access
from amparo.forum import commands as forum
from amparo.forum.models import Topic
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.people.models import Contact
from amparo.threads import commands as threads
from amparo.threads.models import Entry, Thread
from amparo.threads.rules import clean_line

from . import access
from .errors import NobodyCalling, NotClosed, NotOurProduct, SomebodyWrote, TitleMissing, WentOnAlready
from .machine import LIFE, QUEUES, Move, State
from .models import Ticket

PRIORITY_MEDIUM = 2  # TIM-4

# The licence is looked for in the same statement, among those of the customer: a foreign key of another tenant
# inserts nothing. SEC-8.
_INSERT = """
INSERT INTO tickets_ticket (id, thread_id, customer_id, product_id, licence_id, release_id, state, is_fault, opened_at)
SELECT %(id)s, %(thread)s, l.customer_id, l.product_id, l.id, l.installed_id, 'open', %(is_fault)s, %(at)s
FROM products_licence l
WHERE l.customer_id = %(customer)s AND l.product_id = %(product)s AND l.withdrawn_at IS NULL
  AND (%(licence)s::bigint IS NULL OR l.id = %(licence)s)
ORDER BY l.installed_id DESC NULLS LAST, l.id LIMIT 1
RETURNING licence_id, release_id
"""


@transaction.atomic
def open_ticket(
    title: str,
    body: str,
    product_id: int,
    *,
    licence_id: int | None = None,
    is_fault: bool = False,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    via: str = "portal",
    contact_id: int | None = None,
    customer_id: int | None = None,
    caller_name: str = "",
    actor: Actor,
    at: datetime,
) -> Ticket:
    """Open a ticket about a product of the customer, and start its answer clock. TKT-1, TKT-4, TIM-4, ACC-5.

    A contact opens for itself. Staff open for the contact whom they name (`contact_id`, a people.Contact), or for
    `customer_id` with the `caller_name` of somebody who has no access. The same key returns the first ticket.
    Fact: `ticket.opened`. Raises NotPermitted, NoStanding (with the remedy), TitleMissing, NotOurProduct,
    NobodyCalling, NothingSaid, KeyReused, and refusals of files.
    """
    customer, author = _for_whom(actor, contact_id, customer_id, caller_name)
    if not clean_line(title, 200):
        raise TitleMissing(field="title")
    standing.require(actor, "ticket", at=at, product_id=product_id, customer_id=customer)
    opened = threads.open_thread(
        "ticket", customer_id=customer, title=title, body=body, state=State.OPEN.value, queue=QUEUES[State.OPEN],
        priority=PRIORITY_MEDIUM, promise_kind="answer.ticket", author=author, files=files, draft_key=draft_key,
        key=key, actor=actor, at=at, via=via,
    )  # fmt: skip
    if not opened.is_new:
        return Ticket.objects.select_related("thread").get(thread=opened.thread)
    ticket = _inserted(opened.thread, product_id, licence_id, is_fault, at)
    record(
        "ticket.opened", subject=ticket, actor=actor, at=at, title=opened.thread.title, product=product_id,
        is_fault=is_fault, via=via, due_at=opened.thread.due_at,
    )  # fmt: skip
    return ticket


@transaction.atomic
def open_from_topic(
    topic: Topic,
    title: str,
    body: str,
    product_id: int,
    *,
    licence_id: int | None = None,
    then: str = "close",
    contact_id: int | None = None,
    customer_id: int | None = None,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> Ticket:
    """Go on with a topic of the forum as a private ticket of who began it, which leads back there. TKT-1, ACC-5, FOR-1.

    Who began it, and still sees it, does so for itself; staff in its name (`contact_id`, one of that person's). `then` says what
    becomes of the topic: "close", "leave" or, by staff, "hide". The same key returns the first ticket; a topic has one. Facts:
    `ticket.opened`, `topic.went_private`. Raises NotPermitted, NobodyCalling, WentOnAlready and what opening a ticket raises.
    """
    topic = Topic.objects.select_for_update(of=("self",)).select_related("theme").get(pk=topic.pk)  # two who press at once open one
    if not forum_access.may_see_id(actor, topic.pk, at=at) or not (actor.is_staff or actor.owns(topic.author_id)):
        raise NotPermitted(topic=topic.pk)
    if actor.is_staff and not Contact.objects.filter(pk=contact_id or 0, user_id=topic.author_id, removed_at__isnull=True).exists():
        raise NobodyCalling(field="contact")
    ticket = open_ticket(
        title, f"{settings.PUBLIC_URL}{topic.url}\n\n{body}", product_id, licence_id=licence_id, files=files, draft_key=draft_key, key=key, via="desk" if actor.is_staff else "portal",
        contact_id=contact_id, customer_id=customer_id, actor=actor, at=at,
    )  # fmt: skip
    if topic.ticket_ref not in ("", ticket.subject):
        raise WentOnAlready(topic=topic.pk)
    if not topic.ticket_ref:
        forum.went_private(topic, ticket.subject, then=then, actor=actor, at=at)
    return ticket


def _for_whom(
    actor: Actor, contact_id: int | None, customer_id: int | None, caller_name: str
) -> tuple[int, threads.Author | None]:
    """Return whose ticket it is and whose words: the contact itself, or whom staff name. SEC-8."""
    if actor.is_contact and actor.customer_id is not None:
        return actor.customer_id, None
    if not access.may_open_for_callers(actor):
        raise NotPermitted()
    if contact_id is not None:
        contact = Contact.objects.filter(pk=contact_id, removed_at__isnull=True).select_related("user").first()
        if contact is None or customer_id not in (None, contact.customer_id):
            raise NobodyCalling(field="contact")
        name = contact.user.get_full_name()[:120]
        return contact.customer_id, threads.Author(contact.user_id, "customer", name, typed_by=actor.user_id)
    if customer_id is None:
        raise NobodyCalling(field="contact")
    name = clean_line(caller_name, 120)
    if not name:
        raise NobodyCalling(field="caller_name")
    return customer_id, threads.Author(None, "customer", name, typed_by=actor.user_id)


def _inserted(thread: Thread, product_id: int, licence_id: int | None, is_fault: bool, at: datetime) -> Ticket:
    given = {"id": thread.number, "thread": thread.pk, "customer": thread.customer_id, "product": product_id,
             "licence": licence_id, "is_fault": is_fault, "at": at}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, given)
        row = cursor.fetchone()
    if row is None:
        raise NotOurProduct(field="product")
    ticket = Ticket(
        id=thread.number, thread=thread, customer_id=thread.customer_id, product_id=product_id, licence_id=row[0],
        release_id=row[1], is_fault=is_fault, opened_at=at,
    )  # fmt: skip
    ticket._state.adding, ticket._state.db = False, "default"
    return ticket


@transaction.atomic
def write(
    ticket: Ticket,
    body: str,
    *,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    seen: int | None = None,
    via: str = "portal",
    contact_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Entry:
    """Say something that the other side reads; in a closed ticket it reopens it. TKT-1, TKT-2, TIM-9.

    A customer's message makes it ours to answer, one of staff the customer's turn. `seen` is the count of public
    entries that the page showed: staff who answer past something new are told first. Staff write what a caller says
    with `contact_id`. Raises NotPermitted, SomebodyWrote, NothingSaid, KeyReused, and refusals of files.
    """
    ticket = _locked(ticket)
    if not access.may_write(actor, ticket):
        raise NotPermitted(ticket=ticket.pk)
    author = None
    if contact_id is not None and actor.is_staff:
        _customer, author = _for_whom(actor, contact_id, ticket.customer_id, "")
    by_staff = actor.is_staff and author is None
    if by_staff and seen is not None and seen != ticket.thread.public_count and not _was_sent(ticket, key, actor):
        raise SomebodyWrote(ticket=ticket.pk)
    if key and _was_sent(ticket, key, actor):
        return threads.say(ticket.thread, body, key=key, actor=actor, at=at)
    before = State(ticket.state)
    _move(ticket, Move.ANSWER if by_staff else Move.ASK, actor=actor, at=at)
    entry = threads.say(
        ticket.thread, body, files=files, draft_key=draft_key, key=key, author=author, state=ticket.state,
        queue=QUEUES[State(ticket.state)], actor=actor, at=at, via="desk" if by_staff else via,
    )  # fmt: skip
    if before is State.CLOSED:
        record("ticket.reopened", subject=ticket, actor=actor, at=at, by_message=True)
    return entry


@transaction.atomic
def close(
    ticket: Ticket, *, body: str = "", key: str | None = None, seen_state: str | None = None, actor: Actor, at: datetime
) -> Ticket:
    """Close a ticket, by either side, at any time, with a last word or without. TKT-2.

    A last word of staff is an answer and keeps what is owed; without one, the answers still owed end with the reason
    that the ticket was closed, which reports show. The fix guarantee of a marked defect goes on. Fact:
    `ticket.closed`. Raises NotPermitted, Stale, IllegalMove.
    """
    ticket = _locked(ticket)
    if not access.may_write(actor, ticket):
        raise NotPermitted(ticket=ticket.pk)
    if seen_state is not None and seen_state != ticket.state:
        raise Stale(ticket=ticket.pk)
    LIFE.after(ticket.state, Move.CLOSE)
    if body.strip():
        threads.say(ticket.thread, body, key=key, actor=actor, at=at, via="desk" if actor.is_staff else "portal")
    _move(ticket, Move.CLOSE, actor=actor, at=at)
    by = "staff" if actor.is_staff else "customer"
    ended = deadlines.end_open(
        ticket.subject, kind_code="answer.ticket", reason=f"closed_by_{by}", actor=actor, at=at
    )
    threads.place(ticket.thread, state=ticket.state, queue=QUEUES[State.CLOSED], at=at)
    record("ticket.closed", subject=ticket, actor=actor, at=at, by=by, unanswered=len(ended))
    return ticket


@transaction.atomic
def reopen(ticket: Ticket, *, actor: Actor, at: datetime) -> Ticket:
    """Open a closed ticket again without a word. A clock starts only with a message. TKT-2, TIM-9.

    Fact: `ticket.reopened`. Raises NotPermitted, NotClosed.
    """
    ticket = _locked(ticket)
    if not access.may_write(actor, ticket):
        raise NotPermitted(ticket=ticket.pk)
    if not LIFE.may(ticket.state, Move.REOPEN):
        raise NotClosed(ticket=ticket.pk)
    _move(ticket, Move.REOPEN, actor=actor, at=at)
    threads.place(ticket.thread, state=ticket.state, queue=QUEUES[State.OPEN], at=at)
    record("ticket.reopened", subject=ticket, actor=actor, at=at, by_message=False)
    return ticket


@transaction.atomic
def mark_defect(
    ticket: Ticket,
    *,
    title: str = "",
    description: str = "",
    reported_at: datetime | None = None,
    defect_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Ticket:
    """Mark what a ticket reports as a defect of its product's version, new or known. TKT-5, TIM-5.

    For a covered customer the fix guarantee runs from the report: when the ticket was opened, or the later message
    that told of the fault. Raises NotPermitted, AlreadyReported, OtherProduct, ReportMoment.
    """
    ticket = _locked(ticket)
    if not access.may_write(actor, ticket):
        raise NotPermitted(ticket=ticket.pk)
    defect = Defect.objects.filter(pk=defect_id).first() if defect_id is not None else None
    ticket.defect_report = defects.report(
        ticket.thread, product_id=ticket.product_id, release_id=ticket.release_id, title=title,
        description=description, reported_at=reported_at or ticket.opened_at, defect=defect, actor=actor, at=at,
    )  # fmt: skip
    ticket.is_fault = True
    ticket.save(update_fields=["defect_report", "is_fault"])
    return ticket


@transaction.atomic
def follow_defect_answer(number: int, *, actor: Actor, at: datetime) -> Ticket:
    """A defect was answered in the ticket's thread: now it is the customer's turn. TKT-5. Harmless when repeated."""
    ticket = _locked(Ticket.objects.get(pk=number))
    last = Entry.objects.filter(thread_id=ticket.thread_id, is_internal=False).order_by("-seq").first()
    if ticket.state == State.OPEN and last is not None and last.author_kind == "staff":
        _move(ticket, Move.ANSWER, actor=actor, at=at)
        threads.place(ticket.thread, state=ticket.state, queue=QUEUES[State.WAITING], at=at)
    return ticket


# -- inside ----------------------------------------------------------------------------------------------------------


def _locked(ticket: Ticket) -> Ticket:
    """The thread's row is the lock of the ticket as well."""
    thread = threads.locked(ticket.thread_id)
    fresh = Ticket.objects.get(pk=ticket.pk)
    for field in Ticket._meta.concrete_fields:
        setattr(ticket, field.attname, getattr(fresh, field.attname))
    ticket.thread = thread
    return ticket


def _move(ticket: Ticket, move: Move, *, actor: Actor, at: datetime) -> None:
    after = LIFE.after(ticket.state, move)
    changed: dict[str, Any] = {"state": after.value}
    if after is State.CLOSED:
        changed |= {"closed_at": at, "closed_by_id": actor.user_id}
    elif ticket.state == State.CLOSED:
        changed |= {"closed_at": None, "closed_by_id": None}
    elif after == ticket.state:
        return
    for name, given in changed.items():
        setattr(ticket, name, given)
    ticket.save(update_fields=[name.removesuffix("_id") for name in changed])


def _was_sent(ticket: Ticket, key: str | None, actor: Actor) -> bool:
    """A repeated post of what was sent is no new message and moves nothing. CHG-10."""
    return bool(key) and Entry.objects.filter(thread_id=ticket.thread_id, key=f"{actor.ref}:{key}").exists()
