"""What tests of the campus share: courses of every access, customers with credits, people brought to a state."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from amparo.campus import commands
from amparo.campus.models import Course, Enrolment, Lesson
from amparo.conftest import NOON
from amparo.contracts.commands import add_plan, sell_contract
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger import commands as ledger
from amparo.ledger import queries as ledger_queries
from amparo.people.models import Customer

_keys = itertools.count(1)
LONG_AGO = NOON - timedelta(days=30)
DAY = timedelta(days=1)


def key() -> str:
    return f"k{next(_keys)}"


def contract_for(customer_id: int, *, credits: int = 20, course_access: bool = True, starts: datetime = LONG_AGO, months: int = 12):
    plan = add_plan(
        f"Plan {key()}", events=5, incidents=3, credits=credits, months=months, price="1000.00",
        benefits={"course_access": course_access}, actor=SYSTEM, at=LONG_AGO,
    )  # fmt: skip
    customer = Customer.objects.get(pk=customer_id)
    return sell_contract(plan=plan, customer=customer, starts_on=starts.date(), key=key(), actor=SYSTEM, at=starts)


def card_for(customer_id: int, credits: int, *, at: datetime = NOON, days: int = 365) -> None:
    pocket = ledger.open_pocket(customer_id, "credit", f"card:{next(_keys)}", "Tarjeta", at, at + timedelta(days=days), actor=SYSTEM, at=at)
    ledger.issue(pocket, credits, cause="card:1", key=key(), actor=SYSTEM, at=at)


def credits_left(customer_id: int, at: datetime = NOON) -> int:
    return sum(pocket.available for pocket in ledger_queries.pockets(customer_id, at) if pocket.unit == "credit")


def lesson(course: Course, kind: str = "text", title: str = "", **more) -> Lesson:
    section = course.sections.last() or commands.add_section(course, "Primera parte", actor=SYSTEM, at=NOON)
    fields = {"title": title or f"Lección {next(_keys)}", "body": "Lea **esto**."} | more
    return commands.add_lesson(section, kind, actor=SYSTEM, at=NOON, **fields)


def question(course: Course, *, pool: str = "", kind: str = "one", right: int = 1, points: int = 1, text: str = "¿Qué se hace primero?"):
    options = [{"text": f"Opción {n}", "is_right": n <= right, "feedback": f"Porque {n}."} for n in range(1, 5)]
    return commands.put_question(
        course, kind=kind, text=text, options=options, pool=pool, points=points, feedback="Vea la lección.", actor=SYSTEM, at=NOON
    )


def drafted(access: str = "open", *, price: int = 0, title: str = "Inventario sin errores", **more) -> Course:
    return commands.add_course(
        title=title, summary="Aprenda a contar.", body="Un curso.", access=access, price=price, actor=SYSTEM, at=NOON, **more
    )


def published(access: str = "open", *, price: int = 0, texts: int = 2, quiz: dict | None = None, **more) -> Course:
    course = drafted(access, price=price, **more)
    for _ in range(texts):
        lesson(course)
    if quiz is not None:
        for _ in range(4):
            question(course)
        lesson(course, "quiz", quiz=quiz)
    commands.publish(course, actor=SYSTEM, at=NOON)
    return fresh(course)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def lessons_of(enrolment: Enrolment) -> list[int]:
    return [one["id"] for section in fresh(enrolment).version.content["sections"] for one in section["lessons"]]


def started(course: Course, actor: Actor, *, at: datetime = NOON) -> Enrolment:
    return commands.start(commands.enrol(course, key=key(), actor=actor, at=at), actor=actor, at=at)


def right_answers(attempt) -> dict[str, list[str]]:
    from amparo.campus.commands.quizzes import terms_of

    known = {one["id"]: one for one in terms_of(attempt)["questions"]}
    return {
        f"q{row['question']}": [str(option["id"]) for option in known[row["question"]]["options"] if option["is_right"]]
        for row in attempt.paper
    }


def finish(enrolment: Enrolment, actor: Actor, *, at: datetime = NOON) -> Enrolment:
    """Do every lesson in order, with every answer right."""
    for section in fresh(enrolment).version.content["sections"]:
        for one in section["lessons"]:
            if one["kind"] == "quiz":
                attempt = commands.begin_attempt(enrolment, one["id"], actor=actor, at=at)
                commands.submit(attempt, right_answers(attempt), actor=actor, at=at)
            else:
                commands.finish_lesson(enrolment, one["id"], actor=actor, at=at)
    return fresh(enrolment)
