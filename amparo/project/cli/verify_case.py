"""`amparo verify-case FILE`: say whether a case file is what was signed, without a database."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from amparo.casefiles.rules import proof
from amparo.casefiles.rules.verifier import Verdict, verify

KEYS = "case-file-keys.pem"


def main(argv: Sequence[str]) -> int:
    """Return 0 when the file is what a trusted key signed, 1 when it is not, 2 for wrong use. What is not whole is said. CAS-7."""
    parser = argparse.ArgumentParser(
        prog="amparo verify-case",
        description=__doc__,
        epilog="Without --key the keys that this installation has published are trusted; on another machine, the key in the "
        "file, whose fingerprint you then compare with the published one. docs/case-file.md tells the format.",
    )
    parser.add_argument("file", type=Path, help="the case file, a ZIP")
    parser.add_argument("--key", type=Path, help="the vendor's published keys, as PEM (from /case-files/key.pem)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    try:
        keys = proof.keys_in(options.key.read_bytes()) if options.key else own_keys()
    except OSError as error:
        print(f"amparo verify-case: the key cannot be read: {error}", file=sys.stderr)
        return 2
    if options.key and not keys:
        print(f"amparo verify-case: {options.key} holds no Ed25519 public key in PEM", file=sys.stderr)
        return 2
    try:
        verdict = verify(options.file, keys=keys)
    except OSError as error:
        print(f"amparo verify-case: the file cannot be read: {error}", file=sys.stderr)
        return 2
    print(json.dumps(as_data(verdict), ensure_ascii=False) if options.json else as_text(verdict, options.file))
    return 0 if verdict.is_valid else 1


def own_keys() -> list[bytes]:
    """Return the keys that the installation of this machine has published, if there is one."""
    path = Path(os.environ.get("AMPARO_DATA") or "data") / KEYS
    return proof.keys_in(path.read_bytes()) if path.is_file() else []


def as_data(verdict: Verdict) -> dict[str, object]:
    return {
        "valid": verdict.is_valid, "whole": verdict.is_whole, "gaps": verdict.gaps, "problems": verdict.problems, "notes": verdict.notes, "case": verdict.case,
        "made_at": verdict.made_at, "key": verdict.key, "facts": verdict.facts,
    }  # fmt: skip


def as_text(verdict: Verdict, path: Path) -> str:
    said = [f"{path}: {'NOT VALID' if not verdict.is_valid else 'valid' if verdict.is_whole else 'valid, but NOT WHOLE'}"]
    if verdict.case:
        said.append(f"  case {verdict.case}, made {verdict.made_at}, {verdict.facts} facts")
    said += [f"  problem: {problem}" for problem in verdict.problems]
    said += [f"  missing: {gap}" for gap in verdict.gaps]
    said += [f"  note: {note}" for note in verdict.notes]
    return "\n".join(said)
