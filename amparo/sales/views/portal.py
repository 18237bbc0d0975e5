"""Plans and cards as their buyer sees them: what is offered, order, pay, take. CTR-1, CRD-1, PRO-1."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.paging import page_of, unmark
from amparo.kernel.paths import own_path
from amparo.kernel.refusals import Invalid, LimitReached, Refusal
from amparo.people.access import visible_customers
from amparo.policies.queries import value
from amparo.promotions import commands as promotions
from amparo.sales import access, commands, forms, queries, rules, words
from amparo.sales.commands.checkouts import HOSTED
from amparo.sales.errors import PaymentAway, PriceMoved
from amparo.sales.models import Sale
from amparo.sales.payments import recorded
from amparo.ui.views import contact_only

from . import attempt, key_of, why_of


@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """What can be ordered, for anybody, with the price that it has for this customer. `?credits=` marks the card that suffices."""
    customer_id = request.actor.customer_id if request.actor.is_contact else None
    found = queries.shelf(customer_id, at=request.now)
    wanted = request.GET.get("credits", "")
    missing = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 0
    cards = [one for one in found if one.offer.card]
    enough = next((one.offer.code for one in cards if one.offer.units["credit"] >= missing), "") if missing else ""
    page = {
        "plans": [one for one in found if one.offer.plan], "cards": cards, "missing": missing, "enough": enough,
        "back": own_path(request.GET.get("next", ""), characters_max=200), "tax": value("sales.tax_percent", at=request.now),
        "written": rules.written,
    }  # fmt: skip
    page["tail"] = "?" + urlencode({"next": page["back"]}) if page["back"] else ""
    return render(request, "sales/portal/shelf.html", page)


def _offer(kind: str, number: int) -> queries.Offer:
    found = queries.offer(f"{kind}:{number}")
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def buy(request: HttpRequest, kind: str, offer_number: int) -> HttpResponse:
    """The order form: look at the price with a code and a quantity, then order. PRO-1."""
    offer, actor = _offer(kind, offer_number), request.actor
    renewable = queries.renewable(actor.customer_id, at=request.now) if offer.plan else None
    asked = request.GET.get("quantity", "1")[:4]
    initial = {"quantity": asked, "renew": renewable is not None}
    form = forms.OrderForm(offer, renewable, request.POST or None, initial=initial)
    moved, quantity = None, 1
    if request.method == "POST" and form.is_valid():
        quantity = form.cleaned_data.get("quantity") or 1
        if _claimed(request, form) and request.POST.get("act") == "order":
            try:
                sale = attempt(form, lambda given: _place(request, offer, given, renewable))
            except PriceMoved as refusal:
                sale, moved = None, refusal
            if sale:
                return redirect("sales:sale", sale.pk)
    elif asked.isascii() and asked.isdigit() and 0 < int(asked) <= rules.QUANTITY_MAX and offer.card:
        quantity = int(asked)
    price = queries.price(offer, quantity, actor.customer_id, at=request.now)
    page = {
        "offer": offer, "form": form, "price": price, "why": why_of(price), "moved": moved, "written": rules.written,
        "back": own_path((request.POST or request.GET).get("next", ""), characters_max=200),
        "days": value("sales.order_days", at=request.now),
    }  # fmt: skip
    return render(request, "sales/portal/buy.html", page, status=422 if form.errors else 409 if moved else 200)


def _claimed(request: HttpRequest, form: forms.OrderForm) -> bool:
    """Enter the code that was given, if any; what is wrong with it is told beside it."""
    code = form.cleaned_data["code"]
    if not code:
        return True
    try:
        promotions.claim_code(code, request.actor.customer_id, actor=request.actor, at=request.now)
    except (Invalid, LimitReached) as refusal:
        form.add_error("code", str(refusal))
        return False
    return True


def _place(request: HttpRequest, offer: queries.Offer, given: dict[str, Any], renewable: Any) -> Sale:
    customer = visible_customers(request.actor).get(pk=request.actor.customer_id)
    asked = commands.Order(
        offer.code, given.get("quantity") or 1, renewable.pk if renewable and given.get("renew") else None,
        queries.fiscal_of(customer.pk) or None, request.POST.get("next", "")[:200], request.POST.get("seen", "")[:40],
    )  # fmt: skip
    return commands.place(customer, asked, key=key_of(request), actor=request.actor, at=request.now)


@require_safe
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    after = unmark(request.GET.get("after", ""), 1)
    number = after[0] if after and isinstance(after[0], int) else None
    rows = queries.sales_of(request.actor, after=number)
    page = {"page": page_of(rows, queries.PAGE, lambda sale: (sale.pk,)), "states": words.STATES, "written": rules.written}
    return render(request, "sales/portal/mine.html", page)


def _loaded(request: HttpRequest, sale_id: int) -> Sale:
    rows = access.visible_to(request.actor).select_related("contract", "batch", "renews", "placed_by")
    return get_object_or_404(rows, pk=sale_id)


def _show(request: HttpRequest, sale: Sale, status: int = 200, **more: Any) -> HttpResponse:
    open_visit = sale.checkouts.filter(state="open", expires_at__gt=request.now).first() if sale.waits else None
    way = HOSTED["stripe"]
    cards = list(sale.cards.filter(replaced_at__isnull=True).select_related("card", "card__customer")) if sale.is_of_cards else []
    page = {
        "sale": sale, "states": words.STATES, "stuck": words.stuck(sale.stuck_because), "written": rules.written,
        "transfer": recorded.way(at=request.now), "open_visit": open_visit,
        "by_card": sale.waits and sale.total >= way.amount_min and way.is_set_up(), "cards": cards,
        "fresh": [one for one in cards if one.card.state == "open" and not one.shown_at],
        "lost": [one for one in cards if one.card.state == "open" and one.shown_at],
        "may_see_codes": access.may_see_codes(request.actor, sale),
        "documents": list(sale.documents.exclude(kind="receipt").select_related("file").order_by("pk")),
        "form": forms.FiscalForm(initial=sale.fiscal or queries.fiscal_of(sale.customer_id)), "refusal": None, **more,
    }  # fmt: skip
    return render(request, "sales/portal/sale.html", page, status=status)


@require_safe
@contact_only
def sale(request: HttpRequest, sale_id: int) -> HttpResponse:
    """One order with its state. That somebody came back here from a payment page proves nothing."""
    return _show(request, _loaded(request, sale_id))


def _told(request: HttpRequest, sale_id: int, refusal: Refusal) -> HttpResponse:
    """Show the order as it stands now beside the refusal."""
    if refusal.status == 403:
        raise refusal
    return _show(request, _loaded(request, sale_id), refusal.status, refusal=refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def pay(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Open the provider's page (POST), and the page that leads there (GET): a form may lead nowhere but to us. SEC-60."""
    found = _loaded(request, sale_id)
    if request.method != "POST":
        visit = found.checkouts.filter(state="open", expires_at__gt=request.now).first()
        if visit is None or not found.waits:
            return redirect("sales:sale", sale_id)
        return render(request, "sales/portal/pay.html", {"sale": found, "visit": visit, "written": rules.written})
    back = f"{settings.PUBLIC_URL}{reverse('sales:sale', args=[sale_id])}?paid=1"
    try:
        commands.begin_checkout(found, "stripe", back_url=back, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _told(request, sale_id, refusal)
    return redirect("sales:pay", sale_id)


@require_POST
@contact_only
def check(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Ask the provider now whether the payment is there."""
    try:
        outcome = commands.look_again(_loaded(request, sale_id), actor=request.actor, at=request.now)
    except PaymentAway as refusal:
        return _told(request, sale_id, refusal)
    if outcome in ("waiting", "unknown", "expired"):
        messages.info(request, _("The payment has not arrived yet. This page shows it as soon as it does."))
    return redirect("sales:sale", sale_id)


@require_POST
@contact_only
def cancel(request: HttpRequest, sale_id: int) -> HttpResponse:
    try:
        commands.cancel(_loaded(request, sale_id), "", actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _told(request, sale_id, refusal)
    messages.success(request, _("The order is cancelled. Nothing is owed."))
    return redirect("sales:sale", sale_id)


@require_POST
@contact_only
def credit(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Put the cards' credits on the customer's own pockets by one click. CRD-1."""
    found = _loaded(request, sale_id)
    done = commands.credit_cards(found, actor=request.actor, at=request.now)
    if done:
        count = done * found.what["units"]["credit"]
        messages.success(request, ngettext("%(count)s credit is yours now.", "%(count)s credits are yours now.", count) % {"count": count})
        if found.returns_to:
            return redirect(found.returns_to)
    return redirect("sales:sale", sale_id)


@require_POST
@contact_only
def codes(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Show the codes once; the answer to this form is the only page that ever does. CRD-1."""
    found = _loaded(request, sale_id)
    try:
        shown = commands.show_codes(found, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _told(request, sale_id, refusal)
    return render(request, "sales/portal/codes.html", {"sale": found, "codes": shown})


@require_POST
@contact_only
def again(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Make cards whose codes were lost void, and issue others. CRD-1."""
    found = _loaded(request, sale_id)
    done = commands.issue_again(found, _("Codes lost, said by the customer"), actor=request.actor, at=request.now)
    if done:
        messages.success(request, ngettext("%(count)s card was made void and issued again.", "%(count)s cards were made void and issued again.", done) % {"count": done})
    return redirect("sales:sale", sale_id)


@require_POST
@contact_only
def invoice(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Say to whom the invoice is made out; it is kept for the next order too."""
    found, form = _loaded(request, sale_id), forms.FiscalForm(request.POST)

    def act(given: dict[str, Any]) -> Sale:
        made = commands.make_out_to(found, given, actor=request.actor, at=request.now)
        if access.may_keep_fiscal(request.actor, found.customer_id):
            customer = visible_customers(request.actor).get(pk=found.customer_id)
            commands.keep_fiscal(customer, given, actor=request.actor, at=request.now)
        return made

    if attempt(form, act) is None:
        return _show(request, found, 422, form=form)
    messages.success(request, _("The data of your invoice are kept."))
    return redirect("sales:sale", sale_id)
