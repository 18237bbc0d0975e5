"""Sales at the desk: orders made, payments confirmed, invoices attached, cards on sale, the provider's keys."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.views.desk import asked_customer, customer_by_nic
from amparo.kernel.paging import page_of, unmark
from amparo.kernel.refusals import Invalid, LimitReached, Refusal
from amparo.kernel.sheets import as_csv
from amparo.promotions import commands as promotions
from amparo.promotions import queries as promotions_read
from amparo.promotions import words as promoted
from amparo.sales import access, commands, forms, queries, rules, words
from amparo.sales.commands.checkouts import SECRETS
from amparo.sales.errors import PriceMoved
from amparo.sales.models import METHODS, CardOffer, Sale
from amparo.threads.rules import draft_key
from amparo.ui.views import staff_only

from . import attempt, key_of, names, why_of

READING = ("sales", "operator")


@require_safe
@staff_only(*READING)
def sales(request: HttpRequest) -> HttpResponse:
    """The orders: what waits for a payment first."""
    show = request.GET.get("show", "open")
    show = show if show in queries.SHOWN else "open"
    sought = request.GET.get("q", "")[:80].replace("\x00", "")
    after = unmark(request.GET.get("after", ""), 1)
    number = after[0] if after and isinstance(after[0], int) else None
    customer = asked_customer(request)
    rows = queries.for_desk(
        show="all" if customer else show, words=sought, customer_id=customer.pk if customer else None, after=number
    )
    page = {
        "page": page_of(rows, queries.PAGE, lambda sale: (sale.pk,)), "show": show, "sought": sought, "customer": customer,
        "counts": queries.counts(), "month": _span(request)[0], "today": _span(request)[1], "may_sell": access.may_sell(request.actor), "states": words.STATES,
        "written": rules.written,
    }  # fmt: skip
    return render(request, "sales/desk/list.html", page)


def _loaded(request: HttpRequest, sale_id: int) -> Sale:
    rows = access.visible_to(request.actor).select_related("customer", "contract", "batch", "renews", "placed_by")
    return get_object_or_404(rows, pk=sale_id)


def _show(request: HttpRequest, sale_id: int, status: int = 200, **more: Any) -> HttpResponse:
    sale = _loaded(request, sale_id)
    payments, back = queries.payments_of(sale), queries.refunded(sale)
    today = request.now.astimezone(service_zone(request.now)).date()
    came = sum(payment.amount for payment in payments)
    page = {
        "sale": sale, "states": words.STATES, "stuck": words.stuck(sale.stuck_because), "written": rules.written,
        "payments": payments, "refunds": list(sale.refunds.select_related("by").order_by("pk")), "methods": dict(METHODS),
        "left": came - back, "may_sell": access.may_sell(request.actor),
        "documents": list(sale.documents.select_related("file", "by").order_by("pk")),
        "cards": list(sale.cards.filter(replaced_at__isnull=True).select_related("card", "card__customer")) if sale.is_of_cards else [],
        "visits": list(sale.checkouts.order_by("-pk")[:5]),
        "pay_form": forms.PaymentForm(initial={"amount": rules.written(sale.total), "received_on": today, "method": "transfer"}),
        "refund_form": forms.RefundForm(initial={"amount": rules.written(came - back), "received_on": today, "method": payments[0].method if payments else "transfer"}),
        "cancel_form": forms.ReasonForm(), "invoice_form": forms.InvoiceForm(),
        "fiscal_form": forms.FiscalForm(initial=sale.fiscal or queries.fiscal_of(sale.customer_id)),
        "draft_key": draft_key(request.actor.user_id, f"sale:{sale.pk}"), "refusal": None, **more,
    }  # fmt: skip
    return render(request, "sales/desk/sale.html", page, status=status)


@require_safe
@staff_only(*READING)
def sale(request: HttpRequest, sale_id: int) -> HttpResponse:
    return _show(request, sale_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("sales")
def new(request: HttpRequest) -> HttpResponse:
    """Order for a customer. A first POST shows the price, a second one with that price orders. PRO-1."""
    offered, customer = queries.offers(), asked_customer(request)
    initial = {"customer": customer.nic_shown if customer else "", "offer": request.GET.get("offer", "")[:30], "quantity": 1}
    form = forms.DeskOrderForm(offered, request.POST or None, initial=initial)
    price, moved, found = None, None, customer
    if request.method == "POST":
        try:
            done = attempt(form, lambda given: _order(request, given))
        except PriceMoved as refusal:
            done, moved = None, refusal
        except LimitReached as refusal:
            form.add_error("code", str(refusal))
            done = None
        if isinstance(done, Sale):
            return redirect("desk_sales:sale", done.pk)
        if done is not None:
            price, found = done
        elif moved is not None:
            price = moved.context["price"]
    page = {
        "form": form, "price": price, "why": why_of(price) if price else [], "moved": moved, "customer": found,
        "written": rules.written, "offered": offered,
    }  # fmt: skip
    return render(request, "sales/desk/new.html", page, status=422 if form.errors else 409 if moved else 200)


def _order(request: HttpRequest, given: dict[str, Any]) -> Any:
    """Return the sale that was placed, or the price to look at first."""
    customer = customer_by_nic(request, given["customer"])
    offer = queries.offer(given["offer"])
    if offer is None:
        raise Invalid(field="offer")
    if given["code"]:
        promotions.claim_code(given["code"], customer.pk, actor=request.actor, at=request.now)
    quantity = 1 if offer.plan else given["quantity"]
    if request.POST.get("act") != "order":
        return queries.price(offer, quantity, customer.pk, at=request.now), customer
    renewed = queries.renewable(customer.pk, at=request.now) if given["renew"] and offer.plan else None
    if given["renew"] and offer.plan and renewed is None:
        raise Invalid(_("There is no contract of this customer that another order does not follow already."), field="renew")
    asked = commands.Order(
        offer.code, quantity, renewed.pk if renewed else None, queries.fiscal_of(customer.pk) or None,
        seen=request.POST.get("seen", "")[:40],
    )  # fmt: skip
    return commands.place(customer, asked, key=key_of(request), actor=request.actor, at=request.now)


def _done(request: HttpRequest, sale_id: int, act: Any, said: str) -> HttpResponse:
    """Do one thing to a sale; a refusal is shown on the sale as it stands now."""
    try:
        act(_loaded(request, sale_id))
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _show(request, sale_id, refusal.status, refusal=refusal)
    messages.success(request, said)
    return redirect("desk_sales:sale", sale_id)


@require_POST
@staff_only("sales")
def confirm(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Confirm a transfer or cash; what was bought is active with the same click. CHG-10."""
    found, form = _loaded(request, sale_id), forms.PaymentForm(request.POST)
    try:
        done = attempt(form, lambda given: commands.confirm_payment(
            found, commands.Received(given["method"], given["amount"], given["reference"], given["received_on"]),
            receipts=request.POST.getlist("files"), draft_key=request.POST.get("draft_key", "")[:40], actor=request.actor,
            at=request.now,
        ))  # fmt: skip
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _show(request, sale_id, refusal.status, refusal=refusal, pay_form=form)
    if not done:
        return _show(request, sale_id, 422, pay_form=form)
    messages.success(request, _("The payment is confirmed and what was bought is active."))
    return redirect("desk_sales:sale", sale_id)


@require_POST
@staff_only("sales")
def activate(request: HttpRequest, sale_id: int) -> HttpResponse:
    return _done(request, sale_id, lambda found: commands.activate(found, actor=request.actor, at=request.now),
                 _("What was bought is active."))  # fmt: skip


@require_POST
@staff_only("sales")
def cancel(request: HttpRequest, sale_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")[:400]
    return _done(request, sale_id, lambda found: commands.cancel(found, reason, actor=request.actor, at=request.now),
                 _("The order is cancelled."))  # fmt: skip


@require_POST
@staff_only("sales")
def credit(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Put the cards' credits on the customer's pockets for a caller who asks for it. CRD-1."""
    done = commands.credit_cards(_loaded(request, sale_id), actor=request.actor, at=request.now)
    messages.success(request, ngettext("%(count)s card is credited.", "%(count)s cards are credited.", done) % {"count": done})
    return redirect("desk_sales:sale", sale_id)


@require_POST
@staff_only("sales")
def refund(request: HttpRequest, sale_id: int) -> HttpResponse:
    found, form = _loaded(request, sale_id), forms.RefundForm(request.POST)
    done = attempt(form, lambda given: commands.record_refund(
        found, commands.Received(given["method"], given["amount"], given["reference"], given["received_on"]), given["reason"],
        key=key_of(request), actor=request.actor, at=request.now,
    ))  # fmt: skip
    if not done:
        return _show(request, sale_id, 422, refund_form=form)
    messages.success(request, _("The refund is written down."))
    return redirect("desk_sales:sale", sale_id)


@require_POST
@staff_only("sales")
def invoice(request: HttpRequest, sale_id: int) -> HttpResponse:
    """Put the stamped invoice beside the order. SEC-26, SEC-56."""
    found, form = _loaded(request, sale_id), forms.InvoiceForm(request.POST, request.FILES)
    done = attempt(form, lambda given: commands.attach_invoice(
        found, xml=given["xml"], pdf=given["pdf"], actor=request.actor, at=request.now
    ))  # fmt: skip
    if not done:
        return _show(request, sale_id, 422, invoice_form=form)
    messages.success(request, _("The customer can download the invoice now."))
    return redirect("desk_sales:sale", sale_id)


@require_POST
@staff_only("sales")
def fiscal(request: HttpRequest, sale_id: int) -> HttpResponse:
    found, form = _loaded(request, sale_id), forms.FiscalForm(request.POST)

    def act(given: dict[str, Any]) -> Sale:
        commands.keep_fiscal(found.customer, given, actor=request.actor, at=request.now)
        return commands.make_out_to(found, given, actor=request.actor, at=request.now)

    if not attempt(form, act):
        return _show(request, sale_id, 422, fiscal_form=form)
    messages.success(request, _("The data of the invoice are kept."))
    return redirect("desk_sales:sale", sale_id)


@require_safe
@staff_only()
def simulate(request: HttpRequest) -> HttpResponse:
    """«Por qué (no) aplica»: what a customer would meet on a day who buys something, with a code or without. PRO-1."""
    zone, customer = service_zone(request.now), asked_customer(request)
    offered = queries.offers()
    choices = [(one.code, f"{one.name} · ${rules.written(one.price)}") for one in offered]
    choices += [(code, str(label)) for code, label in promoted.SERVICE_NAMES.items()]
    asked = "what" in request.GET
    initial = {"on": request.now.astimezone(zone).date(), "quantity": 1, "customer": customer.nic_shown if customer else ""}
    form = forms.SimulateForm(choices, request.GET if asked else None, initial=initial)
    found = attempt(form, lambda given: _simulated(request, given)) if asked else None
    page: dict[str, Any] = {"form": form, "found": found, "customer": None, "said": [], "written": rules.written}
    if found:
        customer, result = found
        label = str(promoted.SERVICE_NAMES.get(result.name, result.name))
        page |= {"found": result, "customer": customer, "label": label, "said": [promoted.said(one, names()) for one in result.judged]}
    return render(request, "sales/desk/simulate.html", page, status=422 if form.errors else 200)


def _simulated(request: HttpRequest, given: dict[str, Any]) -> Any:
    customer = customer_by_nic(request, given["customer"]) if given["customer"] else None
    zone, today = service_zone(request.now), request.now.astimezone(service_zone(request.now)).date()
    at = request.now if given["on"] == today else datetime.combine(given["on"], time(12), zone)
    codes = promotions_read.with_code(given["code"])
    found = queries.simulate(given["what"], given["quantity"], customer.pk if customer else None, at=at, codes=codes)
    if found is None:
        raise Invalid(field="what")
    return customer, found


# --- cards on sale, the report, the provider --------------------------------------------------------------------------


@require_safe
@staff_only("sales")
def offers(request: HttpRequest) -> HttpResponse:
    page = {"rows": list(CardOffer.objects.all()), "plans": [one for one in queries.offers() if one.plan], "written": rules.written}
    return render(request, "sales/desk/offers.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("sales")
def add_offer(request: HttpRequest) -> HttpResponse:
    form = forms.CardOfferForm(request.POST or None)
    form.fields.pop("is_on_sale")
    if request.method == "POST" and attempt(form, lambda given: commands.add_card_offer(
        given["name"], given["credits"], given["price"], actor=request.actor, at=request.now
    )):  # fmt: skip
        return redirect("desk_sales:offers")
    return render(request, "sales/desk/offer_edit.html", {"form": form, "offer": None}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("sales")
def change_offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    found = get_object_or_404(CardOffer, pk=offer_id)
    initial = {"name": found.name, "credits": found.credits, "price": rules.written(found.price), "is_on_sale": found.is_on_sale}
    form = forms.CardOfferForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(form, lambda given: commands.change_card_offer(
        found, **given, seen=_moment(request.POST.get("seen", "")), actor=request.actor, at=request.now
    )):  # fmt: skip
        messages.success(request, _("Later orders will be like this. Those that were placed keep their price."))
        return redirect("desk_sales:offers")
    return render(request, "sales/desk/offer_edit.html", {"form": form, "offer": found}, status=422 if form.errors else 200)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _span(request: HttpRequest) -> tuple[date, date]:
    """Return the days of a report, first and last: as asked, else the present month. SEC-49."""
    today = request.now.astimezone(service_zone(request.now)).date()
    days = []
    for name, default in (("since", today.replace(day=1)), ("until", today)):
        try:
            asked = date.fromisoformat(request.GET.get(name, ""))
        except ValueError:
            asked = default
        days.append(asked if 2000 <= asked.year < 3000 else default)
    return days[0], max(days)


@require_safe
@staff_only("sales")
def export(request: HttpRequest) -> HttpResponse:
    """The orders of a span for accounting, as CSV. SEC-55, SEC-56."""
    since, until = _span(request)
    zone = service_zone(request.now)
    begin, end = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
    table: list[list[object]] = [[
        _("Purchase"), _("Placed"), _("Customer"), "NIC", "RFC", _("What"), _("How many"), _("Price"), _("Discount"), _("Promotion"),
        _("Net"), "IVA %", "IVA", _("Total"), _("Currency"), _("State"), _("Paid"), _("How it came"), _("Reference"),
        _("Given back"), "UUID",
    ]]  # fmt: skip
    for one in queries.for_accounting(begin, end):
        paid = next((payment for payment in one.payments.all() if payment.counts), None)
        table.append([
            one.number, one.placed_at.astimezone(zone).date(), one.customer.name, one.customer.nic_shown, one.fiscal.get("rfc", ""),
            one.name, one.quantity, _plain(one.unit_price), _plain(one.discount), (one.promotion or {}).get("name", ""),
            _plain(one.net), one.tax_percent, _plain(one.tax), _plain(one.total), one.currency, str(words.STATES[one.state][0]),
            paid.received_on if paid else "", str(dict(METHODS)[paid.method]) if paid else "", paid.reference if paid else "",
            _plain(sum(refund.amount for refund in one.refunds.all())), one.invoice_uuid,
        ])  # fmt: skip
    name = f"ventas-{since}-{until}.csv"
    return HttpResponse(as_csv(table), content_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


def _plain(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


@require_safe
@staff_only("administrator")
def payment(request: HttpRequest) -> HttpResponse:
    """The keys of the payment provider: whether they are set, never what they are. SEC-57."""
    return _payment_page(request)


def _payment_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    page = {
        "shown": queries.secrets_shown(), "names": SECRETS,
        "webhook": f"{settings.PUBLIC_URL}/sales/stripe/", "is_elsewhere": settings.STRIPE_API != "https://api.stripe.com", **more,
    }  # fmt: skip
    return render(request, "sales/desk/payment.html", page, status=status)


@require_POST
@staff_only("administrator")
def set_secret(request: HttpRequest, secret: str) -> HttpResponse:
    name = f"stripe.{secret}"
    if name not in SECRETS:
        raise Http404
    given, forget = request.POST.get("secret", "").strip(), request.POST.get("forget") == "yes"
    if not forget and not 8 <= len(given) <= 300:
        messages.error(request, _("Paste the whole key. Nothing was changed."))
        return redirect("desk_sales:payment")
    commands.set_secret(name, "" if forget else given, actor=request.actor, at=request.now)
    messages.success(request, _("The key is forgotten.") if forget else _("The key is kept, sealed."))
    return redirect("desk_sales:payment")
