"""A class for one's calendar, as a download or with a letter. LIV-1."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from amparo.classroom.machine import State
from amparo.classroom.models import LiveClass
from amparo.classroom.rules.calendar import Meeting, calendar_file


def calendar_of(number: int, *, at: datetime) -> bytes | None:
    """Return the calendar file of a class; a change of it has a higher number, so that calendars take it over. None where there is none."""
    one = LiveClass.objects.filter(pk=number).first()
    if one is None:
        return None
    url = f"{settings.PUBLIC_URL}/classroom/{one.pk}/"
    meeting = Meeting(
        uid=f"{one.uid}@classroom", title=one.title, starts_at=one.starts_at, ends_at=one.ends_at, url=url,
        description=_("Enter here: %(url)s") % {"url": url}, sequence=one.changes, cancelled=one.state == State.CANCELLED,
        remind_minutes=15, reminder=_("The class begins soon."),
    )  # fmt: skip
    return calendar_file(meeting, at=at)
