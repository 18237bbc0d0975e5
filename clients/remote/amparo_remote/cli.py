"""`amparo-remote`: show this screen to whoever gave the code.

Exit: 0 ended, 1 refused or not allowed, 2 wrong use, 3 not reached, 4 broken off.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import locale
import os
import signal
import ssl
import sys
from collections.abc import Sequence

from Xlib.error import DisplayError

from . import __version__
from .address import AddressError, broker, trust
from .hands import Hands
from .protocol import digits
from .session import Outcome, Session
from .terminal import Terminal
from .words import Words


def main(argv: Sequence[str] | None = None) -> int:
    """Run one session."""
    options = _parser().parse_args(argv)
    words = Words(options.language or locale.getlocale()[0] or "es")
    server = options.server.rstrip("/")
    if reason := unable(options.display):
        return _fail(2, words(reason, server=server))
    code = digits(options.code or _typed_code(words))
    if not code:
        return _fail(2, words("code_form"))
    try:
        context = trust(server, options.ca)
        address = broker(server, context)
        return asyncio.run(_session(options, words, code, address, context))
    except AddressError as error:
        return _fail(3, words(str(error), server=server))
    except (DisplayError, OSError) as error:
        return _fail(2, f"{words('no_screen')} ({error})")
    except KeyboardInterrupt:
        return _fail(0, words("stopped"))


def unable(display: str | None) -> str | None:
    """Return the name of the text that says why this computer cannot be shown by this program."""
    if sys.platform == "darwin":
        return "macos"
    if sys.platform == "win32":
        return "windows"
    if not display and os.environ.get("XDG_SESSION_TYPE") == "wayland":
        return "wayland"
    if not (display or os.environ.get("DISPLAY")):
        return "wayland" if os.environ.get("WAYLAND_DISPLAY") else "no_screen"
    return None


async def _session(options: argparse.Namespace, words: Words, code: str, address: str, context: ssl.SSLContext | None) -> int:
    loop = asyncio.get_running_loop()
    hands = Hands(options.display)
    terminal: Terminal | None = None
    if options.terminal or (sys.stdin and sys.stdin.isatty()):
        terminal = Terminal(lambda answer: loop.call_soon_threadsafe(session.typed, answer) and None)
    if context is None and address.startswith("wss:"):
        context = trust(address, options.ca)
    session = Session(address, code, words, hands=hands, terminal=terminal, screen=options.display, trust=context)
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, session.stop)
    if terminal:
        terminal.start()
    outcome: Outcome = await session.run()
    print(outcome.sentence, file=sys.stdout if outcome.status == 0 else sys.stderr, flush=True)
    return outcome.status


def _typed_code(words: Words) -> str:
    if not sys.stdin or not sys.stdin.isatty():
        return ""
    try:
        return input(words("code_prompt"))
    except EOFError:
        return ""


def _fail(status: int, sentence: str) -> int:
    print(f"amparo-remote: {sentence}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amparo-remote", description=__doc__)
    parser.add_argument("code", nargs="?", metavar="CODE", help="the nine digits that you were told")
    parser.add_argument("--server", required=True, metavar="URL", help="the address of the service, https://…")
    parser.add_argument("--ca", metavar="FILE", help="trust the authority in this file, and no other")
    parser.add_argument("--display", metavar="NAME", help="the X screen to show (default: the one of this session)")
    parser.add_argument("--language", choices=("es", "en"), help="of what is said before somebody asks")
    parser.add_argument("--terminal", action="store_true", help="ask in the terminal too, even when it is none")
    parser.add_argument("--version", action="version", version=f"amparo-remote {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
