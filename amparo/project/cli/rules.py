"""`amparo rules`: which code carries each rule of the service, and which test holds it."""

import argparse
import json
from collections.abc import Sequence

from amparo.project import register


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong with the register, or write its page."""
    parser = argparse.ArgumentParser(prog="amparo rules", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/rules.md")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    chosen = parser.parse_args(list(arguments))
    bad = register.problems()
    if chosen.write:
        (register.ROOT / "docs/rules.md").write_text(register.page(), encoding="utf-8")
    if chosen.json:
        print(json.dumps({"problems": bad}))
    else:
        print("\n".join(bad) if bad else f"{len(register.TITLES)} rules; each has code and a test.")
    return 1 if bad else 0
