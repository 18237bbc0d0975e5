"""What a start does once, in a process of its own so that the supervisor stays small: `python -m amparo.project.prepare`.

`database` migrates and loads the demonstration world if that is asked for; `static` publishes the static files.
"""

import json
import os
import shutil
import sys
import time
from io import StringIO
from pathlib import Path

from amparo.project import service_role
from amparo.project.installation import (
    ROOT,
    Stamps,
    data_folder,
    fingerprint,
    migrations_state,
    secrets_path,
    static_state,
    write_private,
)
from amparo.project.migrating import migrate_empty

STATIC = ROOT / ".cache" / "static"


def main(steps: list[str]) -> int:
    """Do the steps named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    if "static" in steps:
        os.environ["AMPARO_STATIC"] = str(STATIC.with_name(f"static.{os.getpid()}"))
    if {"database", "demo"} & {*steps}:  # a loss of power costs the last steps, which are then done again
        os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    import django

    django.setup()
    if "static" in steps:
        static()
    if "database" in steps:
        database()
    if "demo" in steps:
        demo()
    if "setup" in steps:
        setup()
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def static() -> None:
    """Publish the static files beside the old ones and change over at once."""
    from django.core.management import call_command

    from amparo.project.static_files import UNUSED

    began = time.monotonic()
    fresh = Path(os.environ["AMPARO_STATIC"])
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
    (fresh / ".stamp").write_text(static_state())
    old = STATIC.with_name(f"static.old{os.getpid()}")
    if STATIC.exists():
        STATIC.rename(old)
    fresh.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)
    say(f"static files published ({time.monotonic() - began:.1f} s)")


def static_is_current() -> bool:
    stamp = STATIC / ".stamp"
    return stamp.exists() and stamp.read_text() == static_state()


def database() -> None:
    """Migrate; repeating it after a kill goes on where it was."""
    from django.core.management import call_command

    began = time.monotonic()
    with Stamps() as stamps:
        is_empty = not stamps.database_is_used()
    if is_empty:
        migrate_empty()
    else:
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if given := service_role.service_url():
        service_role.grant(os.environ["DATABASE_URL"], service_role.role_of(given))
    with Stamps() as stamps:
        stamps.set("secrets", fingerprint(secrets_path(data_folder())))
        stamps.set("migrations", migrations_state())
    say(f"database migrated ({time.monotonic() - began:.1f} s)")


def demo() -> None:
    """Load the demonstration world and write down its people for the next starts."""
    from django.core.management import call_command, get_commands

    if "load_demo" not in get_commands():
        return
    began = time.monotonic()
    say("loading the demonstration world …")
    with Stamps() as stamps:
        stamps.set("demo", "loading")
        size = (
            ["--customers", os.environ["AMPARO_DEMO_CUSTOMERS"]]
            if "AMPARO_DEMO_CUSTOMERS" in os.environ
            else []
        )
        call_command("load_demo", *size, stdout=StringIO())
        if "demo_people" in get_commands():
            answer = StringIO()
            call_command("demo_people", "--json", stdout=answer)
            write_private(
                data_folder() / "demo-people.json",
                json.dumps(json.loads(answer.getvalue()), ensure_ascii=False),
            )
        stamps.set("demo", "loaded")
    say(f"demonstration world loaded ({time.monotonic() - began:.1f} s)")


def setup() -> None:
    """Make the set-up code of a service without a demonstration, until somebody is its administrator."""
    from amparo.people.commands import open_set_up

    code = open_set_up()
    with Stamps() as stamps:
        stamps.set("setup", "open" if code else "done")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
