"""A recording on its way from the gateway's tracks to one film that plays. LIV-1, LIV-3."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from amparo.classroom import access
from amparo.classroom.machine import Film
from amparo.classroom.models import LiveClass, Recording
from amparo.files import commands as files
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted

from .shared import permit, stir, tell

TRIES_MAX = 3
ABANDONED_MINUTES = 10  # a worker that makes a film says so now and then


@transaction.atomic
def next_film(*, at: datetime) -> Recording | None:
    """Claim the recording that has waited longest, or whose maker died. Any number of workers may ask."""
    abandoned = Q(state=Film.MAKING.value, touched_at__lt=at - timedelta(minutes=ABANDONED_MINUTES))
    found = Recording.objects.select_for_update(skip_locked=True, of=("self",)).select_related("live_class")
    one = found.filter(Q(state=Film.WAITING.value, touched_at__lte=at) | abandoned).order_by("touched_at", "pk").first()
    if one is not None:
        one.state, one.touched_at, one.tries = Film.MAKING.value, at, one.tries + 1
        one.save(update_fields=["state", "touched_at", "tries"])
    return one


@transaction.atomic
def begin_film(recording: Recording, *, at: datetime) -> None:
    """Say that the film is being made."""
    progress_film(recording, 1, at=at)


@transaction.atomic
def progress_film(recording: Recording, percent: int, *, at: datetime) -> None:
    """Say how far it is."""
    if Recording.objects.filter(pk=recording.pk, state=Film.MAKING.value).update(percent=percent, touched_at=at):
        stir(recording.live_class)


def film_done(
    recording: Recording, path: Path | None, *, seconds: int, url: str = "", left_out: int = 0, actor: Actor, at: datetime
) -> Recording | None:
    """Attach the film to its class, and tell so on the record of its case or course; no track and no page elsewhere: nothing was recorded.

    It is copied and hashed before the transaction begins. `left_out` is how many tracks are not in it: they are kept as long as it is.
    None where another made it meanwhile, or its time was over. Fact: `class.recorded`. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted
    with contextlib.ExitStack() as stack:
        came = stack.enter_context(files.bring(path)) if path is not None else None
        return _attached(recording, came, seconds, url, left_out, actor, at)


@transaction.atomic
def _attached(recording: Recording, came: files.Received | None, seconds: int, url: str, left_out: int, actor: Actor, at: datetime) -> Recording | None:
    recording = Recording.objects.select_for_update(of=("self",)).select_related("live_class").get(pk=recording.pk)
    if recording.state in (Film.READY, Film.REMOVED):
        return None
    live_class = recording.live_class
    recording.state = Film.READY.value if came is not None or url else Film.EMPTY.value
    if came is not None:
        name = f"{live_class.title[:100]}.webm"
        recording.file = files.keep_brought(came, subject=live_class.subject, name=name, content_type="video/webm", actor=actor, at=at)
    recording.percent, recording.seconds, recording.url, recording.touched_at, recording.reason = 100, seconds, url, at, ""
    recording.left_out = left_out
    recording.save()
    if recording.state == Film.READY:
        kept = recording.file.public_id if recording.file else ""
        tell("recorded", live_class, above=True, actor=SYSTEM, at=at, seconds=seconds, file=kept, left_out=left_out)
    stir(live_class)
    return recording


@transaction.atomic
def look_again(room: str, *, at: datetime) -> int:
    """Look soon for the recording of a room that another server said is ready; rooms that we do not know change nothing."""
    found = Recording.objects.filter(live_class__room=room, state__in=(Film.WAITING.value, Film.EMPTY.value, Film.FAILED.value))
    return found.update(state=Film.WAITING.value, touched_at=at, tries=0)


@transaction.atomic
def try_film_again(live_class: LiveClass, *, actor: Actor, at: datetime) -> bool:
    """Let a film that could not be made be tried three times more, of the tracks that were kept. LIV-1, LIV-3.

    False where it has not failed: it is under way, there, or removed, and stays as it is. Fact: `class.film_tried_again`.
    Raises NotPermitted.
    """
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    found = Recording.objects.filter(live_class=live_class, state=Film.FAILED.value)
    if not found.update(state=Film.WAITING.value, reason="", touched_at=at, percent=0, tries=0):
        return False
    tell("film_tried_again", live_class, actor=actor, at=at)
    stir(live_class)
    return True


@transaction.atomic
def fail_film(recording: Recording, reason: str, *, at: datetime) -> Recording:
    """Note that it could not be made: it is tried again after a while, three times in all; the tracks stay. What is not being made any more stays as it is."""
    recording = Recording.objects.select_for_update(of=("self",)).select_related("live_class").get(pk=recording.pk)
    if recording.state != Film.MAKING:
        return recording
    recording.state = Film.WAITING.value if recording.tries < TRIES_MAX else Film.FAILED.value
    recording.reason, recording.touched_at = reason[:400], at + timedelta(minutes=recording.tries)
    recording.save(update_fields=["state", "reason", "touched_at"])
    stir(recording.live_class)
    return recording
