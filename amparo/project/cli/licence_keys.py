"""`amparo licence-keys`: show the keys that sign licences, let the next one sign, or write the test vectors for clients."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from amparo.project.cli import application

ROOT = Path(__file__).resolve().parents[3]


def main(argv: Sequence[str]) -> int:
    """Return 0. Rotating needs no restart: every part takes the key that signs from the database. LIC-1."""
    parser = argparse.ArgumentParser(prog="amparo licence-keys", description=__doc__)
    parser.add_argument("what", nargs="?", default="show", choices=("show", "rotate", "vectors"))
    parser.add_argument("--out", metavar="DIR", default=str(ROOT / "clients" / "vectors"), help="where the vectors go (clients/vectors)")
    parser.add_argument("--jwks", action="store_true", help="show the set that programs pin, and nothing else")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    application.common(parser)
    options = parser.parse_args(argv)
    if options.what == "vectors":
        return write_vectors(Path(options.out))
    with application.loaded(options):
        from amparo.activation import commands, queries
        from amparo.kernel import clock
        from amparo.kernel.actor import SYSTEM

        at = clock.now()
        commands.ensure_keys(at=at)
        if options.what == "rotate":
            commands.rotate_keys(actor=SYSTEM, at=at)
        rows, published = queries.key_rows(), queries.published_keys()
    if options.jwks:
        print(json.dumps({"keys": published}, indent=2))
    elif options.json:
        print(json.dumps({"keys": rows, "rotated": options.what == "rotate"}, default=str))
    else:
        for row in rows:
            since = row["retired_at"] or row["active_from"] or row["made_at"]
            print(f"{row['kid']}  {row['state']:<8} since {since:%Y-%m-%d %H:%M} UTC")
    return 0


def write_vectors(folder: Path) -> int:
    """Write the test vectors; they are the same at every making."""
    from amparo.activation.rules import vectors

    for name, content in vectors.made().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{folder}: {len(vectors.made())} files")
    return 0
