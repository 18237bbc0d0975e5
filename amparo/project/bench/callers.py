"""Finding a caller over 100,000 customers, by the doors that the telephone screen calls. TEL-1."""

from __future__ import annotations

import random
import statistics
import time
from datetime import datetime

from .figures import Figure

CUSTOMERS = 100_000
LIMIT_MS = 100.0
ASKED = 40


def fill(at: datetime) -> None:
    """Write customers with their contacts and licences, and nothing that happened to them."""
    from django.db import connection, transaction

    from amparo.project.world.people import make_clients, make_vendor
    from amparo.project.world.tape import Tape

    tape, dice = Tape(), random.Random(5)
    with transaction.atomic():
        vendor = make_vendor(at, "!")
        vendor.plans = []
        tape.open()
        for _part in range(10):
            make_clients(tape, vendor, dice, CUSTOMERS // 10, at, "!")
            tape.send()
        tape.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def run() -> list[Figure]:
    """Ask by telephone, NIC, name, name with a slip, and serial."""
    from amparo.kernel.actor import Actor
    from amparo.web.phone import search

    operator = Actor(kind="staff", user_id=0, name="", roles=frozenset({"operator"}))

    def find(words: str) -> object:
        return search(words, operator)

    figures, slowest = [], 0.0
    for name, asked in questions().items():
        for words in asked[:3]:
            find(words)
        times = [_once(find, words) for words in asked]
        slowest = max(slowest, *times)
        figures.append(
            Figure(f"find a caller: {name}", statistics.median(times), "ms (p50)", note=f"slowest {max(times):.1f} ms")
        )
    return [
        Figure.most(f"find a caller over {CUSTOMERS:,} customers, slowest", slowest, "ms", LIMIT_MS), *figures
    ]


def _once(find: object, words: str) -> float:
    began = time.perf_counter()
    find(words)  # type: ignore[operator]
    return (time.perf_counter() - began) * 1e3


def questions() -> dict[str, list[str]]:
    from django.db import connection

    dice = random.Random(9)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.nic, c.name, c.phone, l.serial, u.name FROM people_customer c JOIN products_licence l ON l.customer_id = c.id "
            "JOIN people_contact t ON t.customer_id = c.id JOIN people_user u ON u.id = t.user_id "
            "WHERE mod(c.id, 997) = 3 LIMIT %s", [ASKED]
        )
        rows = cursor.fetchall()

    def slip(word: str) -> str:
        place = dice.randrange(2, max(3, len(word) - 2))
        return word[:place] + word[place + 1 :]

    return {
        "telephone": [row[2] for row in rows],
        "end of a telephone": [row[2][-6:] for row in rows],
        "NIC": [row[0] for row in rows],
        "name of a company": [row[1] for row in rows],
        "beginning of a name": [row[1].split()[0][:4] for row in rows],
        "name of a person": [row[4] for row in rows],
        "name with a slip": [slip(row[1]) for row in rows],
        "serial": [row[3] for row in rows],
    }
