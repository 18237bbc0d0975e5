"""The telephone screen: find the caller, see everything, act without leaving it. TEL-1, TEL-2, TEL-3."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amparo.cases.commands import open_case
from amparo.kernel.refusals import Invalid
from amparo.live import commands as live
from amparo.live.access import visible_to as visible_calls
from amparo.live.queries import open_calls, owed_callbacks
from amparo.people.access import visible_customers
from amparo.threads.models import QUEUE_LABELS
from amparo.tickets.commands import open_ticket
from amparo.ui.views import staff_only

from .. import forms, phone
from ..queries import TONES

ROLES = ("operator", "engineer", "sales")


@require_GET
@staff_only(*ROLES)
def screen(request: HttpRequest) -> HttpResponse:
    """Find a caller while typing."""
    words = request.GET.get("q", "")[:80]
    found = phone.search(words, request.actor) if len(words.strip()) > 1 else []
    context: dict[str, Any] = {"words": words, "found": found, "call": _current(request), "start": forms.StartCall()}
    if not request.htmx:
        context["owed"] = owed_callbacks(request.actor, limit=8)
    return render(request, "web/desk/_callers.html" if request.htmx else "web/desk/phone.html", context)


@require_GET
@staff_only(*ROLES)
def caller(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Everything of one caller, and what can be done for him."""
    return _show(request, customer_id)


def _current(request: HttpRequest) -> dict[str, Any] | None:
    """The call one is in; else one that is over and not written down yet."""
    return min(open_calls(request.actor), key=lambda call: (call["hung_up_at"] is not None, -call["id"]), default=None)


def _show(request: HttpRequest, customer_id: int, *, status: int = 200, **shown: Form) -> HttpResponse:
    sight = phone.sight(customer_id, request.actor, at=request.now)
    if sight is None:
        raise Http404
    contacts, products = _choices(sight)
    context = {
        "sight": sight,
        "labels": QUEUE_LABELS,
        "tones": TONES,
        "call": _current(request),
        "case_form": shown.get("case_form") or forms.PhoneCase(contacts=contacts),
        "ticket_form": shown.get("ticket_form") or forms.PhoneTicket(contacts=contacts, products=products),
        "end_form": shown.get("end_form") or forms.EndCall(),
        "start": shown.get("start") or forms.StartCall(initial={"phone": sight.card.phone}),
        "open_form": next(iter(shown), ""),
        "lead": shown.get("lead") or forms.Lead(),
    }
    return render(request, "web/desk/caller.html", context, status=status)


def _of_caller(request: HttpRequest, customer_id: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    sight = phone.sight(customer_id, request.actor, at=request.now)
    assert sight is not None, "the customer was found a moment ago"
    return _choices(sight)


def _choices(sight: phone.Sight) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    contacts = [(one.contact_id, one.name or one.email) for one in sight.contacts]
    products = {row.licence.product_id: row.licence.product.name for row in sight.licences}
    return contacts, sorted(products.items(), key=lambda item: item[1])


@require_POST
@staff_only(*ROLES)
def start(request: HttpRequest, customer_id: int | None = None) -> HttpResponse:
    """Begin the record of a call."""
    form = forms.StartCall(request.POST)
    if form.is_valid():
        try:
            live.start_call(
                form.cleaned_data["phone"], key=_key(request), customer_id=customer_id,
                caller_name=form.cleaned_data["caller_name"], actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.text))
    if form.errors:
        if customer_id is not None:
            return _show(request, customer_id, status=422, start=form)
        return render(
            request, "web/desk/phone.html", {"words": "", "found": [], "call": None, "start": form, "owed": []}, status=422
        )
    return redirect("desk_web:caller", customer_id) if customer_id else redirect("desk_web:phone")


@require_POST
@staff_only(*ROLES)
def identify(request: HttpRequest, customer_id: int, call_id: int) -> HttpResponse:
    """Say that the call under way is with this customer."""
    call = get_object_or_404(visible_calls(request.actor), pk=call_id)
    customer = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    live.identify_caller(call, customer_id=customer.pk, actor=request.actor, at=request.now)
    return redirect("desk_web:caller", customer_id)


@require_POST
@staff_only(*ROLES)
def end(request: HttpRequest, call_id: int) -> HttpResponse:
    """End a call with what it was about and what came of it. TEL-3."""
    call = get_object_or_404(visible_calls(request.actor), pk=call_id)
    form = forms.EndCall(request.POST)
    if not form.is_valid():
        if call.customer_id:
            return _show(request, call.customer_id, status=422, end_form=form)
        return render(
            request, "web/desk/phone.html",
            {"words": "", "found": [], "call": _current(request), "start": forms.StartCall(), "end_form": form, "owed": []}, status=422,
        )  # fmt: skip
    live.end_call(call, **form.cleaned_data, actor=request.actor, at=request.now)
    messages.success(request, _("The call is on record."))
    return redirect("desk_web:caller", call.customer_id) if call.customer_id else redirect("desk_web:phone")


@require_POST
@staff_only("operator", "engineer")
def new_case(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Open a case for who is on the line: preferential assistance. TEL-2, ACC-7."""
    customer = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    contacts, _products = _of_caller(request, customer.pk)
    form = forms.PhoneCase(request.POST, contacts=contacts)
    if form.is_valid():
        given = form.cleaned_data
        try:
            case = open_case(
                given["title"], given["body"], key=_key(request), asked_kind=given["kind"], contact_id=given["contact"],
                via="phone", actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.text))
        else:
            _link(request, customer_id, f"case:{case.pk}")
            return redirect(f"/desk/cases/{case.pk}/")
    return _show(request, customer_id, status=422, case_form=form)


@require_POST
@staff_only("operator", "engineer")
def new_ticket(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Open a ticket for who is on the line. TEL-2, TKT-1."""
    customer = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    contacts, products = _of_caller(request, customer.pk)
    form = forms.PhoneTicket(request.POST, contacts=contacts, products=products)
    if form.is_valid():
        given = form.cleaned_data
        try:
            ticket = open_ticket(
                given["title"], given["body"], given["product"], is_fault=given["is_fault"], key=_key(request), via="phone",
                contact_id=given["contact"], customer_id=customer_id, caller_name=given["caller_name"],
                actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.text))
        else:
            _link(request, customer_id, f"ticket:{ticket.pk}")
            return redirect(f"/desk/tickets/{ticket.pk}/")
    return _show(request, customer_id, status=422, ticket_form=form)


def _link(request: HttpRequest, customer_id: int, subject: str) -> None:
    """Link the call under way with what it became, where it is with this customer. TEL-2, CAS-1."""
    current = next((one for one in reversed(open_calls(request.actor)) if one["customer_id"] in (None, customer_id)), None)
    if current is None:
        return
    call = visible_calls(request.actor).get(pk=current["id"])
    if current["customer_id"] is None:
        live.identify_caller(call, customer_id=customer_id, actor=request.actor, at=request.now)
    live.link_call(call, subject, actor=request.actor, at=request.now)


def _key(request: HttpRequest) -> str:
    """The key of the page that was posted; without one the post is refused. CHG-10."""
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 64:
        raise Invalid(field="key")
    return key
