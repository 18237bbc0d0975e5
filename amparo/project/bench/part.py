"""One part of the measuring, in a process and over a database of its own: `python -m amparo.project.bench.part NAME`."""

from __future__ import annotations

import json
import os
import sys
import timeit
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from time import process_time
from typing import Any

from .figures import Figure

CREATE_MAX, CHOICE_MAX_MS = 10, 2.0
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def create() -> list[Figure]:
    """The statements of a ticket with its promise, fact and notice, as a contact opens it in the portal."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from amparo.history.commands import deliver_pending
    from amparo.history.models import Delivery
    from amparo.kernel import clock
    from amparo.people.queries import actor_by_id
    from amparo.tickets import commands
    from amparo.tickets.models import Ticket

    last = Ticket.objects.filter(state="waiting", release__is_current=True).select_related("thread").last()
    assert last is not None
    contact, at = actor_by_id(last.thread.opened_by_id or 0), clock.now()
    with transaction.atomic():
        commands.open_ticket("Ya conocido", "Para que nada se pregunte por primera vez.", last.product_id, actor=contact, at=at)
        with CaptureQueriesContext(connection) as captured:
            commands.open_ticket("No imprime", "Desde hoy.", last.product_id, key="medida", actor=contact, at=at)
        opened = [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(CONTROL)]
        before = Delivery.objects.filter(done_at__isnull=True).count()
        with CaptureQueriesContext(connection) as captured:
            deliver_pending(at=at + timedelta(seconds=1), limit=1)
        told = [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(CONTROL)]
        transaction.set_rollback(True)
    return [
        Figure.most(
            "creating a ticket with its promise and facts", len(opened), "statements", CREATE_MAX,
            f"its notice, later in the worker, {len(told)} more; {before} waited",
        )
    ]  # fmt: skip


def search() -> list[Figure]:
    """Search by words over all messages, whatever the word."""
    from amparo.kernel import clock
    from amparo.threads import bench
    from amparo.threads.models import Entry

    count = Entry.objects.count()
    figures = []
    for found in bench.run(at=clock.now()):
        if "target_p50_ms" in found:
            for part in ("p50", "p99"):
                peer = found.get(f"peer_{part}_ms")
                value, limit = float(found[f"{part}_ms"]), float(found[f"target_{part}_ms"])  # type: ignore[arg-type]
                figures.append(Figure(
                    f"{found['name']} over {count:,} messages, {part}", value, "ms",
                    str(found.get("peer", "")), float(peer) if peer else None,  # type: ignore[arg-type]
                    value / float(peer) if peer else None, f"≤ {limit:g} ms", value <= limit, f"{found['count']} searches",  # type: ignore[arg-type]
                ))  # fmt: skip
    return figures


def published() -> list[Figure]:
    """Search over all that is published: recall beside stock, and time over a large index beside ranking every hit."""
    from amparo.kernel import clock
    from amparo.search import bench
    from amparo.threads.models import Entry

    # The world that this run made says how large the index is to be.
    documents = bench.DOCUMENTS if Entry.objects.count() > 200_000 else bench.SMALL_DOCUMENTS
    return [Figure.of(found) for found in bench.run(at=clock.now(), documents=documents)]


def choice() -> list[Figure]:
    """The best way to pay 12 needs from 6 pockets. CHG-8."""
    from datetime import UTC, datetime

    from amparo.charging.rules import Need, PocketView, Tariff, lawful_ways, most_beneficial

    prices = {"advisory_event": 1, "incident": 4, "technical_hour": 4, "online_hour": 4, "home_visit": 2,
              "urgent_on_site": 5, "outside_hours": 5, "further_terminal": 1}  # fmt: skip
    tariff, first = Tariff(1, prices), datetime(2027, 1, 1, tzinfo=UTC)
    # Too few events and incidents, so that some are exchanged, and an installation with its bundles.
    pockets = [
        PocketView(n, unit, 400 if unit == "credit" else 2 + n, first + timedelta(days=30 * n))
        for n, unit in enumerate(("event", "incident", "credit") * 2)
    ]
    needs = [Need("advisory_event", 3)] * 3 + [Need("incident", 2)] * 2 + [Need("technical_hour", 2), Need("home_visit")]
    needs += [Need("install_server", 2), Need("install_terminals", 30), Need("further_terminal", 4), Need("urgent_on_site")]
    needs += [Need("online_hour", 3, participants=25)]
    assert len(needs) == 12 and len(pockets) == 6

    def ask() -> Any:
        return most_beneficial(lawful_ways(needs, tariff, pockets))

    ask()
    milliseconds = min(timeit.repeat(ask, timer=process_time, number=20, repeat=7)) / 20 * 1e3
    ways = len(lawful_ways(needs, tariff, pockets))
    note = f"of {ways} lawful ways"
    return [Figure.most("choice of charge, 12 needs over 6 pockets", milliseconds, "ms", CHOICE_MAX_MS, note)]


def callers() -> list[Figure]:
    """Find a caller over 100,000 customers."""
    from amparo.kernel import clock
    from amparo.people.models import Customer

    from . import callers as module

    if not Customer.objects.exists():
        module.fill(clock.now())
    return module.run()


def ring() -> list[Figure]:
    """The caller's card on the operator's screen, over 100,000 customers, through web and stream."""
    from amparo.kernel import clock
    from amparo.live import bench

    from . import callers as module

    module.fill(clock.now())
    return [
        Figure.most(str(one["name"]), float(one["milliseconds"]), "ms", float(one["limit"]), f"p50 {one['p50']:.0f} ms")  # type: ignore[arg-type]
        for one in bench.run()
    ]


def chat() -> list[Figure]:
    """A chat message to the other browser, with 500 chats open on one process, through web and stream."""
    from amparo.chat import bench

    return [
        Figure.most(str(one["name"]), float(one["milliseconds"]), "ms", float(one["limit"]), str(one["note"]))  # type: ignore[arg-type]
        for one in bench.run()
    ]


def classroom() -> list[Figure]:
    """A class: the first picture after coming in, and what 25 who watch ask of the gateway."""
    from amparo.classroom import bench

    return [Figure.most(one["name"], one["value"], one["unit"], one["limit"], one["note"]) for one in bench.run()]


def ledger() -> list[Figure]:
    """Transfers beside bare pgbench and django-hordak."""
    from amparo.ledger import bench

    return [Figure.of(found) for found in bench.run()]


def time() -> list[Figure]:
    """Business time beside a bare bisection."""
    from amparo.deadlines import bench

    return [Figure.of(found) for found in bench.run()]


def stream() -> list[Figure]:
    """A change on its way to an open page."""
    from . import streams

    return streams.run()


def casefile() -> list[Figure]:
    """A large case made into its file, in time and memory."""
    from amparo.casefiles import bench

    return [Figure.of(found) for found in bench.run()]


def lapse() -> list[Figure]:
    """Many promises that lapse at once, complaints among them."""
    from amparo.complaints import bench

    return [Figure.of(found) for found in bench.run()]


def quotes() -> list[Figure]:
    """A service of the catalogue quoted in one page view."""
    from django.test.utils import setup_test_environment

    from amparo.quotations import bench

    setup_test_environment()
    return [
        Figure.most(f"quoting: {found['name']}", float(str(found["milliseconds"])), "ms", bench.TARGET_MS, f"{found['processor']:.1f} ms of processor; one in twenty slower than {found['slowest']:.1f} ms")
        for found in bench.run()
    ]


def article() -> list[Figure]:
    """An article of the knowledge base as a visitor reads it."""
    from amparo.knowledge import bench

    from .measurer import Measurer, quiet

    with quiet():
        found = bench.run(Measurer())
    return [
        Figure.most("an article for a visitor: statements", found["statements"], "", bench.TARGET_STATEMENTS),
        Figure.most(
            "an article for a visitor: processor", found["app"] + found["db"], "ms", bench.TARGET_MS,
            f"{found['app']:.2f} ours + {found['db']:.2f} database",
        ),
    ]  # fmt: skip


def downloads() -> list[Figure]:
    """A file of 300 MB from a real server, cut at half and gone on with."""
    from amparo.downloads import bench

    found = bench.run()
    return [
        Figure.most("300 MB resumed at half: memory that the server grew by", found["grown_megabytes"], "MB", bench.MEGABYTES_MAX, f"{found['seconds']:.1f} s for both halves"),
        Figure.most("of them: octets that came wrong, or downloads counted beside the one", (1 - found["right"]) + abs(found["counted"] - 1), "", 0),
        Figure("300 MB scanned, hashed and signed", found["taking_seconds"], "s"),
    ]  # fmt: skip


def activation() -> list[Figure]:
    """Statements, seats under many at once, and speed of activations."""
    from amparo.activation import bench

    return [
        Figure.most(str(found["name"]), float(str(found["value"])), str(found["unit"]), float(str(found["most"])))
        if "most" in found else Figure(str(found["name"]), float(str(found["value"])), str(found["unit"]))
        for found in bench.run()
    ]  # fmt: skip


def forum() -> list[Figure]:
    """A topic of 200 posts and the lists of the forum, read by a visitor, a member and a moderator. FOR-1."""
    from django.test.utils import setup_test_environment

    from amparo.forum import bench

    setup_test_environment()
    return [
        Figure.most(f"forum, {found['name']}", float(str(found["statements"])), "statements", bench.STATEMENTS_MAX, f"{found['milliseconds']:.1f} ms, {found['processor']:.1f} ms of processor; one in twenty slower than {found['slowest']:.1f} ms")
        for found in bench.run()
    ]


def mail() -> list[Figure]:
    """Mail taken in from a real IMAP server, with the process killed twice between."""
    sys.path.insert(0, os.getcwd())
    from amparo.kernel import clock
    from amparo.mailbox import bench
    from tests import dovecot

    if not dovecot.available():
        return []
    with dovecot.imap_server() as served:
        found = bench.run(served, dovecot.PASSWORD, at=clock.now())
    missing = bench.COUNT - found["taken"]
    return [
        Figure.most(
            "1,000 mails of 20 kB taken in from IMAP (Dovecot)", found["seconds"], "s", bench.SECONDS_MAX,
            f"killed {found['kills']} times on the way, starts of three processes counted",
        ),
        Figure.most("of them missing, or there twice", missing + found["twice"], "", 0),
        Figure("1,000 mails understood", found["understood_seconds"], "s", note=f"{found['understood']} looked at"),
    ]  # fmt: skip


def remote() -> list[Figure]:
    """A remote session: a key to a pixel, the tunnel, the broker under a moving picture. LIV-2."""
    sys.path.insert(0, os.getcwd())
    from amparo.remote import bench
    from tests import remote_bench

    if not remote_bench.available():
        return []
    found = remote_bench.run()
    figures = [
        Figure.most("remote: a key to a changed pixel in the engineer's browser, median", found["pixel_p50"], "ms", bench.PIXEL_MS_MAX, f"one in twenty slower than {found['pixel_p95']:.0f} ms; x11vnc on Xvfb"),
        Figure("remote: raw pixels through the broker, recorded and hashed", found["tunnel"], "MB/s", target=f"≥ {bench.TUNNEL_MEGABYTES_MIN:g} MB/s", holds=found["tunnel"] >= bench.TUNNEL_MEGABYTES_MIN),
    ]  # fmt: skip
    if "broker" in found:
        figures.append(Figure.most("remote: the broker under a film on the whole screen", found["broker"], "% of a core", bench.BROKER_PERCENT_MAX))
    return figures


PARTS: dict[str, Callable[[], list[Figure]]] = {
    part.__name__: part for part in (create, search, published, choice, callers, ring, chat, classroom, ledger, time, stream, lapse, casefile, quotes, article, downloads, activation, forum, mail, remote)
}


def main() -> None:
    """Measure one part and print its figures as one line of JSON, the last one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    import django

    django.setup()
    print("\n" + json.dumps([asdict(figure) for figure in PARTS[sys.argv[1]]()]))


if __name__ == "__main__":
    main()
