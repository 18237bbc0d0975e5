"""What staff do with a case: each act is a small page with its form, so that nothing typed is lost and no script is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from amparo.cases import access, commands, forms, queries, words
from amparo.cases.machine import REASONS, Effect, Kind, LimitChoice, Reason
from amparo.cases.models import Case, FurtherNeed
from amparo.cases.rules import kind_allows, lawful_effects
from amparo.charging.errors import PriceChanged
from amparo.defects.access import visible_to as visible_defects
from amparo.defects.queries import known_defects
from amparo.kernel.refusals import Invalid, NotPermitted, Refusal
from amparo.policies.queries import value
from amparo.products.queries import licences_of
from amparo.ui.views import staff_only

from .desk import show
from .portal import key_of, loaded

Act = Callable[[Case, Form], Any]


def _page(request: HttpRequest, case_id: int) -> queries.CasePage:
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    if not access.may_work(request.actor, Case()):
        raise NotPermitted(case=case_id)
    return page


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _act(
    request: HttpRequest, page: queries.CasePage, form: Form, act: Act, *, title: str, button: str, text: str = "",
    template: str = "cases/desk/act.html", **more: Any,
) -> HttpResponse:  # fmt: skip
    """Show an act's form, or do it; what is wrong stands beside its field, what moved on is shown as it is now."""
    if request.method == "POST" and form.is_valid():
        try:
            act(loaded(request, page.id), form)
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            return show(request, page.id, refusal=refusal)
        else:
            return redirect("desk_cases:case", page.id)
    context = {"page": page, "form": form, "title": title, "button": button, "text": text, "says": words, **more}
    return render(request, template, context, status=422 if form.errors else 200)


def _given(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def classify(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say what a case is; the price is shown while one chooses. CHG-1."""
    page = _page(request, case_id)
    initial = {"kind": page.kind or page.row["asked_kind"] or "incident", "explanation": page.row["explanation"]}
    given = _given(request)
    if given is not None and not given.get("explanation", "").strip() and given.get("kind") in list(Kind):
        given = given.copy()
        with translation.override(page.language):
            given["explanation"] = words.explanation_draft(given["kind"], value("cases.incident_minutes", at=request.now))

    def act(case: Case, form: Form) -> None:
        commands.classify(
            case, kind=form.cleaned_data["kind"], explanation=form.cleaned_data["explanation"], key=key_of(request),
            seen=_seen(request), actor=request.actor, at=request.now,
        )  # fmt: skip

    return _act(
        request, page, forms.Classify(given, initial=initial), act, title=_("Classify the case"),
        button=_("Tell the customer and ask for consent"), template="cases/desk/act_classify.html",
        text=_("What was reserved is given back, and the customer is asked again.") if page.row["consent_at"] else "",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def consent(request: HttpRequest, case_id: int) -> HttpResponse:
    """Note down the customer's yes, or no, said elsewhere. CHG-1."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        said: dict[str, Any] = {**form.cleaned_data, "seen": _seen(request) or 0, "actor": request.actor, "at": request.now}
        if request.POST.get("answer") == "no":
            commands.decline_consent(case, **said)
            return
        try:
            commands.consent(case, price=request.POST.get("price") or None, **said)
        except PriceChanged:
            commands.requote(case, actor=request.actor, at=request.now)
            raise

    return _act(
        request, page, forms.SaidElsewhere(_given(request), initial={"given_by": page.contact}), act,
        title=_("The customer consents"), button=_("Note the consent"), template="cases/desk/act_consent.html",
        price=page.price(page.row["charge_id"], at=request.now),
    )  # fmt: skip


@require_POST
@staff_only()
def clock(request: HttpRequest, case_id: int, what: str) -> HttpResponse:
    """Start or stop the clock of attention. CAS-5, CAS-9."""
    verb = commands.start_clock if what == "start" else commands.stop_clock
    try:
        verb(loaded(request, case_id), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, case_id, refusal=refusal)
    return redirect("desk_cases:case", case_id)


@require_POST
@staff_only()
def decide(request: HttpRequest, case_id: int, choice: str) -> HttpResponse:
    """Answer the question at the limit, and go on to what was decided. CAS-5."""
    if choice not in list(LimitChoice):
        raise Http404
    try:
        commands.decide_at_limit(
            loaded(request, case_id), choice=choice, seen=_seen(request), actor=request.actor, at=request.now
        )
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, case_id, refusal=refusal)
    return redirect(f"desk_cases:{choice}", case_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def order(request: HttpRequest, case_id: int) -> HttpResponse:
    """Offer a price in credits. CHG-3, TAR-2, TAR-3."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        assert isinstance(form, forms.OrderForm)
        commands.propose_order(
            case, description=form.cleaned_data["description"], needs=form.needs(),
            delivery_on=form.cleaned_data["delivery_on"], travel=form.cleaned_data["travel"], key=key_of(request),
            seen=_seen(request), actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("The customer sees the order and accepts it before anything is charged."))

    return _act(
        request, page, forms.OrderForm(_given(request)), act, title=_("Propose an order"), button=_("Send the order"),
        template="cases/desk/act_services.html", text=_("Nothing is charged until the customer accepts it."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def need(request: HttpRequest, case_id: int) -> HttpResponse:
    """Note a need that came up, for the customer to choose. CHG-5."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        commands.raise_need(case, form.cleaned_data["description"], key=key_of(request), actor=request.actor, at=request.now)

    return _act(request, page, forms.NeedForm(_given(request)), act, title=_("A need came up"), button=_("Ask the customer"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def further(request: HttpRequest, case_id: int) -> HttpResponse:
    """Propose a further service, charged apart with the customer's consent. CAS-5, CHG-5."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        assert isinstance(form, forms.FurtherForm)
        commands.propose_further(
            case, form.cleaned_data["description"], form.needs(), key=key_of(request), actor=request.actor, at=request.now
        )

    return _act(
        request, page, forms.FurtherForm(_given(request)), act, title=_("Propose a further service"),
        button=_("Ask for consent"), template="cases/desk/act_services.html",
        text=_("Nothing is charged without the customer's consent; consented hours extend the clock."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def choice(request: HttpRequest, case_id: int, need_id: int) -> HttpResponse:
    """Note down what the customer chose for a need, said elsewhere. CHG-5."""
    page = _page(request, case_id)
    found = get_object_or_404(FurtherNeed, pk=need_id, case_id=page.id)

    def act(case: Case, form: Form) -> None:
        commands.choose_needs(
            found, choice=request.POST.get("choice", ""), price=request.POST.get("price") or None, **form.cleaned_data,
            actor=request.actor, at=request.now,
        )  # fmt: skip

    return _act(
        request, page, forms.SaidElsewhere(_given(request), initial={"given_by": page.contact}), act,
        title=_("What the customer chose"), button=_("Note the choice"), template="cases/desk/act_choice.html", need=found,
        price=page.price(found.charge_id, at=request.now),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def procedure(request: HttpRequest, case_id: int) -> HttpResponse:
    """Agree a procedure: the case stays open. CAS-3, CAS-5."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        commands.agree_procedure(
            case, form.cleaned_data["procedure"], key=key_of(request), seen=_seen(request), actor=request.actor, at=request.now
        )

    return _act(
        request, page, forms.ProcedureForm(_given(request)), act, title=_("Agree a procedure"), button=_("Tell the customer")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def closing(request: HttpRequest, case_id: int) -> HttpResponse:
    """Propose closing, with the summary prepared and what each charge would do. CAS-4, CHG-7."""
    page = _page(request, case_id)
    if not page.kind:
        raise Http404
    reasons = [why.value for why in REASONS[Kind(page.kind)] if kind_allows(Kind(page.kind), why, attended=bool(page.row["consent_at"]))]
    if not page.row["consent_at"] and page.kind in ("advisory", "incident"):
        reasons = [Reason.MUTUAL_AGREEMENT.value]
    with translation.override(page.language):
        summary = words.summary_draft(page.kind, page.thread.title, page.seconds, [need["description"] for need in page.needs if need["choice"] == "now"])
    form = forms.ClosingForm(
        _given(request), reasons=reasons, charges=_charges(page), initial={"summary": summary, "reason": reasons[0] if reasons else ""}
    )

    def act(case: Case, form: Form) -> None:
        assert isinstance(form, forms.ClosingForm)
        given = form.cleaned_data
        commands.propose_closing(
            case, reason=given["reason"], summary=given["summary"], explanation=given.get("explanation", ""),
            procedure=given.get("procedure", ""), effects=form.effects(), key=key_of(request), seen=_seen(request),
            actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("The customer is told, and accepts or answers. Nothing is charged until then."))

    return _act(
        request, page, form, act, title=_("Propose closing"), button=_("Propose closing"), template="cases/desk/act_closing.html"
    )


def _charges(page: queries.CasePage) -> list[tuple[int, str, list[tuple[str, Any]]]]:
    """Return the charges of a case as fields: what closing may do with each otherwise. CHG-4."""
    found = []
    kind = Kind(page.kind)
    mine = [page.row["charge_id"]] if page.row["consent_at"] else []
    for charge_id in [*mine, *(need["charge_id"] for need in page.needs if need["charge_id"] and need["choice"] == "now")]:
        charge = page.charges.get(charge_id)
        if charge is None:
            continue
        says = {Effect.CHARGE: _("Charge"), Effect.GIVE_BACK: _("Give back"), Effect.KEEP: _("Keep what was charged in advance")}
        lawful = lawful_effects(kind, Reason.MUTUAL_AGREEMENT, is_main=charge_id == page.row["charge_id"], in_advance=charge.state == "final")
        what = words.amounts(charge.amounts)
        found.append((charge.pk, _("What happens with %(cost)s") % {"cost": what}, [(effect.value, says[effect]) for effect in lawful]))
    return found


@require_POST
@staff_only()
def uncharged(request: HttpRequest, case_id: int) -> HttpResponse:
    """Close what nobody answered, uncharged. CAS-4."""
    try:
        commands.close_uncharged(loaded(request, case_id), seen=_seen(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, case_id, refusal=refusal)
    messages.success(request, _("Closed without a charge; what was reserved is given back."))
    return redirect("desk_cases:case", case_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def follow_up(request: HttpRequest, case_id: int) -> HttpResponse:
    """Open a linked case for a further service. CAS-3, CAS-8."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        given = form.cleaned_data
        commands.open_follow_up(
            case, given["title"], given["body"], why=given["why"], asked_kind=given["asked_kind"], key=key_of(request),
            actor=request.actor, at=request.now,
        )  # fmt: skip

    initial = {"why": "procedure" if page.state == "procedure" else "need", "title": page.thread.title}
    return _act(
        request, page, forms.FollowUpForm(_given(request), initial=initial), act, title=_("Open a linked case"), button=_("Open the linked case"),
        text=_("For the same contact. It is classified and consented to by itself."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def link(request: HttpRequest, case_id: int) -> HttpResponse:
    """Link a case that is there already. CAS-3."""
    page = _page(request, case_id)

    def act(case: Case, form: Form) -> None:
        other = access.visible_to(request.actor).filter(pk=form.cleaned_data["follow_up"], customer_id=case.customer_id).first()
        if other is None:
            raise Invalid(_("This customer has no case with that number."), field="follow_up")
        commands.link_follow_up(case, other, why=form.cleaned_data["why"], actor=request.actor, at=request.now)

    return _act(request, page, forms.LinkForm(_given(request)), act, title=_("Link a case"), button=_("Link"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def less(request: HttpRequest, case_id: int, charge_id: int) -> HttpResponse:
    """Ask for less than was proposed, before the customer answers. CHG-8."""
    page = _page(request, case_id)
    if charge_id not in page.lessable:
        raise Http404

    def act(case: Case, form: Form) -> None:
        assert isinstance(form, forms.LessForm)
        commands.charge_less(
            case, charge_id, needs=form.needs(), reason=form.cleaned_data["reason"], seen=_seen(request), actor=request.actor,
            at=request.now,
        )  # fmt: skip
        messages.success(request, _("The customer is asked for less."))

    return _act(
        request, page, forms.LessForm(_given(request)), act, title=_("Charge less"), button=_("Ask for less"),
        text=_("Proposed until now: %(cost)s. Give what is asked instead; it can only be less.")
        % {"cost": words.amounts(page.charges[charge_id].amounts)},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def defect(request: HttpRequest, case_id: int) -> HttpResponse:
    """Mark what a case reports as a defect of a product: the fix guarantee runs. TKT-5."""
    page = _page(request, case_id)
    products = {row.licence.product_id: row.licence.product.name for row in licences_of(page.row["customer_id"], request.now)}
    if page.row["product_id"]:
        products[page.row["product_id"]] = page.product
    known = [one for product_id in products for one in known_defects(product_id)]
    form = forms.DefectForm(
        _given(request), products=sorted(products.items(), key=lambda item: item[1]), known=known,
        initial={"title": page.thread.title, "product": page.row["product_id"]},
    )  # fmt: skip

    def act(case: Case, form: Form) -> None:
        given = form.cleaned_data
        joined = get_object_or_404(visible_defects(request.actor), pk=given["known"]) if given["known"] else None
        commands.mark_defect(
            case, product_id=given["product"], title=given["title"], description=given["description"], defect=joined,
            actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("Marked as a defect."))

    return _act(
        request, page, form, act, title=_("Mark as defect"), button=_("Mark as defect"),
        text=_("For a covered customer the fix guarantee runs from its report."),
    )  # fmt: skip


@require_POST
@staff_only()
def withdraw(request: HttpRequest, case_id: int) -> HttpResponse:
    """Withdraw what the customer no longer wants, before anything was ordered. CAS-3."""
    try:
        commands.withdraw(loaded(request, case_id), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, case_id, refusal=refusal)
    return redirect("desk_cases:case", case_id)
