"""Service cards for the staff: issued, listed, voided, redeemed for a caller. CRD-1."""

from __future__ import annotations

import base64
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from amparo.contracts import access, commands, forms, queries
from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.models import ServiceCard, ServiceCardBatch
from amparo.kernel.paging import page_of, unmark
from amparo.kernel.sheets import as_csv
from amparo.ui.views import staff_only

from . import attempt
from .desk import asked_customer, customer_by_nic


@require_safe
@staff_only("sales")
def batches(request: HttpRequest) -> HttpResponse:
    page = {"rows": queries.batches(), "purposes": dict(ServiceCardBatch.PURPOSES)}
    return render(request, "contracts/desk/batch_list.html", page)


@staff_only("sales")
def issue(request: HttpRequest) -> HttpResponse:
    """Issue cards; the answer to the form is the only page that ever shows the codes. CRD-1."""
    form = forms.BatchForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda given: _issue(request, given))
        if made:
            batch, codes = made
            return render(request, "contracts/desk/batch_issued.html", {"batch": batch, "codes": codes, "csv": _csv(batch, codes)})
    return render(request, "contracts/desk/batch_issue.html", {"form": form}, status=422 if form.errors else 200)


def _issue(request: HttpRequest, given: dict[str, Any]) -> tuple[ServiceCardBatch, list[str]]:
    until = given["redeem_until"]
    if until is not None:
        midnight = datetime.combine(until + timedelta(days=1), time(), service_zone(request.now))
        given = given | {"redeem_until": midnight.astimezone(ZoneInfo("UTC"))}
    return commands.issue_batch(
        **given, actor=request.actor, at=request.now, key=request.POST.get("key", "")[:80]
    )


def _csv(batch: ServiceCardBatch, codes: list[str]) -> str:
    """Return the codes as the address of a file that the page itself carries: no other address ever serves them."""
    rows: list[list[object]] = [[_("Card"), _("Code"), _("Credits")]]
    rows += [[number, code, batch.face_value] for number, code in enumerate(codes, start=1)]
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(as_csv(rows)).decode()


def _batch_page(request: HttpRequest, batch_id: int, status: int = 200, **more: Any) -> HttpResponse:
    batch = get_object_or_404(ServiceCardBatch, pk=batch_id)
    state = request.GET.get("state", "")
    after = unmark(request.GET.get("after", ""), 1)
    position = after[0] if after and isinstance(after[0], int) else 0
    cards = queries.cards_of_batch(batch, state=state, after=position)
    page = {
        "batch": batch,
        "page": page_of(cards, queries.PAGE, lambda card: (card.position,)),
        "state": state,
        "void_form": forms.ReasonForm(prefix="all"),
        "purposes": dict(ServiceCardBatch.PURPOSES),
        **more,
    }
    return render(request, "contracts/desk/batch.html", page, status=status)


@require_safe
@staff_only("sales")
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    return _batch_page(request, batch_id)


@require_POST
@staff_only("sales")
def void_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    found = get_object_or_404(ServiceCardBatch, pk=batch_id)
    form = forms.ReasonForm(request.POST, prefix="all")
    count = attempt(form, lambda given: commands.void_batch(found, given["reason"], actor=request.actor, at=request.now))
    if count is None:
        return _batch_page(request, batch_id, 422, void_form=form)
    messages.success(request, ngettext("%(count)s card is void now.", "%(count)s cards are void now.", count) % {"count": count})
    return redirect("desk_contracts:batch", batch_id)


@require_POST
@staff_only("sales")
def void_card(request: HttpRequest, card_id: int) -> HttpResponse:
    card = get_object_or_404(ServiceCard, pk=card_id)
    form = forms.ReasonForm(request.POST)
    if not attempt(form, lambda given: commands.void_card(card, given["reason"], actor=request.actor, at=request.now)):
        messages.error(request, _("Write why the card is made void."))
    return redirect("desk_contracts:batch", card.batch_id)


@staff_only("operator", "engineer", "sales")
def redeem(request: HttpRequest) -> HttpResponse:
    """Redeem a card for a caller who reads its code out. CRD-1, TEL-2."""
    customer = asked_customer(request)
    form = forms.DeskRedeemForm(request.POST or None, initial={"customer": customer.nic_shown if customer else ""})
    if request.method == "POST":
        card = attempt(form, lambda given: commands.redeem_card(
            given["code"], customer_by_nic(request, given["customer"]).pk, actor=request.actor, at=request.now,
            address=request.META.get("REMOTE_ADDR", ""), key=request.POST.get("key", "")[:80],
        ))
        if card:
            messages.success(request, _("The card is redeemed: %(count)s credits for the customer.") % {"count": card.batch.face_value})
            return redirect("desk_contracts:standing", card.customer_id)
    page = {"form": form, "may_sell": access.may_sell(request.actor)}
    return render(request, "contracts/desk/redeem.html", page, status=422 if form.errors else 200)
