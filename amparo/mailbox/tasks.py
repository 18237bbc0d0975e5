"""What comes round: mailboxes that are looked into, mail that is understood, short letters that go out."""

from __future__ import annotations

from datetime import datetime

from . import commands
from .models import Mailbox


def tick(*, at: datetime) -> None:
    """Fetch, understand, answer. It asks other systems: the worker runs it beside what must not wait."""
    fetch_all(at=at)
    understand_all(at=at)
    while commands.send_due(at=at):
        pass


def fetch_all(*, at: datetime) -> int:
    """Look into every mailbox that is fetched from; return how many messages were taken in."""
    return sum(commands.fetch(mailbox, at=at) for mailbox in Mailbox.objects.filter(is_active=True).exclude(host=""))


def understand_all(*, at: datetime) -> int:
    """Deal with all that waits to be understood; return how many messages."""
    total = 0
    while done := commands.understand_due(at=at):
        total += done
    return total
