"""Quotes and orders as their customer sees them: the catalogue, what is to be decided, what was delivered. QUO-2, QUO-3, QUO-5."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.charging.errors import PriceChanged
from amparo.contracts.access import standing
from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value
from amparo.quotations import commands, queries, words
from amparo.quotations.errors import QuoteDecided
from amparo.quotations.machine import SERVICES, OrderMove, QuoteMove
from amparo.ui.views import contact_only

from .shared import files_given, key_of, loaded, loaded_order, number, told, waiting_files


@require_safe
@contact_only
def quotes(request: HttpRequest) -> HttpResponse:
    """What the customer was quoted and ordered. QUO-3, QUO-5."""
    view = request.GET.get("view", "open")
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"view": view, "says": words}
    if view == "orders":
        context["page"] = queries.orders_list(request.actor, view="open", after=after, size=30)
    elif view == "done":
        context["page"] = queries.orders_list(request.actor, view="over", after=after, size=30)
    else:
        context["page"] = queries.quotes_list(request.actor, view="over" if view == "over" else "open", after=after, size=30)
    return render(request, "quotations/portal/quotes.html", context)


@require_safe
@contact_only
def catalogue(request: HttpRequest) -> HttpResponse:
    """The standard services, each quoted at once. QUO-2, ACC-8."""
    found = queries.catalogue(request.actor, words=request.GET.get("q", "")[:80])
    can = standing(request.actor, "case", at=request.now)
    context = {"rows": found, "standing": can, "says": words, "sought": request.GET.get("q", "")[:80]}
    return render(request, "quotations/portal/catalogue.html", context)


@require_safe
@contact_only
def service(request: HttpRequest, item_id: int) -> HttpResponse:
    """A standard service: what is asked, and at once its price and delivery date. Nothing is consumed. QUO-2, CHG-2."""
    item = queries.item_page(request.actor, item_id)
    if item is None or item.current is None:
        raise Http404
    version, language = item.current, translation.get_language() or "es-mx"
    given = request.GET.dict() if request.GET.get("asked") else {}
    if given:
        for one in version.declared:  # an unticked box is not sent
            if one.kind == "yes_no":
                given.setdefault(one.name, "0")
    shown = queries.quoted(version, given, customer_id=request.actor.customer_id or 0, language=language, at=request.now)
    context = {
        "item": item, "version": version, "shown": shown, "given": given, "language": language, "says": words, "key": uuid4().hex,
        "standing": standing(request.actor, SERVICES[item.kind], at=request.now),
    }  # fmt: skip
    region = request.headers.get("HX-Target", "") == "price"
    return render(request, "quotations/portal/_price.html" if region else "quotations/portal/service.html", context)


@require_safe
@contact_only
def quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    """A quote to decide: what, when, for how much, and until when. QUO-3."""
    return _show(request, quote_id)


def _show(request: HttpRequest, quote_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    page = queries.quote_page(request.actor, quote_id, at=request.now)
    if page is None or page.shown is None:
        raise Http404
    context = {
        "page": page, "refusal": refusal, "says": words, "at": request.now, "Move": QuoteMove, "typed": request.POST,
        "changes": page.changes() if page.shown.number > 1 else [], "ways": _ways(page, refusal),
        **waiting_files(request, page.quote.subject), "megabytes": value("files.megabytes_max", at=request.now),
    }  # fmt: skip
    region = request.method == "GET" and request.headers.get("HX-Target") == "quote"
    template = "quotations/portal/_quote.html" if region else "quotations/portal/quote.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _ways(page: queries.QuotePage, refusal: Refusal | None) -> Any:
    """Return how missing credits are got, where they are missing. CHG-3."""
    if page.price is None or not page.price.missing:
        return ()
    return queries.ways_to_credits(page.quote, page.price.missing)


@require_POST
@contact_only
@told(_show)
def accept(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Accept a quote: its credits are charged in advance. CHG-3."""
    found = loaded(request, quote_id)
    try:
        order = commands.accept_quote(
            found, seen=number(request), price=request.POST.get("price") or None, actor=request.actor, at=request.now
        )
    except PriceChanged:
        commands.requote(found, actor=request.actor, at=request.now)
        raise
    except QuoteDecided as decided:
        if decided.context.get("state") != "accepted":
            raise
        return redirect("quotations:quote", quote_id)
    messages.success(request, _("It is ordered. Here is its delivery date."))
    return redirect("quotations:order", order.pk)


@require_POST
@contact_only
@told(_show)
def reject(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Say no to a quote. QUO-3."""
    reason = request.POST.get("reason", "")
    commands.reject_quote(loaded(request, quote_id), seen=number(request), reason=reason, actor=request.actor, at=request.now)
    messages.info(request, _("You did not accept the quote; nothing was charged."))
    return redirect("quotations:quote", quote_id)


@require_POST
@contact_only
@told(_show)
def change(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Ask for a change, or for a renewal, in words. QUO-3, CHG-2."""
    commands.ask_change(
        loaded(request, quote_id), request.POST.get("words", ""), seen=number(request), key=key_of(request), **files_given(request),
        actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.success(request, _("We have what you ask for. The new version comes here and by e-mail; asking costs nothing."))
    return redirect("quotations:quote", quote_id)


@require_safe
@contact_only
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """An order: when it is delivered, what was delivered, and what to say of it. QUO-5, CAS-6."""
    return _show_order(request, order_id)


def _show_order(request: HttpRequest, order_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    page = queries.order_page(request.actor, order_id)
    if page is None:
        raise Http404
    context = {
        "page": page, "refusal": refusal, "says": words, "at": request.now, "Move": OrderMove, "typed": request.POST,
        **waiting_files(request, page.order.subject), "megabytes": value("files.megabytes_max", at=request.now),
    }  # fmt: skip
    region = request.method == "GET" and request.headers.get("HX-Target") == "order"
    template = "quotations/portal/_order.html" if region else "quotations/portal/order.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
@contact_only
@told(_show_order)
def accept_delivery(request: HttpRequest, order_id: int) -> HttpResponse:
    """Accept what was delivered. QUO-5, CAS-6."""
    commands.accept_delivery(loaded_order(request, order_id), seen=number(request), actor=request.actor, at=request.now)
    messages.success(request, _("The delivery is accepted. What should change from here on is quoted anew."))
    return redirect("quotations:order", order_id)


@require_POST
@contact_only
@told(_show_order)
def refuse_delivery(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say that it does not meet what was specified: it is put right at no charge. CAS-6."""
    commands.refuse_delivery(
        loaded_order(request, order_id), request.POST.get("reasons", ""), seen=number(request), key=key_of(request),
        **files_given(request), actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.success(request, _("It is put right at no charge. Here is the new date."))
    return redirect("quotations:order", order_id)


@require_POST
@contact_only
@told(_show_order)
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """Cancel an order before its work starts: every unit goes back. CHG-3."""
    reason = request.POST.get("reason", "")
    commands.cancel_order(loaded_order(request, order_id), reason=reason, actor=request.actor, at=request.now)
    messages.info(request, _("The order is cancelled, and what it charged was given back."))
    return redirect("quotations:order", order_id)
