"""Quality control's queue and screen: the record beside the ruling. COM-2 to COM-6."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.cases import queries as cases
from amparo.cases import words as case_words
from amparo.complaints import access, commands, queries, words
from amparo.complaints.forms import QuestionForm, RulingForm
from amparo.kernel.refusals import Invalid, Refusal
from amparo.policies.queries import value
from amparo.threads.errors import NothingSaid
from amparo.ui.views import staff_only

from .portal import loaded, sent, writing

REGIONS = {"complaint-said": "complaints/desk/_said.html", "record": "complaints/desk/_record.html"}
DRAFTED = ("outcome", "reasons", "again", "credits", "measure")


@require_safe
@staff_only(*access.READING)
def complaints(request: HttpRequest) -> HttpResponse:
    """The queue, what lapses first first; or those that were decided. COM-6."""
    view = request.GET.get("view", "")
    view = view if view in ("mine", "decided") else "open"
    page = queries.decided_list(request.actor, after=request.GET.get("after", "")) if view == "decided" else None
    rows = list(page.rows) if page is not None else queries.open_list(request.actor, mine=view == "mine")
    context = {"rows": rows, "page": page, "view": view, "says": words, "answers": access.answers_opinions(request.actor)}
    return render(request, "complaints/desk/_complaints.html" if request.htmx else "complaints/desk/complaints.html", context)


@require_safe
@staff_only(*access.READING)
def complaint(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """A complaint: what is contested, what was said, the record of the case, and beside it the ruling."""
    return show(request, complaint_id)


def show(
    request: HttpRequest,
    complaint_id: int,
    *,
    refusal: Refusal | None = None,
    ruling: RulingForm | None = None,
    question: QuestionForm | None = None,
    body: str = "",
    error: str = "",
) -> HttpResponse:
    page = queries.complaint_page(request.actor, complaint_id, at=request.now)
    if page is None:
        raise Http404
    case = cases.case_page(request.actor, page.complaint.case_id)
    assert case is not None
    barred = queries.barred(page.complaint) if page.complaint.is_open else frozenset()
    may_judge = page.complaint.is_open and access.may_judge(request.actor, barred)
    wrong = bool((ruling and ruling.errors) or (question and question.errors) or error)
    context = {
        "page": page, "case": case, "story": cases.story(case, request.actor), "says": words, "cases": case_words, "at": request.now,
        "closing_lines": cases.closing_lines, "cost_of": cases.cost_of, "refusal": refusal, "may_judge": may_judge,
        "is_barred": page.complaint.is_open and access.judges(request.actor) and not may_judge,
        "nobody": page.complaint.is_open and queries.nobody_may_judge(page.complaint),
        "form": (ruling or ruling_form(request, page)) if may_judge else None,
        "question": question or QuestionForm(), "body": body, "error": error, "mode": request.POST.get("kind", "note"),
        **writing(request, page.complaint.desk_subject),
    }  # fmt: skip
    region = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") and request.method == "GET" else ""
    status = refusal.status if refusal else (422 if wrong else 200)
    return render(request, REGIONS.get(region, "complaints/desk/complaint.html"), context, status=status)


def ruling_form(request: HttpRequest, page: queries.ComplaintPage, given: Any = None) -> RulingForm:
    """Return the form of the ruling, with the draft that was kept. COM-3."""
    kept = queries.draft_of(request.actor, page.complaint) if given is None else {}
    most = value("complaints.compensation_credits_max", at=request.now)
    return RulingForm(given, initial=kept, disputed=page.disputed, credits_max=most)


@require_POST
@staff_only(*access.READING)
def take(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Take a complaint to review it. COM-2."""
    commands.take(loaded(request, complaint_id), actor=request.actor, at=request.now)
    return redirect("desk_complaints:complaint", complaint_id)


@require_POST
@staff_only(*access.READING)
def write(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Write to the customer, or keep an internal note, as the composer's switch says. COM-7, SEC-10."""
    found, body = loaded(request, complaint_id), request.POST.get("body", "")
    given = sent(request)
    try:
        if request.POST.get("kind") == "reply":
            commands.say(found, body, via="desk", **given)
        else:
            given.pop("entries")
            commands.note(found, body, **given)
    except NothingSaid as nothing:
        return show(request, complaint_id, body=body, error=str(nothing))
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, complaint_id, refusal=refusal, body=body)
    return redirect("desk_complaints:complaint", complaint_id)


@require_POST
@staff_only(*access.READING)
def ask(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Ask the director for an opinion: his promise starts. TIM-7."""
    found, form = loaded(request, complaint_id), QuestionForm(request.POST)
    if not form.is_valid():
        return show(request, complaint_id, question=form)
    try:
        commands.ask_opinion(
            found, form.cleaned_data["question"], key=sent(request)["key"], actor=request.actor, at=request.now
        )
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, complaint_id, refusal=refusal, question=form)
    messages.success(request, _("The director is asked. The complaint's own time goes on."))
    return redirect("desk_complaints:complaint", complaint_id)


@require_POST
@staff_only(*access.READING)
def rule(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Issue the ruling; what it brings is carried out at once. COM-3 to COM-5."""
    found = loaded(request, complaint_id)
    page = queries.complaint_page(request.actor, complaint_id, at=request.now)
    assert page is not None
    form = ruling_form(request, page, request.POST)
    if not form.is_valid():
        return show(request, complaint_id, ruling=form)
    try:
        commands.rule(
            found, outcome=form.cleaned_data["outcome"], reasons=form.cleaned_data["reasons"],
            consequences=form.consequences(), key=sent(request)["key"], actor=request.actor, at=request.now,
        )  # fmt: skip
    except Invalid as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        return show(request, complaint_id, ruling=form)
    except Refusal as refusal:
        _keep(request, complaint_id)
        if refusal.status == 403:
            raise
        return show(request, complaint_id, refusal=refusal)
    messages.success(request, _("The ruling is issued and carried out. The customer is told."))
    return redirect("desk_complaints:complaint", complaint_id)


def _keep(request: HttpRequest, complaint_id: int) -> None:
    """Keep what was written of the ruling, as the form's own draft."""
    fields = {name: text for name, text in request.POST.items() if name in DRAFTED or name.startswith("back_")}
    if access.judges(request.actor):
        commands.save_draft(loaded(request, complaint_id), fields, actor=request.actor, at=request.now)


@require_POST
@staff_only(*access.READING)
def draft(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Keep what is being written of a ruling."""
    _keep(request, complaint_id)
    return HttpResponse(_("Draft saved"))
