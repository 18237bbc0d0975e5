"""Understanding: what a message says is brought to its matter, opens a ticket, is set aside, or waits for staff. TKT-1.

Each message is claimed, read outside any transaction, and dealt with in one: stopped at any point, it is begun again and
its words are said once. SEC-13 to SEC-17.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.module_loading import import_string

from amparo.files.errors import ScannerAway
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Refusal
from amparo.kernel.reply import Thing
from amparo.mailbox import queries
from amparo.mailbox.models import Mail, Mailbox
from amparo.mailbox.rules import Letter
from amparo.mailbox.rules.routing import Course, Ours, course, recipients, things
from amparo.people.models import User
from amparo.people.queries import actor_by_id, actor_in, companies_of
from amparo.policies.queries import value
from amparo.threads.models import Entry
from amparo.tickets import commands as tickets

from . import letters
from .bouncing import note_bounce
from .shared import Said, let_wait, letter_of, locked, prepared, settle

log = structlog.get_logger(__name__)
CLAIM_MINUTES = 3
ATTEMPTS_MAX = 5


def understand_due(*, at: datetime, limit: int = 50) -> int:
    """Deal with messages that came in, oldest first; return how many were looked at. Any number of workers may."""
    with transaction.atomic():
        claimed = list(
            Mail.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="taken", next_at__lte=at)
            .order_by("next_at", "id").values_list("pk", flat=True)[:limit]
        )  # fmt: skip
        Mail.objects.filter(pk__in=claimed).update(next_at=at + timedelta(minutes=CLAIM_MINUTES))
    for pk in claimed:
        understand(pk, at=at)
    return len(claimed)


def understand(mail_id: int, *, at: datetime) -> Mail:
    """Deal with one message. What goes wrong is tried again, and waits for staff in the end: nothing is lost. SEC-17."""
    mail = Mail.objects.select_related("mailbox").get(pk=mail_id)
    if mail.state != "taken":
        return mail
    try:
        return _dealt_with(mail, at)
    except (DatabaseError, ScannerAway):
        Mail.objects.filter(pk=mail.pk, state="taken").update(next_at=at + timedelta(minutes=1))
        return mail
    except Exception as error:  # the edge of the job: kept, logged, tried again
        log.error("mail not understood", mail=mail.pk, attempts=mail.attempts + 1, error=type(error).__name__, exc_info=True)
        if mail.attempts + 1 >= ATTEMPTS_MAX:
            return let_wait(mail, "fault", detail=type(error).__name__, at=at)
        later = at + timedelta(seconds=20 * 4**mail.attempts)
        Mail.objects.filter(pk=mail.pk).update(attempts=mail.attempts + 1, next_at=later)
        return mail


def _dealt_with(mail: Mail, at: datetime) -> Mail:
    letter = letter_of(mail)
    mail.title, mail.from_name = letter.subject[:500], letter.sender[0].name[:300] if letter.sender else ""
    mail.from_email = letter.sender[0].normal[:320] if letter.sender else ""
    Mail.objects.filter(pk=mail.pk).update(title=mail.title, from_name=mail.from_name, from_email=mail.from_email)
    if not mail.is_whole:
        return let_wait(mail, "too_large", at=at)
    found = things(letter, mail.envelope_to, secret=queries.secret())
    box = _mailbox_of(mail, letter)
    if box is not None and mail.mailbox is None:
        Mail.objects.filter(pk=mail.pk).update(mailbox=box)
    ours = Ours(queries.own_host(), queries.own_addresses(at=at), box.authserv if box else "", queries.secret())
    way = course(letter, mail.envelope_from, found, ours)
    acts: dict[Course, Callable[[], Mail]] = {
        Course.BOUNCE: lambda: note_bounce(mail, letter, at=at),
        Course.OWN: lambda: _set_aside(mail, "own", found, at),
        Course.MACHINE: lambda: _set_aside(mail, "machine", found, at),
        Course.SEVERAL_AUTHORS: lambda: let_wait(mail, "several_authors", at=at),
        Course.UNPROVEN: lambda: let_wait(mail, "unproven", matter=found[0].subject if found else "", at=at),
        Course.REPLY: lambda: _reply(mail, letter, found, at),
        Course.NEW: lambda: _new(mail, letter, box, at),
    }
    return acts[way]()


def _mailbox_of(mail: Mail, letter: Letter) -> Mailbox | None:
    """Return the mailbox that a message came to: where it was fetched from, else the one whose address it bears."""
    if mail.mailbox is not None:
        return mail.mailbox
    wanted = {queries.base_address(address) for address in recipients(letter, mail.envelope_to)}
    boxes = [box for box in Mailbox.objects.filter(is_active=True) if box.address.lower() in wanted]
    return min(boxes, key=lambda box: (box.purpose != "support", box.pk), default=None)


@transaction.atomic
def _set_aside(mail: Mail, reason: str, found: list[Thing], at: datetime) -> Mail:
    """Keep what a machine wrote: no message, no promise, no answer; a fact for staff on the matter's desk chain. SEC-15, TIM-9."""
    mail = locked(mail.pk)
    if mail.state != "taken":
        return mail
    if found and reason == "machine":
        thing = found[0]
        record("mail.auto_replied", subject=f"{thing.kind}-desk:{thing.number}", actor=SYSTEM, at=at, mail=mail.pk)
    return settle(mail, "automatic", reason=reason, matter=found[0].subject if found else "", at=at)


# -- answers -------------------------------------------------------------------------------------------------------------


def _reply(mail: Mail, letter: Letter, found: list[Thing], at: datetime) -> Mail:
    """Say an answer in its matter, where its author may write there; else let it wait. SEC-13."""
    thing = next((one for one in found if queries.door(one.kind)), None)
    if thing is None:
        return let_wait(mail, "matter_gone", matter=found[0].subject, at=at)
    person = queries.person_of(mail.from_email)
    if person is None:
        return let_wait(mail, "unknown_sender", matter=thing.subject, at=at)
    actor = writer(person, thing, at=at)
    if actor is None:
        reason = "staff_by_mail" if actor_by_id(person.pk).is_staff else "unknown_sender"
        return let_wait(mail, reason, matter=thing.subject, user=person, at=at)
    if _is_flood(mail, thing.subject, at):
        return let_wait(mail, "flood", matter=thing.subject, user=person, customer_id=actor.customer_id, at=at)
    said = prepared(mail, letter, actor=actor, at=at)
    try:
        return _say(mail, thing, said, actor=actor, at=at)
    except Refusal as refusal:
        return let_wait(mail, "refused", detail=str(refusal), matter=thing.subject, user=person, customer_id=actor.customer_id, at=at)


def writer(person: User, thing: Thing, *, at: datetime) -> Actor | None:
    """Return as whom a person who wrote from his own proved address answers in a matter, None where he may not.

    A contact who sees the matter may, for whichever colleague the letter was. A member of the staff only where the
    administrator allows it, and only in answer to his own letter: an e-mail has no second factor. SEC-1, SEC-13.
    """
    own = actor_by_id(person.pk)
    if own.is_staff:
        allowed = value("notifications.staff_answer_by_mail", at=at) and thing.user_id == person.pk
        return own if allowed else None
    may_see = import_string(settings.SUBJECT_VISIBILITY)
    for company in companies_of(person):
        actor = actor_in(person.pk, company["customer"])
        if may_see(actor, thing.subject):
            return actor
    return None


def _is_flood(mail: Mail, matter: str, at: datetime) -> bool:
    """True where a sender, or a matter, has had its hour. SEC-15, SEC-16."""
    if queries.within_the_hour(from_email=mail.from_email, at=at) >= value("mailbox.sender_hourly_max", at=at):
        return True
    return bool(matter) and queries.within_the_hour(matter=matter, at=at) >= value("mailbox.matter_hourly_max", at=at)


@transaction.atomic
def _say(mail: Mail, thing: Thing, said: Said, *, actor: Actor, at: datetime) -> Mail:
    """Say it and mark the message, both or neither. The clock starts when our mail server had it. TIM-9."""
    mail = locked(mail.pk)
    if mail.state != "taken":
        return mail
    door = queries.door(thing.kind)
    assert door is not None
    entry = door(actor, thing.number, said.body, said.files, said.key, mail.received_at)
    return settle(
        mail, "said", matter=thing.subject, user_id=actor.user_id, customer_id=actor.customer_id, pictures=said.pictures,
        entry_id=entry.pk if isinstance(entry, Entry) else None, at=at,
    )  # fmt: skip


# -- new questions -----------------------------------------------------------------------------------------------------


def _new(mail: Mail, letter: Letter, box: Mailbox | None, at: datetime) -> Mail:
    """Open a ticket for who may; tell who may not the way, once a day. TKT-1, ACC-5, ACC-9."""
    if box is not None and box.purpose != "support":
        return let_wait(mail, "not_support", at=at)
    person = queries.person_of(mail.from_email)
    if person is None:
        return letters.answer(mail, letter, "stranger", at=at)
    if actor_by_id(person.pk).is_staff:
        return let_wait(mail, "from_staff", user=person, at=at)
    ways = queries.ways_to_open(person, at=mail.received_at)
    if not ways.ways:
        return letters.answer(mail, letter, "no_standing", person=person, ways=ways, at=at)
    if _is_flood(mail, "", at):
        return let_wait(mail, "flood", user=person, at=at)
    if ways.only is None:
        return letters.ask_which(mail, letter, person, at=at)
    try:
        return open_for(mail, letter, ways.only, at=at)
    except Refusal as refusal:
        return let_wait(mail, "refused", detail=str(refusal), user=person, customer_id=ways.only.customer_id, at=at)


def open_for(mail: Mail, letter: Letter, way: queries.Way, *, states: tuple[str, ...] = ("taken",), at: datetime) -> Mail:
    """Open a ticket of a message in its author's name. The clock starts when our mail server had it. TKT-1, TIM-9.

    A message in none of the `states` any more is left as it is. Raises what opening a ticket raises.
    """
    said = prepared(mail, letter, actor=way.actor, at=at)
    with transaction.atomic():
        mail = locked(mail.pk)
        if mail.state not in states:
            return mail
        ticket = tickets.open_ticket(
            title_of(mail, said.body), said.body, way.product_id, files=said.files, draft_key=said.key, key=said.key,
            via="email", actor=way.actor, at=mail.received_at,
        )  # fmt: skip
        return opened(mail, ticket.thread_id, ticket.subject, said, user_id=way.actor.user_id, customer_id=way.customer_id, at=at)


def opened(mail: Mail, thread_id: int, subject: str, said: Said, *, user_id: int | None, customer_id: int, at: datetime) -> Mail:
    """Mark a message that opened a ticket."""
    first = Entry.objects.filter(thread_id=thread_id, seq=1).values_list("pk", flat=True).first()
    return settle(mail, "opened", reason=mail.reason, matter=subject, entry_id=first, user_id=user_id, customer_id=customer_id, pictures=said.pictures, at=at)


def title_of(mail: Mail, body: str) -> str:
    """Return a ticket's title: the subject without the marks of mail programs, else the first words."""
    title = mail.title.strip()
    for _turn in range(6):
        head, sep, rest = title.partition(":")
        if not sep or head.strip().lower() not in ("re", "rv", "fw", "fwd", "aw", "wg", "tr", "sv", "res", "enc"):
            break
        title = rest.strip()
    return (title or body.strip().split("\n", 1)[0] or "E-mail")[:200]
