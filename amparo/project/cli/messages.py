"""`amparo messages`: extract, compile and check the Spanish catalogues, one for each app.

Babel reads Python, Jinja2 and Django templates; Django's own `makemessages` misses the plurals of Jinja2. The source
language is English; catalogues lie in `amparo/<app>/locale/es/LC_MESSAGES/django.po`, the compiled ones beside them.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from amparo.project.installation import Problem

AMPARO = Path(__file__).resolve().parents[2]
LANGUAGES = ("es",)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
JINJA_OPTIONS = {
    "silent": "false",
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "extensions": "jinja2.ext.do",
}
SKIPPED_FOLDERS = {"tests", "migrations", "locale", "static", "node_modules", "__pycache__"}


def main(argv: Sequence[str]) -> int:
    """Update, compile or check the catalogues of the apps named, or of all."""
    parser = argparse.ArgumentParser(prog="amparo messages", description=__doc__.partition("\n\n")[0])
    parser.add_argument("action", nargs="?", default="update", choices=["update", "compile", "check"])
    parser.add_argument("apps", nargs="*", metavar="APP", help="names of apps; all without")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    apps = options.apps or all_apps()
    for app in apps:
        if not (AMPARO / app).is_dir():
            raise Problem(f"there is no app {app!r} in {AMPARO}")
    if options.action == "check":
        found = {app: list(problems(app)) for app in apps}
        return report(found, as_json=options.json)
    changed = {app: (update(app) if options.action == "update" else compile_catalogues(app)) for app in apps}
    if options.json:
        print(json.dumps(changed))
    else:
        for app, paths in changed.items():
            for path in paths:
                print(path)
            for line in problems(app) if options.action == "update" else ():
                print(f"  to do: {line}")
    return 0


def report(found: dict[str, list[str]], *, as_json: bool) -> int:
    """Print the problems by app; return 1 when there are any."""
    total = sum(map(len, found.values()))
    if as_json:
        print(
            json.dumps(
                {"complete": not total, "problems": {app: lines for app, lines in found.items() if lines}}
            )
        )
    elif total:
        for app, lines in found.items():
            for line in lines:
                print(f"{app}: {line}")
        print(f"{total} problems: run 'make messages APP=<app>' and fill in what is empty.")
    else:
        print("Every text of every app is translated.")
    return 1 if total else 0


def all_apps() -> list[str]:
    """Return the names of the folders of `amparo` that are Python packages."""
    return sorted(p.parent.name for p in AMPARO.glob("*/__init__.py"))


def catalogue_path(app: str, language: str) -> Path:
    return AMPARO / app / "locale" / language / "LC_MESSAGES" / "django.po"


def sources(app: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of the app that can hold texts, with how to read it: python, jinja2 or django."""
    root = AMPARO / app
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        inside = Path(folder).relative_to(root).parts
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix == ".py":
                yield path, "python"
            elif path.suffix in {".html", ".txt", ".xml", ".svg"} and "jinja2" in inside:
                yield path, "jinja2"
            elif path.suffix in {".html", ".txt"} and "templates" in inside:
                yield path, "django"


def extract_django(stream: IO[bytes], keywords: Any, tags: Any, options: Any) -> Iterator[Any]:
    """Read a Django template: Django turns it into Python calls, which Babel reads."""
    from django.utils.translation.template import templatize

    source = templatize(stream.read().decode())
    yield from extract_python(io.BytesIO(source.encode()), keywords, tags, {"encoding": "utf-8"})


def extracted(app: str) -> Catalog:
    """Return what the app's sources say today."""
    catalog = Catalog(project="Amparo", charset="utf-8")
    for path, kind in sources(app):
        method: Any = extract_django if kind == "django" else kind
        options: dict[str, Any] = JINJA_OPTIONS if kind == "jinja2" else {}
        with path.open("rb") as stream:
            for _line, message, comments, context in extract(
                method,
                stream,
                keywords=KEYWORDS,
                comment_tags=("Translators:",),
                options=options,
                strip_comment_tags=True,
            ):
                if message and (message[0] if isinstance(message, tuple) else message):
                    place = [(str(path.relative_to(AMPARO.parent)), 0)]
                    catalog.add(message, None, place, auto_comments=comments, context=context)
    return catalog


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, project="Amparo", charset="utf-8", fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def update(app: str) -> list[str]:
    """Bring the app's catalogues up to its sources, keep what is translated, drop what is gone; then compile."""
    template = extracted(app)
    written = []
    for language in LANGUAGES:
        path = catalogue_path(app, language)
        if not len(template) and not path.exists():
            continue
        catalog = read(path, language)
        catalog.update(
            template, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False
        )
        catalog.fuzzy = False
        catalog.header_comment = f"# Amparo, {app}: Spanish (Mexico, usted)."
        out = io.BytesIO()
        write_po(
            out,
            catalog,
            width=110,
            sort_output=True,
            include_lineno=False,
            ignore_obsolete=True,
            omit_header=False,
        )
        text = plain_header(out.getvalue().decode())
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            written.append(str(path.relative_to(AMPARO.parent)))
    return written + compile_catalogues(app)


def plain_header(text: str) -> str:
    """Leave out of the header what changes with each run or names a person: only noise in a diff."""
    noise = (
        "Project-Id-Version",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
        "Generated-By",
    )
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not line.startswith(tuple(f'"{word}' for word in noise))
    )


def compile_catalogues(app: str) -> list[str]:
    """Write the compiled catalogue beside each one that is newer."""
    written = []
    for language in LANGUAGES:
        path = catalogue_path(app, language)
        target = path.with_suffix(".mo")
        if not path.exists() or (target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns):
            continue
        partial = target.with_suffix(f".{os.getpid()}.tmp")
        with partial.open("wb") as stream:
            write_mo(stream, read(path, language))
        partial.replace(target)
        written.append(str(target.relative_to(AMPARO.parent)))
    return written


def problems(app: str) -> Iterator[str]:
    """Yield what is missing, empty, marked as doubtful, unused, or has wrong placeholders."""
    template = extracted(app)
    for language in LANGUAGES:
        path = catalogue_path(app, language)
        catalog = read(path, language)
        wanted = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in template if m.id}
        for message in template:
            if message.id:
                yield from message_problems(message, catalog)
        for message in catalog:
            if (
                message.id
                and (message.id if isinstance(message.id, str) else message.id[0], message.context)
                not in wanted
            ):
                yield f"no longer used: {message.id!r}"


def message_problems(message: Message, catalog: Catalog) -> Iterator[str]:
    found = catalog.get(message.id, message.context)
    if found is None:
        yield f"not in the catalogue: {message.id!r}"
        return
    strings = found.string if isinstance(found.string, (tuple, list)) else (found.string,)
    if not strings or not all(strings):
        yield f"not translated: {message.id!r}"
    elif found.fuzzy:
        yield f"doubtful (fuzzy): {message.id!r}"
    else:
        for error in found.check(catalog):
            yield f"{message.id!r}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
