"""How promises are kept: the page, its CSV and its JSON; for staff before it is public."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from amparo.deadlines.rules import Counting
from amparo.kernel.sheets import as_csv
from amparo.policies.queries import value
from amparo.ui import formats
from amparo.ui.views import staff_only

from .. import access, queries
from ..models import Figure


def time_in_words(counting: str, amount: int | None) -> str:
    """Return a time by its own counting: «3 h 20 min» of business time, «en 2 días hábiles»."""
    if amount is None:
        return "—"
    if counting == Counting.BUSINESS_DAYS:
        return ngettext("within %(count)s business day", "within %(count)s business days", amount) % {"count": formats.number(amount)}
    hours, minutes = divmod(amount // 60, 60)
    if not hours and not minutes:
        return _("less than 1 min")
    parts = [_("%(count)s h") % {"count": formats.number(hours)}] if hours else []
    if minutes and hours < 24:
        parts.append(_("%(count)s min") % {"count": minutes})
    return " ".join(parts)


def _row(one: Figure, promised: dict[str, str]) -> dict[str, Any]:
    return {
        "figure": one,
        "label": queries.label(one.kind),
        "promised": promised.get(one.kind, "") if one.kind != "delivery" else _("as each quote says"),
        "usual": time_in_words(one.counting, one.usual),
        "worst": time_in_words(one.counting, one.worst),
    }


def _context(request: HttpRequest) -> dict[str, Any]:
    found = queries.report(at=request.now)
    sums = {
        span: {name: sum(getattr(one, name) for one in rows) for name in ("made", "kept", "late", "running")}
        for span, rows in (("month", found.this_month), ("year", found.year))
    }
    for one in sums.values():
        over = one["kept"] + one["late"]
        one["percent"] = f"{one['kept'] * 100 // over} %" if over else "—"
    ends = [
        {"code": code, "label": label, "month": getattr(found.complaints_month, code, 0), "year": getattr(found.complaints_year, code, 0)}
        for code, label in (
            ("upheld", pgettext("complaints", "Upheld")), ("partly", pgettext("complaints", "Partly upheld")),
            ("dismissed", pgettext("complaints", "Dismissed")),
            ("lapsed", _("Decided for the customer because we did not decide in time")), ("withdrawn", pgettext("complaints", "Withdrawn")),
        )
    ]  # fmt: skip
    return {
        "report": found,
        "month_name": formats.month(found.month),
        "tables": [
            (_("This month"), formats.month(found.month), [_row(one, found.promised) for one in found.this_month]),
            (_("Twelve months"), _("up to this month"), [_row(one, found.promised) for one in found.year]),
        ],
        "sums": sums,
        "bars": [{"label": formats.month(day), "values": [kept, late, running]} for day, kept, late, running in found.months],
        "ends": ends,
    }


def _or_404(request: HttpRequest) -> None:
    if not access.may_read(request.actor, at=request.now):
        raise Http404


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """The page for everybody, where the vendor made it public; to others it does not exist."""
    _or_404(request)
    return render(request, "fairness/public.html", _context(request))


@require_safe
@staff_only()
def preview(request: HttpRequest) -> HttpResponse:
    """The same page for staff, public or not."""
    is_public = bool(value("fairness.is_public", at=request.now))
    return render(request, "fairness/preview.html", {**_context(request), "is_public": is_public})


@require_safe
def public_json(request: HttpRequest) -> HttpResponse:
    """The figures for machines."""
    _or_404(request)
    return JsonResponse(queries.plain(queries.report(at=request.now)), json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def public_csv(request: HttpRequest) -> HttpResponse:
    """The figures as a table, with stable names."""
    _or_404(request)
    found = queries.plain(queries.report(at=request.now))
    head = ["months", "month", "kind", "counting", *queries.FIGURES]
    rows: list[list[object]] = [[*head], *[[row[name] for name in head] for row in found["promises"]]]
    for row in found["complaints"]:
        for name in queries.ENDS:
            rows.append([row["months"], row["month"], f"complaints.{name}", "", row[name], *[""] * (len(queries.FIGURES) - 1)])
    response = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="fairness.csv"'
    return response
