"""The door for a mail server that hands over by LMTP (RFC 2033): kept before it is answered, one answer for each recipient."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections

from amparo.kernel import clock
from amparo.kernel.reply import find_words
from amparo.policies.queries import value

from . import commands, queries
from .models import Mailbox

log = structlog.get_logger("amparo.lmtp")
RECIPIENTS_MAX = 100
AGAIN = "451 4.3.0 not now: try again later"


class Handler:
    """What is done with each command of the mail server."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 too many recipients"
        known = await _in_thread(_is_ours, address)
        if known is None:
            return AGAIN
        if not known:
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        octets = envelope.original_content or b""
        kept = await _in_thread(_take, octets, tuple(envelope.rcpt_tos), envelope.mail_from or "")
        answer = "250 2.0.0 kept" if kept else AGAIN
        return "\r\n".join([answer] * max(1, len(envelope.rcpt_tos)))


async def _in_thread(act: Any, *given: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, _safely, act, given)


def _safely(act: Any, given: tuple[Any, ...]) -> Any:
    """Run in a thread; whatever goes wrong, the mail server keeps the message and tries again."""
    try:
        return act(*given)
    except Exception as error:  # the edge: told, and answered with «again»
        log.error("mail not taken in", error=type(error).__name__)
        return None
    finally:
        close_old_connections()


def _is_ours(address: str) -> bool:
    """True for the address of a mailbox, one that we write from, or one that holds a word of ours."""
    base, at = queries.base_address(address.strip("<> ")), clock.now()
    if Mailbox.objects.filter(is_active=True, address=base).exists() or base in queries.own_addresses(at=at):
        return True
    return bool(find_words(address, secret=queries.secret()))


def _take(octets: bytes, recipients: tuple[str, ...], sender: str) -> bool:
    commands.take_in(octets, source="lmtp", envelope_to=recipients, envelope_from=sender, at=clock.now())
    return True


class Server(Controller):
    """LMTP where the library would speak SMTP."""

    def factory(self) -> LMTP:
        octets_max = value("mailbox.megabytes_max", at=clock.now()) * 1_000_000
        return LMTP(self.handler, data_size_limit=octets_max, enable_SMTPUTF8=True, ident="Amparo")


def start(host: str, port: int) -> Server:
    """Listen in a thread of its own; the caller stops it."""
    server = Server(Handler(), hostname=host, port=port)
    server.start()
    log.info("listening for LMTP", host=host, port=port)
    return server


def run(host: str, port: int) -> int:
    """Listen until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    server = start(host, port)
    print(f"LMTP at {host}:{port}", flush=True)  # noqa: T201 (the command's answer)
    stop.wait()
    server.stop()
    return 0
