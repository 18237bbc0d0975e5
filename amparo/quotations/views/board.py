"""Orders at the desk: the board by state and due time, the list, the order with what is done to it. QUO-5, CAS-6."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid, Refusal
from amparo.policies.queries import value
from amparo.quotations import access, commands, forms, queries, words
from amparo.quotations.machine import OrderMove
from amparo.ui.views import staff_only

from .shared import beside, files_given, key_of, loaded_order, seen, told, waiting_files


@require_safe
@staff_only()
def board(request: HttpRequest) -> HttpResponse:
    """What is ordered and not accepted yet, by state, what is due first first. QUO-5."""
    mine, kind = request.GET.get("mine") == "1", request.GET.get("kind", "")
    columns = queries.board(request.actor, mine=mine, kind=kind if kind in words.KINDS else "")
    context = {"columns": columns, "mine": mine, "kind": kind, "says": words, "at": request.now}
    return render(request, "quotations/desk/board.html", context)


@require_safe
@staff_only()
def orders(request: HttpRequest) -> HttpResponse:
    """Every order, newest first. QUO-5."""
    view = "over" if request.GET.get("view") == "over" else "open"
    page = queries.orders_list(request.actor, view=view, after=request.GET.get("after", ""))
    return render(request, "quotations/desk/orders.html", {"page": page, "view": view, "says": words})


@require_safe
@staff_only()
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """An order: its promise, its work, its deliveries and delays. QUO-5."""
    return _show(request, order_id)


def _show(request: HttpRequest, order_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    page = queries.order_page(request.actor, order_id)
    if page is None:
        raise Http404
    context = {"page": page, "refusal": refusal, "says": words, "at": request.now, "Move": OrderMove, "may_quote": access.may_quote(request.actor)}
    return render(request, "quotations/desk/order.html", context, status=refusal.status if refusal else 200)


@require_POST
@staff_only(*access.WORKING)
@told(_show)
def start(request: HttpRequest, order_id: int) -> HttpResponse:
    """Begin the work. QUO-5."""
    commands.start_order(loaded_order(request, order_id), seen=seen(request), actor=request.actor, at=request.now)
    return redirect("desk_quotations:order", order_id)


@require_POST
@staff_only(*access.WORKING)
@told(_show)
def take(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take an order. QUO-5."""
    commands.assign_order(loaded_order(request, order_id), request.actor.user_id, seen=seen(request), actor=request.actor, at=request.now)
    return redirect("desk_quotations:order", order_id)


@require_POST
@staff_only(*access.WORKING)
@told(_show)
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """Cancel an order before its work starts. CHG-3."""
    reason = request.POST.get("reason", "")
    commands.cancel_order(loaded_order(request, order_id), reason=reason, actor=request.actor, at=request.now)
    messages.info(request, _("The order is cancelled, and what it charged was given back."))
    return redirect("desk_quotations:order", order_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*access.WORKING)
def deliver(request: HttpRequest, order_id: int) -> HttpResponse:
    """Hand over what was ordered, with words and files. QUO-5."""

    def act(form: forms.DeliverForm) -> None:
        commands.deliver(
            loaded_order(request, order_id), form.cleaned_data["note"], key=key_of(request), **files_given(request), seen=seen(request),
            actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("Delivered. The customer accepts it, or says what does not meet what was specified."))

    return _act(request, order_id, forms.DeliverForm, act, title=_("Deliver"), button=_("Deliver to the customer"), with_files=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*access.WORKING)
def delay(request: HttpRequest, order_id: int) -> HttpResponse:
    """Tell a delay before the date. QUO-5."""

    def act(form: forms.DelayForm) -> None:
        commands.tell_delay(
            loaded_order(request, order_id), form.cleaned_data["new_on"], reason=form.cleaned_data["reason"], key=key_of(request),
            seen=seen(request), actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("The customer is told the new date and the reason."))

    return _act(request, order_id, forms.DelayForm, act, title=_("Tell a delay"), button=_("Tell the customer"))


def _act(request: HttpRequest, order_id: int, form_class: Any, act: Any, *, title: str, button: str, with_files: bool = False) -> HttpResponse:
    page = queries.order_page(request.actor, order_id)
    if page is None:
        raise Http404
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            act(form)
        except Invalid as wrong:
            beside(form, wrong)
        except Refusal as refusal:
            if refusal.status in (403, 404):
                raise
            return _show(request, order_id, refusal=refusal)
        else:
            return redirect("desk_quotations:order", order_id)
    context = {
        "page": page, "form": form, "title": title, "button": button, "with_files": with_files, "says": words,
        "key": request.POST.get("key") or uuid4().hex, **waiting_files(request, page.order.subject),
        "megabytes": value("files.megabytes_max", at=request.now),
    }  # fmt: skip
    return render(request, "quotations/desk/act.html", context, status=422 if form.errors else 200)
