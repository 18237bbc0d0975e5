"""The verbs of the campus."""

from .certificates import outgrow, remind_due
from .editing import (
    add_course,
    add_lesson,
    add_section,
    change_course,
    change_lesson,
    move_lesson,
    move_section,
    put_question,
    remove_lesson,
    remove_question,
    remove_section,
    rename_section,
)
from .enrolling import cancel, enrol, start
from .learning import finish_lesson, mark_attended, switch_version
from .publishing import drop_class, offer_again, place_class, plan_class, publish, put_cohort, retire
from .quizzes import allow_attempt, allowed_more, begin_attempt, keep_answers, lapse_due, submit, terms_of
from .scorm import add_package, put_package, read_package, sweep, track
from .seats import assign, buy_seats, give_back_seat, take_back

__all__ = [
    "add_course", "add_lesson", "add_package", "add_section", "allow_attempt", "allowed_more", "assign", "begin_attempt", "buy_seats", "cancel", "change_course",
    "change_lesson", "drop_class", "enrol", "finish_lesson", "give_back_seat", "keep_answers", "lapse_due", "mark_attended", "move_lesson",
    "move_section", "offer_again", "outgrow", "place_class", "plan_class", "publish", "put_cohort", "put_package", "put_question", "read_package",
    "remind_due", "remove_lesson", "remove_question",
    "remove_section", "rename_section", "retire", "start", "submit", "sweep", "switch_version", "take_back", "terms_of", "track",
]  # fmt: skip
