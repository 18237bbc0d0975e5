"""What follows in chats from facts."""

from __future__ import annotations

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM

from . import commands
from .models import Chat


def contact_removed(fact: FactRow) -> None:
    """`contact.removed`: what the person has open for that customer ends. SEC-6."""
    if fact.customer_id is not None and fact.data.get("user"):
        commands.end_of_removed(int(fact.data["user"]), fact.customer_id, at=fact.at)


def ended(fact: FactRow) -> None:
    """`chat.ended`: what was said since goes into the case. CAS-1."""
    chat = Chat.objects.filter(pk=fact.subject_id).first()
    if chat is not None:
        commands.tell_case(chat, actor=SYSTEM, at=fact.at)
