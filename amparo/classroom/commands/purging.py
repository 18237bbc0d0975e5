"""What classes are emptied of when their time is over. That they were, when and for how long stays. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.classroom.machine import REMOVABLE, Film
from amparo.classroom.models import Line, LiveClass, Participant, Recording
from amparo.classroom.queries import subjects_of_case
from amparo.files import commands as files
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.media.rooms import janus

from .shared import stir, tell

PURGED = "—"


@transaction.atomic
def purge(case_id: int, *, actor: Actor, at: datetime) -> list[str]:
    """Empty the classes of a case whose record is purged; return the subjects of their facts and files, for whoever empties those. CAS-2.

    Repeated, it does what is left. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(case=case_id)
    for one in LiveClass.objects.select_for_update(of=("self",), no_key=True).filter(case=case_id, purged_at__isnull=True).order_by("pk"):
        one.title, one.purged_at = PURGED, at
        one.save(update_fields=["title", "purged_at"])
        Participant.objects.filter(live_class=one, customer__isnull=False).update(name=PURGED)
        Line.objects.filter(live_class=one).exclude(body="").update(body="")
        Recording.objects.filter(live_class=one).update(state=Film.REMOVED.value, url="", reason="", touched_at=at)
        _forget_tracks(one.room)
    return subjects_of_case(case_id)


@transaction.atomic
def remove_film(recording: Recording, *, actor: Actor, at: datetime) -> bool:
    """Remove one recording whose own time is over; return whether there was one. Who was there, and the chat, stay. CAS-2.

    Fact: `class.recording_purged`. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(recording=recording.pk)
    found = Recording.objects.select_for_update(of=("self",)).filter(pk=recording.pk, state__in=REMOVABLE)
    one = found.select_related("live_class").first()
    if one is None:
        return False
    one.state, one.url, one.reason, one.touched_at = Film.REMOVED.value, "", "", at
    one.save(update_fields=["state", "url", "reason", "touched_at"])
    files.purge([one.live_class.subject], actor=actor, at=at)
    _forget_tracks(one.live_class.room)
    tell("recording_purged", one.live_class, above=True, actor=actor, at=at)
    stir(one.live_class)
    return True


def _forget_tracks(room: str) -> None:
    """Remove what the gateway kept: tracks that never became a film, or are not in it; once that is certain."""
    transaction.on_commit(lambda: janus.forget(room))
