"""The campus of the demonstration: courses written and published, people in the middle of them, one who passed, seats. SRC-4."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from amparo.campus import commands
from amparo.campus.commands.quizzes import terms_of
from amparo.campus.models import Attempt, Course, Seat, Section
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Refusal
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.products.models import Product
from amparo.videos.models import Video

from . import content

if TYPE_CHECKING:
    from .content import Lesson, Text
    from .load import World

OPTION_WORDS = 400


def publish(world: World) -> None:
    """Write and publish every course of the content; a live class has its day."""
    products = {one.code.upper(): one for one in Product.objects.all()}
    made: dict[str, Course] = {}
    for text in sorted(content.courses(), key=lambda one: (bool(one.get("requires")), -one.days_ago)):
        teacher, at, product = world.staff.get(text.get("instructor")) or world.staff["monica"], world.on(text.days_ago, 9), products.get(text.product)
        needed = made.get(text.get("requires"))
        access = text.get("access", "open")
        course = commands.add_course(
            title=text.title, slug=text.slug, summary=text.summary, product_id=product.pk if product else None, language=text.language,
            audience=text.audience, access=access, price=int(text.get("credits", "0") or 0) if access == "credits" else 0,
            gives_certificate=text.yes("certificate"), valid_months=24 if text.yes("certificate") else 0, instructor_id=teacher.user_id,
            prerequisites=[needed.pk] if needed else [], actor=world.staff["ana"], at=at,
        )  # fmt: skip
        _fill(world, course, text, at)
        commands.publish(course, actor=world.staff["ana"], at=at)
        made[text.slug] = Course.objects.get(pk=course.pk)


def _fill(world: World, course: Course, text: Text, at: datetime) -> None:
    for name, lessons in groupby(text.lessons, key=lambda one: one.section):
        section = commands.add_section(course, name, actor=world.staff["ana"], at=at)
        for one in lessons:
            _lesson(world, course, section, one, text, at)


def _lesson(world: World, course: Course, section: Section, one: Lesson, text: Text, at: datetime) -> None:
    staff = world.staff["ana"]
    fields: dict[str, Any] = {"title": one.title, "body": one.text, "minutes": int(one.keys.get("minutes", "5"))}
    if one.kind == "quiz":
        for question in one.questions:
            right = sum(option.right for option in question.options)
            options = [{"text": option.text[:OPTION_WORDS], "is_right": option.right, "feedback": option.feedback} for option in question.options]
            commands.put_question(
                course, kind="one" if right == 1 else "many", text=question.text, options=options, pool=one.title[:40], feedback=question.feedback,
                actor=staff, at=at,
            )  # fmt: skip
        fields["body"] = ""
        commands.add_lesson(
            section, "quiz", quiz={"pool": one.title[:40], "pass_percent": int(text.get("pass_mark", "80")), "attempts_max": 3}, actor=staff, at=at,
            **fields,
        )  # fmt: skip
        return
    if one.kind == "live":
        lesson = commands.add_lesson(section, "live", actor=staff, at=at, is_required=False, **fields)
        day = world.now + timedelta(days=float(one.keys.get("days", "7")))
        starts_at = day.replace(hour=23, minute=0, second=0, microsecond=0)  # 17:00 in Mexico City
        commands.plan_class(lesson, starts_at, minutes=60, place="https://mostrador.example/aula", actor=staff, at=at)
        return
    film = Video.objects.filter(key__endswith=one.keys["video"], state="published").first() if one.kind == "video" else None
    if film is not None:
        commands.add_lesson(section, "video", actor=staff, at=at, video=film.subject, **fields)
        return
    # A file, or a film that is still being made, is read as text.
    commands.add_lesson(section, "text", actor=staff, at=at, **fields)


def take(world: World) -> None:
    """Let people take courses: one passed, one under way, seats bought by a company."""
    courses = list(Course.objects.filter(published__isnull=False, access="open", language="es").order_by("pk"))
    learners = [_actor(email) for email in ("lupita@abarrotes-lupita.example", "marcos@abarrotes-lupita.example")]
    for course, actor, share in zip(courses * 2, [one for one in learners if one], (1.0, 0.5), strict=False):
        _go(course, actor, share, world)
    paid = Course.objects.filter(published__isnull=False, access="credits").order_by("pk").first()
    buyer = next((one for one in learners if one and one.company_role == "administrator"), None)
    if paid is not None and buyer is not None:
        try:
            order = commands.buy_seats(paid, 2, key="demo-seats", actor=buyer, at=world.on(5))
        except Refusal:
            return  # too few credits in this world
        other = next((one for one in learners if one and one.user_id != buyer.user_id and one.customer_id == buyer.customer_id), None)
        if other is not None:
            seat = Seat.objects.filter(order=order).order_by("number")[0]
            commands.assign(seat, other.user_id or 0, actor=buyer, at=world.on(5))


def _actor(email: str) -> Actor | None:
    user = User.objects.filter(email=email).first()
    return actor_by_id(user.pk) if user else None


def _go(course: Course, actor: Actor, share: float, world: World) -> None:
    at = world.on(20)
    enrolment = commands.start(commands.enrol(course, key="demo", actor=actor, at=at), actor=actor, at=at)
    lessons = [one for section in enrolment.version.content["sections"] for one in section["lessons"]]
    for one in lessons[: max(1, int(len(lessons) * share))]:
        at += timedelta(minutes=one["minutes"])
        if one["kind"] == "quiz":
            attempt = commands.begin_attempt(enrolment, one["id"], actor=actor, at=at)
            commands.submit(attempt, _right(attempt), actor=actor, at=at + timedelta(minutes=3))
        elif one["kind"] != "live":
            commands.finish_lesson(enrolment, one["id"], actor=actor, at=at)


def _right(attempt: Attempt) -> dict[str, list[str]]:
    known = {one["id"]: one for one in terms_of(attempt)["questions"]}
    return {
        f"q{row['question']}": [str(option["id"]) for option in known[row["question"]]["options"] if option["is_right"]] for row in attempt.paper
    }
