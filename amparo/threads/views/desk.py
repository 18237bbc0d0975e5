"""The desk beside a thread, and the screens of prepared answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.threads import access, commands, queries
from amparo.threads.forms import ChangeTemplateForm, TagsForm, TemplateForm
from amparo.threads.models import AnswerTemplate, Thread
from amparo.ui.views import staff_only

from . import desk_page


def _thread(request: HttpRequest, thread_id: int) -> Thread:
    return get_object_or_404(access.visible_to(request.actor), pk=thread_id)


@require_POST
@staff_only()
def presence(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Say that I look or write, and learn who else does. TKT-1."""
    thread = _thread(request, thread_id)
    commands.touch_presence(thread, is_typing=request.POST.get("typing") == "1", actor=request.actor, at=request.now)
    people = queries.looking(thread, request.actor, at=request.now)
    return render(request, "threads/desk/_presence.html", {"people": people})


@require_http_methods(["GET", "POST"])
@staff_only()
def assign(request: HttpRequest, thread_id: int) -> HttpResponse:
    """The form that gives a thread to somebody, and its answer. `seen` is the assignee that the page showed."""
    thread = _thread(request, thread_id)
    if request.method == "GET":
        context = {"thread": thread, "holders": queries.holders(), "may_assign": access.may_assign(request.actor, thread)}
        return render(request, "threads/desk/_assign.html", context)
    to, seen = request.POST.get("assignee", ""), request.POST.get("seen", "")
    wanted = request.actor.user_id if to == "me" else _number(to, "assignee")
    commands.assign(thread, wanted, seen=_number(seen, "seen"), actor=request.actor, at=request.now)
    return redirect(desk_page(thread))


def _number(text: str, field: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(field=field)
    return int(text)


@require_http_methods(["GET", "POST"])
@staff_only()
def tags(request: HttpRequest, thread_id: int) -> HttpResponse:
    """The form of a thread's tags, and its answer."""
    thread = _thread(request, thread_id)
    form = TagsForm(request.POST if request.method == "POST" else None, initial={"tags": ", ".join(thread.tags)})
    if request.method == "POST" and form.is_valid():
        commands.tag(thread, form.names(), actor=request.actor, at=request.now)
        return redirect(desk_page(thread))
    return render(request, "threads/desk/_tags.html", {"thread": thread, "form": form, "names": queries.tag_names()})


@require_GET
@staff_only()
def templates(request: HttpRequest) -> HttpResponse:
    """The prepared answers of both languages, also those put away."""
    rows = queries.answer_templates(all_of_them=True)
    context = {"rows": rows, "may_edit": access.may_edit_templates(request.actor), "languages": dict(AnswerTemplate.LANGUAGES)}
    return render(request, "threads/desk/templates.html", context)


@require_http_methods(["GET", "POST"])
@staff_only()
def template_new(request: HttpRequest) -> HttpResponse:
    """Add a prepared answer."""
    if not access.may_edit_templates(request.actor):
        raise NotPermitted()
    form = TemplateForm(request.POST or None, initial={"language": request.actor.language})
    if request.method == "POST" and form.is_valid():
        try:
            commands.add_template(**form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error(wrong.field, str(wrong))
        else:
            messages.success(request, _("The template is ready to use."))
            return redirect("desk_threads:templates")
    return render(request, "threads/desk/template.html", {"form": form, "template": None}, status=_status(form))


@require_http_methods(["GET", "POST"])
@staff_only()
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Change a prepared answer, or put it away."""
    if not access.may_edit_templates(request.actor):
        raise NotPermitted()
    row = get_object_or_404(AnswerTemplate, pk=template_id)
    initial = {"title": row.title, "language": row.language, "body": row.body, "is_active": row.is_active}
    form = ChangeTemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_template(row, **form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error(wrong.field, str(wrong))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_threads:templates")
    return render(request, "threads/desk/template.html", {"form": form, "template": row}, status=_status(form))


def _status(form: TemplateForm) -> int:
    return 422 if form.errors else 200
