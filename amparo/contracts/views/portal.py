"""A customer's contracts and cards, what is on sale, and what he can use and why. ACC-9, CTR-1, CRD-1."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from amparo.contracts import access, commands, forms, queries
from amparo.contracts.models import Plan, SupportContract
from amparo.kernel.paths import own_path
from amparo.people.access import visible_contacts
from amparo.people.models import Contact
from amparo.ui.views import contact_only, signed_in

from . import attempt


@require_safe
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    rows = queries.contracts(at=request.now, customer_id=request.actor.customer_id)
    page = {
        "now_rows": [row for row in rows if row.state not in ("ended", "cancelled")],
        "past_rows": [row for row in rows if row.state in ("ended", "cancelled")],
        "cards": queries.cards_of(request.actor.customer_id),
    }
    return render(request, "contracts/portal/contract_list.html", page)


def _named(contract: SupportContract) -> QuerySet[Contact]:
    return Contact.objects.filter(pk__in=contract.named.values("contact"), removed_at__isnull=True).select_related("user")


@require_safe
@contact_only
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor), pk=contract_id)
    limited = found.named_contacts_max is not None
    may_name = limited and access.may_name_contacts(request.actor, found) and found.in_force(request.now)
    page = {
        "contract": found,
        "row": queries.contract_row(found, request.now),
        "named": list(_named(found)) if limited else [],
        "may_name": may_name,
        "others": list(visible_contacts(request.actor).select_related("user").exclude(pk__in=found.named.values("contact")))
        if may_name else [],
    }
    return render(request, "contracts/portal/contract.html", page)


def _contact(request: HttpRequest) -> Contact:
    number = request.POST.get("contact", "")
    return get_object_or_404(
        visible_contacts(request.actor), pk=int(number) if number.isdecimal() and len(number) < 19 else 0
    )


@require_POST
@contact_only
def name_contact(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor), pk=contract_id)
    commands.name_contact(found, _contact(request), actor=request.actor, at=request.now)
    return redirect("contracts:contract", contract_id)


@require_POST
@contact_only
def unname_contact(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor), pk=contract_id)
    commands.unname_contact(found, _contact(request).pk, actor=request.actor, at=request.now)
    return redirect("contracts:contract", contract_id)


def _back(request: HttpRequest) -> str:
    """Return where to go on after a card was redeemed: the page of ours that lacked credits, or nothing. CHG-3."""
    return own_path(request.POST.get("next", "") or request.GET.get("next", ""))


@contact_only
def redeem(request: HttpRequest) -> HttpResponse:
    """Redeem a service card by its code. CRD-1."""
    form = forms.RedeemForm(request.POST or None)
    back = _back(request)
    if request.method == "POST":
        card = attempt(form, lambda given: commands.redeem_card(
            given["code"], request.actor.customer_id, actor=request.actor, at=request.now,
            address=request.META.get("REMOTE_ADDR", ""), key=request.POST.get("key", "")[:80],
        ))
        if card:
            credits = card.batch.face_value
            messages.success(request, ngettext(
                "Your card is redeemed: %(count)s credit more.", "Your card is redeemed: %(count)s credits more.", credits
            ) % {"count": credits})
            return redirect(back or "contracts:mine")
    page = {"form": form, "back": back, "cards": queries.cards_of(request.actor.customer_id)}
    return render(request, "contracts/portal/redeem.html", page, status=422 if form.errors else 200)


@require_safe
@signed_in
def standing(request: HttpRequest) -> HttpResponse:
    """«Qué puede usar y por qué». ACC-9."""
    found = access.offered_standings(request.actor, request.now)
    page = {"may": [one for one in found if one.allowed], "may_not": [one for one in found if not one.allowed]}
    return render(request, "contracts/portal/standing.html", page)


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """What is on sale and how to get it: for anybody. ACC-8, ACC-9."""
    page = {"plans": list(Plan.objects.filter(is_on_sale=True)), "form": forms.AskForm()}
    return render(request, "contracts/portal/plan_list.html", page)


@require_POST
@contact_only
def ask(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Ask sales for a contract. ACC-8."""
    found = get_object_or_404(Plan, pk=plan_id)
    form = forms.AskForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    commands.ask_for_contract(found, words, actor=request.actor, at=request.now)
    messages.success(request, _("We have your request. Somebody from sales will call you."))
    return redirect("contracts:plans")
