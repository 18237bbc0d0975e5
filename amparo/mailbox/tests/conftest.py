"""A service with a support mailbox, a customer with a licence, a ticket, and mail to it."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTPUTF8

import pytest

from amparo.conftest import NOON
from amparo.kernel.reply import address_for, word_for
from amparo.mailbox import commands
from amparo.mailbox.models import Mail, Mailbox
from amparo.mailbox.queries import secret
from amparo.policies import commands as policies
from amparo.threads.models import Entry
from amparo.tickets.tests.conftest import contract, give_licence, licence, media, open_one, product, ticket

__all__ = ["contract", "give_licence", "licence", "media", "open_one", "product", "ticket"]

PATTERN = "soporte+{word}@amparo.mx"


@pytest.fixture
def box(db, administrator) -> Mailbox:
    """The support mailbox, whose mail the server hands over."""
    return commands.add_mailbox({"name": "Soporte", "address": "soporte@amparo.mx"}, actor=administrator, at=NOON)


def address(subject: str, user_id: int) -> str:
    """Where a person answers a matter to."""
    return address_for(PATTERN, word_for(subject, user_id, secret=secret()))


def written(sender: str, to: str = "soporte@amparo.mx", text: str = "Sigue igual.", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTPUTF8)
    given = {"From": sender, "To": to, "Subject": "Re: No abre", "Message-ID": f"<{abs(hash((sender, to, text)))}@ejemplo.mx>"}
    for name, words in (given | {name.replace("_", "-"): words for name, words in headers.items()}).items():
        made[name] = words
    made.set_content(text)
    return made


def last(ticket) -> Entry:
    return Entry.objects.filter(thread=ticket.thread).order_by("-seq").first()


@pytest.fixture
def come_in(box) -> Callable[..., Mail]:
    """Take a message in and deal with it, as the worker does."""

    def taken(message: EmailMessage | bytes, *, at=NOON, **envelope) -> Mail:
        octets = message if isinstance(message, bytes) else message.as_bytes()
        mail = commands.take_in(octets, source="deliver", at=at, **envelope)
        return commands.understand(mail.pk, at=at)

    return taken


@pytest.fixture
def set_policy(administrator):
    def changed(key: str, given: object) -> None:
        policies.set_value(key, given, from_at=NOON, actor=administrator, at=NOON)

    return changed
