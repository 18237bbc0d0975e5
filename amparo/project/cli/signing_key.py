"""`amparo signing-key`: show the key that signs case files, or replace it; earlier keys stay published."""

import argparse
import base64
import json
import secrets
from collections.abc import Sequence

from amparo.project import installation
from amparo.project.cli import application


def main(argv: Sequence[str]) -> int:
    """Return 0. A new key is published before it is written down; the parts that run take it when they start again. CAS-7."""
    parser = argparse.ArgumentParser(prog="amparo signing-key", description=__doc__)
    parser.add_argument("--replace", action="store_true", help="make a new key; restart every part afterwards")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    application.common(parser)
    options = parser.parse_args(argv)
    with application.loaded(options):
        from amparo.casefiles import queries
        from amparo.casefiles.commands import publish_keys, replace_key
        from amparo.casefiles.rules import proof
        from amparo.kernel import clock

        if options.replace:
            seed = secrets.token_bytes(32)
            replace_key(proof.raw_public(proof.private_key(seed)), at=clock.now())
            write_seed(seed)
        else:
            publish_keys(at=clock.now())
        rows = [
            {"fingerprint": row.fingerprint, "since": row.since.isoformat() if row.since else None, "until": row.until.isoformat() if row.until else None}
            for row in queries.published_rows()
        ]  # fmt: skip
    if options.json:
        print(json.dumps({"keys": rows, "replaced": options.replace}))
    else:
        for row in rows:
            print(f"{row['fingerprint']}  since {row['since'] or '—'}{'  until ' + row['until'] if row['until'] else '  in use'}")
        if options.replace:
            print("The secrets file holds the new key. Restart every part, and make a backup: it belongs to the database now.")
    return 0


def write_seed(seed: bytes) -> None:
    """Put the new key into the file of secrets, and tell the database that they belong together."""
    path = installation.secrets_path(installation.data_folder())
    found = installation.read_secrets(path) | {"signing_key": base64.urlsafe_b64encode(seed).decode()}
    installation.write_private(path, json.dumps(found, indent=2) + "\n")
    with installation.Stamps() as stamps:
        stamps.set("secrets", installation.fingerprint(path))
