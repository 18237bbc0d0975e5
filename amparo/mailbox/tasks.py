"""What comes round: mailboxes that are looked into, mail that is understood, short letters that go out."""

from __future__ import annotations

from datetime import datetime

import structlog

from . import commands
from .models import Mailbox

log = structlog.get_logger(__name__)


def tick(*, at: datetime) -> None:
    """Understand, fetch, understand, answer. It asks other systems: the worker runs it beside what must not wait.

    What was taken in is understood first: it waits for no mailbox that is slow.
    """
    understand_all(at=at)
    if fetch_all(at=at):
        understand_all(at=at)
    while commands.send_due(at=at):
        pass


def keep(*, at: datetime) -> None:
    """Empty what reached no matter once its time is over, in small steps. CAS-2."""
    commands.purge_done_with(at=at)


def fetch_all(*, at: datetime) -> int:
    """Look into every mailbox that is fetched from; return how many messages were taken in."""
    return sum(_fetch(mailbox, at) for mailbox in Mailbox.objects.filter(is_active=True).exclude(host=""))


def _fetch(mailbox: Mailbox, at: datetime) -> int:
    """Look into one mailbox; what no server should answer stops neither the others nor what was taken in."""
    try:
        return commands.fetch(mailbox, at=at)
    except Exception as error:  # the edge of the job: logged, tried again
        log.error("mailbox not fetched", mailbox=mailbox.pk, error=type(error).__name__, exc_info=True)
        return 0


def understand_all(*, at: datetime) -> int:
    """Deal with all that waits to be understood; return how many messages."""
    total = 0
    while done := commands.understand_due(at=at):
        total += done
    return total
