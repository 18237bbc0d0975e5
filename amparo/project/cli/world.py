"""`amparo world`: make a large consistent world for trials."""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from .application import common, loaded


def main(argv: Sequence[str]) -> int:
    """Make it in the database of this installation and say what it holds; 1 where it cannot be made."""
    parser = argparse.ArgumentParser(prog="amparo world", description="Make a large consistent world for trials.")
    common(parser)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--messages", type=int, default=400_000, help="of tickets and cases together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tells the same world")
    parser.add_argument("--add", action="store_true", help="also beside customers that are not the demonstration's")
    parser.add_argument("--json", action="store_true", help="answer as JSON; how it goes on is told on standard error")
    options = parser.parse_args(argv)
    begin = time.monotonic()

    def say(line: str) -> None:
        out = sys.stderr if options.json else sys.stdout
        print(f"{time.monotonic() - begin:6.1f} s  {line}", file=out, flush=True)

    with loaded(options):
        from amparo.project.world.make import Sizes, make
        from amparo.project.world.people import DOMAIN, PASSWORD

        sizes = Sizes(options.customers, options.tickets, options.cases, options.messages)
        made = make(sizes, seed=options.seed, add=options.add, say=say)
        people = [f"operador@{DOMAIN}", f"ingenieria01@{DOMAIN}"]
        if options.json:
            answer = {"made": made, "seconds": round(time.monotonic() - begin, 1), "people": people, "password": PASSWORD}
            print(json.dumps(answer, ensure_ascii=False))
        else:
            say(", ".join(f"{count:,} {name}" for name, count in made.items() if count))
            say(f"sign in as {' or '.join(people)}, password «{PASSWORD}»")
    return 0
