"""To whom a chat goes: offered by skill and load, taken, handed on, given back where a line is lost. CHT-1."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from amparo.chat import access, rules
from amparo.chat.errors import Ended, NoteMissing, NotOnDuty, TakenByAnother
from amparo.chat.machine import LIFE, EndedHow, Event, Move, State
from amparo.chat.models import Chat, Duty
from amparo.chat.queries.presence import candidates
from amparo.history.commands import signal
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.queries import names_of
from amparo.policies.queries import value
from amparo.threads.rules import clean_text

from .shared import Line, add, event, finish, locked, permit, tell, told_list


def one_chooses() -> None:
    """Let nobody else offer a chat until the transaction ends: who is free is counted and given in one step. CHT-1.

    Whoever locks a row of `chat_duty` beside, or several chats one after another, asks for this first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('chat:offer', 0))")


def offer(chat: Chat, *, at: datetime) -> int | None:
    """Offer a locked, waiting chat to one engineer, who has some seconds to take it; None where nobody is free. CHT-1.

    Where everybody free has passed it on, it goes round again at the next look. Two that are offered at the same moment never
    give one engineer more than his limit.
    """
    one_chooses()
    limit = value("chat.chats_per_engineer", at=at)
    free = candidates(at)
    chosen = rules.choose(free, product_id=chat.product_id, passed=chat.passed, limit=limit)
    before, chat.offered_to_id = chat.offered_to_id, chosen
    soon = at + timedelta(seconds=value("chat.offer_seconds", at=at))
    # Without anybody offered it is the moment until which those who passed it on are left in peace.
    chat.offered_until = soon if chosen or chat.passed else None
    chat.passed = chat.passed if chosen else []
    chat.save(update_fields=["offered_to", "offered_until", "passed"])
    if chosen is not None:
        Duty.objects.filter(pk=chosen).update(last_given_at=at)
        tell("offered", chat, actor=SYSTEM, at=at, desk=True, to=chosen, until=chat.offered_until)
    told_list(*[f"user:{one}" for one in (before, chosen) if one])
    return chosen


def offer_waiting(*, at: datetime, limit: int = 50) -> int:
    """Look at the chats that wait, the oldest first: offer what nobody is offered, and take back what was not taken in time."""
    done = 0
    while done < limit:
        with transaction.atomic():
            due = Chat.objects.select_for_update(skip_locked=True).filter(state=State.WAITING.value)
            expired = due.filter(offered_to__isnull=False, offered_until__lte=at).order_by("opened_at", "pk").first()
            if expired is None:
                break
            assert expired.offered_to_id is not None
            expired.passed = [*expired.passed, expired.offered_to_id]
            tell("passed", expired, actor=SYSTEM, at=at, desk=True, by=expired.offered_to_id, why="late")
            offer(expired, at=at)
        done += 1
    with transaction.atomic():
        idle = Chat.objects.select_for_update(skip_locked=True).filter(state=State.WAITING.value, offered_to__isnull=True)
        waiting = list(idle.exclude(offered_until__gt=at).order_by("opened_at", "pk")[:limit])
        if waiting and candidates(at):
            done += sum(offer(chat, at=at) is not None for chat in waiting)
    return done


@transaction.atomic
def take(chat: Chat, *, actor: Actor, at: datetime) -> Chat:
    """Take a chat that waits, offered to oneself or to nobody in time; to take one's own again is no second act. CHT-1.

    Facts: `chat.taken`. Raises NotPermitted, Ended, TakenByAnother.
    """
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    if chat.state == State.ENDED:
        raise Ended(chat=chat.pk)
    if chat.state == State.OPEN:
        if chat.assignee_id == actor.user_id:
            return chat
        raise TakenByAnother(chat=chat.pk)
    offered = chat.offered_to_id
    chat.state = LIFE.after(chat.state, Move.TAKE).value
    # Also who is not on duty is seen from now on, so that his line is not held for lost.
    Duty.objects.bulk_create([Duty(user_id=actor.user_id or 0, changed_at=at, seen_at=at)], ignore_conflicts=True)
    _hold(chat, actor.user_id, at)
    event(chat, Event.TAKEN, at=at, name=actor.name)
    tell("taken", chat, actor=actor, at=at, waited=int((at - chat.waiting_since).total_seconds()))
    told_list(f"user:{actor.user_id}", *([f"user:{offered}"] if offered not in (None, actor.user_id) else []))
    return chat


def _hold(chat: Chat, user_id: int | None, at: datetime) -> None:
    chat.assignee_id, chat.taken_at = user_id, chat.taken_at or at
    chat.offered_to_id = chat.offered_until = None
    chat.passed = []
    chat.save(update_fields=["state", "assignee", "taken_at", "offered_to", "offered_until", "passed"])


@transaction.atomic
def pass_on(chat: Chat, *, actor: Actor, at: datetime) -> Chat:
    """Say that one cannot take what is offered: the next is asked at once. Harmless where it went on already. CHT-1."""
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    if chat.state == State.WAITING and chat.offered_to_id is not None and chat.offered_to_id == actor.user_id:
        chat.passed = [*chat.passed, chat.offered_to_id]
        tell("passed", chat, actor=actor, at=at, desk=True, by=actor.user_id, why="declined")
        offer(chat, at=at)
    return chat


@transaction.atomic
def transfer(chat: Chat, to_id: int, *, note: str, key: str, actor: Actor, at: datetime) -> Chat:
    """Hand a chat to a colleague on duty, with a note that the customer never sees; the customer is told the name. CHT-1, SEC-10.

    Fact: `chat.transferred`. Raises NotPermitted, Ended, NoteMissing, NotOnDuty.
    """
    chat = locked(chat)
    permit(access.may_attend(actor), chat)
    if chat.state == State.ENDED:
        raise Ended(chat=chat.pk)
    if chat.assignee_id == to_id:
        return chat
    if not (words := clean_text(note)):
        raise NoteMissing(field="note")
    if to_id not in {one.user_id for one in candidates(at)}:
        raise NotOnDuty(field="to")
    before, name = chat.assignee_id, names_of([to_id]).get(to_id, "")
    chat.state = LIFE.after(chat.state, Move.TRANSFER).value
    _hold(chat, to_id, at)
    add(chat, Line("whisper", "staff", actor.user_id, actor.name, event=Event.HANDED.value, data={"to": name}, body=words,
                   html=markdown.render(words), key=f"hand:{key}"[:80], is_public=False), at=at)  # fmt: skip
    event(chat, Event.TRANSFERRED, at=at, name=name)
    tell("transferred", chat, actor=actor, at=at, to=to_id)
    told_list(f"user:{to_id}", *([f"user:{before}"] if before else []))
    signal(chat.desk_subject)
    return chat


def give_back_lost(*, at: datetime, limit: int = 50) -> int:
    """Give chats whose engineer's line is lost, and whose customer waits for a word, to the next; the customer is told. CHT-1."""
    lost_at = at - timedelta(seconds=value("chat.lost_seconds", at=at))
    done = 0
    for pk in _lost(lost_at, limit):
        with transaction.atomic():
            chat = Chat.objects.select_for_update(skip_locked=True).filter(pk=pk, state=State.OPEN.value).first()
            if chat is None or pk not in _lost(lost_at, limit):
                continue
            before = chat.assignee_id
            chat.state = LIFE.after(chat.state, Move.RETURN).value
            chat.assignee_id, chat.waiting_since = None, at
            chat.passed = [before] if before else []
            chat.save(update_fields=["state", "assignee", "waiting_since", "passed"])
            event(chat, Event.RETURNED, at=at)
            tell("returned", chat, actor=SYSTEM, at=at, lost=before)
            offer(chat, at=at)
            told_list(*([f"user:{before}"] if before else []))
        done += 1
    return done


def _lost(lost_at: datetime, limit: int) -> list[int]:
    """Return open chats where the customer said the last word and whoever holds it has had no page open since."""
    sql = (
        "SELECT c.id FROM chat_chat c LEFT JOIN chat_duty d ON d.user_id = c.assignee_id LEFT JOIN people_user u ON u.id = c.assignee_id "
        "WHERE c.state = 'open' AND c.last_customer_at > coalesce(c.last_staff_at, '-infinity') AND c.taken_at <= %(lost)s "
        "AND c.last_customer_at <= %(lost)s AND (coalesce(d.seen_at, '-infinity') <= %(lost)s OR NOT u.is_active) "
        "ORDER BY c.last_customer_at LIMIT %(limit)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"lost": lost_at, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def end_left(*, at: datetime, limit: int = 50) -> int:
    """End chats that their customer left, and those that nobody took in time; the transcript stays. CHT-1, CHT-2."""
    done = 0
    for how, found in _left(at, limit):
        for pk in found:
            with transaction.atomic():
                chat = Chat.objects.select_for_update(skip_locked=True).filter(pk=pk).exclude(state=State.ENDED.value).first()
                if chat is not None and pk in dict(_left(at, limit))[how]:
                    finish(chat, how, actor=SYSTEM, at=at)
                    done += 1
    return done


def _left(at: datetime, limit: int) -> list[tuple[EndedHow, list[int]]]:
    gone = at - timedelta(minutes=value("chat.absent_minutes", at=at))
    late = at - timedelta(minutes=value("chat.unanswered_minutes", at=at))
    live: Any = Chat.objects.exclude(state=State.ENDED.value)
    waiting = live.filter(state=State.WAITING.value, waiting_since__lte=late)
    left = live.filter(customer_seen_at__lte=gone).exclude(last_staff_at__gt=gone)
    return [
        (EndedHow.UNANSWERED, list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])),
        (EndedHow.ABANDONED, list(left.order_by("pk").values_list("pk", flat=True)[:limit])),
    ]
