"""The `amparo` command: one module for each subcommand, read only when it is asked for.

Every subcommand has `--help`, a plain answer, and (those that answer a question) `--json`. Exit status: 0 is yes or
done, 1 is no or failed, 2 is wrong use.
"""

import importlib
import os
import sys
from collections.abc import Sequence

from amparo.project.installation import Problem, read_env_file
from amparo.project.postgres import PostgresError

COMMANDS = {
    "up": "start everything on this machine; Ctrl-C stops it",
    "prepare": "migrate the database and publish the static files, for parts started alone",
    "serve": "start some of the parts together, with a database that runs already",
    "web": "start the pages alone",
    "worker": "start the worker alone",
    "stream": "start the live stream alone",
    "broker": "start the broker of remote sessions alone, beside that of the stream",
    "scorm": "start the SCORM packages alone, at an origin of their own",
    "media": "start the gateways of sound and image alone: Janus, coturn",
    "telephone": "listen to the telephone exchanges alone",
    "doctor": "say what is configured, reachable and missing, and what to do",
    "mail": "read a message, take one in, fetch what waits, or listen to a mail server",
    "deadline": "ask the calendar when a time runs out",
    "check-ledger": "recompute every pocket from its transfers",
    "backup": "save database, files and keys into a folder",
    "restore": "bring a backup into an empty data folder",
    "world": "make a large consistent world for trials",
    "bench": "measure the figures of docs/benchmarks.md",
    "verify-case": "say whether a case file is what was signed; needs no database",
    "signing-key": "show the key that signs case files, or replace it; old keys stay published",
    "licence-keys": "show the keys that sign licences, let the next one sign, or write vectors for clients",
    "retention": "say which records are purged when, or purge what is due",
    "rules": "say which code carries each rule of the service and which test holds it",
    "django": "run a management command of Django",
    "messages": "update, compile or check the translations",
    "test": "run the tests",
    "check": "check style, types, layers, templates, migrations, translations",
    "screens": "photograph the main screens into docs/screens",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the subcommand named first; `--data DIR` may stand before it."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    while arguments and (arguments[0] == "--data" or arguments[0].startswith("--data=")):
        word = arguments.pop(0)
        if "=" in word:
            os.environ["AMPARO_DATA"] = word.partition("=")[2]
        elif arguments:
            os.environ["AMPARO_DATA"] = arguments.pop(0)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    name = arguments.pop(0)
    if name not in COMMANDS:
        print(f"amparo: there is no command {name!r}\n\n{usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    try:
        read_env_file()
        return int(module.main(arguments) or 0)
    except (Problem, PostgresError) as problem:
        from .application import complain

        complain(name, str(problem), as_json="--json" in arguments)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def usage() -> str:
    """Return the list of subcommands."""
    lines = ["usage: amparo [--data DIR] COMMAND [OPTIONS]", "", "Commands:"]
    lines += [f"  {name:<14} {text}" for name, text in COMMANDS.items()]
    lines += [
        "",
        "`amparo COMMAND --help` explains one. DATABASE_URL in the environment replaces the embedded server.",
    ]
    return "\n".join(lines)
