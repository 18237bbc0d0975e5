"""Exchanges and lines as an administrator sets them up. SEC-32, SEC-42, SEC-57."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.live import access, rules
from amparo.live.errors import ExchangeInvalid, LineTaken, SecretMissing
from amparo.live.models import BROWSERS, KINDS, RECORDINGS, TRANSPORTS, Exchange, Line
from amparo.people.rules import seal

FIELDS = (
    "name", "kind", "host", "port", "transport", "username", "region", "dial_context", "channel", "prefix", "browser", "socket_url", "sip_domain",
    "sip_proxy", "recording", "recording_base", "is_active",
)  # fmt: skip
_SECRET_GOES_WITH = ("kind", "host", "port", "transport", "username")
_PASSWORD_GOES_WITH = ("browser", "socket_url", "sip_domain", "sip_proxy")
_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.\-]{0,190}[A-Za-z0-9])?$|^[0-9a-fA-F:]{2,45}$")
_WORD = re.compile(r"^[A-Za-z0-9_.\-]{0,80}$")
_CHANNEL = re.compile(r"^[A-Za-z0-9_.\-]{1,20}/[A-Za-z0-9_.\-]*\{extension\}[A-Za-z0-9_.\-@]*$")
PORTS = {"ami": 5038, "sip": 5060, "webhook": 0}


@transaction.atomic
def add_exchange(given: Mapping[str, Any], *, secret: str = "", actor: Actor, at: datetime) -> tuple[Exchange, str]:
    """Set up an exchange; of one that signs, return also the secret to sign with: it is shown once and never again.

    Fact: `exchange.added`. Raises NotPermitted, ExchangeInvalid, SecretMissing.
    """
    exchange = Exchange(created_at=at)
    _fill(exchange, given, secret, actor)
    fresh = ""
    if exchange.kind == "webhook":
        fresh = secrets.token_urlsafe(32)
        exchange.secret_sealed = seal(fresh, settings.SECRETS["field_key"])
    elif not secret:
        raise SecretMissing(field="secret")
    exchange.save()
    record("exchange.added", subject=exchange, actor=actor, at=at, settings=_told(exchange))
    signal("telephone")
    return exchange, fresh


@transaction.atomic
def change_exchange(exchange: Exchange, given: Mapping[str, Any], *, secret: str = "", actor: Actor, at: datetime) -> Exchange:
    """Change an exchange. Another address or user needs the secret anew: what is kept is sent nowhere else; the same holds for
    the passwords of lines, which are emptied when browsers are to send them elsewhere. SEC-32.

    Fact: `exchange.changed`. Raises NotPermitted, ExchangeInvalid, SecretMissing.
    """
    exchange = Exchange.objects.select_for_update().get(pk=exchange.pk)
    before = {name: getattr(exchange, name) for name in FIELDS}
    _fill(exchange, given, secret, actor)
    signs = before["kind"] == exchange.kind == "webhook"  # nothing is sent to it
    moved = not signs and any(before[name] != getattr(exchange, name) for name in _SECRET_GOES_WITH)
    if moved and not secret:
        raise SecretMissing(field="secret")
    if moved:
        exchange.error, exchange.failing_since, exchange.seen_at = "", None, None
    if any(before[name] != getattr(exchange, name) for name in _PASSWORD_GOES_WITH):
        exchange.lines.update(sip_password_sealed="")
    exchange.save()
    record("exchange.changed", subject=exchange, actor=actor, at=at, settings=_told(exchange))
    signal("telephone")
    return exchange


@transaction.atomic
def new_secret(exchange: Exchange, *, actor: Actor, at: datetime) -> str:
    """Make another secret for an exchange that signs, and return it: shown once. The old one ends now. SEC-42.

    Fact: `exchange.secret_changed`. Raises NotPermitted, ExchangeInvalid.
    """
    exchange = Exchange.objects.select_for_update().get(pk=exchange.pk)
    if not access.may_configure(actor):
        raise NotPermitted()
    if exchange.kind != "webhook":
        raise ExchangeInvalid(field="kind")
    fresh = secrets.token_urlsafe(32)
    exchange.secret_sealed = seal(fresh, settings.SECRETS["field_key"])
    exchange.save(update_fields=["secret_sealed"])
    record("exchange.secret_changed", subject=exchange, actor=actor, at=at)
    return fresh


@transaction.atomic
def give_line(
    exchange: Exchange, extension: str, *, user_id: int, sip_user: str = "", sip_password: str = "", takes_group: bool = True, actor: Actor, at: datetime
) -> Line:
    """Give a person of the staff an extension, or change the one of that number.

    Another person or SIP user needs the password anew. Fact: `exchange.line_given`. Raises NotPermitted, ExchangeInvalid, LineTaken.
    """
    if not access.may_configure(actor):
        raise NotPermitted()
    if not rules.is_extension(extension):
        raise ExchangeInvalid(_("An extension is up to eight digits."), field="extension")
    if not _WORD.match(sip_user):
        raise ExchangeInvalid(_("Write letters, digits, points and dashes."), field="sip_user")
    if user_id not in access.takers().values_list("pk", flat=True):
        raise ExchangeInvalid(_("Choose somebody of the staff who takes calls."), field="user")
    line = Line.objects.select_for_update().filter(exchange=exchange, extension=extension).first() or Line(exchange=exchange, extension=extension)
    if line.pk and (line.user_id, line.sip_user) != (user_id, sip_user):
        line.sip_password_sealed = ""
    line.user_id, line.sip_user, line.takes_group = user_id, sip_user, takes_group
    if sip_password:
        line.sip_password_sealed = seal(rules.one_line(sip_password), settings.SECRETS["field_key"])
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError:
        raise LineTaken(field="extension") from None
    record("exchange.line_given", subject=exchange, actor=actor, at=at, extension=extension, user=user_id, group=takes_group)
    return line


@transaction.atomic
def take_line_away(line: Line, *, actor: Actor, at: datetime) -> None:
    """Take an extension away. Its calls stay on record. Fact: `exchange.line_taken`. Raises NotPermitted."""
    if not access.may_configure(actor):
        raise NotPermitted()
    record("exchange.line_taken", subject=line.exchange, actor=actor, at=at, extension=line.extension, user=line.user_id)
    line.delete()


@transaction.atomic
def pause_line(line: Line, *, paused: bool, actor: Actor, at: datetime) -> Line:
    """Step out of the ring group for a while, or back in; one's own extension rings all the same. Raises NotPermitted."""
    if not access.may_use_line(actor, line):
        raise NotPermitted()
    line.paused_at = (line.paused_at or at) if paused else None
    line.save(update_fields=["paused_at"])
    signal("calls", f"user:{line.user_id}")
    return line


@transaction.atomic
def note_state(exchange_id: int, *, error: str = "", at: datetime) -> None:
    """Note how an exchange is that we listen to: `error` is one of NoAnswer's words, nothing where it is well."""
    row = Exchange.objects.select_for_update().filter(pk=exchange_id).first()
    if row is None:
        return
    was = row.error
    row.error, row.failing_since = error, (row.failing_since or at) if error else None
    if not error:
        row.seen_at = at
    row.save(update_fields=["error", "failing_since", "seen_at"])
    if was != error:
        signal("calls")


@transaction.atomic
def note_heard(exchange_ids: Collection[int], *, at: datetime) -> None:
    """Note until when exchanges were heard: what ends on them after that, while we are away, surely went on until then."""
    Exchange.objects.filter(pk__in=exchange_ids, error="").update(seen_at=at)


def _fill(exchange: Exchange, given: Mapping[str, Any], secret: str, actor: Actor) -> None:
    if not access.may_configure(actor):
        raise NotPermitted()
    for name in FIELDS:
        if name in given:
            words = given[name]
            setattr(exchange, name, words.strip() if isinstance(words, str) else words)
    for name, words in (("kind", KINDS), ("browser", BROWSERS), ("recording", RECORDINGS), ("transport", TRANSPORTS)):
        if getattr(exchange, name) not in words:
            raise ExchangeInvalid(field=name)
    for name in FIELDS:
        words = getattr(exchange, name)
        if isinstance(words, str) and rules.one_line(words) != words:
            raise ExchangeInvalid(_("Write one line."), field=name)
    if secret and exchange.kind == "webhook":
        raise ExchangeInvalid(_("We make the secret of an exchange that signs: leave this empty."), field="secret")
    if rules.one_line(secret) != secret or len(secret) > 200:
        raise ExchangeInvalid(_("Write one line."), field="secret")
    exchange.name = exchange.name or exchange.host or str(KINDS[exchange.kind])[:80]
    exchange.region = exchange.region.upper()
    if exchange.region not in phonenumbers.SUPPORTED_REGIONS:
        raise ExchangeInvalid(_("Write the two letters of a country, for example MX."), field="region")
    exchange.port = exchange.port or PORTS[exchange.kind]
    if exchange.is_listened_to:
        _check_connected(exchange)
    _check_origination(exchange)
    _check_browser(exchange)
    _check_recording(exchange)
    if secret:
        exchange.secret_sealed = seal(secret, settings.SECRETS["field_key"])


def _check_connected(exchange: Exchange) -> None:
    if not _HOST.match(exchange.host):
        raise ExchangeInvalid(_("Write the name or address of the exchange, without a protocol."), field="host")
    if not exchange.username or not re.match(r"^[A-Za-z0-9_.@+\-]{1,120}$", exchange.username):
        raise ExchangeInvalid(_("Write the user by which we sign in there."), field="username")
    if not 1 <= exchange.port <= 65_535:
        raise ExchangeInvalid(_("Write a port from 1 to 65535."), field="port")


def _check_origination(exchange: Exchange) -> None:
    if exchange.kind != "ami":
        return
    exchange.channel = exchange.channel or "PJSIP/{extension}"
    exchange.dial_context = exchange.dial_context or "from-internal"
    if not _CHANNEL.match(exchange.channel):
        raise ExchangeInvalid(_("Write a channel such as PJSIP/{extension}."), field="channel")
    if not _WORD.match(exchange.dial_context):
        raise ExchangeInvalid(_("Write letters, digits, points and dashes."), field="dial_context")
    if exchange.prefix and not rules.is_extension(exchange.prefix):
        raise ExchangeInvalid(_("Write the digits that are dialled before an outside number."), field="prefix")


def _check_browser(exchange: Exchange) -> None:
    if not exchange.browser:
        return
    if not _HOST.match(exchange.sip_domain):
        raise ExchangeInvalid(_("Write the domain of the SIP addresses, for example pbx.ejemplo.mx."), field="sip_domain")
    if exchange.browser == "websocket":
        address = _split(exchange.socket_url, "socket_url")
        local = address.hostname in ("localhost", "127.0.0.1", "::1")
        if address.scheme not in (("wss", "ws") if local else ("wss",)):
            raise ExchangeInvalid(_("Write an address that begins with wss://. Browsers give no microphone to pages that are not encrypted."), field="socket_url")
    elif exchange.sip_proxy and not re.match(r"^[A-Za-z0-9.\-]{1,190}(:[0-9]{1,5})?$", exchange.sip_proxy):
        raise ExchangeInvalid(_("Write the name or address of the exchange, with its port after a colon."), field="sip_proxy")


def _check_recording(exchange: Exchange) -> None:
    if exchange.recording == "off" and not exchange.recording_base:
        return
    address = _split(exchange.recording_base, "recording_base")
    if address.scheme not in ("https", "http") or address.query or address.fragment:
        raise ExchangeInvalid(_("Write where the exchange keeps its recordings, for example https://pbx.ejemplo.mx/grabaciones/."), field="recording_base")


def _split(url: str, field: str) -> Any:
    try:
        address = urlsplit(url)
        address.port  # noqa: B018 (raises where it is none)
    except ValueError:
        raise ExchangeInvalid(field=field) from None
    if not address.hostname or address.username is not None or not _HOST.match(address.hostname) or any(sign in url for sign in "\"'<>;, \\"):
        raise ExchangeInvalid(field=field)
    return address


def _told(exchange: Exchange) -> dict[str, Any]:
    """What the record says of an exchange: all but the secret. SEC-57."""
    return {name: getattr(exchange, name) for name in FIELDS}
