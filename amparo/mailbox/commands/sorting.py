"""What staff, and authors themselves, do with mail that waits. TKT-1, SEC-13, SEC-20."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import NotPermitted
from amparo.mailbox import access, queries
from amparo.mailbox.errors import (
    AlreadyDealt,
    NoSuchCustomer,
    NoSuchMatter,
    NotWaiting,
    NotYours,
    ReasonMissing,
)
from amparo.mailbox.models import BouncingAddress, Mail
from amparo.mailbox.rules import Letter
from amparo.mailbox.rules.routing import is_doubtful
from amparo.people.models import Contact, Customer, User
from amparo.people.queries import actor_in, companies_of
from amparo.threads import commands as threads
from amparo.threads.models import Entry, Thread
from amparo.threads.rules import clean_line, number_in
from amparo.tickets import commands as tickets

from .shared import Said, letter_of, locked, prepared, settle
from .understanding import open_for, opened, title_of

SORTABLE = ("waiting", "automatic", "answered", "discarded")
# What kept these from their place was ours: the customer wrote in time, so the clock starts when we had it. TIM-9.
OURS = ("which_product", "flood", "fault", "refused", "not_support")


def hand_over(mail: Mail, number: str, *, actor: Actor, at: datetime) -> Mail:
    """Bring a message to the matter that staff name by its number (`T-41`). SEC-13, SEC-20.

    Where the author surely is a contact who may write there, it is said in his name; a stranger's words become an internal
    note, for a customer is shown nobody's words but his own and ours. Fact: `mail.handed`. Raises NotPermitted,
    NotWaiting, NoSuchMatter, and what the matter refuses.
    """
    if not access.may_sort(actor):
        raise NotPermitted(mail=mail.pk)
    asked = number_in(number)
    found = Thread.objects.filter(number=asked[1]) if asked else Thread.objects.none()
    thread = found.filter(kind=asked[0] or "ticket").first() if asked else None
    if thread is None:
        raise NoSuchMatter(field="number")
    letter = letter_of(mail)
    author = _author(mail, letter, thread.subject)
    said = prepared(mail, letter, actor=author or actor, at=at)
    with transaction.atomic():
        mail = _open(mail)
        door = queries.door(thread.kind)
        if author is not None and door is not None:
            when = mail.received_at if mail.reason in OURS else at
            entry = door(author, thread.number, said.body, said.files, said.key, when)
        else:
            entry = threads.note(
                thread, _as_note(mail, said, actor), files=said.files, draft_key=said.key, key=said.key, actor=actor, at=at
            )
        record("mail.handed", subject=mail, actor=actor, at=at, matter=thread.subject, as_note=author is None)
        return settle(
            mail, "handed", reason=mail.reason, matter=thread.subject, entry_id=entry.pk if isinstance(entry, Entry) else None,
            pictures=said.pictures, customer_id=thread.customer_id, decided_by_id=actor.user_id, decided_at=at, at=at,
        )  # fmt: skip


def _believed(mail: Mail, letter: Letter) -> User | None:
    """Return who wrote, None where it is nobody, or not sure: who takes a message up by hand proves no sender. SEC-13."""
    authserv = mail.mailbox.authserv if mail.mailbox else ""
    return None if mail.reason == "unproven" or is_doubtful(letter, authserv) else queries.person_of(mail.from_email)


def _author(mail: Mail, letter: Letter, subject: str) -> Actor | None:
    """Return the contact who wrote, as he stands in the matter's company, None where he is none or may not see it."""
    person = _believed(mail, letter)
    may_see = import_string(settings.SUBJECT_VISIBILITY)
    for company in companies_of(person) if person is not None else []:
        actor = actor_in(person.pk, company["customer"])  # type: ignore[union-attr]
        if actor.is_contact and may_see(actor, subject):
            return actor
    return None


def _as_note(mail: Mail, said: Said, actor: Actor) -> str:
    with translation.override(actor.language):
        head = _("By e-mail from %(sender)s, who is no contact that may write here:") % {"sender": f"{mail.from_name} <{mail.from_email}>"}
    return f"{head}\n\n{said.body}"


def make_ticket(mail: Mail, *, nic: str, product_id: int, actor: Actor, at: datetime) -> Mail:
    """Open a ticket of a message for the customer whom staff name. TKT-1.

    In the name of the author where he surely is a contact of that customer, else of somebody who has no access. Fact:
    `mail.handed`. Raises NotPermitted, NotWaiting, NoSuchCustomer, and what opening a ticket raises.
    """
    if not access.may_sort(actor):
        raise NotPermitted(mail=mail.pk)
    customer = Customer.objects.filter(nic=parse_nic(nic) or "", is_active=True).first()
    if customer is None:
        raise NoSuchCustomer(field="nic")
    letter = letter_of(mail)
    person = _believed(mail, letter)
    contact = Contact.objects.filter(customer=customer, user=person, removed_at__isnull=True).first() if person else None
    said = prepared(mail, letter, actor=actor, at=at)
    with transaction.atomic():
        mail = _open(mail)
        ticket = tickets.open_ticket(
            title_of(mail, said.body), said.body, product_id, files=said.files, draft_key=said.key, key=said.key, via="email",
            contact_id=contact.pk if contact else None, customer_id=customer.pk, caller_name=mail.sender, actor=actor,
            at=mail.received_at if mail.reason in OURS else at,
        )  # fmt: skip
        record("mail.handed", subject=mail, actor=actor, at=at, matter=ticket.subject, as_note=False)
        settle(mail, mail.state, reason=mail.reason, decided_by_id=actor.user_id, decided_at=at, at=at)
        return opened(mail, ticket.thread_id, ticket.subject, said, user_id=person.pk if contact and person else None,
                      customer_id=customer.pk, at=at)  # fmt: skip


def open_chosen(mail: Mail, *, customer_id: int, product_id: int, actor: Actor, at: datetime) -> Mail:
    """Open the ticket for the product that the author himself chose by the link we sent him. TKT-1.

    Raises NotYours, AlreadyDealt, and what opening a ticket raises.
    """
    if not actor.owns(mail.user_id):
        raise NotYours()
    person = queries.person_of(mail.from_email)
    ways = queries.ways_to_open(person, at=at).ways if person is not None and actor.owns(person.pk) else ()
    way = next((one for one in ways if (one.customer_id, one.product_id) == (customer_id, product_id)), None)
    if way is None:
        raise NotYours()
    done = open_for(mail, letter_of(mail), way, states=("waiting",), at=at)
    if done.state != "opened":
        raise AlreadyDealt()
    return done


@transaction.atomic
def discard(mail: Mail, reason: str, *, actor: Actor, at: datetime) -> Mail:
    """Put a message away with a reason; it is kept and can be taken up again. Fact: `mail.discarded`.

    Raises NotPermitted, NotWaiting, ReasonMissing.
    """
    if not access.may_sort(actor):
        raise NotPermitted(mail=mail.pk)
    words = clean_line(reason, 300)
    if not words:
        raise ReasonMissing(field="reason")
    mail = _open(mail)
    record("mail.discarded", subject=mail, actor=actor, at=at, reason=words)
    return settle(mail, "discarded", reason=mail.reason, detail=words, decided_by_id=actor.user_id, decided_at=at, at=at)


@transaction.atomic
def clear_bouncing(address: BouncingAddress, *, actor: Actor, at: datetime) -> BouncingAddress:
    """Say that an address is right again. Fact: `address.cleared`. Raises NotPermitted."""
    if not access.may_sort(actor):
        raise NotPermitted()
    address = BouncingAddress.objects.select_for_update().get(pk=address.pk)
    if address.cleared_at is None:
        address.cleared_at = at
        address.save(update_fields=["cleared_at"])
        record("address.cleared", subject=address, actor=actor, at=at)
        signal("mail")
    return address


def _open(mail: Mail) -> Mail:
    mail = locked(mail.pk)
    if mail.state not in SORTABLE or mail.purged_at is not None:
        raise NotWaiting(mail=mail.pk)
    return mail
