"""Statements: on screen, as PDF and CSV; for the customer, and for staff about a customer."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from amparo.people.access import visible_customers
from amparo.people.models import Customer
from amparo.ui.views import contact_only, staff_only

from .. import documents, statements


def _context(request: HttpRequest, customer: Customer, *, desk: bool, named: bool) -> dict[str, Any]:
    today = timezone.localdate(request.now, request.zone)
    period = statements.read_period(request.GET.get("since", ""), request.GET.get("until", ""), today=today)
    source = statements.read_source(request.GET.get("source", ""))
    found = statements.load(customer.pk, period, source, zone=request.zone)
    titles = statements.titles(found, request.actor) if named else {}
    return {
        "customer": customer,
        "period": period,
        "source": source or "",
        "source_label": next((pocket.label for pocket in found.held), "") if source else "",
        "found": found,
        "sums": statements.sums(found),
        "rows": statements.rows(found, desk=desk, titles=titles),
        "at": request.now,
        "query": f"since={period.since}&until={period.until}&source={source or ''}",
    }


def _answer(request: HttpRequest, customer: Customer, form: str, *, desk: bool) -> HttpResponse:
    if form not in ("page", "pdf", "csv"):
        raise Http404
    context = _context(request, customer, desk=desk, named=form != "page")
    name = f"estado-de-cuenta-{customer.nic_shown}-{context['period'].since}-{context['period'].until}"
    if form == "csv":
        text = statements.as_csv(context["found"], context["rows"], zone=request.zone)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    if form == "pdf":
        response = HttpResponse(documents.pdf("web/statement_paper.html", context), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        return response
    context["sources"] = statements.sources(context["found"])
    return render(request, "web/desk/statement.html" if desk else "web/portal/statement.html", context)


@require_GET
@contact_only
def own(request: HttpRequest, form: str = "page") -> HttpResponse:
    """The acting customer's statement. ACC-11, LED-4."""
    customer = get_object_or_404(visible_customers(request.actor), pk=request.actor.customer_id)
    return _answer(request, customer, form, desk=False)


@require_GET
@staff_only()
def of_customer(request: HttpRequest, customer_id: int, form: str = "page") -> HttpResponse:
    """A customer's statement, as the customer sees it."""
    customer = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    return _answer(request, customer, form, desk=True)
