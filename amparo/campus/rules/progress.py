"""Progress out of the log: one pure function. Never a counter that is kept, never above 100. SRC-4.

The same steps in any order, once or twice, give the same progress.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TEXT, VIDEO, FILE, QUIZ, LIVE, SCORM = "text", "video", "file", "quiz", "live", "scorm"
LESSON_KINDS: Final = (TEXT, VIDEO, FILE, QUIZ, LIVE, SCORM)
STARTED, DONE, ATTEMPTED, ATTENDED, TRACKED, MOVED, CANCELLED, COMPLETED, ALLOWED, OPENED = (
    "started", "done", "attempted", "attended", "tracked", "moved", "cancelled", "completed", "allowed", "opened",
)  # fmt: skip
STEP_KINDS: Final = (STARTED, DONE, ATTEMPTED, ATTENDED, TRACKED, MOVED, CANCELLED, COMPLETED, ALLOWED, OPENED)
# Which step finishes which kind of lesson; those of quizzes and packages say themselves whether they passed.
_FINISHES: Final[Mapping[str, frozenset[str]]] = {
    TEXT: frozenset({DONE}), VIDEO: frozenset({DONE}), FILE: frozenset({DONE}), LIVE: frozenset({ATTENDED}),
    QUIZ: frozenset({ATTEMPTED}), SCORM: frozenset({TRACKED}),
}  # fmt: skip
GRADED: Final = frozenset({QUIZ, SCORM})


@dataclass(frozen=True, slots=True)
class Item:
    """A lesson as progress sees it."""

    id: int
    kind: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """The lessons of a version in their order; `in_order` opens each when the required ones before it are done."""

    items: tuple[Item, ...]
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of the log. `passed` and `percent` are of quizzes and packages."""

    kind: str
    lesson: int = 0
    passed: bool = False
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where somebody stands in a course. `mark` is None while nothing graded was done."""

    done: frozenset[int]
    open: frozenset[int]
    percent: int
    is_complete: bool
    next: int | None
    mark: int | None
    marks: Mapping[int, int] = field(default_factory=dict)
    required_done: int = 0
    required: int = 0

    def state(self, lesson: int) -> str:
        return "done" if lesson in self.done else "open" if lesson in self.open else "locked"


def progress(outline: Outline, steps: Iterable[Taken]) -> Progress:
    """Return what the steps amount to by an outline. SRC-4."""
    kinds = {item.id: item.kind for item in outline.items}
    done: set[int] = set()
    marks: dict[int, int] = {}
    for step in steps:
        kind = kinds.get(step.lesson)
        if kind is None or step.kind not in _FINISHES[kind]:
            continue
        if kind in GRADED and step.percent is not None:
            marks[step.lesson] = max(marks.get(step.lesson, 0), min(100, max(0, step.percent)))
        if kind not in GRADED or step.passed:
            done.add(step.lesson)
    counted = [item.id for item in outline.items if item.is_required] or [item.id for item in outline.items]
    finished = sum(1 for lesson in counted if lesson in done)
    is_complete = bool(counted) and finished == len(counted)
    opened = _open(outline, done)
    following = next((item.id for item in outline.items if item.id in opened and item.id not in done), None)
    return Progress(
        done=frozenset(done), open=frozenset(opened), percent=finished * 100 // len(counted) if counted else 0, is_complete=is_complete,
        next=following, mark=(2 * sum(marks.values()) + len(marks)) // (2 * len(marks)) if marks else None, marks=marks,
        required_done=finished, required=len(counted),
    )  # fmt: skip


def _open(outline: Outline, done: set[int]) -> set[int]:
    opened: set[int] = set()
    for item in outline.items:
        opened.add(item.id)
        if outline.in_order and item.is_required and item.id not in done:
            break
    return opened | done


def outline_of(content: Mapping[str, Any]) -> Outline:
    """Return the outline of a published version's content."""
    lessons = [lesson for section in content["sections"] for lesson in section["lessons"]]
    items = tuple(Item(lesson["id"], lesson["kind"], bool(lesson["is_required"])) for lesson in lessons)
    return Outline(items, bool(content["in_order"]))
