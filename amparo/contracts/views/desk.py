"""Plans and contracts for the staff: sold, renewed, cancelled; the standing of a customer. CTR-1, ACC-9."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.contracts import access, commands, forms, queries
from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.models import Plan, SupportContract
from amparo.contracts.rules.terms import renewal_starts_on
from amparo.kernel.ids import parse_nic
from amparo.kernel.paging import page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.people.access import visible_contacts, visible_customers
from amparo.people.models import Contact, Customer
from amparo.ui.views import staff_only

from . import attempt


def customer_by_nic(request: HttpRequest, text: str) -> Customer:
    """Return the active customer whose NIC was typed. Raises Invalid."""
    nic = parse_nic(text)
    found = visible_customers(request.actor).filter(nic=nic, is_active=True).first() if nic else None
    if found is None:
        raise Invalid(_("There is no active customer with this NIC. Check it with the caller."), field="customer")
    return found


def asked_customer(request: HttpRequest) -> Customer | None:
    """Return the customer that the address names, so that a form begins with him."""
    number = request.GET.get("customer", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    return visible_customers(request.actor).filter(pk=int(number)).first()


@require_safe
@staff_only()
def contracts(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "in_force")
    show = show if show in queries.SHOWN else "in_force"
    words = request.GET.get("q", "")[:80].replace("\x00", "")
    after = unmark(request.GET.get("after", ""), 2)
    customer = asked_customer(request)
    rows = queries.contracts(
        at=request.now, show="all" if customer else show, words=words, after=after,
        customer_id=customer.pk if customer else None,
    )
    page = {
        "page": page_of(rows, queries.PAGE, lambda row: (row.ends_at, row.id)),
        "show": show,
        "sought": words,
        "customer": customer,
        "may_sell": access.may_sell(request.actor),
    }
    return render(request, "contracts/desk/contract_list.html", page)


@staff_only("sales")
def sell(request: HttpRequest) -> HttpResponse:
    customer = asked_customer(request)
    first = {"customer": customer.nic_shown if customer else "", "starts_on": request.now.astimezone(request.zone).date()}
    form = forms.SellForm(request.POST or None, initial=first)
    if request.method == "POST":
        made = attempt(form, lambda given: commands.sell_contract(
            customer_by_nic(request, given["customer"]), given["plan"], given["starts_on"], actor=request.actor,
            at=request.now, key=request.POST.get("key", "")[:80],
        ))
        if made:
            messages.success(request, _("Contract %(number)s is written down.") % {"number": made.number})
            return redirect("desk_contracts:contract", made.pk)
    page = {"form": form, "customer": customer, "plans": list(Plan.objects.filter(is_on_sale=True))}
    return render(request, "contracts/desk/contract_sell.html", page, status=422 if form.errors else 200)


def _loaded(request: HttpRequest, contract_id: int) -> SupportContract:
    return get_object_or_404(access.visible_to(request.actor).select_related("customer", "plan", "sold_by", "renewed_from"), pk=contract_id)


def _contract_page(request: HttpRequest, contract_id: int, status: int = 200, **more: Any) -> HttpResponse:
    found = _loaded(request, contract_id)
    row = queries.contract_row(found, request.now)
    limited = found.named_contacts_max is not None
    may_sell = access.may_sell(request.actor)
    named = []
    if limited:
        names = found.named.values("contact")
        named = list(Contact.objects.filter(pk__in=names, removed_at__isnull=True).select_related("user"))
    page = {
        "contract": found,
        "row": row,
        "may_sell": may_sell,
        "may_renew": may_sell and not row.renewed and found.cancelled_at is None,
        "may_cancel": may_sell and row.state not in ("ended", "cancelled"),
        "renew_form": forms.RenewForm(initial={"plan": found.plan_id if found.plan.is_on_sale else None}),
        "renew_from": renewal_starts_on(found.ends_on, today=request.now.astimezone(service_zone(request.now)).date()),
        "cancel_form": forms.ReasonForm(),
        "renewal": SupportContract.objects.filter(renewed_from=found).first(),
        "before": found.renewed_from,
        "named": named,
        "others": list(
            visible_contacts(request.actor).filter(customer=found.customer_id).select_related("user")
            .exclude(pk__in=[one.pk for one in named])
        ) if limited and may_sell else [],
        **more,
    }
    return render(request, "contracts/desk/contract.html", page, status=status)


@require_safe
@staff_only()
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    return _contract_page(request, contract_id)


@require_POST
@staff_only("sales")
def renew(request: HttpRequest, contract_id: int) -> HttpResponse:
    found, form = _loaded(request, contract_id), forms.RenewForm(request.POST)
    made = attempt(form, lambda given: commands.renew(
        found, plan=given["plan"], actor=request.actor, at=request.now, key=request.POST.get("key", "")[:80]
    ))
    if made:
        messages.success(request, _("Contract %(number)s follows it.") % {"number": made.number})
        return redirect("desk_contracts:contract", made.pk)
    return _contract_page(request, contract_id, 422, renew_form=form)


@require_POST
@staff_only("sales")
def cancel(request: HttpRequest, contract_id: int) -> HttpResponse:
    found, form = _loaded(request, contract_id), forms.ReasonForm(request.POST)
    if attempt(form, lambda given: commands.cancel(found, given["reason"], actor=request.actor, at=request.now)):
        messages.success(request, _("The contract is cancelled. What was left on it expires."))
        return redirect("desk_contracts:contract", contract_id)
    return _contract_page(request, contract_id, 422, cancel_form=form)


def _contact(request: HttpRequest, contract: SupportContract) -> Contact:
    number = request.POST.get("contact", "")
    of_customer = visible_contacts(request.actor).filter(customer=contract.customer_id)
    return get_object_or_404(of_customer, pk=int(number) if number.isdecimal() and len(number) < 19 else 0)


@require_POST
@staff_only("sales")
def name_contact(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = _loaded(request, contract_id)
    commands.name_contact(found, _contact(request, found), actor=request.actor, at=request.now)
    return redirect("desk_contracts:contract", contract_id)


@require_POST
@staff_only("sales")
def unname_contact(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = _loaded(request, contract_id)
    commands.unname_contact(found, _contact(request, found).pk, actor=request.actor, at=request.now)
    return redirect("desk_contracts:contract", contract_id)


@require_safe
@staff_only()
def standing(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What a customer can use and why, as he sees it himself. ACC-9, TEL-1."""
    found = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    standings = access.offered_standings(request.actor, request.now, customer_id=found.pk)
    return render(request, "contracts/desk/standing.html", {"customer": found, "standings": standings})


@require_safe
@staff_only()
def plans(request: HttpRequest) -> HttpResponse:
    page = {"plans": list(Plan.objects.all()), "may_sell": access.may_sell(request.actor)}
    return render(request, "contracts/desk/plan_list.html", page)


@staff_only("sales")
def add_plan(request: HttpRequest) -> HttpResponse:
    form = forms.PlanForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda _given: commands.add_plan(**form.terms(), actor=request.actor, at=request.now))
        if made:
            return redirect("desk_contracts:plans")
    return render(request, "contracts/desk/plan_edit.html", {"form": form, "plan": None}, status=422 if form.errors else 200)


@staff_only("sales")
def change_plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    found = get_object_or_404(Plan, pk=plan_id)
    form = forms.PlanForm(request.POST or None, initial=forms.PlanForm.of(found))
    if request.method == "POST":
        made = attempt(form, lambda _given: commands.change_plan(
            found, seen=_moment(request.POST.get("seen", "")), actor=request.actor, at=request.now, **form.terms()
        ))
        if made:
            messages.success(request, _("Later contracts of this plan will be like this. Those that exist keep their terms."))
            return redirect("desk_contracts:plans")
    return render(request, "contracts/desk/plan_edit.html", {"form": form, "plan": found}, status=422 if form.errors else 200)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@require_POST
@staff_only("sales")
def sale(request: HttpRequest, plan_id: int) -> HttpResponse:
    found = get_object_or_404(Plan, pk=plan_id)
    act = commands.put_on_sale if request.POST.get("sale") == "on" else commands.take_off_sale
    act(found, actor=request.actor, at=request.now)
    return redirect("desk_contracts:plans")
