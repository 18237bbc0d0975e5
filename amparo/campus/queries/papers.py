"""Reads of attempts: a paper without its answers while it is open, with them once it is marked. SRC-4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amparo.campus.models import Attempt, Enrolment
from amparo.campus.rules.quiz import mark


@dataclass(frozen=True, slots=True)
class Option:
    """An option on a page. What is right, and why, is only said once the paper is marked."""

    id: int
    text: str
    is_chosen: bool
    is_right: bool | None = None
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a page."""

    id: int
    kind: str
    html: str
    points: int
    options: list[Option]
    is_right: bool | None = None
    is_blank: bool = False
    feedback: str = ""


def attempts(enrolment: Enrolment, lesson: int) -> list[Attempt]:
    """Return somebody's attempts at a quiz, oldest first."""
    return list(Attempt.objects.filter(enrolment=enrolment, lesson=lesson).order_by("number"))


def asked(attempt: Attempt, terms: dict[str, Any]) -> list[Asked]:
    """Return the paper of an attempt for its page: nothing in it says what is right before it is marked."""
    known = {one["id"]: one for one in terms["questions"]}
    is_marked = attempt.marked_at is not None
    shows = is_marked and bool(terms.get("shows_right", True))
    found = {
        one.question: one
        for one in mark(terms["questions"], attempt.paper, attempt.answers, pass_percent=terms["pass_percent"]).answers
    } if is_marked else {}  # fmt: skip
    rows = []
    for row in attempt.paper:
        question = known.get(row["question"])
        if question is None:
            continue
        chosen = set(attempt.answers.get(str(question["id"]), ()))
        by_id = {option["id"]: option for option in question["options"]}
        options = [
            Option(
                number, by_id[number]["text"], number in chosen, bool(by_id[number]["is_right"]) if shows else None,
                by_id[number]["feedback"] if is_marked and (shows or number in chosen) else "",
            )
            for number in row["options"]
        ]  # fmt: skip
        answer = found.get(question["id"])
        rows.append(
            Asked(
                question["id"], question["kind"], question["html"], question["points"], options, answer.is_right if answer else None,
                bool(answer and answer.is_blank), question["feedback"] if is_marked else "",
            )
        )  # fmt: skip
    return rows
