"""The pages of reports, each figure with the list behind it, a picture, and a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from amparo.deadlines.queries import promise_list
from amparo.kernel.actor import Actor
from amparo.kernel.paging import page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.kernel.sheets import as_csv
from amparo.ledger.access import may_reconcile
from amparo.ui import formats
from amparo.ui.views import staff_only

from .. import reports

PAGE = 50
CSV_ROWS_MAX = 50_000


def _span(request: HttpRequest) -> reports.Span:
    return reports.read_span(
        request.GET.get("since", ""), request.GET.get("until", ""), at=request.now, zone=request.zone
    )


def _tabs(actor: Actor) -> list[dict[str, Any]]:
    own = [{"code": "reconciliation", "label": _("Reconciliation"), "url": reverse("desk_web:reconciliations")}]
    return [
        {"code": "promises", "label": _("Promises"), "url": reverse("desk_web:report_promises")},
        {"code": "attention", "label": _("Attention"), "url": reverse("desk_web:report_attention")},
        {"code": "units", "label": _("Units"), "url": reverse("desk_web:report_units")},
        {"code": "fairness", "label": _("How we keep our word"), "url": reverse("desk_fairness:preview")},
        *(own if may_reconcile(actor) else []),
    ]


def _csv(name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> HttpResponse:
    response = HttpResponse(as_csv([head, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_GET
@staff_only()
def index(request: HttpRequest) -> HttpResponse:
    return redirect("desk_web:report_promises")


@require_GET
@staff_only()
def promises(request: HttpRequest) -> HttpResponse:
    """Promises kept, late and open by kind, person, customer or month. TIM-9."""
    span, by = _span(request), request.GET.get("by", "month")
    rows = reports.promises(by, span, zone=request.zone, kind=request.GET.get("kind") or None)
    if request.GET.get("form") == "csv":
        head = [_("Group"), _("Kept"), _("Late"), _("Late and still owed"), pgettext("matters", "Open"), _("Kept, per cent")]
        table = [
            (reports.promise_label(row, by), row.kept, row.late, row.owed_late, row.open, row.kept_percent) for row in rows
        ]
        return _csv(f"compromisos-{span.since}-{span.until}", head, table)
    shown = [
        {
            "label": reports.promise_label(row, by),
            "url": f"{reverse('desk_web:report_promise_list')}?{reports.promise_query(row, by, span)}",
            "values": [row.kept, row.late, row.open],
            "row": row,
            "margin": formats.duration(timedelta(seconds=row.margin_seconds)) if row.margin_seconds else "",
            "lateness": formats.duration(timedelta(seconds=row.late_seconds)) if row.late_seconds else "",
        }
        for row in rows[:60]
    ]
    total = {name: sum(getattr(row, name) for row in rows) for name in ("kept", "late", "owed_late", "open")}
    groups = [
        {"code": code, "label": label, "url": f"?by={code}&{span.query}"}
        for code, label in (("month", _("By month")), ("kind", _("By kind")), ("person", _("By person")), ("customer", _("By customer")))
    ]  # fmt: skip
    context = {"tabs": _tabs(request.actor), "span": span, "by": by, "groups": groups, "rows": shown, "total": total}
    return render(request, "web/desk/report_promises.html", context)


@require_GET
@staff_only()
def promise_rows(request: HttpRequest) -> HttpResponse:
    """The promises behind a figure."""
    span, state = _span(request), request.GET.get("state", "")
    if state not in ("", *reports.STATES):
        raise Invalid(field="state")
    marked = unmark(request.GET.get("after", ""), 2)
    rows = promise_list(
        since=span.begin, until=span.end, state=state, kind=request.GET.get("kind") or None,
        person=_number(request, "person"), customer=_number(request, "customer"),
        after=tuple(marked) if marked else None, limit=PAGE + 1,
    )  # fmt: skip
    given = [(key, request.GET[key]) for key in ("kind", "person", "customer") if request.GET.get(key)]
    query = "&".join([span.query, *(f"{key}={value}" for key, value in given)])
    states = [("", _("All")), ("kept", _("Kept")), ("late", _("Late")), ("owed_late", _("Late and still owed")), ("open", pgettext("matters", "Open"))]
    context = {
        "tabs": _tabs(request.actor),
        "span": span,
        "state": state,
        "states": [{"code": code, "label": label, "url": f"?{query}&state={code}"} for code, label in states],
        "page": page_of(rows, PAGE, lambda row: (row.due_at, row.id)),
        "query": f"{query}&state={state}",
    }
    return render(request, "web/desk/report_promise_list.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(field=name)
    return int(text)


@require_GET
@staff_only()
def attention(request: HttpRequest) -> HttpResponse:
    """What came in and was closed, by kind and month."""
    span = _span(request)
    rows = reports.attention(span, zone=request.zone)
    if request.GET.get("form") == "csv":
        head = [_("Month"), _("Kind"), _("Came in"), pgettext("matters", "Closed"), _("Minutes of attention")]
        table = [(row.month.isoformat()[:7], row.label, row.opened, row.closed, row.seconds // 60) for row in rows]
        return _csv(f"atencion-{span.since}-{span.until}", head, table)
    kinds = ["ticket", "advisory", "incident", "general", "development", "unclassified"]
    listed = reverse("desk_web:report_attention_list")
    by_kind: list[dict[str, Any]] = [
        {
            "what": what,
            "label": reports.attention_label(what),
            "urls": [f"{listed}?what={what}&which={which}&{span.query}" for which in (reports.CAME, reports.CLOSED)],
            "values": [sum(r.opened for r in rows if r.what == what), sum(r.closed for r in rows if r.what == what)],
            "minutes": sum(r.seconds for r in rows if r.what == what) // 60,
        }
        for what in kinds
    ]
    by_month = [
        {
            "label": reports.month_name(month),
            "values": [sum(r.opened for r in rows if r.month == month), sum(r.closed for r in rows if r.month == month)],
        }
        for month in reports.months(span)
    ]
    return render(
        request, "web/desk/report_attention.html",
        {"tabs": _tabs(request.actor), "span": span, "by_kind": [row for row in by_kind if any(row["values"])], "by_month": by_month},
    )  # fmt: skip


@require_GET
@staff_only()
def matters(request: HttpRequest) -> HttpResponse:
    """The tickets and cases behind a figure of attention."""
    span, what, which = _span(request), request.GET.get("what", ""), request.GET.get("which", reports.CAME)
    is_csv = request.GET.get("form") == "csv"
    rows = reports.matters(what, which, span, after=unmark(request.GET.get("after", ""), 2), limit=CSV_ROWS_MAX if is_csv else PAGE + 1)
    for row in rows:
        row["shown"] = f"{'T' if row['kind'] == 'ticket' else 'C'}-{row['number']}"
    if is_csv:
        head = [_("Number"), _("Title"), _("Customer"), _("Person"), _("Came in"), pgettext("matters", "Closed"), _("Minutes of attention")]
        table = [
            (row["shown"], row["title"], row["customer"], row["person"] or "", *_days(request, row["created_at"], row["closed_at"]), row["seconds"] // 60)
            for row in rows
        ]
        return _csv(f"atencion-{what or 'todo'}-{span.since}-{span.until}", head, table)
    context = {
        "tabs": _tabs(request.actor),
        "label": reports.attention_label(what) if what else _("Tickets and cases"),
        "which": which,
        "page": page_of(rows, PAGE, lambda row: (row["moment"], row["id"])),
        "query": f"what={what}&which={which}&{span.query}",
    }
    return render(request, "web/desk/report_attention_list.html", context)


def _days(request: HttpRequest, *moments: datetime | None) -> list[str]:
    return [moment.astimezone(request.zone).strftime("%Y-%m-%d %H:%M") if moment else "" for moment in moments]


@require_GET
@staff_only()
def movements(request: HttpRequest, unit: str, which: str) -> HttpResponse:
    """The movements of the ledger behind units sold, used or expired. LED-4."""
    span, is_csv = _span(request), request.GET.get("form") == "csv"
    titles = {"sold": _("Sold"), "used": _("Used"), "expired": _("Expired")}
    if unit not in ("event", "incident", "credit") or which not in titles:
        raise Http404
    rows = reports.movements(unit, which, span, after=unmark(request.GET.get("after", ""), 2), limit=CSV_ROWS_MAX if is_csv else PAGE + 1)
    if is_csv:
        head = [_("Moment"), _("Customer"), _("Pocket"), _("Cause"), titles[which]]
        table = [(*_days(request, row["at"]), row["customer"], row["label"], row["cause"], row["amount"]) for row in rows]
        return _csv(f"movimientos-{unit}-{which}-{span.since}-{span.until}", head, table)
    context = {
        "tabs": _tabs(request.actor),
        "title": f"{formats.unit_name(unit).capitalize()}: {titles[which].lower()}",
        "page": page_of(rows, PAGE, lambda row: (row["at"], row["id"])),
        "query": span.query,
    }
    return render(request, "web/desk/report_movements.html", context)


@require_GET
@staff_only()
def units(request: HttpRequest) -> HttpResponse:
    """Units sold, used, expired and left. LED-4."""
    span = _span(request)
    rows = reports.units(span, zone=request.zone)
    if request.GET.get("form") == "csv":
        head = [_("Month"), _("Unit"), _("Sold"), _("Used"), _("Expired")]
        table = [(row.month.isoformat()[:7], row.unit, row.sold, row.used, row.expired) for row in rows]
        return _csv(f"unidades-{span.since}-{span.until}", head, table)
    now = reports.left()
    by_unit = [
        {
            "unit": unit,
            "name": formats.unit_name(unit),
            "url": reverse("desk_web:report_holders", args=[unit]),
            "sold": sum(r.sold for r in rows if r.unit == unit),
            "used": sum(r.used for r in rows if r.unit == unit),
            "expired": sum(r.expired for r in rows if r.unit == unit),
            "left": now.get(unit, (0, 0, 0)),
            "urls": {
                which: f"{reverse('desk_web:report_movements', args=[unit, which])}?{span.query}" for which in ("sold", "used", "expired")
            },
            "months": [
                {"label": reports.month_name(month), "values": [sum(r.used for r in rows if r.unit == unit and r.month == month),
                                                               sum(r.expired for r in rows if r.unit == unit and r.month == month)]}
                for month in reports.months(span)
            ],
        }
        for unit in ("event", "incident", "credit")
    ]  # fmt: skip
    return render(request, "web/desk/report_units.html", {"tabs": _tabs(request.actor), "span": span, "by_unit": by_unit})


@require_GET
@staff_only()
def holders(request: HttpRequest, unit: str) -> HttpResponse:
    """The pockets behind what is left of a unit."""
    if unit not in ("event", "incident", "credit"):
        raise Http404
    rows = reports.holders(unit)
    if request.GET.get("form") == "csv":
        head = [_("Customer"), _("Pocket"), _("Issued"), _("Left"), _("Reserved"), _("Ends")]
        table = [(r["name"], r["label"], r["issued"], r["balance"], r["reserved"], r["ends_at"].date()) for r in rows]
        return _csv(f"saldos-{unit}", head, table)
    context = {"tabs": _tabs(request.actor), "unit": unit, "name": formats.unit_name(unit), "rows": rows}
    return render(request, "web/desk/report_holders.html", context)
