"""`amparo check`: style, types, layers, templates, migrations, translations, lock files. What a commit must pass."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
LOCK_FILES = ("requirements.txt", "requirements-dev.txt", "requirements-setup.txt", "package-lock.json")
COMMANDS: dict[str, list[str]] = {
    "style": [f"{BIN}/ruff", "check", "--quiet", "."],
    "types": [f"{BIN}/mypy", "amparo"],
    "layers": [f"{BIN}/lint-imports", "--no-cache"],
    "migrations": [sys.executable, "-m", "amparo", "django", "makemigrations", "--check", "--dry-run"],
    "translations": [sys.executable, "-m", "amparo", "messages", "check"],
}


def main(argv: Sequence[str]) -> int:
    """Run all checks, or those named, and say which failed."""
    parser = argparse.ArgumentParser(prog="amparo check", description=__doc__)
    names = [*COMMANDS, "templates", "locks"]
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"some of: {', '.join(names)}")
    wanted = parser.parse_args(argv).checks or names
    if unknown := sorted(set(wanted) - set(names)):
        parser.error(f"there is no check {unknown[0]!r}")
    os.chdir(ROOT)
    os.environ["AMPARO_BUILD"] = "1"
    failed = []
    for name in wanted:
        began = time.monotonic()
        output = run(name)
        print(
            f"{'no ' if output is not None else 'yes'}  {name:<13} {time.monotonic() - began:5.1f} s",
            flush=True,
        )
        if output is not None:
            failed.append(name)
            print(output, flush=True)
    print(
        f"{len(wanted) - len(failed)} checks passed, {len(failed)} failed{': ' + ', '.join(failed) if failed else ''}"
    )
    return 1 if failed else 0


def run(name: str) -> str | None:
    """Return nothing when the check passes, else what it says."""
    if name in COMMANDS:
        done = subprocess.run(COMMANDS[name], capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else (done.stdout + done.stderr).strip()
    found = list(broken_templates() if name == "templates" else addresses_in_locks())
    return "\n".join(found) or None


def addresses_in_locks() -> Iterator[str]:
    """Yield each line of a lock file that names a host, and each file that lacks hashes. SEC-59"""
    for name in LOCK_FILES:
        text = (ROOT / name).read_text()
        for number, line in enumerate(text.splitlines(), 1):
            if "://" in line:
                yield f"{name}:{number}: names an address: {line.strip()}"
        if "sha256:" not in text and "sha512-" not in text:
            yield f"{name}: has no hashes"


def broken_templates() -> Iterator[str]:
    """Yield each template that does not parse."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    import django

    django.setup()
    from django.template import engines
    from jinja2 import TemplateSyntaxError

    jinja = engines["jinja2"].env  # type: ignore[attr-defined]
    for path in sorted(ROOT.glob("amparo/*/jinja2/**/*")):
        if path.is_file():
            try:
                jinja.parse(path.read_text(), filename=str(path))
            except TemplateSyntaxError as error:
                yield f"{path.relative_to(ROOT)}:{error.lineno}: {error.message}"
    for path in sorted(ROOT.glob("amparo/*/templates/**/*")):
        if path.is_file():
            try:
                engines["django"].from_string(path.read_text())
            except Exception as error:  # Django's parser raises many kinds
                yield f"{path.relative_to(ROOT)}: {error}"
