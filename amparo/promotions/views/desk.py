"""Promotions at the desk: made, published, ended, followed by another version. PRO-1."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.contracts.commands.contracts import service_zone
from amparo.kernel.refusals import Invalid
from amparo.promotions import access, commands, forms, queries, rules, words
from amparo.promotions.models import KINDS, SCOPES, Promotion
from amparo.ui.views import staff_only

from . import names


@require_safe
@staff_only()
def promotions(request: HttpRequest) -> HttpResponse:
    rows = list(queries.for_list())
    order = {"running": 0, "coming": 1, "draft": 2, "over": 3}
    rows.sort(key=lambda one: (order[one.state(request.now)], -one.pk))
    page = {
        "rows": [(one, words.STATES[one.state(request.now)], words.gives(one.terms())) for one in rows],
        "scopes": dict(SCOPES), "may_make": access.may_make(request.actor),
    }  # fmt: skip
    return render(request, "promotions/desk/list.html", page)


def _conditions(one: Promotion) -> list[str]:
    """Return what a promotion asks, as sentences."""
    found = rules.why(one.terms(), [rules.Priced(tuple(one.goods) or ("",), 0)], rules.Context(one.starts_at))
    named = names()
    needs = [words.condition(check, named) for check in found if check.code not in ("begun", "not_over", "published", "goods")]
    return ([_("It is for: %(goods)s.") % {"goods": ", ".join(named.good(code) for code in one.goods)}] if one.goods else []) + needs


def _show(request: HttpRequest, one: Promotion, status: int = 200, **more: Any) -> HttpResponse:
    page = {
        "promotion": one, "state": words.STATES[one.state(request.now)], "is": one.state(request.now),
        "gives": words.gives(one.terms()), "conditions": _conditions(one), "uses": queries.uses_of(one),
        "may_make": access.may_make(request.actor), "form": forms.EndForm(), "scope": dict(SCOPES)[one.scope],
        "kind": dict(KINDS)[one.kind], "money": words.money, "is_money": one.scope == rules.MONEY,
        "versions": list(one.versions.order_by("pk")), **more,
    }  # fmt: skip
    return render(request, "promotions/desk/one.html", page, status=status)


@require_safe
@staff_only()
def promotion(request: HttpRequest, promotion_id: int) -> HttpResponse:
    return _show(request, get_object_or_404(access.visible_to(request.actor).select_related("follows", "made_by", "published_by"), pk=promotion_id))


def _edit(request: HttpRequest, act: Any, initial: dict[str, Any], title: str, back: Any, seen: str = "") -> HttpResponse:
    form = forms.PromotionForm(names(), service_zone(request.now), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = act(form.terms())
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The draft is kept. It applies to nobody until it is published."))
            return redirect("desk_promotions:promotion", made.pk)
    page = {"form": form, "title": title, "back": back, "seen": seen}
    return render(request, "promotions/desk/edit.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("sales")
def add(request: HttpRequest) -> HttpResponse:
    """Make a promotion, or the next version of another (`?follows=`)."""
    number = request.GET.get("follows", "")
    before = access.visible_to(request.actor).filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    zone = service_zone(request.now)
    today = request.now.astimezone(zone).date()
    initial = forms.PromotionForm.of(before, zone) | {"starts_on": today + timedelta(days=1), "ends_on": None} if before else {"starts_on": today}
    return _edit(
        request, lambda terms: commands.draft_promotion(follows=before, actor=request.actor, at=request.now, **terms), initial,
        _("New version of %(name)s") % {"name": before.name} if before else _("Make a promotion"), before,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("sales")
def change(request: HttpRequest, promotion_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor), pk=promotion_id)
    seen = request.POST.get("seen", "")
    return _edit(
        request,
        lambda terms: commands.revise_draft(found, seen=_moment(seen), actor=request.actor, at=request.now, **terms),
        forms.PromotionForm.of(found, service_zone(request.now)), found.name, found, found.changed_at.isoformat(),
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@require_POST
@staff_only("sales")
def publish(request: HttpRequest, promotion_id: int) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor), pk=promotion_id)
    try:
        commands.publish(found, actor=request.actor, at=request.now)
    except Invalid as refusal:
        return _show(request, found, refusal.status, refusal=refusal)
    messages.success(request, _("The promotion is published. Its terms stay as they are from now on."))
    return redirect("desk_promotions:promotion", promotion_id)


@require_POST
@staff_only("sales")
def end(request: HttpRequest, promotion_id: int) -> HttpResponse:
    found, form = get_object_or_404(access.visible_to(request.actor), pk=promotion_id), forms.EndForm(request.POST)
    if not form.is_valid():
        return _show(request, found, 422, form=form)
    day = form.cleaned_data["ends_on"]
    midnight = datetime.combine(day + timedelta(days=1), time(), service_zone(request.now)) if day else None
    try:
        commands.end(found, ends_at=midnight, actor=request.actor, at=request.now)
    except Invalid:
        form.add_error("ends_on", _("It ends sooner than that anyhow."))
        return _show(request, found, 422, form=form)
    messages.success(request, _("What took the promotion already keeps it."))
    return redirect("desk_promotions:promotion", promotion_id)


@require_POST
@staff_only("sales")
def discard(request: HttpRequest, promotion_id: int) -> HttpResponse:
    commands.discard_draft(get_object_or_404(access.visible_to(request.actor), pk=promotion_id), actor=request.actor, at=request.now)
    messages.success(request, _("The draft is gone."))
    return redirect("desk_promotions:list")
