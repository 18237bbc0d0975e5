"""Pages over the large world: statements, processor time beside a lean Django page of the same bytes, and beside a small world."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from .figures import Figure

ROOT = Path(__file__).resolve().parents[3]
STATEMENTS_MAX, LEAN_MAX, SMALL_MAX = 6, 1.6, 1.2
ROUNDS, REQUESTS = 7, 30
_TEXT = re.compile(r">([^<]+)<")


class Asked:
    """A measurer, as the one who asks it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, do: str, **named: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **named}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the measurer ended; it was asked to {do} {named.get('path', '')}")
        return dict(json.loads(answer))


@contextlib.contextmanager
def measurer(url: str, settings: str, secrets: Path) -> Iterator[Asked]:
    """Start a measurer of an application over a database."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AMPARO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "amparo.project.bench.measurer"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=kept | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": settings, "AMPARO_SECRETS_FILE": str(secrets),
                    "AMPARO_DATA": str(secrets.parent)},
    )  # fmt: skip
    try:
        yield Asked(process)
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(20)


@dataclass(frozen=True)
class Page:
    """A page to be measured: its name, its address, who opens it, and the one statement that a lean page would ask."""

    name: str
    path: str
    user: int
    sql: str
    given: list[Any]


_QUEUE = """SELECT t.id, t.kind, t.number, t.title, t.queue, t.priority, t.due_at, t.last_at, c.name AS customer, u.name
FROM threads_thread t JOIN people_customer c ON c.id = t.customer_id LEFT JOIN people_user u ON u.id = t.assignee_id
WHERE t.queue IN ('answer', 'consent', 'attention', 'waiting', 'closing', 'quality')
ORDER BY t.due_at IS NULL, t.priority, t.due_at, t.id LIMIT 50"""
_ENTRIES = """SELECT e.*, t.title, c.name AS customer FROM threads_entry e JOIN threads_thread t ON t.id = e.thread_id
JOIN people_customer c ON c.id = t.customer_id WHERE e.thread_id = %s ORDER BY e.seq"""
_MINE = """SELECT t.*, c.name AS customer FROM threads_thread t JOIN people_customer c ON c.id = t.customer_id
WHERE t.customer_id = %s ORDER BY t.last_public_at DESC, t.id DESC LIMIT 20"""
_TRANSFERS = """SELECT t.*, p.label, p.source FROM ledger_transfer t JOIN ledger_pocket p ON p.id IN (t.debit_id, t.credit_id)
WHERE t.customer_id = %s AND p.customer_id IS NOT NULL ORDER BY t.at, t.id"""

# A customer with a year of transfers and, whatever the size of the world, as much on its home page: so many open
# matters, so many of them its turn, so many pockets with something left. Else two customers would be compared, not two worlds.
_ORDINARY = """
WITH year AS (
    SELECT customer_id FROM ledger_transfer WHERE at > now() - interval '1 year'
    GROUP BY 1 HAVING count(*) BETWEEN 24 AND 32
), shown AS (
    SELECT customer_id,
        (SELECT count(*) FROM threads_thread t WHERE t.customer_id = y.customer_id AND t.queue <> 'closed') AS open,
        (SELECT count(*) FROM threads_thread t WHERE t.customer_id = y.customer_id AND t.queue = 'waiting') AS asked,
        (SELECT count(*) FROM threads_thread t WHERE t.customer_id = y.customer_id AND t.queue IN ('consent', 'closing')) AS decided,
        (SELECT count(*) FROM ledger_pocket p WHERE p.customer_id = y.customer_id AND p.ends_at > now() AND p.balance > 0) AS held
    FROM year y
)
SELECT s.customer_id, c.user_id FROM shown s JOIN people_contact c
ON c.customer_id = s.customer_id AND c.company_role = 'administrator'
ORDER BY abs(s.open - 5) + abs(s.asked - 2) + 2 * abs(s.decided - 1) + abs(s.held - 3), s.customer_id LIMIT 1"""


def pages_of(url: str) -> list[Page]:
    """Find the pages to measure in a large world."""
    with psycopg.connect(url) as connection:

        def one(sql: str) -> Any:
            row = connection.execute(sql).fetchone()  # type: ignore[call-overload]
            assert row, "this database holds no large world"
            return row

        (engineer,) = one("SELECT id FROM people_user WHERE email = 'ingenieria01@mundo.example'")
        ticket, thread = one(
            "SELECT t.number, t.id FROM threads_thread t WHERE kind = 'ticket' AND entry_count = 20 ORDER BY id LIMIT 1"
        )
        case, case_thread = one(
            "SELECT t.number, t.id FROM threads_thread t WHERE kind = 'case' AND entry_count = 60 ORDER BY id LIMIT 1"
        )
        customer, contact = one(_ORDINARY)
    return [
        Page("desk queue of 50", "/desk/", engineer, _QUEUE, []),
        Page("ticket of 20 messages", f"/desk/tickets/{ticket}/", engineer, _ENTRIES, [thread]),
        Page("case of 60 entries", f"/desk/cases/{case}/", engineer, _ENTRIES, [case_thread]),
        Page("portal home", "/", contact, _MINE, [customer]),
        Page("statement of a year", year_of_statement(), contact, _TRANSFERS, [customer]),
    ]


def year_of_statement() -> str:
    from datetime import date, timedelta

    today = date.today()  # noqa: DTZ011
    return f"/statements/?since={today - timedelta(days=365)}&until={today}"


def pieces_of(page: str) -> list[list[str]]:
    """Cut a page into markup and the texts between it, such that escaping the texts gives the same bytes again."""
    pieces, place = [], 0
    for found in _TEXT.finditer(page):
        text = html.unescape(found[1])
        if found[1].strip() and escaped(text) == found[1]:
            pieces.append([page[place : found.start(1)], text])
            place = found.end(1)
    return [*pieces, [page[place:], ""]]


def escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


def run(large: str, small: str, secrets: Path) -> list[Figure]:
    """Measure every page; ours over the large world, ours over the small one and the lean one in turns."""
    figures = []
    ours, lean_settings = "amparo.project.settings", "amparo.project.bench.lean.settings"
    with (
        measurer(large, ours, secrets) as big,
        measurer(small, ours, secrets) as little,
        measurer(large, lean_settings, secrets) as lean,
    ):
        for page, page_of_small in zip(pages_of(large), pages_of(small), strict=True):
            figures += measure(page, page_of_small, big, little, lean)
    return figures


def measure(page: Page, page_of_small: Page, big: Asked, little: Asked, lean: Asked) -> list[Figure]:
    cookie = big("session", user=page.user)["cookie"]
    asked = big("statements", path=page.path, cookie=cookie)["statements"]
    shown = big("html", path=page.path, cookie=cookie)
    if not shown["status"].startswith("200"):
        raise RuntimeError(f"{page.path} answers {shown['status']}")
    lean("learn", name="page", sql=page.sql, given=page.given, pieces=pieces_of(shown["html"]))
    lean_cookie = lean("session", user=page.user)["cookie"]
    same = lean("html", path="/page/page/", cookie=lean_cookie)["html"]
    assert same == shown["html"], "the lean page shows other bytes"
    small_cookie = little("session", user=page_of_small.user)["cookie"]
    turns = []
    for _round in range(ROUNDS):
        turns.append((
            big("run", path=page.path, cookie=cookie, count=REQUESTS),
            lean("run", path="/page/page/", cookie=lean_cookie, count=REQUESTS),
            little("run", path=page_of_small.path, cookie=small_cookie, count=REQUESTS),
            big("first_views", path=page.path, cookie=cookie, count=REQUESTS),
        ))  # fmt: skip
    mine, beside, tenth, first = (
        min((turn[which] for turn in turns), key=lambda cost: cost["app"] + cost["db"]) for which in range(4)
    )
    kilobytes = len(shown["html"].encode()) / 1024
    total, lean_total, small_total, first_total = (cost["app"] + cost["db"] for cost in (mine, beside, tenth, first))
    return [
        Figure.most(f"{page.name}: statements", len(asked), "statements", STATEMENTS_MAX),
        Figure.ratio(
            f"{page.name}: processor", total, "ms", "a lean Django page of the same bytes", lean_total, LEAN_MAX,
            f"{mine['app']:.2f} ours + {mine['db']:.2f} database; lean {beside['app']:.2f} + {beside['db']:.2f}; {kilobytes:.0f} kB",
        ),
        Figure(
            f"{page.name}: processor of a first view", first_total, "ms", "a lean Django page of the same bytes", lean_total,
            first_total / lean_total, note=f"{first['app']:.2f} ours + {first['db']:.2f} database",
        ),
        Figure.ratio(
            f"{page.name}: ten times the world", total, "ms", "the same page over a tenth of the world", small_total, SMALL_MAX
        ),
    ]  # fmt: skip
