"""The verbs of who writes a course: what it is, its sections and lessons in their order, its bank of questions. SRC-4.

What people take changes with none of them, but with `publish`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from amparo.campus import access
from amparo.campus.errors import ContentInvalid
from amparo.campus.models import Course, Lesson, Package, Question, Section
from amparo.campus.models.courses import ACCESS, CREDITS
from amparo.campus.rules.packages import Contents
from amparo.campus.rules.progress import LESSON_KINDS, QUIZ
from amparo.campus.rules.quiz import MANY, ONE, OPTIONS_MAX, QUESTION_KINDS
from amparo.contracts.rules.audience import AUDIENCES
from amparo.files import commands as files
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor

from .scorm import put_package
from .shared import edited, permit

COURSE_FIELDS: Final = (
    "title", "summary", "body", "product_id", "language", "audience", "access", "price", "in_order", "gives_certificate", "valid_months",
    "instructor_id",
)  # fmt: skip
LESSON_FIELDS: Final = ("title", "body", "minutes", "is_required", "video")
QUIZ_DEFAULTS: Final[Mapping[str, Any]] = {
    "pool": "", "draw": 0, "shuffle": True, "attempts_max": 3, "minutes": 0, "pass_percent": 80, "negative_percent": 0, "shows_right": True,
}  # fmt: skip
BODY_MAX, LESSONS_MAX = 100_000, 300


@transaction.atomic
def add_course(*, slug: str = "", prerequisites: Sequence[int] = (), actor: Actor, at: datetime, **fields: Any) -> Course:
    """Begin a course; nobody but who teaches sees it before it is published. `fields`: those of COURSE_FIELDS.

    Raises NotPermitted, ContentInvalid.
    """
    permit(access.may_teach(actor) or actor.is_system)
    checked = _checked(fields)
    course = Course(slug=_free_slug(slug or str(checked.get("title", ""))), created_at=at, changed_at=at)
    for name, given in checked.items():
        setattr(course, name, given)
    course.save()
    _require(course, prerequisites)
    record("course.drafted", subject=course, actor=actor, at=at, title=course.title)
    return course


@transaction.atomic
def change_course(course: Course, *, seen: int | None = None, prerequisites: Sequence[int] = (), actor: Actor, at: datetime, **fields: Any) -> Course:
    """Write anew what a course is. For whom it is, its price and what it needs first hold at once; the rest with the next version.

    Fact: `course.changed`. Raises NotPermitted, Stale, ContentInvalid.
    """
    permit(access.may_teach(actor) or actor.is_system)
    course = edited(course, seen=seen, at=at)
    for name, given in _checked(fields).items():
        setattr(course, name, given)
    course.save()
    _require(course, prerequisites)
    record("course.changed", subject=course, actor=actor, at=at, access=course.access, price=course.price, audience=course.audience)
    return course


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - set(COURSE_FIELDS):
        raise ContentInvalid(fields=sorted(unknown))
    checked = dict(fields)
    for name in ("title", "summary"):
        if not str(checked.get(name, "")).strip():
            raise ContentInvalid(_("Write it in a few words."), field=name)
        checked[name] = str(checked[name]).strip()
    if checked.get("audience", "visitor") not in AUDIENCES or checked.get("access", "open") not in ACCESS:
        raise ContentInvalid(field="access")
    paid = checked.get("access", "open") == CREDITS
    checked["price"] = int(checked.get("price") or 0) if paid else 0
    if paid and not 1 <= checked["price"] <= 100_000:
        raise ContentInvalid(_("Give a price in credits, at least 1."), field="price")
    checked["body"] = str(checked.get("body", ""))[:BODY_MAX]
    checked["body_html"] = markdown.render(checked["body"])
    return checked


def _free_slug(text: str) -> str:
    base = slugify(text)[:50] or "curso"
    taken = set(Course.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if name not in taken)


def _require(course: Course, prerequisites: Sequence[int]) -> None:
    """Set which courses are passed first. Raises ContentInvalid where they would wait for each other."""
    wanted = set(prerequisites)
    reached, edge = set(wanted), set(wanted)
    while edge:
        edge = set(Course.objects.filter(opens__in=edge).values_list("pk", flat=True)) - reached
        reached |= edge
    if course.pk in reached:
        raise ContentInvalid(_("These courses would wait for each other. Choose others."), field="prerequisites")
    course.prerequisites.set(Course.objects.filter(pk__in=wanted))


# --- sections and lessons --------------------------------------------------------------------------------------------


@transaction.atomic
def add_section(course: Course, title: str, *, actor: Actor, at: datetime) -> Section:
    """Add a section at the end. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    course = edited(course, seen=None, at=at)
    return Section.objects.create(course=course, title=_title(title, 120), position=_next(course.sections.all()))


@transaction.atomic
def rename_section(section: Section, title: str, *, actor: Actor, at: datetime) -> Section:
    """Give a section another title. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor))
    edited(section.course, seen=None, at=at)
    section.title = _title(title, 120)
    section.save(update_fields=["title"])
    return section


@transaction.atomic
def remove_section(section: Section, *, actor: Actor, at: datetime) -> None:
    """Remove a section and its lessons from what is written; what was published stays. Raises NotPermitted."""
    permit(access.may_teach(actor))
    edited(section.course, seen=None, at=at)
    section.delete()


@transaction.atomic
def add_lesson(
    section: Section, kind: str, *, quiz: Mapping[str, Any] | None = None, files_given: Sequence[str] = (), draft_key: str = "",
    package: Package | Contents | None = None, actor: Actor, at: datetime, **fields: Any,
) -> Lesson:  # fmt: skip
    """Add a lesson at the end of a section, with the SCORM package that was read for it. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    course = edited(section.course, seen=None, at=at)
    if kind not in LESSON_KINDS or Lesson.objects.filter(section__course=course).count() >= LESSONS_MAX:
        raise ContentInvalid(field="kind")
    lesson = Lesson(section=section, kind=kind, position=_next(section.lessons.all()))
    return _written(lesson, fields, quiz, files_given, draft_key, package, actor, at)


@transaction.atomic
def change_lesson(
    lesson: Lesson, *, quiz: Mapping[str, Any] | None = None, files_given: Sequence[str] = (), draft_key: str = "",
    package: Package | Contents | None = None, seen: int | None = None, actor: Actor, at: datetime, **fields: Any,
) -> Lesson:  # fmt: skip
    """Write a lesson anew. Raises NotPermitted, Stale, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    edited(lesson.section.course, seen=seen, at=at)
    return _written(lesson, fields, quiz, files_given, draft_key, package or lesson.package, actor, at)


def _written(
    lesson: Lesson, fields: Mapping[str, Any], quiz: Mapping[str, Any] | None, files_given: Sequence[str], draft_key: str,
    package: Package | Contents | None, actor: Actor, at: datetime,
) -> Lesson:  # fmt: skip
    if unknown := set(fields) - set(LESSON_FIELDS):
        raise ContentInvalid(fields=sorted(unknown))
    for name, given in fields.items():
        setattr(lesson, name, given)
    lesson.title, lesson.body = _title(lesson.title, 160), lesson.body[:BODY_MAX]
    lesson.body_html = markdown.render(lesson.body)
    if lesson.kind == QUIZ:
        lesson.quiz = _quiz_terms(quiz if quiz is not None else lesson.quiz)
    if isinstance(package, Contents):
        package = put_package(lesson.section.course, package, actor=actor, at=at)
    if package is not None and package.course_id != lesson.section.course_id:
        raise ContentInvalid(field="package")
    lesson.package = package
    if files_given:
        kept = files.attach(files_given, subject=f"course:{lesson.section.course_id}", draft_key=draft_key, actor=actor, at=at)
        lesson.file = kept[0]
    lesson.save()
    return lesson


def _quiz_terms(given: Mapping[str, Any]) -> dict[str, Any]:
    terms = {**QUIZ_DEFAULTS, **{name: given[name] for name in QUIZ_DEFAULTS if name in given}}
    limits = {"draw": (0, 200), "attempts_max": (0, 100), "minutes": (0, 600), "pass_percent": (1, 100), "negative_percent": (0, 100)}
    for name, (low, high) in limits.items():
        if type(terms[name]) is not int or not low <= terms[name] <= high:
            raise ContentInvalid(_("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}, field=name)
    terms["pool"] = str(terms["pool"]).strip()[:40]
    return terms


@transaction.atomic
def remove_lesson(lesson: Lesson, *, actor: Actor, at: datetime) -> None:
    """Remove a lesson from what is written; what was published stays. Raises NotPermitted."""
    permit(access.may_teach(actor))
    edited(lesson.section.course, seen=None, at=at)
    lesson.delete()


@transaction.atomic
def move_section(section: Section, step: int, *, actor: Actor, at: datetime) -> None:
    """Move a section up (-1) or down (1). Raises NotPermitted."""
    permit(access.may_teach(actor))
    course = edited(section.course, seen=None, at=at)
    _swap(list(course.sections.all()), section.pk, step)


@transaction.atomic
def move_lesson(lesson: Lesson, step: int, *, actor: Actor, at: datetime) -> None:
    """Move a lesson up (-1) or down (1), past the end of its section into the next. Raises NotPermitted."""
    permit(access.may_teach(actor))
    course = edited(lesson.section.course, seen=None, at=at)
    rows = list(Lesson.objects.filter(section=lesson.section_id))
    place = next(n for n, one in enumerate(rows) if one.pk == lesson.pk)
    if 0 <= place + step < len(rows):
        _swap(rows, lesson.pk, step)
        return
    sections = list(course.sections.all())
    here = next(n for n, one in enumerate(sections) if one.pk == lesson.section_id)
    if 0 <= here + step < len(sections):
        there = list(sections[here + step].lessons.all())
        lesson.section = sections[here + step]
        order = [*there, lesson] if step < 0 else [lesson, *there]
        for position, one in enumerate(order, 1):
            one.position = position
            one.save(update_fields=["position", "section"])


def _swap(rows: list[Any], pk: int, step: int) -> None:
    place = next(n for n, one in enumerate(rows) if one.pk == pk)
    if step in (-1, 1) and 0 <= place + step < len(rows):
        rows[place], rows[place + step] = rows[place + step], rows[place]
    for position, one in enumerate(rows, 1):
        one.position = position
    type(rows[0]).objects.bulk_update(rows, ["position"])


def _next(rows: Any) -> int:
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _title(text: str, most: int) -> str:
    title = " ".join(str(text).replace("\x00", "").split())[:most]
    if not title:
        raise ContentInvalid(_("Write a title."), field="title")
    return title


# --- the bank of questions -------------------------------------------------------------------------------------------


@transaction.atomic
def put_question(
    course: Course, *, question: Question | None = None, kind: str, text: str, options: Sequence[Mapping[str, Any]], pool: str = "",
    feedback: str = "", points: int = 1, actor: Actor, at: datetime,
) -> Question:  # fmt: skip
    """Add a question to a course's bank, or write one anew. `options`: [{text, is_right, feedback}]. Raises NotPermitted, ContentInvalid."""
    permit(access.may_teach(actor) or actor.is_system)
    course = edited(course, seen=None, at=at)
    rows = [
        {"id": number, "text": str(one["text"]).strip()[:400], "is_right": bool(one.get("is_right")), "feedback": str(one.get("feedback", "")).strip()[:400]}
        for number, one in enumerate((one for one in options if str(one.get("text", "")).strip()), 1)
    ]
    right = sum(bool(one["is_right"]) for one in rows)
    if kind not in QUESTION_KINDS or not text.strip():
        raise ContentInvalid(_("Write the question."), field="text")
    if not 2 <= len(rows) <= OPTIONS_MAX:
        raise ContentInvalid(_("Write two to %(most)s options.") % {"most": OPTIONS_MAX}, field="options")
    if right == 0 or (kind == ONE and right != 1):
        raise ContentInvalid(_("Mark exactly one option as right.") if kind == ONE else _("Mark at least one option as right."), field="options")
    assert kind in (ONE, MANY)
    made = question or Question(course=course)
    made.kind, made.text, made.pool, made.options = kind, text.strip()[:4000], pool.strip()[:40], rows
    made.text_html, made.feedback, made.points = markdown.render(made.text), feedback.strip()[:600], points
    if not 1 <= points <= 100:
        raise ContentInvalid(field="points")
    made.save()
    return made


@transaction.atomic
def remove_question(question: Question, *, actor: Actor, at: datetime) -> None:
    """Take a question out of the bank; what was published keeps it. Raises NotPermitted."""
    permit(access.may_teach(actor))
    edited(question.course, seen=None, at=at)
    question.delete()
