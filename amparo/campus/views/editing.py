"""Writing a course: its terms, its sections, lessons, questions, groups. SRC-4."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from amparo.campus import access, commands, forms, queries, words
from amparo.campus.models import ClassDate, Cohort, Course, Lesson, Question, Section
from amparo.campus.rules.packages import Contents
from amparo.campus.rules.progress import FILE, LESSON_KINDS, SCORM, TEXT
from amparo.files.queries import drafts
from amparo.kernel.refusals import Invalid, Stale
from amparo.people.queries import staff_with
from amparo.policies.queries import value
from amparo.products.models import Product
from amparo.threads.rules import draft_key
from amparo.ui.views import staff_only

from .shared import beside, number

METHODS = ["GET", "HEAD", "POST"]


def _course_form(request: HttpRequest, course: Course | None) -> forms.CourseForm:
    products = Product.objects.filter(is_active=True).values_list("pk", "name")
    people = [(one.pk, one.get_full_name()) for one in staff_with("instructor", "editor")]
    others = Course.objects.exclude(pk=course.pk if course else 0).order_by("title").values_list("pk", "title")
    initial = forms.CourseForm.of(course) if course else {"in_order": True, "gives_certificate": True, "language": "es"}
    return forms.CourseForm(products, people, others, request.POST or None, initial=initial)


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def new(request: HttpRequest) -> HttpResponse:
    """Begin a course."""
    form = _course_form(request, None)
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.add_course(**form.fields_given(), actor=request.actor, at=request.now)
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect("desk_campus:course", made.pk)
    return _form(request, form, _("New course"))


def _form(request: HttpRequest, form: Any, title: str, course: Course | None = None, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "course": course, "says": words, **more}
    return render(request, "campus/desk/form.html", context, status=422 if form.errors else 200)


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def edit(request: HttpRequest, course_id: int) -> HttpResponse:
    """Write anew what a course is."""
    course = get_object_or_404(Course, pk=course_id)
    form = _course_form(request, course)
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_course(course, seen=number(request, "seen"), **form.fields_given(), actor=request.actor, at=request.now)
        except (Invalid, Stale) as wrong:
            beside(form, wrong) if isinstance(wrong, Invalid) else form.add_error(None, str(wrong))
        else:
            return redirect("desk_campus:course", course_id)
    return _form(request, form, course.title, course, seen=course.edits)


@require_POST
@staff_only(*access.TEACHING)
def section_new(request: HttpRequest, course_id: int) -> HttpResponse:
    """Add a section."""
    made = commands.add_section(get_object_or_404(Course, pk=course_id), request.POST.get("title", ""), actor=request.actor, at=request.now)
    return redirect(f"{_back(course_id)}#s{made.pk}")


def _back(course_id: int) -> str:
    from django.urls import reverse

    return reverse("desk_campus:course", args=[course_id])


@require_POST
@staff_only(*access.TEACHING)
def section(request: HttpRequest, section_id: int) -> HttpResponse:
    """Rename, move or remove a section, by the button that was pressed."""
    found = get_object_or_404(Section.objects.select_related("course"), pk=section_id)
    act = request.POST.get("act", "")
    if act in ("up", "down"):
        commands.move_section(found, -1 if act == "up" else 1, actor=request.actor, at=request.now)
    elif act == "remove":
        commands.remove_section(found, actor=request.actor, at=request.now)
        messages.info(request, _("The section is removed from what is written; what was published stays."))
        return redirect("desk_campus:course", found.course_id)
    else:
        commands.rename_section(found, request.POST.get("title", ""), actor=request.actor, at=request.now)
    return redirect(f"{_back(found.course_id)}#s{section_id}")


def _videos() -> list[tuple[str, str]]:
    return queries.videos_to_choose()


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def lesson_new(request: HttpRequest, section_id: int) -> HttpResponse:
    """Add a lesson of the kind that was chosen."""
    found = get_object_or_404(Section.objects.select_related("course"), pk=section_id)
    kind = request.POST.get("kind") or request.GET.get("kind", TEXT)
    kind = kind if kind in LESSON_KINDS else TEXT
    form = forms.LessonForm(kind, _videos(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.add_lesson(
                found, kind, package=_package(request, kind), quiz=form.quiz_given(), files_given=request.POST.getlist("files")[:1], draft_key=request.POST.get("draft_key", "")[:40],
                actor=request.actor, at=request.now, **form.fields_given(),
            )  # fmt: skip
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect(f"{_back(found.course_id)}#l{made.pk}")
    return _lesson_form(request, form, found.course, kind, f"section:{section_id}", None)


def _package(request: HttpRequest, kind: str) -> Contents | None:
    """Read the SCORM package that came with the form, outside any transaction. Raises PackageRefused."""
    upload = request.FILES.get("package") if kind == SCORM else None
    return commands.read_package(upload) if upload is not None else None


def _lesson_form(request: HttpRequest, form: forms.LessonForm, course: Course, kind: str, place: str, lesson: Lesson | None) -> HttpResponse:
    key = draft_key(request.actor.user_id, place)
    waiting = drafts(key, request.actor) if request.POST.getlist("files") else []
    files = {
        "draft_key": key, "draft_files": [{"id": one.public_id, "name": one.name, "size": one.size} for one in waiting],
        "megabytes": value("files.megabytes_max", at=request.now), "takes_file": kind == FILE, "takes_package": kind == SCORM,
    }  # fmt: skip
    title = lesson.title if lesson else _("New lesson: %(kind)s") % {"kind": words.LESSONS[kind]}
    return _form(request, form, title, course, kind=kind, lesson=lesson, seen=course.edits, **files)


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def lesson(request: HttpRequest, lesson_id: int) -> HttpResponse:
    """Write a lesson anew."""
    found = get_object_or_404(Lesson.objects.select_related("section__course", "file", "package"), pk=lesson_id)
    course = found.section.course
    form = forms.LessonForm(found.kind, _videos(), request.POST or None, initial=forms.LessonForm.of(found))
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_lesson(
                found, package=_package(request, found.kind), quiz=form.quiz_given(), files_given=request.POST.getlist("files")[:1], draft_key=request.POST.get("draft_key", "")[:40],
                seen=number(request, "seen"), actor=request.actor, at=request.now, **form.fields_given(),
            )  # fmt: skip
        except Invalid as wrong:
            beside(form, wrong)
        except Stale as stale:
            form.add_error(None, str(stale))
        else:
            return redirect(f"{_back(course.pk)}#l{lesson_id}")
    return _lesson_form(request, form, course, found.kind, f"lesson:{lesson_id}", found)


@require_POST
@staff_only(*access.TEACHING)
def lesson_move(request: HttpRequest, lesson_id: int) -> HttpResponse:
    """Move or remove a lesson, by the button that was pressed."""
    found = get_object_or_404(Lesson.objects.select_related("section__course"), pk=lesson_id)
    course_id, act = found.section.course_id, request.POST.get("act", "")
    if act == "remove":
        commands.remove_lesson(found, actor=request.actor, at=request.now)
        messages.info(request, _("The lesson is removed from what is written; what was published stays."))
        return redirect("desk_campus:course", course_id)
    if act in ("up", "down"):
        commands.move_lesson(found, -1 if act == "up" else 1, actor=request.actor, at=request.now)
    return redirect(f"{_back(course_id)}#l{lesson_id}")


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def date_new(request: HttpRequest, lesson_id: int) -> HttpResponse:
    """Set when a live class is given."""
    found = get_object_or_404(Lesson.objects.select_related("section__course"), pk=lesson_id)
    course = found.section.course
    form = forms.DateForm(Cohort.objects.filter(course=course).values_list("pk", "name"), request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        cohort = Cohort.objects.filter(course=course, pk=given["cohort"] or 0).first()
        try:
            commands.plan_class(
                found, given["starts_at"], minutes=given["minutes"], place=given["place"], cohort=cohort, actor=request.actor, at=request.now
            )
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect(f"{_back(course.pk)}#l{lesson_id}")
    return _form(request, form, _("When «%(title)s» is given") % {"title": found.title}, course)


@require_POST
@staff_only(*access.TEACHING)
def date_drop(request: HttpRequest, date_id: int) -> HttpResponse:
    """Take a date of a live class away."""
    found = get_object_or_404(ClassDate.objects.select_related("lesson__section"), pk=date_id)
    commands.drop_class(found, actor=request.actor, at=request.now)
    return redirect("desk_campus:course", found.lesson.section.course_id)


@require_http_methods(["GET", "HEAD"])
@staff_only(*access.TEACHING)
def questions(request: HttpRequest, course_id: int) -> HttpResponse:
    """The bank of questions of a course."""
    course = get_object_or_404(Course, pk=course_id)
    return render(request, "campus/desk/questions.html", {"course": course, "rows": list(course.questions.all()), "says": words})


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def question_new(request: HttpRequest, course_id: int) -> HttpResponse:
    """Add a question."""
    return _question(request, get_object_or_404(Course, pk=course_id), None)


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def question(request: HttpRequest, question_id: int) -> HttpResponse:
    """Write a question anew, or take it out of the bank."""
    found = get_object_or_404(Question.objects.select_related("course"), pk=question_id)
    if request.method == "POST" and request.POST.get("act") == "remove":
        commands.remove_question(found, actor=request.actor, at=request.now)
        return redirect("desk_campus:questions", found.course_id)
    return _question(request, found.course, found)


def _question(request: HttpRequest, course: Course, found: Question | None) -> HttpResponse:
    given = request.POST if request.method == "POST" else None
    initial = {name: getattr(found, name) for name in ("text", "kind", "pool", "points", "feedback")} if found else {}
    form = forms.QuestionForm(given, initial=initial)
    rows = forms.QuestionForm.options_of(given, found.options if found else None)
    if given is not None and form.is_valid():
        try:
            commands.put_question(course, question=found, options=rows, actor=request.actor, at=request.now, **form.cleaned_data)
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect("desk_campus:questions", course.pk)
    context = {"form": form, "rows": rows, "course": course, "question": found, "says": words}
    return render(request, "campus/desk/question.html", context, status=422 if form.errors else 200)


@require_http_methods(METHODS)
@staff_only(*access.TEACHING)
def groups(request: HttpRequest, course_id: int) -> HttpResponse:
    """The groups of a course, and a form for one more or for a change."""
    course = get_object_or_404(Course, pk=course_id)
    text = request.GET.get("group", "")
    found = Cohort.objects.filter(course=course, pk=int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0).first()
    initial = {name: getattr(found, name) for name in ("name", "starts_on", "ends_on", "capacity")} if found else {}
    form = forms.CohortForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            commands.put_cohort(course, cohort=found, actor=request.actor, at=request.now, **form.cleaned_data)
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect("desk_campus:groups", course_id)
    context = {
        "form": form, "course": course, "rows": queries.groups_of(course, at=request.now, all_of_them=True), "found": found, "says": words,
    }  # fmt: skip
    return render(request, "campus/desk/groups.html", context, status=422 if form.errors else 200)
