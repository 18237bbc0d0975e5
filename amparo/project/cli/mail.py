"""`amparo mail`: read a message, take one in, fetch what waits, or listen to a mail server."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amparo.project.cli import application

OCTETS_MAX = 100_000_000
EX_OK, EX_USAGE, EX_NOINPUT, EX_TEMPFAIL = 0, 2, 66, 75


def main(argv: Sequence[str]) -> int:
    """Run one of `parse`, `deliver`, `fetch`, `lmtp`."""
    parser = argparse.ArgumentParser(prog="amparo mail", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    reading = acts.add_parser("parse", help="print what a message says, as JSON; needs no database")
    reading.add_argument("file", metavar="FILE", help="the message as it came, - for standard input")
    taking = acts.add_parser("deliver", help="take in one message from standard input (for a mail server's pipe)")
    taking.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="a recipient of the envelope")
    taking.add_argument("--from", dest="sender", metavar="ADDRESS", help="the sender of the envelope; empty for a report")
    fetching = acts.add_parser("fetch", help="fetch from every mailbox once, and deal with what came")
    listening = acts.add_parser("lmtp", help="take in what a mail server hands over by LMTP")
    listening.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    listening.add_argument("--port", type=int, default=8024, help="port to listen at (8024)")
    for one in (taking, fetching, listening):
        application.common(one)
    options = parser.parse_args(argv)
    if options.act == "parse":
        return parse(options.file)
    if options.act == "deliver":
        return deliver(options)
    with application.loaded(options):
        return lmtp(options) if options.act == "lmtp" else fetch()


def parse(name: str) -> int:
    """Print a message as JSON. Any octets are a message; only a file that cannot be opened is an error."""
    from amparo.mailbox.rules import read

    try:
        octets = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        print(f"amparo mail parse: {name} cannot be read: {error.strerror}", file=sys.stderr)
        return EX_NOINPUT
    sys.stdout.buffer.write(json.dumps(read(octets).as_json(), ensure_ascii=False, indent=2).encode() + b"\n")
    return EX_OK


def deliver(options: Any) -> int:
    """Take in one message: 0 once it is kept, 75 where it cannot be now, so that the mail server tries again."""
    octets = sys.stdin.buffer.read(OCTETS_MAX + 1)
    if not octets or len(octets) > OCTETS_MAX:
        print("amparo mail deliver: standard input holds no message, or one that is too large", file=sys.stderr)
        return EX_USAGE if not octets else 65
    sender = options.sender if options.sender is not None else os.environ.get("SENDER")
    recipients = options.to or [one for one in (os.environ.get("ORIGINAL_RECIPIENT"),) if one]
    options.wait_seconds = 5  # the mail server waits better than we do
    try:
        with application.loaded(options):
            from amparo.kernel import clock
            from amparo.mailbox import commands

            commands.take_in(octets, source="deliver", envelope_to=recipients, envelope_from=sender, at=clock.now())
    except Exception as error:  # the mail server keeps it and tries again, whatever is wrong here
        print(f"amparo mail deliver: not now: {type(error).__name__}: {error}", file=sys.stderr)
        return EX_TEMPFAIL
    return EX_OK


def fetch() -> int:
    """Do what the worker does every minute, once."""
    from amparo.kernel import clock
    from amparo.mailbox import tasks

    fetched, dealt_with = tasks.fetch_all(at=clock.now()), tasks.understand_all(at=clock.now())
    print(f"{fetched} messages taken in, {dealt_with} dealt with")
    return EX_OK


def lmtp(options: Any) -> int:
    """Listen until SIGTERM or SIGINT."""
    from amparo.mailbox import lmtp as server

    return server.run(options.host, options.port)
