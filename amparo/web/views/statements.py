"""Statements: on screen, as PDF and CSV; for the customer, and for staff about a customer."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from amparo.kernel.documents import pdf
from amparo.ledger.queries import statement_version
from amparo.people.models import Customer
from amparo.people.queries import visible_customer
from amparo.ui.drawn import kept
from amparo.ui.views import contact_only, staff_only

from .. import statements


def _asked(request: HttpRequest) -> tuple[statements.Period, str | None]:
    today = timezone.localdate(request.now, request.zone)
    period = statements.read_period(request.GET.get("since", ""), request.GET.get("until", ""), today=today)
    return period, statements.read_source(request.GET.get("source", ""))


def _context(request: HttpRequest, customer: Customer, *, desk: bool) -> dict[str, Any]:
    """What a statement on paper or in a file tells, with the titles that its reader may know."""
    period, source = _asked(request)
    found = statements.load(customer.pk, period, source, zone=request.zone)
    titles = statements.titles(found, request.actor)
    return {
        "customer": customer,
        "period": period,
        "source": source or "",
        "source_label": next((pocket.label for pocket in found.held), "") if source else "",
        "found": found,
        "sums": statements.sums(found),
        "rows": statements.rows(found, desk=desk, titles=titles),
        "at": request.now,
    }


def _answer(request: HttpRequest, customer: Customer, form: str, *, desk: bool) -> HttpResponse:
    if form not in ("page", "pdf", "csv"):
        raise Http404
    if form == "page":
        return _page(request, customer, desk=desk)
    context = _context(request, customer, desk=desk)
    name = f"estado-de-cuenta-{customer.nic_shown}-{context['period'].since}-{context['period'].until}"
    if form == "csv":
        text = statements.as_csv(context["found"], context["rows"], zone=request.zone)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    response = HttpResponse(pdf("web/statement_paper.html", context), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _page(request: HttpRequest, customer: Customer, *, desk: bool) -> HttpResponse:
    """The statement on screen, drawn once for each version of it."""
    period, source = _asked(request)
    shut, sees_all = statements.shut_to(request.actor), statements.sees_all_causes(request.actor)

    def show() -> dict[str, Any]:
        found = statements.load(customer.pk, period, source, zone=request.zone)
        return {
            "period": period, "source": source or "", "sources": statements.sources(found), "sums": statements.sums(found),
            "rows": statements.rows(found, desk=desk, shut=shut, leads=None if sees_all else statements.leading(found, request.actor)),
        }  # fmt: skip

    version = (customer.pk, period, source, desk, shut, statement_version(customer.pk)) if sees_all else None
    context = {
        "customer": customer,
        "statement": kept(request, "web/_statement.html", version, show),
        "query": f"since={period.since}&until={period.until}&source={source or ''}",
    }
    return render(request, "web/desk/statement.html" if desk else "web/portal/statement.html", context)


@require_GET
@contact_only
def own(request: HttpRequest, form: str = "page") -> HttpResponse:
    """The acting customer's statement. ACC-11, LED-4."""
    return _answer(request, _visible(request, request.actor.customer_id), form, desk=False)


@require_GET
@staff_only()
def of_customer(request: HttpRequest, customer_id: int, form: str = "page") -> HttpResponse:
    """A customer's statement, as the customer sees it."""
    return _answer(request, _visible(request, customer_id), form, desk=True)


def _visible(request: HttpRequest, customer_id: int) -> Customer:
    customer = visible_customer(request.actor, customer_id)
    if customer is None:
        raise Http404
    return customer
