"""Mailboxes as an administrator sets them up. TKT-1, SEC-32, SEC-57."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.mailbox import access
from amparo.mailbox.errors import AddressTaken, CannotConnect, PasswordMissing
from amparo.mailbox.imap import OUTAGES, folder_of
from amparo.mailbox.models import AFTERS, PURPOSES, SECURITIES, Mailbox
from amparo.people.rules import is_email, is_one_line, normal_email, seal
from amparo.policies import commands as policies
from amparo.policies.queries import value

FIELDS = ("name", "address", "purpose", "host", "port", "security", "username", "folder", "after", "move_to", "authserv", "takes_old", "is_active")
_SECRET_GOES_WITH = ("host", "port", "security", "username")
ANSWERS_TO = "notifications.answer_address"


@transaction.atomic
def add_mailbox(given: Mapping[str, Any], *, password: str = "", actor: Actor, at: datetime) -> Mailbox:
    """Set up a mailbox. The first one also becomes where letters are answered to. Fact: `mailbox.added`.

    Raises NotPermitted, Invalid, AddressTaken, PasswordMissing.
    """
    mailbox = Mailbox(created_at=at)
    _fill(mailbox, given, password, actor)
    if mailbox.host and not password:
        raise PasswordMissing(field="password")
    _save(mailbox)
    record("mailbox.added", subject=mailbox, actor=actor, at=at, settings=_told(mailbox))
    _answer_here(mailbox, actor, at)
    return mailbox


@transaction.atomic
def change_mailbox(mailbox: Mailbox, given: Mapping[str, Any], *, password: str = "", actor: Actor, at: datetime) -> Mailbox:
    """Change a mailbox. Another server or user needs the password anew: what is kept is sent nowhere else. SEC-32.

    Fact: `mailbox.changed`. Raises NotPermitted, Invalid, AddressTaken, PasswordMissing.
    """
    mailbox = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    before = {name: getattr(mailbox, name) for name in FIELDS}
    _fill(mailbox, given, password, actor)
    moved = any(before[name] != getattr(mailbox, name) for name in _SECRET_GOES_WITH)
    if mailbox.host and moved and not password:
        raise PasswordMissing(field="password")
    if moved or before["folder"] != mailbox.folder:
        mailbox.uidvalidity, mailbox.taken_uid, mailbox.error, mailbox.failing_since = None, 0, "", None
    _save(mailbox)
    record("mailbox.changed", subject=mailbox, actor=actor, at=at, settings=_told(mailbox))
    return mailbox


def check_mailbox(mailbox: Mailbox, *, actor: Actor, at: datetime) -> int:
    """Ask the mail server now; return how many messages lie in the folder. Says little where it fails. SEC-32.

    Raises NotPermitted, CannotConnect.
    """
    if not access.may_configure(actor):
        raise NotPermitted()
    if not mailbox.is_fetched:
        raise CannotConnect()
    try:
        with folder_of(mailbox) as folder:
            count = folder.count
    except OUTAGES as error:
        raise CannotConnect(error=type(error).__name__) from None
    Mailbox.objects.filter(pk=mailbox.pk).update(error="", failing_since=None)
    return count


def _fill(mailbox: Mailbox, given: Mapping[str, Any], password: str, actor: Actor) -> None:
    if not access.may_configure(actor):
        raise NotPermitted()
    for name in FIELDS:
        if name in given:
            words = given[name]
            setattr(mailbox, name, words.strip() if isinstance(words, str) else words)
    mailbox.address = normal_email(mailbox.address)
    if not is_email(mailbox.address) or "+" in mailbox.address:
        raise Invalid(_("Write one address, without a plus, like soporte@ejemplo.mx."), field="address")
    if not mailbox.name:
        mailbox.name = mailbox.address
    for name, words in (("purpose", PURPOSES), ("security", SECURITIES), ("after", AFTERS)):
        if getattr(mailbox, name) not in words:
            raise Invalid(field=name)
    for name in ("name", "host", "username", "folder", "move_to", "authserv"):
        if not is_one_line(getattr(mailbox, name)) or len(getattr(mailbox, name)) > 200:
            raise Invalid(_("Write one line."), field=name)
    if not is_one_line(password):
        raise Invalid(_("Write one line."), field="password")
    if not 1 <= mailbox.port <= 65_535:
        raise Invalid(_("Write a port from 1 to 65535."), field="port")
    if mailbox.after == "move" and not mailbox.move_to:
        raise Invalid(_("Name the folder that messages are moved into."), field="move_to")
    if mailbox.host and not mailbox.username:
        raise Invalid(_("Name the user of the mail server."), field="username")
    if password:
        mailbox.password_sealed = seal(password, settings.SECRETS["field_key"])
    elif not mailbox.host:
        mailbox.password_sealed = ""


def _save(mailbox: Mailbox) -> None:
    try:
        with transaction.atomic():
            mailbox.save()
    except IntegrityError:
        raise AddressTaken(field="address") from None


def _told(mailbox: Mailbox) -> dict[str, Any]:
    """What the record says of a mailbox: all but the password. SEC-57."""
    return {name: getattr(mailbox, name) for name in FIELDS}


def _answer_here(mailbox: Mailbox, actor: Actor, at: datetime) -> None:
    """Let letters be answered to this mailbox, unless an address was chosen before."""
    if not value(ANSWERS_TO, at=at):
        local, _sep, domain = mailbox.address.partition("@")
        policies.set_value(ANSWERS_TO, f"{local}+{{word}}@{domain}", from_at=at, actor=actor, at=at)
