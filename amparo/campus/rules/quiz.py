"""Quizzes: which questions are drawn, and what answers are worth. Pure; the server alone decides. SRC-4."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ONE, MANY = "one", "many"
QUESTION_KINDS: Final = (ONE, MANY)
OPTIONS_MAX, POINTS_MAX = 10, 100
Paper = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one question: points in hundredths."""

    question: int
    chosen: tuple[int, ...]
    is_right: bool
    is_blank: bool
    points: int
    points_max: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A paper with its marks. `percent` is whole, rounded down, never below zero."""

    answers: tuple[Answered, ...]
    points: int
    points_max: int
    percent: int
    passed: bool


def draw(questions: Sequence[Mapping[str, Any]], count: int, *, shuffle: bool, chance: random.Random) -> Paper:
    """Return the paper of one attempt: which questions, and their options in which order. 0 draws all."""
    chosen = list(questions)
    if 0 < count < len(chosen):
        keep = set(chance.sample(range(len(chosen)), count))
        chosen = [one for place, one in enumerate(chosen) if place in keep]
    if shuffle:
        chance.shuffle(chosen)
    paper: Paper = []
    for one in chosen:
        order = [option["id"] for option in one["options"]]
        if shuffle:
            chance.shuffle(order)
        paper.append({"question": one["id"], "options": order})
    return paper


def clean(paper: Paper, given: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Return the answers of a form that belong to a paper; anything else in it is dropped."""
    answers = {}
    for one in paper:
        chosen = {int(word) for word in given.get(f"q{one['question']}", ()) if word.isascii() and word.isdigit() and len(word) < 10}
        kept = [option for option in one["options"] if option in chosen]
        if kept:
            answers[str(one["question"])] = kept
    return answers


def mark(
    questions: Sequence[Mapping[str, Any]], paper: Paper, answers: Mapping[str, Sequence[int]], *, pass_percent: int, negative_percent: int = 0
) -> Marked:
    """Return what answers are worth. SRC-4.

    A question counts whole or not at all: exactly the right options. A wrong answer takes off `negative_percent` of its
    points, a question left blank nothing; the sum never falls below zero.
    """
    known = {one["id"]: one for one in questions}
    found = []
    for row in paper:
        question = known.get(row["question"])
        if question is None:
            continue
        found.append(_answered(question, tuple(answers.get(str(row["question"]), ())), negative_percent))
    points_max = sum(one.points_max for one in found)
    points = max(0, sum(one.points for one in found))
    percent = points * 100 // points_max if points_max else 0
    return Marked(tuple(found), points, points_max, percent, bool(points_max) and percent >= pass_percent)


def _answered(question: Mapping[str, Any], chosen: tuple[int, ...], negative_percent: int) -> Answered:
    right = {option["id"] for option in question["options"] if option["is_right"]}
    worth = int(question["points"]) * 100
    if not chosen:
        return Answered(question["id"], chosen, False, True, 0, worth)
    good = set(chosen) == right and (question["kind"] == MANY or len(chosen) == 1)
    return Answered(question["id"], chosen, good, False, worth if good else -(worth * negative_percent // 100), worth)
