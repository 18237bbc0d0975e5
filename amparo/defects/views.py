"""The desk's defects: what is owed, who reported it, and its answer. TKT-5, TIM-5."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel import markdown
from amparo.kernel.refusals import Invalid
from amparo.products.queries import releases_of
from amparo.ui.views import staff_only

from . import access, commands, queries
from .forms import CorrectForm, RejectForm
from .machine import State
from .models import STATE_LABELS, Defect

TONES = {State.OPEN: "late", State.CORRECTED: "done", State.NOT_A_DEFECT: "neutral"}


@require_safe
@staff_only()
def defects(request: HttpRequest) -> HttpResponse:
    """Defects by state, newest first, with the earliest correction that is owed."""
    state = request.GET.get("state", "open")
    if state not in list(State):
        raise Invalid(field="state")
    words = request.GET.get("q", "")[:100].strip()
    page = queries.defects(request.actor, state=state, words=words, after=request.GET.get("after", ""))
    base = reverse("desk_defects:list")
    tabs = [{"code": code.value, "label": label, "url": f"{base}?state={code.value}"} for code, label in STATE_LABELS.items()]
    context = {"state": state, "asked": words, "page": page, "tabs": tabs}
    return render(request, "defects/desk/defects.html", context)


@require_safe
@staff_only()
def defect(request: HttpRequest, defect_id: int) -> HttpResponse:
    """One defect with its reports, and the two answers that it may get."""
    return _page(request, _load(request, defect_id))


def _load(request: HttpRequest, defect_id: int) -> Defect:
    shown = access.visible_to(request.actor).select_related("product", "release", "corrected_in", "answered_by")  # type: ignore[attr-defined]
    return get_object_or_404(shown, pk=defect_id)


def _releases(shown: Defect) -> list[tuple[str, str]]:
    return [(str(release.pk), release.version) for release in releases_of(shown.product)]


def _page(request: HttpRequest, shown: Defect, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
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
