"""`amparo check-ledger`: recompute every pocket from its transfers alone, and compare."""

import argparse
import json
from collections.abc import Sequence

from amparo.project.cli import application


def main(argv: Sequence[str]) -> int:
    """Return 0 when all agrees, 1 when there is any difference."""
    parser = argparse.ArgumentParser(prog="amparo check-ledger", description=__doc__)
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    application.common(parser)
    options = parser.parse_args(argv)
    with application.loaded(options):
        from amparo.ledger.queries import check

        found = check()
    differences = found["differences"]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, default=str))
    else:
        for difference in differences:
            print("  " + ", ".join(f"{name} {value}" for name, value in difference.items()))
        verdict = f"{len(differences)} differences" if differences else "everything agrees"
        print(f"{found['pockets']} pockets, {found['transfers']} transfers: {verdict}.")
    return 1 if differences else 0
