"""Refusals of deadlines."""

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NeverOpen(Refusal):
    """The calendar does not open often enough for the question ever to have an answer. TIM-11."""

    code = "calendar_never_open"
    status = 422
    message = _(
        "This calendar does not open again, so there is no such moment. Give it weekly hours or openings."
    )


class BeyondCalendar(Refusal):
    """The question lies outside of the years whose holidays the calendar knows."""

    code = "beyond_calendar"
    status = 422
    message = _(
        "The calendar does not know the holidays of that year. Ask for a moment within the years that it knows."
    )


class NoCalendar(Refusal):
    code = "no_calendar"
    status = 404
    message = _("There is no calendar by this name. See the list of calendars for their names.")


class UnknownKind(Refusal):
    code = "unknown_promise_kind"
    status = 422
    message = _("There is no kind of promise with this code.")


class NotOwed(Refusal):
    """The promise was already met or ended; it can be neither a second time."""

    code = "promise_not_owed"
    message = _("This promise is no longer owed: it was already met or ended.")


class NothingToRemove(Refusal):
    code = "date_not_listed"
    message = _("The calendar has nothing of its own on this date. Look at the calendar as it stands now.")


class BadCalendar(Invalid):
    """A schedule, closure or opening that cannot be read or makes no sense."""

    code = "bad_calendar"
