"""What the customer sees of what it reported: state, promise, answer, and the correction to download. TIM-5, UPD-1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amparo.files.queries import files_of
from amparo.kernel import markdown
from amparo.ui.views import contact_only

from .. import access, queries
from ..machine import State
from ..models import STATE_LABELS

TONES = {State.OPEN: "waiting", State.CORRECTED: "done", State.NOT_A_DEFECT: "neutral"}


@require_safe
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    """The faults that the customer reported, what is owed first. ACC-11."""
    context = {"reports": queries.reports_for(request.actor), "labels": STATE_LABELS, "tones": TONES}
    return render(request, "defects/portal/defects.html", context)


@require_safe
@contact_only
def defect(request: HttpRequest, defect_id: int) -> HttpResponse:
    """One fault: the customer's own reports of it, and its correction, with or without a contract today. UPD-1, ACC-11.

    What staff wrote down about it may tell of others: its title here is that of the customer's own ticket or case.
    """
    reports = queries.reported(request.actor, defect_id)
    if not reports:
        raise Http404
    shown = reports[0].defect
    answered = any(one.answered_at for one in reports)
    context = {
        "reports": reports,
        "defect": shown,
        "label": STATE_LABELS[State(shown.state)],
        "tone": TONES[State(shown.state)],
        "answer_html": markdown.render(shown.answer) if answered else "",
        "files": files_of(shown.subject) if answered and access.may_see_id(request.actor, defect_id) else [],
    }
    return render(request, "defects/portal/defect.html", context)
