"""Progress, marks and codes of certificates, by properties. SRC-4."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from amparo.campus.rules import certificates, quiz
from amparo.campus.rules.progress import LESSON_KINDS, STEP_KINDS, Item, Outline, Taken, progress
from amparo.conftest import NOON

ITEMS = st.lists(st.tuples(st.sampled_from(LESSON_KINDS), st.booleans()), max_size=8).map(
    lambda rows: tuple(Item(number, kind, needed) for number, (kind, needed) in enumerate(rows, 1))
)
OUTLINES = st.builds(Outline, ITEMS, st.booleans())
STEPS = st.lists(
    st.builds(Taken, st.sampled_from(STEP_KINDS), st.integers(0, 9), st.booleans(), st.none() | st.integers(0, 100)), max_size=30
)


@given(OUTLINES, STEPS)
def test_progress_never_leaves_its_bounds(outline, steps):
    """SRC-4: never above 100, and 100 exactly when everything required is done."""
    now = progress(outline, steps)
    assert 0 <= now.percent <= 100 and (now.percent == 100) == now.is_complete
    assert now.done <= {item.id for item in outline.items} and now.done <= now.open
    assert now.mark is None or 0 <= now.mark <= 100


@given(OUTLINES, STEPS, st.randoms())
def test_the_same_steps_twice_and_in_any_order_are_the_same_progress(outline, steps, chance):
    """SRC-4: recomputing is idempotent."""
    again = [*steps, *steps]
    chance.shuffle(again)
    assert progress(outline, again) == progress(outline, steps)


@given(OUTLINES, STEPS, STEPS)
def test_progress_never_falls_with_more_steps(outline, steps, more):
    """SRC-4"""
    before, after = progress(outline, steps), progress(outline, [*steps, *more])
    assert before.done <= after.done and before.open <= after.open and before.percent <= after.percent


@given(OUTLINES, STEPS)
def test_nobody_is_ever_stuck(outline, steps):
    """SRC-4: what is not complete has an open lesson that is not done."""
    now = progress(outline, steps)
    assert now.is_complete or not outline.items or now.next is not None


@given(OUTLINES)
def test_a_lesson_that_is_done_opens_the_next(outline):
    """SRC-4: quiz passed, next lesson open."""
    steps: list[Taken] = []
    finishes = {"quiz": "attempted", "live": "attended", "scorm": "tracked"}
    for _ in outline.items:
        now = progress(outline, steps)
        if now.next is None:
            break
        kind = next(item.kind for item in outline.items if item.id == now.next)
        steps.append(Taken(finishes.get(kind, "done"), now.next, True, 100 if kind in ("quiz", "scorm") else None))
    assert progress(outline, steps).is_complete or not outline.items


def test_a_failed_quiz_finishes_nothing_and_a_step_of_another_kind_neither():
    """SRC-4"""
    outline = Outline((Item(1, "quiz"), Item(2, "text")))
    now = progress(outline, [Taken("attempted", 1, False, 40), Taken("done", 1)])
    assert now.percent == 0 and now.next == 1 and now.state(2) == "locked" and now.mark == 40


QUESTIONS = st.lists(
    st.tuples(st.sampled_from(["one", "many"]), st.integers(2, 6), st.integers(1, 5), st.integers(1, 10)), min_size=1, max_size=6
).map(
    lambda rows: [
        {"id": n, "kind": kind, "points": points,
         "options": [{"id": o, "text": str(o), "is_right": o <= (1 if kind == "one" else min(right, count)), "feedback": ""} for o in range(1, count + 1)]}
        for n, (kind, count, right, points) in enumerate(rows, 1)
    ]
)  # fmt: skip


@given(QUESTIONS, st.integers(0, 8), st.booleans(), st.integers(0, 2**32))
def test_a_paper_draws_each_question_once_with_all_its_options(questions, count, shuffle, seed):
    """SRC-4"""
    paper = quiz.draw(questions, count, shuffle=shuffle, chance=random.Random(seed))
    drawn = [row["question"] for row in paper]
    assert len(set(drawn)) == len(drawn) == (count if 0 < count < len(questions) else len(questions))
    for row in paper:
        own = next(one for one in questions if one["id"] == row["question"])
        assert sorted(row["options"]) == [option["id"] for option in own["options"]]


@given(QUESTIONS, st.integers(0, 100), st.integers(1, 100), st.data())
def test_marks_stay_between_nothing_and_everything(questions, negative, needed, data):
    """SRC-4: negative marking never falls below zero, all right is 100."""
    paper = quiz.draw(questions, 0, shuffle=False, chance=random.Random(1))
    answers = {
        str(row["question"]): data.draw(st.lists(st.sampled_from(row["options"]), unique=True)) for row in paper
    }
    found = quiz.mark(questions, paper, answers, pass_percent=needed, negative_percent=negative)
    assert 0 <= found.points <= found.points_max and 0 <= found.percent <= 100 and found.passed == (found.percent >= needed)
    all_right = {str(one["id"]): [o["id"] for o in one["options"] if o["is_right"]] for one in questions}
    assert quiz.mark(questions, paper, all_right, pass_percent=100, negative_percent=negative).passed
    nothing = quiz.mark(questions, paper, {}, pass_percent=needed, negative_percent=negative)
    assert nothing.percent == 0 and not nothing.passed


def test_a_wrong_answer_takes_off_and_a_blank_one_does_not():
    """SRC-4"""
    options = [{"id": 1, "is_right": True}, {"id": 2, "is_right": False}]
    questions = [{"id": n, "kind": "one", "points": 2, "options": options} for n in (1, 2, 3)]
    paper = [{"question": n, "options": [1, 2]} for n in (1, 2, 3)]
    found = quiz.mark(questions, paper, {"1": [1], "2": [2]}, pass_percent=50, negative_percent=25)
    assert (found.points, found.points_max, found.percent) == (150, 600, 25)


@given(st.dictionaries(st.text(max_size=6), st.lists(st.text(max_size=6), max_size=4), max_size=6))
def test_answers_that_the_paper_does_not_ask_are_dropped(given_):
    """SRC-4, SEC-49: whatever a form sends."""
    paper = [{"question": 7, "options": [3, 1]}]
    assert quiz.clean(paper, {**given_, "q7": ["1", "²", "99", "-1", "1.0", ""], "q8": ["1"]}) == {"7": [1]}


@given(st.integers(0, 16), st.sampled_from("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"))
def test_a_slip_in_a_code_is_noticed(place, letter):
    """SRC-4: check characters."""
    code = certificates.make_code()
    assert certificates.normal(certificates.show(code).lower()) == code and len(code) == certificates.CODE_LENGTH
    wrong = code[:place] + letter + code[place + 1 :]
    assert wrong == code or certificates.normal(wrong) is None


def test_a_major_version_outgrows_a_certificate_and_a_minor_one_does_not():
    """SRC-4"""
    assert certificates.outgrown("9.4", "10.0") and not certificates.outgrown("10.0", "10.2.1")
    assert not certificates.outgrown("", "10.1") and not certificates.outgrown("10", "")


def test_reminders_come_90_60_30_and_7_days_before():
    """SRC-4"""
    until, told, at = NOON + timedelta(days=100), [], NOON
    while (found := certificates.next_reminder(until, [90, 60, 30, 7], at)) is not None:
        at, days = found
        told.append(days)
    assert told == [90, 60, 30, 7]
    assert certificates.next_reminder(None, [90], NOON) is None and certificates.next_reminder(until, [90], until) is None
