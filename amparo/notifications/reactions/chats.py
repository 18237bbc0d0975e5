"""From facts of chats to notices: the transcript that was asked for, and a chat that nobody attended. CHT-1, CHT-2."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.chat import queries
from amparo.chat.models import Chat
from amparo.history.queries import FactRow
from amparo.people.queries import recipients

from .. import commands
from ..commands import Reader, Words
from .shared import moment


def _chat(fact: FactRow) -> Chat | None:
    return Chat.objects.filter(pk=fact.subject_id, purged_at__isnull=True).first()


def _reader(chat: Chat, user_id: int) -> Reader | None:
    """Return a person who is a contact of the chat's customer still. ACC-11."""
    found = next((one for one in recipients(chat.customer_id) if one.user_id == user_id), None)
    return Reader(found.user_id, found.language, found.time_zone) if found else None


def transcript(fact: FactRow) -> None:
    """`chat.transcript_asked`: the letter with what both sides read. CHT-1, SEC-10."""
    chat = _chat(fact)
    reader = _reader(chat, int(fact.data.get("user") or 0)) if chat else None
    if chat is None or reader is None:
        return
    with translation.override(reader.language):
        words = Words(
            title=_("Your transcript of the chat %(number)s") % {"number": chat.shown_number}, url=f"/chat/{chat.pk}/",
            paragraphs=tuple(queries.transcript_lines(chat)), action=_("See the chat"),
        )  # fmt: skip
    commands.tell("chat_transcript", [(reader, words)], subject=fact.subject, customer_id=chat.customer_id, fact_id=fact.id, at=moment(fact))


def ended(fact: FactRow) -> None:
    """`chat.ended`, where nobody attended it: its customer is told what there is instead. CHT-2."""
    chat = _chat(fact)
    if chat is None or fact.data.get("how") not in ("unanswered", "abandoned") or chat.taken_at is not None:
        return
    if (reader := _reader(chat, chat.contact_id)) is None:
        return
    with translation.override(reader.language):
        words = Words(
            title=_("The chat %(number)s ended without being attended") % {"number": chat.shown_number}, url=f"/chat/{chat.pk}/",
            paragraphs=(chat.about, _("With one button there you leave it as a ticket or a case, with what you wrote; it is answered within its time.")),
            action=_("See the chat"),
        )  # fmt: skip
    commands.tell("chat_ended", [(reader, words)], subject=fact.subject, customer_id=chat.customer_id, fact_id=fact.id, at=moment(fact))
