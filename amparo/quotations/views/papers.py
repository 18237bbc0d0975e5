"""Quotes, orders and delivery notes on paper, in the reader's language, made when they are asked for. QUO-3, QUO-5."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from amparo.kernel.documents import pdf
from amparo.quotations import queries, words
from amparo.ui.views import contact_only, staff_only


def _answer(request: HttpRequest, template: str, name: str, context: dict[str, Any]) -> HttpResponse:
    language = translation.get_language() or "es-mx"
    body = pdf(template, {**context, "says": words, "at": request.now, "language": language})
    return HttpResponse(
        body, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"}
    )


def _quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    page = queries.quote_page(request.actor, quote_id, at=request.now)
    if page is None or page.shown is None:
        raise Http404
    return _answer(request, "quotations/paper_quote.html", page.quote.number, {"page": page})


def _order(request: HttpRequest, order_id: int) -> HttpResponse:
    page = queries.order_page(request.actor, order_id)
    if page is None:
        raise Http404
    return _answer(request, "quotations/paper_order.html", page.order.number, {"page": page})


def _delivery(request: HttpRequest, order_id: int, number: int) -> HttpResponse:
    page = queries.order_page(request.actor, order_id)
    delivery = next((one for one in page.deliveries if one.number == number), None) if page else None
    if page is None or delivery is None:
        raise Http404
    files = page.files.get(delivery.entry_id or 0, [])
    name = f"{page.order.number}-{delivery.number}"
    return _answer(request, "quotations/paper_delivery.html", name, {"page": page, "delivery": delivery, "files": files})


@require_safe
@contact_only
def quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    """The quote that the customer was shown, as PDF."""
    return _quote(request, quote_id)


@require_safe
@contact_only
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """The order as PDF."""
    return _order(request, order_id)


@require_safe
@contact_only
def delivery(request: HttpRequest, order_id: int, number: int) -> HttpResponse:
    """The note of a delivery as PDF."""
    return _delivery(request, order_id, number)


@require_safe
@staff_only()
def desk_quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    """The same quote for staff."""
    return _quote(request, quote_id)


@require_safe
@staff_only()
def desk_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """The same order for staff."""
    return _order(request, order_id)


@require_safe
@staff_only()
def desk_delivery(request: HttpRequest, order_id: int, number: int) -> HttpResponse:
    """The same note for staff."""
    return _delivery(request, order_id, number)
