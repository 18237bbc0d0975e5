"""The desk's defects: what is owed, who reported it, and its answer. TKT-5, TIM-5."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.files.queries import drafts, files_of
from amparo.kernel import markdown
from amparo.kernel.refusals import Invalid
from amparo.products.models import Product
from amparo.products.queries import releases_of
from amparo.threads.rules import draft_key
from amparo.ui.views import staff_only

from .. import access, commands, queries
from ..forms import CorrectForm, RejectForm
from ..machine import State
from ..models import STATE_LABELS, Defect

TONES = {State.OPEN: "late", State.CORRECTED: "done", State.NOT_A_DEFECT: "neutral"}


@require_safe
@staff_only()
def defects(request: HttpRequest) -> HttpResponse:
    """The board: what is open by the correction that is owed first; what was answered. By product, and one's own. TIM-5."""
    state = request.GET.get("state", "open")
    if state not in list(State):
        raise Invalid(field="state")
    words = request.GET.get("q", "")[:100].strip()
    chosen, mine = request.GET.get("product", ""), request.GET.get("mine") == "1"
    if chosen and (not chosen.isdecimal() or len(chosen) > 9):
        raise Invalid(field="product")
    page = queries.defects(
        request.actor, state=state, words=words, product_id=int(chosen) if chosen else None, mine=mine,
        after=request.GET.get("after", ""),
    )  # fmt: skip
    asked = {"q": words, "product": chosen, "mine": "1" if mine else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    base = f"{reverse('desk_defects:list')}?{query}{'&' if query else ''}state="
    tabs = [{"code": code.value, "label": label, "url": base + code.value} for code, label in STATE_LABELS.items()]
    products = [(str(pk), name) for pk, name in Product.objects.values_list("pk", "name")]
    context = {
        "state": state, "asked": words, "page": page, "tabs": tabs, "products": products, "product": chosen, "mine": mine,
        "query": f"{query}{'&' if query else ''}state={state}",
    }  # fmt: skip
    return render(request, "defects/desk/defects.html", context)


@require_safe
@staff_only()
def defect(request: HttpRequest, defect_id: int) -> HttpResponse:
    """One defect with its reports, and the two answers that it may get."""
    return _page(request, _load(request, defect_id))


def _load(request: HttpRequest, defect_id: int) -> Defect:
    shown = access.visible_to(request.actor).select_related("product", "release", "corrected_in", "answered_by", "holder")  # type: ignore[attr-defined]
    return get_object_or_404(shown, pk=defect_id)


def _releases(shown: Defect) -> list[tuple[str, str]]:
    return [(str(release.pk), release.version) for release in releases_of(shown.product)]


def _page(request: HttpRequest, shown: Defect, *, status: int = 200, **forms: Any) -> HttpResponse:
    key = draft_key(request.actor.user_id, f"correction:{shown.pk}")
    context = {
        "files": files_of(shown.subject),
        "draft_key": key,
        "draft_files": [{"id": file.public_id, "name": file.name, "size": file.size} for file in drafts(key, request.actor)],
        "may_hold": access.may_hold(request.actor, shown),
        "defect": shown,
        "description_html": markdown.render(shown.description),
        "answer_html": markdown.render(shown.answer),
        "reports": queries.reports_of(shown),
        "label": STATE_LABELS[State(shown.state)],
        "tone": TONES[State(shown.state)],
        "may_answer": shown.state == State.OPEN and access.may_answer(request.actor, shown),  # type: ignore[attr-defined]
        "correct_form": forms.get("correct_form") or CorrectForm(releases=_releases(shown), prefix="c"),
        "reject_form": forms.get("reject_form") or RejectForm(prefix="r"),
    }
    return render(request, "defects/desk/defect.html", context, status=status)


@require_POST
@staff_only("engineer", "developer")
def correct(request: HttpRequest, defect_id: int) -> HttpResponse:
    """Say that the correction was handed over. TIM-5."""
    shown = _load(request, defect_id)
    form = CorrectForm(request.POST, releases=_releases(shown), prefix="c")
    if not form.is_valid():
        return _page(request, shown, status=422, correct_form=form)
    release = form.cleaned_data["release"]
    commands.correct(
        shown, answer=form.cleaned_data["answer"], release_id=int(release) if release else None,
        files=request.POST.getlist("files"), draft_key=request.POST.get("draft_key", "")[:40],
        actor=request.actor, at=request.now,  # type: ignore[attr-defined]
    )  # fmt: skip
    messages.success(request, _("Everybody who reported it has been told."))
    return redirect("desk_defects:defect", defect_id)


@require_POST
@staff_only("engineer", "developer")
def reject(request: HttpRequest, defect_id: int) -> HttpResponse:
    """Answer that it is not a defect, with the reason. TIM-5."""
    shown = _load(request, defect_id)
    form = RejectForm(request.POST, prefix="r")
    if not form.is_valid():
        return _page(request, shown, status=422, reject_form=form)
    commands.reject(shown, reason=form.cleaned_data["reason"], actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, _("Everybody who reported it has been told."))
    return redirect("desk_defects:defect", defect_id)


@require_POST
@staff_only("engineer", "developer")
def take(request: HttpRequest, defect_id: int) -> HttpResponse:
    """Take it upon oneself."""
    commands.take(_load(request, defect_id), actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    return redirect("desk_defects:defect", defect_id)


@require_POST
@staff_only("engineer", "developer")
def give_up(request: HttpRequest, defect_id: int) -> HttpResponse:
    """Give it back to everybody who corrects."""
    commands.give_up(_load(request, defect_id), actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    return redirect("desk_defects:defect", defect_id)
