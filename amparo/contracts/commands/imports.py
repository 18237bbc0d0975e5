"""The verbs of imports: a file is uploaded and looked at, then imported whole or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.utils import translation

from amparo.contracts import access
from amparo.contracts.errors import FileNotRead, ImportBusy, ImportHasErrors, ImportOver
from amparo.contracts.imports.applying import apply
from amparo.contracts.imports.checking import Judged, check
from amparo.contracts.imports.columns import KINDS
from amparo.contracts.imports.reading import decode, read
from amparo.contracts.models import ImportRun
from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people.queries import actor_by_id
from amparo.policies.queries import value

KEPT_DAYS = 7


LONG = 200  # rows from which on the worker looks and imports
SHOWN_MAX = 500
TOLD_SECONDS = 0.5


class _Undone(Exception):
    """Ends the transaction of an import that was refused midway; holds the rows with what is wrong."""

    def __init__(self, rows: list[Judged]) -> None:
        super().__init__()
        self.rows = rows


def as_data(rows: Sequence[Judged]) -> dict[str, Any]:
    """Return what the page shows of judged rows, as data: every wrong one, and as many of the others as it carries."""
    other = [row for row in rows if row.action in ("new", "changed")]
    return {
        "wrong": [{"number": r.number, "label": r.label, "errors": [(n, str(t)) for n, t in r.errors]} for r in rows if r.errors],
        "rows": [
            {
                "number": row.number, "label": row.label, "action": row.action,
                "values": {name: str(cell) for name, cell in row.values.items()},
                "changes": [(name, _text(before), _text(after)) for name, before, after in row.changes],
            }
            for row in other[:SHOWN_MAX]
        ],
        "more": max(0, len(other) - SHOWN_MAX),
    }  # fmt: skip


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def rows_in(kind: str, text: str, *, rows_max: int) -> int:
    """Return how many rows a file has. Raises FileNotRead where it cannot be read, has other headings or too many rows."""
    columns = KINDS[kind]
    return len(read(text, columns.headings, columns.required, rows_max=rows_max))


def judge(run: ImportRun, *, at: datetime) -> list[Judged]:
    """Return every row of an uploaded file, judged as things stand now. Raises FileNotRead."""
    return check(run.kind, run.text, rows_max=value("contracts.import_rows_max", at=at), at=at)


def counts(rows: Sequence[Judged]) -> dict[str, int]:
    """Return how many rows are new, changed, the same, and wrong."""
    found = Counter(row.action for row in rows)
    return {action: found.get(action, 0) for action in ("new", "changed", "same", "wrong")}


@transaction.atomic
def upload_import(
    kind: str,
    content: bytes,
    file_name: str,
    *,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> ImportRun:
    """Take a file and look whether it can be read; nothing is imported yet. The same `key` returns the first.

    The rows of a short file are judged at once, those of a long one by the worker. Raises NotPermitted, FileNotRead.
    """
    if not access.may_import(actor):
        raise NotPermitted()
    if kind not in KINDS:
        raise FileNotRead(field="kind")
    if key and (first := ImportRun.objects.filter(key=key).first()):
        return first
    text = decode(content)
    many = rows_in(kind, text, rows_max=value("contracts.import_rows_max", at=at))
    judged = [] if many >= LONG else check(kind, text, rows_max=many, at=at)
    name = "".join(sign for sign in file_name if sign.isprintable())[-120:]
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                kind=kind, file_name=name, text=text, rows=many, summary=counts(judged), uploaded_at=at,
                uploaded_by_id=actor.user_id, key=key or None, state="waiting" if many >= LONG else "checked",
            )  # fmt: skip
    except IntegrityError:
        return ImportRun.objects.get(key=key)
    record("import.uploaded", subject=run, actor=actor, at=at, kind=kind, rows=many, **counts(judged))
    return run


def order_import(run: ImportRun, *, letters: bool = False, actor: Actor, at: datetime) -> ImportRun:
    """Import an uploaded file: a short one at once, a long one by the worker, who begins within a second.

    Again changes nothing. Raises NotPermitted, ImportOver, ImportBusy (not looked at yet), ImportHasErrors.
    """
    if run.rows < LONG:
        return apply_import(run, letters=letters, actor=actor, at=at)
    if not access.may_import(actor):
        raise NotPermitted()
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state in ("applied", "ordered"):
            return run
        if run.state == "waiting":
            raise ImportBusy()
        if run.state != "checked":
            raise ImportOver()
        if run.summary.get("wrong"):
            raise ImportHasErrors(rows=[])
        run.state, run.letters, run.ordered_by_id = "ordered", letters, actor.user_id
        run.save(update_fields=["state", "letters", "ordered_by"])
        record("import.ordered", subject=run, actor=actor, at=at, kind=run.kind, rows=run.rows)
    return run


def apply_import(run: ImportRun, *, letters: bool = False, actor: Actor, at: datetime) -> ImportRun:
    """Import an uploaded file: all its rows, or, where one is wrong, none. Again changes nothing.

    The rows are judged anew under the lock. `letters`: new contacts are invited by e-mail instead of only written
    down. Raises NotPermitted, ImportOver (dropped), ImportHasErrors (with `rows`).
    """
    if not access.may_import(actor):
        raise NotPermitted()
    try:
        with transaction.atomic():
            run = ImportRun.objects.select_for_update().get(pk=run.pk)
            if run.state == "applied":
                return run
            if run.state != "checked":
                raise ImportOver()
            _written(run, letters, lambda done: None, actor, at)
    except _Undone as undone:
        raise ImportHasErrors(rows=undone.rows) from None
    return run


def _written(run: ImportRun, letters: bool, told: Callable[[int], None], actor: Actor, at: datetime) -> list[Judged]:
    """Judge the rows of a locked run anew and write them. Raises _Undone with them where one is wrong."""
    rows = judge(run, at=at)
    if any(row.action == "wrong" for row in rows) or not apply(
        run.kind, rows, letters=letters, told=told, actor=actor, at=at
    ):
        raise _Undone(rows)
    run.state, run.ended_at, run.text, run.found, run.summary = "applied", at, "", {}, counts(rows)
    run.save(update_fields=["state", "ended_at", "text", "found", "summary"])
    record("import.applied", subject=run, actor=actor, at=at, kind=run.kind, **run.summary)
    return rows


def work_imports(*, at: datetime) -> int:
    """Judge long files that wait, and import those that were asked for; return how many were worked on.

    Each in one transaction under its lock: a worker that is killed leaves nothing of it, and the next one begins anew.
    """
    done = 0
    while _judge_next(at) or _import_next(at):
        done += 1
    return done


@transaction.atomic
def _judge_next(at: datetime) -> bool:
    run = ImportRun.objects.select_for_update(skip_locked=True).filter(state="waiting").order_by("pk").first()
    if run is None:
        return False
    _keep(run, at)
    record("import.judged", subject=run, actor=SYSTEM, at=at, **run.summary)
    return True


def _keep(run: ImportRun, at: datetime, rows: list[Judged] | None = None) -> None:
    """Keep what was found in every row, in the language of who uploaded the file."""
    with translation.override(run.uploaded_by.language if run.uploaded_by else settings.LANGUAGE_CODE):
        rows = rows if rows is not None else judge(run, at=at)
        run.found, run.summary, run.state = as_data(rows), counts(rows), "checked"
    run.save(update_fields=["found", "summary", "state"])
    signal("imports")


def _import_next(at: datetime) -> bool:
    run: ImportRun | None = None
    try:
        with transaction.atomic():
            run = (
                ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).select_related("uploaded_by")
                .filter(state="ordered").order_by("pk").first()
            )  # fmt: skip
            if run is None:
                return False
            actor = actor_by_id(run.ordered_by_id) if run.ordered_by_id else SYSTEM
            if not access.may_import(actor):
                raise _Undone([])
            with translation.override(run.uploaded_by.language if run.uploaded_by else settings.LANGUAGE_CODE), _telling(run.pk, at) as told:
                _written(run, run.letters, told, actor, at)
            signal("imports")
    except _Undone as undone:
        assert run is not None
        with transaction.atomic():
            _keep(ImportRun.objects.select_for_update().get(pk=run.pk), at, undone.rows or None)
    return True


@contextmanager
def _telling(run_id: int, at: datetime) -> Iterator[Callable[[int], None]]:
    """Give a function that tells how far an import came: over a connection of its own, for its transaction is not over."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    last = 0.0

    def told(done: int) -> None:
        nonlocal last
        if (now := monotonic()) - last < TOLD_SECONDS:
            return
        last = now
        with beside.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contracts_importprogress (run_id, done, at) VALUES (%s, %s, %s) "
                "ON CONFLICT (run_id) DO UPDATE SET done = EXCLUDED.done, at = EXCLUDED.at",
                [run_id, done, at],
            )
            cursor.execute("SELECT pg_notify('amparo_stream', 'imports|0')")

    try:
        yield told
    finally:
        beside.close()


@transaction.atomic
def drop_import(run: ImportRun, *, actor: Actor, at: datetime) -> ImportRun:
    """Forget an uploaded file without importing it; again changes nothing. Raises NotPermitted, ImportOver (imported)."""
    if not (access.may_import(actor)):
        raise NotPermitted()
    if ImportRun.objects.filter(pk=run.pk, state="ordered").exists():
        raise ImportBusy()  # its lock is held until it is in
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state == "applied":
        raise ImportOver()
    if run.state in ("waiting", "checked"):
        run.state, run.ended_at, run.text, run.found = "dropped", at, "", {}
        run.save(update_fields=["state", "ended_at", "text", "found"])
        record("import.dropped", subject=run, actor=actor, at=at, kind=run.kind)
    return run


def drop_old_imports(*, at: datetime) -> int:
    """Forget files that nobody confirmed for a week: they hold people's data. SEC-58. Returns how many."""
    old = list(ImportRun.objects.filter(state__in=["waiting", "checked"], uploaded_at__lt=at - timedelta(days=KEPT_DAYS)))
    for run in old:
        drop_import(run, actor=SYSTEM, at=at)
    return len(old)
