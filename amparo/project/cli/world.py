"""`amparo world`: make a large consistent world for trials."""

import argparse
import time
from collections.abc import Sequence

from .application import common, loaded


def main(argv: Sequence[str]) -> int:
    """Make it in the database of this installation and say what it holds."""
    parser = argparse.ArgumentParser(prog="amparo world", description="Make a large consistent world for trials.")
    common(parser)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--messages", type=int, default=400_000, help="of tickets and cases together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tells the same world")
    parser.add_argument("--add", action="store_true", help="also beside customers that are not the demonstration's")
    options = parser.parse_args(argv)
    begin = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begin:6.1f} s  {line}", flush=True)

    with loaded(options):
        from amparo.project.world.make import Sizes, make
        from amparo.project.world.people import DOMAIN, PASSWORD

        sizes = Sizes(options.customers, options.tickets, options.cases, options.messages)
        made = make(sizes, seed=options.seed, add=options.add, say=say)
        say(", ".join(f"{count:,} {name}" for name, count in made.items() if count))
        say(f"sign in as operador@{DOMAIN} or ingenieria01@{DOMAIN}, password «{PASSWORD}»")
    return 0
