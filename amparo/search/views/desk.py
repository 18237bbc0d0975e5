"""The desk of search: what was searched and not found, what is to be written, and words that mean the same. SRC-1, SRC-2."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid
from amparo.search import commands, queries
from amparo.search.forms import DropTaskForm, SynonymsForm
from amparo.search.models import SynonymGroup, WritingTask
from amparo.ui.views import staff_only

DAYS = {"7": 7, "30": 30, "90": 90}
WRITERS = ("editor", "engineer", "operator", "moderator", "quality")
STATES = {"open": ("open", "taken"), "ended": ("done", "dropped")}


@require_safe
@staff_only(*WRITERS)
def report(request: HttpRequest) -> HttpResponse:
    """What was searched and not found, what most people looked for first. SRC-2."""
    days = request.GET.get("days", "30")
    if days not in DAYS:
        raise Invalid(field="days")
    since = request.now - timedelta(days=DAYS[days])
    context = {"rows": queries.not_found(since), "numbers": queries.numbers(since), "days": days, "choices": list(DAYS)}
    return render(request, "search/desk/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*WRITERS)
def tasks(request: HttpRequest) -> HttpResponse:
    """What is to be written; a post makes a task of words that were not found. SRC-1, SRC-2."""
    if request.method == "POST":
        task = commands.make_task(request.POST.get("words", "")[:200], actor=request.actor, at=request.now)
        messages.success(request, _("«%(words)s» is on the list of what is to be written.") % {"words": task.words})
        return redirect("desk_search:tasks")
    view = request.GET.get("view", "open")
    if view not in STATES:
        raise Invalid(field="view")
    context = {"tasks": queries.writing_tasks(STATES[view]), "view": view, "form": DropTaskForm()}
    return render(request, "search/desk/tasks.html", context)


@require_POST
@staff_only(*WRITERS)
def task_act(request: HttpRequest, task_id: int, act: str) -> HttpResponse:
    """Take a writing task, say that it is written, or that nothing is to be written."""
    task = get_object_or_404(WritingTask, pk=task_id)
    if act == "take":
        commands.take_task(task, actor=request.actor, at=request.now)
        messages.success(request, _("«%(words)s» is yours to write.") % {"words": task.words})
    elif act == "finish":
        commands.finish_task(task, actor=request.actor, at=request.now)
        messages.success(request, _("«%(words)s» is written.") % {"words": task.words})
    elif act == "drop":
        commands.drop_task(task, request.POST.get("reason", ""), actor=request.actor, at=request.now)
        messages.success(request, _("«%(words)s» is off the list.") % {"words": task.words})
    else:
        raise Http404
    return redirect("desk_search:tasks")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def synonyms(request: HttpRequest) -> HttpResponse:
    """The groups of words that mean the same; a post adds one. SRC-2."""
    form, status = SynonymsForm(request.POST or None), 200
    if request.method == "POST":
        if _set(request, form, None):
            return redirect("desk_search:synonyms")
        status = 422
    return render(request, "search/desk/synonyms.html", {"groups": queries.synonym_groups(), "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def synonym(request: HttpRequest, group_id: int) -> HttpResponse:
    """One group, to be said anew or taken away."""
    group = get_object_or_404(SynonymGroup, pk=group_id)
    form, status = SynonymsForm(request.POST or None, initial={"words": ", ".join(group.words)}), 200
    if request.method == "POST":
        if "drop" in request.POST:
            commands.drop_synonyms(group, actor=request.actor, at=request.now)
            messages.success(request, _("These words no longer mean the same to the search."))
            return redirect("desk_search:synonyms")
        if _set(request, form, group):
            return redirect("desk_search:synonyms")
        status = 422
    return render(request, "search/desk/synonym.html", {"group": group, "form": form}, status=status)


def _set(request: HttpRequest, form: SynonymsForm, group: SynonymGroup | None) -> bool:
    if not form.is_valid():
        return False
    try:
        commands.set_synonyms(form.cleaned_data["words"], group, actor=request.actor, at=request.now)
    except Invalid as wrong:
        form.add_error("words", str(wrong))
        return False
    messages.success(request, _("It holds from the next search on."))
    return True


