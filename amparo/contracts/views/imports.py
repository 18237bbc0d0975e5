"""Import from CSV: upload, look at every row, confirm. All or nothing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.contracts import commands, forms
from amparo.contracts.commands.imports import judge
from amparo.contracts.errors import ImportHasErrors
from amparo.contracts.imports.checking import Judged
from amparo.contracts.imports.columns import KINDS
from amparo.contracts.models import ImportProgress, ImportRun
from amparo.kernel.sheets import as_csv
from amparo.policies.queries import value
from amparo.ui.views import staff_only

from . import attempt


@staff_only("administrator")
def imports(request: HttpRequest) -> HttpResponse:
    form = forms.UploadForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind", "customers")})
    if request.method == "POST":
        run = attempt(form, lambda given: commands.upload_import(
            given["kind"], given["file"].read(), given["file"].name, actor=request.actor, at=request.now,
            key=request.POST.get("key", "")[:80],
        ))
        if run:
            return redirect("desk_contracts:import", run.pk)
    page = {
        "form": form,
        "kinds": [(KINDS[code], label) for code, label in ImportRun.KINDS],
        "runs": list(ImportRun.objects.select_related("uploaded_by").defer("text").order_by("-pk")[:20]),
        "rows_max": value("contracts.import_rows_max", at=request.now),
    }
    return render(request, "contracts/desk/import_list.html", page, status=422 if form.errors else 200)


@require_safe
@staff_only("administrator")
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An example to fill in, with headings in the reader's language."""
    if kind not in KINDS:
        raise Http404
    spanish = (get_language() or "es").startswith("es")
    columns = KINDS[kind].columns
    rows = [[one.spanish if spanish else one.english for one in columns], [one.example for one in columns]]
    name = f"{dict(ImportRun.KINDS)[kind]}.csv".lower()
    return HttpResponse(
        as_csv(rows), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name.encode("ascii", "ignore").decode() or "template.csv"}"'},
    )


def _run_page(request: HttpRequest, run: ImportRun, rows: list[Judged], status: int = 200) -> HttpResponse:
    """Show every wrong row, and as many of the others as a page carries: as judged now, or as the worker found them."""
    kind = KINDS[run.kind]
    found = run.found if run.found and not rows else commands.imports.as_data(rows)
    progress = ImportProgress.objects.filter(pk=run.pk).first() if run.state == "ordered" else None
    page = {
        "run": run, "kind": kind, "kind_label": dict(ImportRun.KINDS)[run.kind], **found,
        "labels": {column.name: column.label for column in kind.columns},
        "tally": commands.imports.counts(rows) if rows else {"new": 0, "changed": 0, "same": 0, "wrong": 0, **run.summary},
        "done": min(progress.done, run.rows) if progress else 0,
    }  # fmt: skip
    return render(request, "contracts/desk/import.html", page, status=status)


@require_safe
@staff_only("administrator")
def import_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """What would become of each row: of a short file as things stand now, of a long one as the worker found it."""
    run = get_object_or_404(ImportRun, pk=run_id)
    return _run_page(request, run, judge(run, at=request.now) if run.state == "checked" and not run.found else [])


@require_POST
@staff_only("administrator")
def apply(request: HttpRequest, run_id: int) -> HttpResponse:
    run = get_object_or_404(ImportRun, pk=run_id)
    try:
        run = commands.order_import(
            run, letters=request.POST.get("letters") == "on", actor=request.actor, at=request.now
        )
    except ImportHasErrors as refusal:
        return _run_page(request, run, refusal.context["rows"], 422)
    if run.state == "ordered":
        return redirect("desk_contracts:import", run.pk)
    done = run.summary.get("new", 0) + run.summary.get("changed", 0)
    messages.success(request, ngettext("Imported: %(count)s row.", "Imported: %(count)s rows.", done) % {"count": done})
    return redirect("desk_contracts:import", run.pk)


@require_POST
@staff_only("administrator")
def drop(request: HttpRequest, run_id: int) -> HttpResponse:
    commands.drop_import(get_object_or_404(ImportRun, pk=run_id), actor=request.actor, at=request.now)
    messages.success(request, _("The file was dropped. Nothing was imported."))
    return redirect("desk_contracts:imports")
