"""What is said in a chat, what was read of it, who types. CHT-1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from amparo.chat import access
from amparo.chat.errors import Ended, KeyReused, NothingSaid, TooFast, TooLong
from amparo.chat.models import Chat, Message, MessageFile
from amparo.files import commands as files_commands
from amparo.history.commands import signal
from amparo.history.rules import sha256
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.policies.queries import value
from amparo.threads.rules import clean_text

from .shared import Line, add, locked, permit, tell, told_list

_SENT = "SELECT count(*) FROM chat_message WHERE chat_id = %s AND author_id = %s AND at > %s AND kind <> 'event'"


def say(
    chat: Chat, body: str, *, key: str, files: Sequence[str] = (), draft_key: str = "", actor: Actor, at: datetime
) -> Message:
    """Say something that both sides read. The same key gives the first message. CHT-1, CHG-10.

    Fact: `chat.said`, with the SHA-256 of the text. Raises NotPermitted, Ended, NothingSaid, TooLong, TooFast, KeyReused,
    and refusals of files.
    """
    return _put(chat, "message", body, key=key, files=files, draft_key=draft_key, actor=actor, at=at)


def whisper(
    chat: Chat, body: str, *, key: str, files: Sequence[str] = (), draft_key: str = "", actor: Actor, at: datetime
) -> Message:
    """Write what only staff read: it has no public number, and the customer's stream does not stir. SEC-10.

    Fact, on the desk chain: `chat.whispered`. Raises as `say`.
    """
    return _put(chat, "whisper", body, key=key, files=files, draft_key=draft_key, actor=actor, at=at)


@transaction.atomic
def _put(
    chat: Chat, kind: str, body: str, *, key: str, files: Sequence[str], draft_key: str, actor: Actor, at: datetime
) -> Message:
    body, is_public = clean_text(body), kind == "message"
    if not body and not files:
        raise NothingSaid(field="body")
    if len(body) > (most := value("chat.characters_max", at=at)):
        raise TooLong(TooLong.message % {"count": most}, field="body")
    chat = locked(chat)
    permit(access.may_say(actor, chat) if is_public else access.may_whisper(actor), chat)
    if not chat.is_live and (is_public or chat.purged_at is not None):
        return _earlier(chat, kind, body, key, actor) or _refuse_ended(chat)
    _not_too_fast(chat, actor, at)
    side = "staff" if actor.is_staff else "customer"
    line = Line(
        kind, side, actor.user_id, actor.name, body=body, html=markdown.render(body) if body else "", files=len(files),
        key=key[:80], is_public=is_public,
    )  # fmt: skip
    made = add(chat, line, at=at)
    if made is None:
        earlier = _earlier(chat, kind, body, key, actor)
        assert earlier is not None
        return earlier
    if files:
        subject = chat.subject if is_public else chat.desk_subject
        rows = files_commands.attach(files, subject=subject, draft_key=draft_key, actor=actor, at=at)
        MessageFile.objects.bulk_create(MessageFile(message_id=made, file=row) for row in rows)
    seq = chat.last_seq if is_public else chat.desk_seq
    # No customer is named: one's other pages need not look again at every word.
    told = {"seq": seq, "side": side, "text_sha256": sha256(body), "files": len(files)}
    tell("said" if is_public else "whispered", chat, actor=actor, at=at, desk=not is_public, **told)
    if side == "customer":
        told_list()
    return Message(
        id=made, chat=chat, seq=chat.last_seq if is_public else None, desk_seq=chat.desk_seq, kind=kind, author_id=actor.user_id,
        author_kind=side, author_name=line.author_name, body=body, body_html=line.html, file_count=len(files), at=at, key=key,
    )  # fmt: skip


def _refuse_ended(chat: Chat) -> Any:
    raise Ended(chat=chat.pk)


def _earlier(chat: Chat, kind: str, body: str, key: str, actor: Actor) -> Message | None:
    """Return what was sent under the key. Raises KeyReused where it was something else. SEC-48."""
    found = Message.objects.filter(chat=chat, author_id=actor.user_id, key=key[:80]).first()
    if found is not None and (found.kind, found.body) != (kind, body):
        raise KeyReused(chat=chat.pk)
    return found


def _not_too_fast(chat: Chat, actor: Actor, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [chat.pk, actor.user_id, at - timedelta(minutes=1)])
        if cursor.fetchone()[0] >= value("chat.messages_per_minute", at=at):
            raise TooFast(chat=chat.pk)


def read(chat: Chat, seq: int, *, actor: Actor, at: datetime) -> None:
    """Note up to which message one side has read; a smaller number than before moves nothing. Two statements at most.

    For the customer's side `seq` is the public number, for staff, who must hold the chat, the desk's. Raises NotPermitted.
    """
    permit(access.may_see(actor, chat), chat)
    if actor.is_staff:
        moved = (
            "WITH before AS (SELECT id, staff_read_public AS told FROM chat_chat WHERE id = %(chat)s) "
            "UPDATE chat_chat c SET staff_read = least(%(seq)s, desk_seq), staff_read_public = greatest(staff_read_public, coalesce("
            "(SELECT max(m.seq) FROM chat_message m WHERE m.chat_id = c.id AND m.desk_seq <= %(seq)s), 0)) FROM before b "
            "WHERE c.id = b.id AND assignee_id = %(who)s AND staff_read < least(%(seq)s, desk_seq) RETURNING c.staff_read_public > b.told"
        )
    else:
        moved = (
            "UPDATE chat_chat SET customer_read = least(%(seq)s, last_seq), customer_seen_at = greatest(customer_seen_at, %(at)s) "
            "WHERE id = %(chat)s AND customer_read < least(%(seq)s, last_seq) AND contact_id = %(who)s RETURNING true"
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(moved, {"seq": seq, "chat": chat.pk, "who": actor.user_id, "at": at})
        if found := cursor.fetchone():  # of a whisper that was read the customer's stream does not stir
            signal(*([chat.subject] if found[0] else []), *(["chats"] if actor.is_staff else []))


def typing(chat: Chat, *, actor: Actor, at: datetime) -> None:
    """Tell the other side that one types: a sign that passes, nothing is kept. One statement. Raises NotPermitted.

    The customer hears of staff on the topic `chat-answering`, staff of the customer on `chat-typing`.
    """
    permit(access.may_say(actor, chat) and chat.is_live, chat)
    if actor.is_staff:
        signal(f"chat-answering:{chat.pk}")
    else:
        signal(f"chat-typing:{chat.pk}")
