"""The verbs that make a course public: published as a version, no longer given; cohorts and dates of live classes. SRC-4."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.campus import access
from amparo.campus.errors import ContentInvalid, CourseIncomplete
from amparo.campus.models import ClassDate, Cohort, Course, CourseVersion, Lesson, Question
from amparo.campus.rules.progress import FILE, LIVE, QUIZ, SCORM, TEXT, VIDEO
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.search import commands as search

from .shared import edited, permit


@transaction.atomic
def publish(course: Course, *, note: str = "", seen: int | None = None, actor: Actor, at: datetime) -> CourseVersion:
    """Freeze what is written as the next version, which is given from now on; who is in an earlier one may go on with it.

    Fact: `course.published`. Raises NotPermitted, Stale, CourseIncomplete (with what is lacking, in words).
    """
    permit(access.may_teach(actor) or actor.is_system)
    course = edited(course, seen=seen, at=at)
    content, lacks = _frozen(course)
    if lacks:
        raise CourseIncomplete(f"{CourseIncomplete.message} {' '.join(lacks)}", lacks=lacks)
    number = course.versions.count() + 1
    version = CourseVersion.objects.create(
        course=course, number=number, note=note.strip()[:200], content=content, published_at=at, published_by_id=actor.user_id
    )
    course.published, course.published_at, course.retired_at = version, course.published_at or at, None
    course.save(update_fields=["published", "published_at", "retired_at"])
    record("course.published", subject=course, actor=actor, at=at, version=number, note=version.note)
    put_in_search(course)
    return version


def put_in_search(course: Course) -> None:
    """Let a course be found as it is published, by those for whom it is; one that is not given is forgotten. SRC-4."""
    if course.published is None or course.retired_at is not None:
        search.forget(course.subject)
        return
    content = course.published.content
    titles = [lesson["title"] for section in content["sections"] for lesson in section["lessons"]]
    search.index(
        course.subject, kind="course", title=content["title"], url=reverse("campus:course", args=[course.slug]), audience=course.audience,
        product_id=course.product_id, language=course.language, summary=content["summary"],
        body=" ".join([content["body_text"], *titles]), published_at=course.published.published_at,
    )  # fmt: skip


def _frozen(course: Course) -> tuple[dict[str, Any], list[str]]:
    """Return all that a version consists of, and what is lacking in it."""
    lacks: list[str] = []
    sections = []
    questions = list(Question.objects.filter(course=course))
    lessons = list(Lesson.objects.filter(section__course=course).select_related("file", "package"))
    for section in course.sections.all():
        own = [one for one in lessons if one.section_id == section.pk]
        if own:
            sections.append({"id": section.pk, "title": section.title, "lessons": [_lesson(one, questions, lacks) for one in own]})
    if not sections:
        lacks.append(_("It has no lesson yet."))
    content = {
        "title": course.title, "summary": course.summary, "body_html": course.body_html, "body_text": markdown.plain(course.body),
        "in_order": course.in_order, "gives_certificate": course.gives_certificate, "valid_months": course.valid_months,
        "minutes": sum(one.minutes for one in lessons), "sections": sections,
    }  # fmt: skip
    return content, lacks


def _lesson(lesson: Lesson, questions: list[Question], lacks: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": lesson.pk, "kind": lesson.kind, "title": lesson.title, "html": lesson.body_html, "minutes": lesson.minutes, "is_required": lesson.is_required,
    }  # fmt: skip
    named = {"title": lesson.title}
    match lesson.kind:
        case k if k == TEXT and not lesson.body.strip():
            lacks.append(_("«%(title)s» has no text.") % named)
        case k if k == VIDEO:
            found["video"] = lesson.video
            if not lesson.video:
                lacks.append(_("«%(title)s» has no video.") % named)
        case k if k == FILE:
            if lesson.file is None:
                lacks.append(_("«%(title)s» has no file.") % named)
            else:
                found["file"] = {"url": lesson.file.url, "name": lesson.file.name, "size": lesson.file.size}
        case k if k == QUIZ:
            found["quiz"] = _quiz(lesson, questions, lacks)
        case k if k == SCORM:
            if lesson.package is None:
                lacks.append(_("«%(title)s» has no package.") % named)
            else:
                found["package"] = lesson.package_id
    return found


def _quiz(lesson: Lesson, questions: list[Question], lacks: list[str]) -> dict[str, Any]:
    pool = [one for one in questions if not lesson.quiz["pool"] or one.pool == lesson.quiz["pool"]]
    if not pool:
        lacks.append(_("«%(title)s» has no questions.") % {"title": lesson.title})
    rows = [
        {"id": one.pk, "kind": one.kind, "html": one.text_html, "options": one.options, "feedback": one.feedback, "points": one.points}
        for one in pool
    ]
    return {**lesson.quiz, "questions": rows}


@transaction.atomic
def retire(course: Course, *, actor: Actor, at: datetime) -> Course:
    """Give a course to nobody new any more; who is in it finishes it. Fact: `course.retired`. Raises NotPermitted."""
    permit(access.may_teach(actor))
    course = edited(course, seen=None, at=at)
    if course.retired_at is None:
        course.retired_at = at
        course.save(update_fields=["retired_at"])
        record("course.retired", subject=course, actor=actor, at=at)
        put_in_search(course)
    return course


@transaction.atomic
def offer_again(course: Course, *, actor: Actor, at: datetime) -> Course:
    """Give a course again. Fact: `course.offered`. Raises NotPermitted."""
    permit(access.may_teach(actor))
    course = edited(course, seen=None, at=at)
    if course.retired_at is not None:
        course.retired_at = None
        course.save(update_fields=["retired_at"])
        record("course.offered", subject=course, actor=actor, at=at)
        put_in_search(course)
    return course


# --- cohorts and dates -----------------------------------------------------------------------------------------------


@transaction.atomic
def put_cohort(
    course: Course, name: str, starts_on: date, ends_on: date, *, capacity: int | None = None, instructor_id: int | None = None,
    cohort: Cohort | None = None, actor: Actor, at: datetime,
) -> Cohort:  # fmt: skip
    """Add a group that takes a course together, or change one; those who are in it stay. Fact: `cohort.planned`. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    if not name.strip():
        raise ContentInvalid(_("Write a name."), field="name")
    if ends_on < starts_on:
        raise ContentInvalid(_("It ends before it begins."), field="ends_on")
    if cohort is not None:
        cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    made = cohort or Cohort(course=course, created_at=at)
    made.name, made.starts_on, made.ends_on = name.strip()[:80], starts_on, ends_on
    made.capacity, made.instructor_id = capacity, instructor_id
    made.save()
    record("cohort.planned", subject=course, actor=actor, at=at, cohort=made.pk, starts_on=str(starts_on), ends_on=str(ends_on), capacity=capacity)
    return made


@transaction.atomic
def plan_class(
    lesson: Lesson, starts_at: datetime, *, minutes: int, place: str = "", cohort: Cohort | None = None, actor: Actor, at: datetime
) -> ClassDate:
    """Set when a live class is given, to all or to one cohort. Fact: `class.planned`. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    if lesson.kind != LIVE or (cohort is not None and cohort.course_id != lesson.section.course_id):
        raise ContentInvalid(field="lesson")
    if not 1 <= minutes <= 1440:
        raise ContentInvalid(_("Give a whole number from %(low)s to %(high)s.") % {"low": 1, "high": 1440}, field="minutes")
    place = place.strip()[:300]
    if ":" in place.split("/")[0] and not place.lower().startswith(("https://", "http://")):
        raise ContentInvalid(_("A link begins with https://."), field="place")
    made = ClassDate.objects.create(lesson=lesson, cohort=cohort, starts_at=starts_at, minutes=minutes, place=place, uid=uuid4().hex)
    record("class.planned", subject=f"course:{lesson.section.course_id}", actor=actor, at=at, lesson=lesson.pk, starts_at=starts_at,
           cohort=cohort.pk if cohort else None)  # fmt: skip
    return made


@transaction.atomic
def place_class(planned: ClassDate, place: str, *, actor: Actor, at: datetime) -> ClassDate:
    """Say where a live class is given: the address of its room here. Fact: `class.placed`. Raises NotPermitted."""
    permit(access.may_teach(actor) or actor.is_system)
    planned.place = place[:300]
    planned.save(update_fields=["place"])
    record("class.placed", subject=f"course:{planned.lesson.section.course_id}", actor=actor, at=at, lesson=planned.lesson_id, starts_at=planned.starts_at)
    return planned


@transaction.atomic
def drop_class(planned: ClassDate, *, actor: Actor, at: datetime) -> None:
    """Take a date of a live class away. Fact: `class.dropped`. Raises NotPermitted."""
    permit(access.may_teach(actor))
    record("class.dropped", subject=f"course:{planned.lesson.section.course_id}", actor=actor, at=at, lesson=planned.lesson_id,
           starts_at=planned.starts_at)  # fmt: skip
    planned.delete()
