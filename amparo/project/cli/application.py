"""What the subcommands share that need Django and the database of this installation."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator

from amparo.project import installation


def common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every such subcommand has."""
    parser.add_argument("--data", metavar="DIR", help="folder of the data (AMPARO_DATA, else ./data)")
    parser.add_argument("--language", default="", metavar="CODE", help="es or en; without it, what LANG says")


@contextlib.contextmanager
def loaded(options: argparse.Namespace) -> Iterator[None]:
    """Load Django with the database in reach; the embedded server is started for that long unless it runs."""
    with installation.connected(installation.data_folder(getattr(options, "data", None))):
        installation.wait_for_database(getattr(options, "wait_seconds", installation.DATABASE_LIMIT_SECONDS))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
        need_secrets()
        import django
        from django.utils import translation

        django.setup()
        spoken = (
            getattr(options, "language", "") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
        )
        with translation.override("es-mx" if spoken.startswith("es") else "en"):
            yield


def need_secrets() -> None:
    """Say what is wrong in a sentence, where Django would show a traceback."""
    if os.environ.get("AMPARO_DEBUG"):
        return
    path = installation.secrets_path(installation.data_folder())
    if not path.exists():
        raise installation.Problem(
            f"The secrets {path} are missing. AMPARO_SECRETS_FILE or --data says where they are."
        )
    os.environ["AMPARO_SECRETS_FILE"] = str(path)
    installation.read_secrets(path)


def complain(command: str, sentence: str, *, as_json: bool, code: str = "problem") -> None:
    """Say that it cannot be done: as JSON on standard output for a program, else as a line for a person."""
    if as_json:
        print(json.dumps({"error": sentence, "code": code}, ensure_ascii=False))
    else:
        print(f"amparo {command}: {sentence}", file=sys.stderr)
