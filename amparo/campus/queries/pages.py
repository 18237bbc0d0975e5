"""Reads of the campus for pages: the catalogue, a course, where somebody stands in it. SRC-4, ACC-4, ACC-9."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone, translation

from amparo.campus import access
from amparo.campus.machine import SeatState, State
from amparo.campus.models import Certificate, ClassDate, Cohort, Course, Enrolment, Seat, Step
from amparo.campus.models.courses import CREDITS
from amparo.campus.rules.progress import Progress, Taken, outline_of, progress
from amparo.charging.queries import Explanation, explain_quote
from amparo.charging.queries import quote as quote_needs
from amparo.charging.rules import GENERAL_QUOTE, Need
from amparo.contracts.access import reader as reader_of
from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.refusals import Text
from amparo.videos.access import may_play
from amparo.videos.models import Video
from amparo.videos.queries import Watching, place_of, watching

CATALOGUE_MAX = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A course in the catalogue, as it is published."""

    course: Course
    content: dict[str, Any]
    seems_open: bool
    in_short: Text
    enrolment: Enrolment | None
    percent: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of a version as who learns sees it; of a quiz only its terms, never which answers are right."""

    id: int
    kind: str
    title: str
    minutes: int
    is_required: bool
    state: str
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in a course: its sections with the state of each lesson. `newer`: a version came out since."""

    enrolment: Enrolment
    progress: Progress
    sections: list[tuple[str, list[Lesson]]]
    newer: int | None

    @property
    def order(self) -> list[Lesson]:
        return [one for _title, lessons in self.sections for one in lessons]


def progress_by(enrolments: Sequence[Enrolment]) -> dict[int, Progress]:
    """Derive the progress of several enrolments (their versions loaded) from the log. One statement. SRC-4."""
    taken: dict[int, list[Taken]] = {one.pk: [] for one in enrolments}
    rows = Step.objects.filter(enrolment__in=list(taken)).values_list("enrolment_id", "kind", "lesson", "passed", "percent")
    for number, kind, lesson, passed, percent in rows:
        taken[number].append(Taken(kind, lesson, passed, percent))
    return {one.pk: progress(outline_of(one.version.content), taken[one.pk]) for one in enrolments}


def mine(actor: Actor) -> list[Enrolment]:
    """Return one's own enrolments that were not cancelled, newest first."""
    found = Enrolment.objects.filter(person=actor.user_id or 0).exclude(state=State.CANCELLED.value)
    return list(found.select_related("course__product", "course__published", "version", "cohort", "certificate").order_by("-pk"))


def catalogue(actor: Actor, *, at: datetime, product_id: int | None = None) -> list[Row]:
    """Return the courses that are given, for whoever may know of them, with those he lacks the standing for. ACC-4, ACC-9.

    Those of the reader's language come first.
    """
    who = reader_of(actor, at=at)
    courses = access.visible_to(actor, at=at, reader=who).filter(published__isnull=False, retired_at__isnull=True)
    if product_id is not None:
        courses = courses.filter(product=product_id)
    held = {one.course_id: one for one in reversed(mine(actor))} if actor.is_signed_in and not actor.is_staff else {}
    at_percent = {number: found.percent for number, found in progress_by(list(held.values())).items()} if held else {}
    rows = []
    for course in courses.order_by("product__name", "title", "pk")[:CATALOGUE_MAX]:
        own = held.get(course.pk)
        assert course.published is not None
        rows.append(
            Row(course, course.published.content, access.seems_open(course, who), access.in_short(course), own, at_percent[own.pk] if own else 0)
        )
    spoken = (translation.get_language() or "es")[:2]
    return sorted(rows, key=lambda row: row.course.language != spoken)


def outline(content: dict[str, Any], now: Progress | None = None) -> list[tuple[str, list[Lesson]]]:
    """Return the sections of a version's content for a page."""
    return [
        (
            section["title"],
            [
                Lesson(
                    one["id"], one["kind"], one["title"], one["minutes"], one["is_required"], now.state(one["id"]) if now else "locked",
                    now.marks.get(one["id"]) if now else None,
                )
                for one in section["lessons"]
            ],
        )
        for section in content["sections"]
    ]  # fmt: skip


def standing_in(enrolment: Enrolment) -> Standing:
    """Return where somebody stands in a course. One statement."""
    now = progress_by([enrolment])[enrolment.pk]
    published = enrolment.course.published
    newer = published.number if published is not None and published.pk != enrolment.version_id else None
    return Standing(enrolment, now, outline(enrolment.version.content, now), newer)


def price_of(actor: Actor, course: Course, *, at: datetime, count: int = 1) -> Explanation | None:
    """Return what so many places would cost a customer, with the other ways, before anything is agreed to. CHG-8, CHG-2."""
    if course.access != CREDITS or actor.customer_id is None:
        return None
    found = quote_needs(actor.customer_id, [Need(GENERAL_QUOTE, course.price)] * count, at=at)
    return explain_quote(found, translation.get_language() or "es")


@dataclass(frozen=True, slots=True)
class Group:
    """A cohort with how many places are left; None: as many as come."""

    cohort: Cohort
    left: int | None

    @property
    def is_full(self) -> bool:
        return self.left == 0


def groups_of(course: Course, *, at: datetime, all_of_them: bool = False) -> list[Group]:
    """Return the groups of a course that are not over, with the places left. Two statements."""
    found = Cohort.objects.filter(course=course).select_related("instructor")
    if not all_of_them:
        found = found.filter(ends_on__gte=timezone.localtime(at).date())
    people = Count("enrolments", filter=~Q(enrolments__state=State.CANCELLED.value) & Q(enrolments__seat__isnull=True))
    seats = dict(
        Seat.objects.filter(order__cohort__course=course).exclude(state=SeatState.RETURNED.value)
        .values_list("order__cohort").annotate(count=Count("id")).order_by()
    )  # fmt: skip
    return [
        Group(one, None if one.capacity is None else max(0, one.capacity - one.people - seats.get(one.pk, 0)))
        for one in found.annotate(people=people)
    ]


def classes_of(enrolment: Enrolment) -> list[ClassDate]:
    """Return the dates of live classes for somebody: those of his group, and those for everybody."""
    lessons = [one["id"] for section in enrolment.version.content["sections"] for one in section["lessons"] if one["kind"] == "live"]
    found = ClassDate.objects.filter(lesson__in=lessons).select_related("lesson")
    return list(found.filter(Q(cohort__isnull=True) | Q(cohort=enrolment.cohort_id)) if enrolment.cohort_id else found.filter(cohort__isnull=True))


def content_lesson(content: dict[str, Any], lesson: int) -> dict[str, Any] | None:
    """Return a lesson of a version's content by its number."""
    return next((one for section in content["sections"] for one in section["lessons"] if one["id"] == lesson), None)


def certificates_of(person_id: int | None) -> list[Certificate]:
    """Return a person's certificates, newest first."""
    return list(Certificate.objects.filter(person=person_id or 0).select_related("product", "course", "enrolment").order_by("-issued_at", "-pk"))


def sitemap(at: datetime) -> Iterable[tuple[str, datetime]]:
    """Return the addresses that anybody may find, with when they changed: the catalogue and each course. ACC-4."""
    from django.urls import reverse

    courses = access.visible_to(VISITOR, at=at).filter(published__isnull=False).values_list("slug", "published__published_at")
    rows = [(reverse("campus:course", args=[slug]), changed) for slug, changed in courses.order_by("slug")]
    return [(reverse("campus:courses"), max((changed for _url, changed in rows), default=at)), *rows] if rows else []


def videos_to_choose() -> list[tuple[str, str]]:
    """Return the published videos that a lesson can show, by title."""
    rows = Video.objects.filter(state="published").order_by("title", "pk").values_list("pk", "title")[:500]
    return [(f"video:{number}", title) for number, title in rows]


def film_of(actor: Actor, content: dict[str, Any], *, language: str, at: datetime) -> Watching | None:
    """Return the video of a lesson as its player shows it, where the reader may play it. SRC-3."""
    _kind, _sep, number = str(content.get("video", "")).partition(":")
    found = may_play(actor, at=at).filter(pk=int(number)).first() if number.isdecimal() else None
    return watching(found, language=language, second=place_of(found, actor)) if found is not None else None
