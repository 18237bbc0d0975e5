"""`amparo bench`: our figures beside limits and peers that are measured in the same run, with what they must reach.

Every part runs in a process and over a database of its own; worlds are made once for a run. Nothing is compared with a
figure of another day: what is promised is a ratio, a count, or a time with so much room that a busy day does not matter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from .figures import Figure

LARGE, SMALL = (10_000, 100_000, 50_000, 400_000), (1_000, 10_000, 5_000, 40_000)
NAMES = ("time", "choice", "pages", "create", "search", "published", "stream", "callers", "ring", "chat", "classroom", "remote", "ledger", "lapse", "casefile", "quotes", "article", "downloads", "forum", "activation", "mail", "start", "world")


def main(argv: Sequence[str]) -> int:
    """Measure what is asked for; 1 where a figure missed what it must reach."""
    parser = argparse.ArgumentParser(prog="amparo bench", description="Measure, beside limits and peers of the same run.")
    parser.add_argument("--only", action="append", choices=NAMES, default=[], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--small", action="store_true", help="a tenth of the large world, to try the measuring itself")
    parser.add_argument("--keep", action="store_true", help="keep the databases of this run and use those of the last one")
    options = parser.parse_args(argv)
    return Bench(options).run()


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.began = options, time.monotonic()
        self.sizes = SMALL if options.small else LARGE
        self.found: dict[str, list[Figure]] = {}
        self.failed: list[str] = []

    def say(self, line: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {line}", file=sys.stderr, flush=True)

    def run(self) -> int:
        import os

        from . import report
        from .databases import Databases, secrets_of_run

        with secrets_of_run() as secrets:
            databases = Databases(os.environ["DATABASE_URL"], secrets, self.say, keep=self.options.keep)
            try:
                for name in self.options.only or NAMES:
                    self.say(name)
                    self._measure(name, lambda name=name: self._part(name, databases))  # type: ignore[misc]
            finally:
                databases.close()
        seconds = time.monotonic() - self.began
        if self.options.json:
            print(json.dumps({name: [asdict(f) for f in figures] for name, figures in self.found.items()}, ensure_ascii=False))
        else:
            report.show(self.found)
        if self.options.write:
            report.write(self.found, self.sizes, seconds)
        missed = [figure.name for figures in self.found.values() for figure in figures if figure.holds is False]
        for line in (*self.failed, *(f"missed: {name}" for name in missed)):
            self.say(line)
        return 1 if missed or self.failed else 0

    def _measure(self, name: str, act: Callable[[], list[Figure]]) -> None:
        """One part that fails does not cost the others."""
        try:
            self.found[name] = act()
        except Exception as error:  # told in the end
            self.failed.append(f"{name} could not be measured: {error}")
            traceback.print_exc()

    def _part(self, name: str, databases: object) -> list[Figure]:
        from .databases import Databases, environment

        assert isinstance(databases, Databases)
        if name == "start":
            return start()
        if name == "world":
            return self._world(databases)
        if name == "pages":
            from . import pages

            small = databases.world("small", tuple(size // 10 for size in self.sizes))
            return pages.run(databases.world("large", self.sizes), small, databases.secrets)
        if name in ("create", "search", "published", "stream"):
            url = databases.world("large", self.sizes)
        else:
            url = databases.copy(name)  # a part writes what it measures: none finds what another wrote
        done = subprocess.run(
            [sys.executable, "-m", "amparo.project.bench.part", name], cwd=Path(__file__).resolve().parents[3],
            env=environment(url, databases.secrets) | ({"AMPARO_POOL": "48"} if name == "activation" else {}), stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        return [Figure.of(found) for found in json.loads(done.stdout.strip().splitlines()[-1])]

    def _world(self, databases: object) -> list[Figure]:
        seconds = getattr(databases, "seconds", {}).get("amparo_measure_large")
        if seconds is None:
            return []
        what = "{:,} customers, {:,} tickets, {:,} cases, {:,} messages".format(*self.sizes)
        return [Figure.most(f"making a world of {what}", seconds, "s", 300)]


def start() -> list[Figure]:
    """The second start, and the memory of the parts at rest."""
    from amparo.project import bench_start

    found = bench_start.measure()
    parts = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in found.memory_megabytes.items())
    return [
        Figure.most(
            "second `make run` to the first page", min(found.first_page_seconds), "s", 5,
            f"slowest {max(found.first_page_seconds):.1f} s; the first start {found.first_start_seconds:.0f} s",
        ),
        Figure.most("memory of web, worker and stream at rest", found.memory_together, "MB", 400, f"PSS: {parts}"),
    ]  # fmt: skip
