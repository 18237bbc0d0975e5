"""The reconciliation of the ledger over all customers: asked for, watched, kept. LED-4."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.ledger import commands as ledger
from amparo.ledger.models import Reconciliation
from amparo.ledger.queries import reconciliations as newest
from amparo.people.models import Customer
from amparo.ui import formats
from amparo.ui.views import staff_only

from .reports import _csv, _tabs

UNITS = ("event", "incident", "credit")
FIGURES = ("issued", "spent", "expired", "left", "off")


def _units(run: Reconciliation) -> list[dict[str, Any]]:
    """Return the figures of each unit, those that hold none too: a report that says zero says it of all."""
    return [
        {"name": formats.unit_name(unit), **{name: run.units.get(unit, {}).get(name, 0) for name in (*FIGURES, "reserved")}}
        for unit in UNITS
    ]


def _what(code: str) -> str:
    """Return in words what does not agree."""
    return {
        "balance": _("Balance"),
        "reserved": _("Reserved"),
        "unit": _("A movement of another unit"),
        "customer": _("A pocket of another customer"),
        "posted": _("Charged more than was reserved, or twice"),
        "given back": _("Given back more than was charged"),
    }.get(code, code)


@require_safe
@staff_only("administrator")
def index(request: HttpRequest) -> HttpResponse:
    """The newest results, and the one that runs."""
    context = {"tabs": _tabs(request.actor), "runs": newest()}
    return render(request, "web/desk/reconciliations.html", context)


@require_safe
@staff_only("administrator")
def one(request: HttpRequest, run_id: int) -> HttpResponse:
    """One reconciliation: what was put in, used, expired and is left, how far that is apart, and what does not agree."""
    run = get_object_or_404(Reconciliation.objects.select_related("asked_by"), pk=run_id)
    if request.GET.get("form") == "csv":
        head = [_("Customer"), _("Pocket"), _("Transfer"), _("What"), _("Shown"), _("Recomputed")]
        rows = [
            (d["customer"], d.get("pocket", ""), d.get("transfer", ""), d["what"], d["shown"], d["recomputed"])
            for d in run.differences
        ]
        return _csv(f"conciliacion-{run.pk}", head, rows)
    names = dict(Customer.objects.filter(pk__in={d["customer"] for d in run.differences[:200]}).values_list("pk", "name"))
    context = {
        "tabs": _tabs(request.actor),
        "run": run,
        "units": _units(run),
        "differences": [
            {**d, "name": names.get(d["customer"], ""), "what": _what(d["what"])} for d in run.differences[:200]
        ],
    }
    return render(request, "web/desk/reconciliation.html", context)


@require_POST
@staff_only("administrator")
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a reconciliation now; the worker makes it."""
    run = ledger.reconcile(actor=request.actor, at=request.now)
    return redirect("desk_web:reconciliation", run.pk)
