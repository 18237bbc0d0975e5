"""What a chat becomes: a ticket, a case, a question of the forum, each with its transcript and its way back. CHT-2, CHT-3."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.chat import access, queries, rules
from amparo.chat.errors import BecameAlready, Ended, NoCase, ProductMissing
from amparo.chat.machine import EndedHow, Event, State
from amparo.chat.models import Chat
from amparo.files import commands as files
from amparo.forum import commands as forum
from amparo.forum.models import Theme, Topic
from amparo.history.commands import signal
from amparo.kernel.actor import Actor
from amparo.people.models import Contact
from amparo.policies.queries import value
from amparo.products.models import Licence
from amparo.remote import commands as remote
from amparo.threads import commands as threads
from amparo.tickets import commands as tickets
from amparo.tickets.models import Ticket

from .shared import event, finish, locked, permit, tell


def _contact_id(chat: Chat, actor: Actor) -> int | None:
    """Return for whom staff open what the chat becomes: who opened the chat."""
    if actor.is_contact:
        return None
    found = Contact.objects.filter(user=chat.contact_id, customer=chat.customer_id, removed_at__isnull=True)
    return found.values_list("pk", flat=True).first()


def _unpurged(chat: Chat) -> None:
    """Raise Ended for a chat that was emptied: there is nothing left to go on with."""
    if chat.purged_at is not None:
        raise Ended(chat=chat.pk)


def _told(chat: Chat, lead: str, *, since: int = 0) -> str:
    """Return the transcript as the first message of what the chat becomes, with the way back, in the customer's language."""
    way = f"[{chat.shown_number}]({settings.PUBLIC_URL}/chat/{chat.pk}/)"
    return "\n\n".join(part for part in (lead, way, queries.transcript(chat, since=since)) if part)


def _fitting(chat: Chat, text: str, *, key: str, actor: Actor, at: datetime) -> tuple[str, list[str], str]:
    """Return the text as it fits into one message, and the whole as a file where it does not."""
    most = value("threads.body_characters_max", at=at)
    if len(text) <= most:
        return text, [], ""
    draft = f"chat{chat.pk}{key}"[:40]
    whole = files.store(SimpleUploadedFile(f"{chat.shown_number}.txt", text.encode()), draft_key=draft, actor=actor, at=at)
    return text[: most - 200].rsplit("\n", 1)[0] + "\n\n…", [whole.public_id], draft


@transaction.atomic
def become_ticket(chat: Chat, title: str, *, licence_id: int | None = None, key: str, actor: Actor, at: datetime) -> Ticket:
    """Go on with a chat as a ticket, in one act, with its transcript; the chat ends. CHT-2, CHT-3.

    Its own customer may, or staff in the name of who opened it. A chat becomes one ticket. Facts: `ticket.opened`,
    `chat.became`. Raises NotPermitted, BecameAlready, ProductMissing, and what opening a ticket raises.
    """
    chat = locked(chat)
    permit(access.may_say(actor, chat), chat)
    _unpurged(chat)
    if chat.ticket_id is not None:
        raise BecameAlready(chat=chat.pk)
    licence = Licence.objects.filter(customer=chat.customer_id, withdrawn_at__isnull=True).order_by("pk")
    if licence_id is not None:
        licence = licence.filter(pk=licence_id)
    elif chat.product_id is not None:
        licence = licence.filter(product=chat.product_id)
    if (found := licence.first()) is None:
        raise ProductMissing(field="licence")
    with translation.override(chat.language):
        text, attached, draft = _fitting(chat, _told(chat, _("This began as a chat.")), key=key, actor=actor, at=at)
    ticket = tickets.open_ticket(
        title or chat.about, text, found.product_id, licence_id=found.pk, files=attached, draft_key=draft, key=f"chat:{chat.pk}",
        via="chat", contact_id=_contact_id(chat, actor), actor=actor, at=at,
    )  # fmt: skip
    chat.ticket = ticket
    chat.save(update_fields=["ticket"])
    _became(chat, Event.TICKET, ticket.shown_number, ticket.pk, actor=actor, at=at)
    if chat.is_live:
        finish(chat, EndedHow.TICKET, actor=actor, at=at)
    return ticket


def _became(chat: Chat, what: Event, shown: str, number: int, *, actor: Actor, at: datetime) -> None:
    event(chat, what, at=at, number=number, shown=shown)
    tell("became", chat, actor=actor, at=at, what=what.value, number=number)


@transaction.atomic
def become_case(
    chat: Chat, title: str, *, asked_kind: str = "", ends: bool = False, key: str, actor: Actor, at: datetime
) -> Case:
    """Go on with a chat as a case, in one act, with its transcript. CHT-2, CAS-1.

    With staff the conversation goes on (`ends` false): what the case asks is asked in the chat. Where nobody attends, its
    customer leaves it so (`ends`). A chat has one case. Facts: `case.opened`, `chat.became`. Raises NotPermitted,
    BecameAlready, and what opening a case raises.
    """
    chat = locked(chat)
    permit(access.may_say(actor, chat), chat)
    _unpurged(chat)
    if chat.case_id is not None:
        raise BecameAlready(chat=chat.pk)
    with translation.override(chat.language):
        text, attached, draft = _fitting(chat, _told(chat, _("This began as a chat.")), key=key, actor=actor, at=at)
    case = cases.open_case(
        title or chat.about, text, key=f"chat:{chat.pk}", asked_kind=asked_kind, contact_id=_contact_id(chat, actor),
        product_id=chat.product_id, files=attached, draft_key=draft, via="chat", actor=actor, at=at,
    )  # fmt: skip
    chat.case, chat.case_told = case, chat.last_seq
    chat.save(update_fields=["case", "case_told"])
    _became(chat, Event.CASE, case.number, case.pk, actor=actor, at=at)
    if ends and chat.is_live:
        finish(chat, EndedHow.CASE, actor=actor, at=at)
    elif actor.is_staff and chat.state == State.OPEN and chat.assignee_id is not None:
        threads.assign(case.thread, chat.assignee_id, actor=actor, at=at)
    return case


@transaction.atomic
def propose_service(chat: Chat, *, kind: str, explanation: str, title: str = "", key: str, actor: Actor, at: datetime) -> Case:
    """Tell the customer in the chat what the service is and what it costs, before it is attended: its case is opened and
    classified. CHT-3, CHG-1.

    Raises what opening and classifying a case raise.
    """
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    case = chat.case or become_case(chat, title, asked_kind=kind, key=key, actor=actor, at=at)
    return cases.classify(case, kind=kind, explanation=explanation, key=key, actor=actor, at=at)


@transaction.atomic
def become_topic(chat: Chat, theme: Theme, title: str, body: str, *, key: str, actor: Actor, at: datetime) -> Topic:
    """Publish what was asked as a question of the forum, as the engineer edited it, without the customer's private data. CHT-2, FOR-1.

    What is private is taken out once more, whatever was edited. Facts: `topic.opened`, `chat.became`; the chat ends.
    Raises NotPermitted, BecameAlready, and what asking in the forum raises.
    """
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    _unpurged(chat)
    if chat.topic_id is not None:
        raise BecameAlready(chat=chat.pk)
    written = forum.Written(queries.cleaned(chat, body), via="chat")
    topic = forum.ask(theme, queries.cleaned(chat, title), written, key=f"chat:{chat.pk}", actor=actor, at=at)
    chat.topic = topic
    chat.save(update_fields=["topic"])
    _became(chat, Event.TOPIC, topic.title[:120], topic.pk, actor=actor, at=at)
    if chat.is_live and chat.case_id is None:
        finish(chat, EndedHow.TOPIC, actor=actor, at=at)
    return topic


@transaction.atomic
def tell_case(chat: Chat, *, actor: Actor, at: datetime) -> bool:
    """Put into the case what was said in its chat since the case was opened, once the chat has ended. CAS-1. False where nothing was."""
    chat = locked(chat)
    if chat.case_id is None or chat.is_live or chat.case_told >= chat.last_seq:
        return False
    case = Case.objects.select_related("thread").get(pk=chat.case_id)
    if case.thread.purged_at is not None:
        return False
    with translation.override(chat.language):
        text = _told(chat, _("What was said in the chat:"), since=chat.case_told)
    for place, part in enumerate(rules.parts(text, value("threads.body_characters_max", at=at))):
        threads.say(case.thread, part, key=f"chat:{chat.pk}:{chat.last_seq}:{place}", entry_kind="message", via="chat", actor=actor, at=at)
    chat.case_told = chat.last_seq
    chat.save(update_fields=["case_told"])
    return True


def case_of(chat: Chat) -> Case:
    """Return the case of a chat. Raises NoCase."""
    if chat.case_id is None:
        raise NoCase(chat=chat.pk)
    return Case.objects.select_related("thread").get(pk=chat.case_id)


@transaction.atomic
def ask_remote(chat: Chat, *, mode: str, key: str, actor: Actor, at: datetime) -> str:
    """Offer a remote session of the chat's case; the chat shows its code while it is valid, and keeps it nowhere. CHT-1, LIV-2.

    The code is good once and for minutes; consent is given at the other end. Fact: `remote.offered`. Raises NotPermitted,
    NoCase, and what offering raises.
    """
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    code = remote.offer(case_of(chat), mode=mode, key=f"chat:{chat.pk}:{key}"[:60], actor=actor, at=at).shown
    event(chat, Event.REMOTE, at=at)
    signal(chat.subject)
    return code
