"""The classes of a case as its record tells them: who was there, what was written, the recording. CAS-1, CAS-7, LIV-3."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from amparo.classroom.machine import REMOVABLE, Film, State
from amparo.classroom.models import Line, LiveClass, Recording
from amparo.kernel.months import kept_since
from amparo.policies.queries import value

from .attendance import attendance


def films_of_case(case_id: int) -> list[int]:
    """Return the files that are recordings of classes of a case."""
    found = Recording.objects.filter(live_class__case=case_id, state=Film.READY.value, file__isnull=False)
    return [pk for pk in found.order_by("pk").values_list("file_id", flat=True) if pk is not None]


def record_of_case(case_id: int) -> list[dict[str, Any]]:
    """Return the classes of a case, oldest first: when, by whom, who was there, what was written in the chat, the recording's file."""
    rows = LiveClass.objects.filter(case=case_id).select_related("instructor", "recording__file").order_by("starts_at", "pk")
    return [_told(one) for one in rows]


def _told(one: LiveClass) -> dict[str, Any]:
    film = getattr(one, "recording", None)
    said = Line.objects.filter(live_class=one).select_related("participant").order_by("pk")
    return {
        "number": one.pk, "title": one.title, "state": one.state, "instructor": one.instructor.name, "starts_at": one.starts_at, "minutes": one.minutes,
        "began_at": one.began_at, "ended_at": one.ended_at,
        "people": [{"name": row.name, "role": row.role, "came_at": row.came_at, "left_at": row.left_at, "minutes": row.minutes} for row in attendance(one).rows],
        "lines": [{"author": line.participant.name, "at": line.at, "body": line.body} for line in said],
        "recording": film.state if film else "", "recording_url": film.url if film else "", "seconds": film.seconds if film else 0,
        "film": film.file_id if film and film.state == Film.READY else None,
    }  # fmt: skip


def subjects_of_case(case_id: int) -> list[str]:
    """Return the subjects of a case's classes: their facts and files."""
    return [one.subject for one in LiveClass.objects.filter(case=case_id).only("pk").order_by("pk")]


def due_films(*, at: datetime, after: int = 0, limit: int = 50) -> list[Recording]:
    """Return recordings of classes that were kept for their own time, `classroom.recording_months`, also as tracks of which no film was made. CAS-2."""
    before = kept_since(at, value("classroom.recording_months", at=at), ZoneInfo(settings.TIME_ZONE))
    old = Recording.objects.filter(state__in=REMOVABLE, live_class__state=State.ENDED.value, live_class__ended_at__lt=before)
    return list(old.filter(pk__gt=after).select_related("live_class").order_by("pk")[:limit])
