"""Complaints as their customer sees them: raise one, follow its steps, add to it, let it go. COM-1, COM-7."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.cases import access as cases_access
from amparo.cases import queries as cases
from amparo.complaints import access, commands, queries, words
from amparo.complaints.commands.raising import REFUSABLE
from amparo.complaints.errors import AlreadyRaised, NothingToRefuse
from amparo.complaints.forms import RaiseForm
from amparo.complaints.models import Complaint
from amparo.files.queries import drafts
from amparo.kernel.refusals import Invalid, Refusal, Remedy
from amparo.policies.queries import value
from amparo.threads.errors import NothingSaid
from amparo.threads.rules import draft_key
from amparo.ui.views import contact_only

ENTRIES_PICKED_MAX = 200


def loaded(request: HttpRequest, complaint_id: int) -> Complaint:
    return get_object_or_404(access.visible_to(request.actor), pk=complaint_id)


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def entries_of(request: HttpRequest) -> list[int]:
    """Return the entries that were picked. Raises Invalid where the form was tampered with."""
    picked = request.POST.getlist("entries")
    if len(picked) > ENTRIES_PICKED_MAX or not all(text.isdecimal() and len(text) < 18 for text in picked):
        raise Invalid(field="entries")
    return [int(text) for text in picked]


def writing(request: HttpRequest, place: str) -> dict[str, Any]:
    """Return what a form with files starts with: those that wait with what was typed."""
    key = draft_key(request.actor.user_id, place)
    waiting = drafts(key, request.actor) if request.method == "POST" else []
    return {
        "draft_key": key, "megabytes": value("files.megabytes_max", at=request.now),
        "draft_files": [{"id": file.public_id, "name": file.name, "size": file.size} for file in waiting],
    }  # fmt: skip


def sent(request: HttpRequest) -> dict[str, Any]:
    """Return what a form with files and picked entries sends along."""
    return {
        "files": request.POST.getlist("files"), "draft_key": request.POST.get("draft_key", "")[:40],
        "entries": entries_of(request), "key": key_of(request), "actor": request.actor, "at": request.now,
    }  # fmt: skip


@require_safe
@contact_only
def complaints(request: HttpRequest) -> HttpResponse:
    """The customer's complaints: those that are open, then how the others were decided. COM-7."""
    page = queries.decided_list(request.actor, after=request.GET.get("after", ""), size=30)
    context = {"open": queries.open_list(request.actor), "page": page, "says": words}
    return render(request, "complaints/portal/complaints.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def new(request: HttpRequest, case_id: int) -> HttpResponse:
    """Refuse a closing: reasons, files, and entries of the record picked by a click. COM-1."""
    page = cases.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    case = get_object_or_404(cases_access.visible_to(request.actor).select_related("thread"), pk=case_id)
    form = RaiseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            seen = request.POST.get("seen", "")
            made = commands.raise_complaint(
                case, seen=int(seen) if seen.isdecimal() and len(seen) < 18 else 0, reasons=form.cleaned_data["reasons"],
                **sent(request),
            )  # fmt: skip
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        else:
            messages.success(request, _("Quality control has your complaint. You follow each step and its time here."))
            return redirect("complaints:complaint", made.pk)
    if page.closing is None or page.state not in REFUSABLE:
        _cannot(request, case_id)
    entries = [one.entry for one in cases.story(page, request.actor) if one.entry is not None]
    context = {
        "page": page, "form": form, "entries": entries, "picked": set(request.POST.getlist("entries")), "says": words,
        "lines": cases.closing_lines(page, page.closing), "cost": cases.cost_of(page.closing), "at": request.now,
        "decide_by": queries.decide_by(case.customer_id, at=request.now), **writing(request, f"complaint:new:{case_id}"),
    }  # fmt: skip
    return render(request, "complaints/portal/complaint_new.html", context, status=422 if form.errors else 200)


def _cannot(request: HttpRequest, case_id: int) -> NoReturn:
    """Say why a case cannot be complained of now, with the way to what can be done. COM-1."""
    if (number := queries.open_of_case(request.actor, case_id)) is not None:
        raise AlreadyRaised(remedies=[Remedy(_("See the complaint"), f"/complaints/{number}/")], case=case_id)
    raise NothingToRefuse(remedies=[Remedy(_("See the case"), f"/cases/{case_id}/")], case=case_id)


@require_safe
@contact_only
def complaint(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """A complaint: its steps with their times, what was said, how it was decided. COM-7."""
    return _show(request, complaint_id)


def _show(
    request: HttpRequest, complaint_id: int, *, refusal: Refusal | None = None, body: str = "", error: str = ""
) -> HttpResponse:
    page = queries.complaint_page(request.actor, complaint_id, at=request.now)
    if page is None:
        raise Http404
    entries = []
    if page.complaint.is_open:
        case = cases.case_page(request.actor, page.complaint.case_id)
        entries = [one.entry for one in cases.story(case, request.actor) if one.entry is not None] if case else []
    context = {
        "page": page, "says": words, "at": request.now, "refusal": refusal, "entries": entries, "picked": set(),
        "body": body, "error": error, **writing(request, page.complaint.subject),
    }  # fmt: skip
    partial = request.headers.get("HX-Request") == "true" and request.method == "GET"
    template = "complaints/portal/_complaint.html" if partial else "complaints/portal/complaint.html"
    return render(request, template, context, status=refusal.status if refusal else (422 if error else 200))


@require_POST
@contact_only
def say(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Add words or evidence while it is open. COM-1."""
    body = request.POST.get("body", "")
    try:
        commands.say(loaded(request, complaint_id), body, **sent(request))
    except NothingSaid as nothing:
        return _show(request, complaint_id, body=body, error=str(nothing))
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _show(request, complaint_id, refusal=refusal, body=body)
    messages.success(request, _("Added to your complaint."))
    return redirect("complaints:complaint", complaint_id)


@require_POST
@contact_only
def withdraw(request: HttpRequest, complaint_id: int) -> HttpResponse:
    """Let the complaint go: the closing is accepted. CAS-4."""
    try:
        commands.withdraw(loaded(request, complaint_id), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _show(request, complaint_id, refusal=refusal)
    messages.success(request, _("The complaint is withdrawn and the case is closed."))
    return redirect("complaints:complaint", complaint_id)
