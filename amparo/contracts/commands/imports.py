"""The verbs of imports: a file is uploaded and looked at, then imported whole or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from amparo.contracts import access
from amparo.contracts.errors import FileNotRead, ImportHasErrors, ImportOver
from amparo.contracts.imports.applying import apply
from amparo.contracts.imports.checking import Judged, check
from amparo.contracts.imports.columns import KINDS
from amparo.contracts.imports.reading import decode
from amparo.contracts.models import ImportRun
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value

KEPT_DAYS = 7


class _Undone(Exception):
    """Ends the transaction of an import that was refused midway."""


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

    Raises NotPermitted, FileNotRead.
    """
    if not access.may_import(actor):
        raise NotPermitted()
    if kind not in KINDS:
        raise FileNotRead(field="kind")
    if key and (first := ImportRun.objects.filter(key=key).first()):
        return first
    text = decode(content)
    rows = check(kind, text, rows_max=value("contracts.import_rows_max", at=at), at=at)
    name = "".join(sign for sign in file_name if sign.isprintable())[-120:]
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                kind=kind, file_name=name, text=text, rows=len(rows), summary=counts(rows), uploaded_at=at,
                uploaded_by_id=actor.user_id, key=key or None,
            )
    except IntegrityError:
        return ImportRun.objects.get(key=key)
    record("import.uploaded", subject=run, actor=actor, at=at, kind=kind, rows=len(rows), **counts(rows))
    return run


def apply_import(run: ImportRun, *, letters: bool = False, actor: Actor, at: datetime) -> ImportRun:
    """Import an uploaded file: all its rows, or, where one is wrong, none. Again changes nothing.

    The rows are judged anew under the lock. `letters`: new contacts are invited by e-mail instead of only written
    down. Raises NotPermitted, ImportOver (dropped), ImportHasErrors (with `rows`).
    """
    if not access.may_import(actor):
        raise NotPermitted()
    rows: list[Judged] = []
    try:
        with transaction.atomic():
            run = ImportRun.objects.select_for_update().get(pk=run.pk)
            if run.state == "applied":
                return run
            if run.state != "checked":
                raise ImportOver()
            rows = judge(run, at=at)
            if any(row.action == "wrong" for row in rows):
                raise _Undone
            if not apply(run.kind, rows, letters=letters, actor=actor, at=at):
                raise _Undone
            run.state, run.ended_at, run.text, run.summary = "applied", at, "", counts(rows)
            run.save(update_fields=["state", "ended_at", "text", "summary"])
            record("import.applied", subject=run, actor=actor, at=at, kind=run.kind, **run.summary)
    except _Undone:
        raise ImportHasErrors(rows=rows) from None
    return run


@transaction.atomic
def drop_import(run: ImportRun, *, actor: Actor, at: datetime) -> ImportRun:
    """Forget an uploaded file without importing it; again changes nothing. Raises NotPermitted, ImportOver (imported)."""
    if not (access.may_import(actor)):
        raise NotPermitted()
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state == "applied":
        raise ImportOver()
    if run.state == "checked":
        run.state, run.ended_at, run.text = "dropped", at, ""
        run.save(update_fields=["state", "ended_at", "text"])
        record("import.dropped", subject=run, actor=actor, at=at, kind=run.kind)
    return run


def drop_old_imports(*, at: datetime) -> int:
    """Forget files that nobody confirmed for a week: they hold people's data. SEC-58. Returns how many."""
    old = list(ImportRun.objects.filter(state="checked", uploaded_at__lt=at - timedelta(days=KEPT_DAYS)))
    for run in old:
        drop_import(run, actor=SYSTEM, at=at)
    return len(old)
