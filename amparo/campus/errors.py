"""Refusals of the campus."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NoEntry(Refusal):
    """ACC-4, ACC-9: who may not take a course is told what it needs and how to get it."""

    code = "no_entry"
    status = 403
    message = _("You cannot take this course yet.")


class ContentClosed(Refusal):
    """ACC-4: the standing for the lessons ended; progress and certificates stay."""

    code = "content_closed"
    status = 403
    message = _("The lessons of this course are closed to you now. Your progress and certificates stay.")


class CreditsShort(Refusal):
    """CHG-3: so many credits are missing; the remedies say how they are got."""

    code = "credits_missing"
    message = _("There are not enough credits for this. Redeem a service card, or ask us for one.")


class AlreadyStarted(Refusal):
    """CHG-3: once the first lesson was opened it is charged, and not simply cancelled."""

    code = "course_started"
    message = _("The course has begun already, so it cannot be cancelled any more. Its lessons stay open to you.")


class NotStarted(Refusal):
    code = "course_not_started"
    message = _("Start the course first: then its lessons open.")


class LessonLocked(Refusal):
    code = "lesson_locked"
    status = 403
    message = _("This lesson opens when the ones before it are done.")


class NoPlace(Refusal):
    code = "no_place"
    message = _("There is no place left in this group. Choose another one.")


class CohortDates(Refusal):
    code = "cohort_dates"
    message = _("This group has not begun yet, or is over. Choose another one, or come back on its first day.")


class NoAttempts(Refusal):
    code = "no_attempts"
    message = _("You have used every attempt at this quiz. Your instructor can allow one more.")


class SeatTaken(Refusal):
    """A seat is given to another until its person has started the course."""

    code = "seat_taken"
    message = _("This seat is used already: its person has started the course.")


class NothingToRenew(Refusal):
    code = "nothing_to_renew"
    message = _("You have passed this course, and its certificate is in force. Nothing is to be renewed.")


class CourseIncomplete(Invalid):
    """What stands in the way of publishing; `context["lacks"]` lists it in words."""

    code = "course_incomplete"
    message = _("The course cannot be published yet.")


class ContentInvalid(Invalid):
    code = "content_invalid"
    message = _("This is not filled in right. Correct it and try again.")


class PackageRefused(Invalid):
    """SEC-28: a package that is not safe to read, or not SCORM; nothing of it was kept."""

    code = "package_refused"
    message = _("This file cannot be used as a SCORM package.")
