"""Who sees which video, and who keeps them. ACC-1, ACC-11, SEC-25, SEC-27."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from amparo.contracts.access import readable, reader
from amparo.contracts.rules.audience import ANYBODY
from amparo.kernel.actor import Actor

from .models import Video


def visible_to(actor: Actor, *, at: datetime) -> QuerySet[Video]:
    """Return what is published for somebody: his audiences, his products. One statement more for who is signed in. ACC-1.

    List, page, bytes, captions, search, sitemap and counts all ask here.
    """
    return Video.objects.filter(readable(reader(actor, at=at)), state="published")


def open_to_all() -> QuerySet[Video]:
    """Return what anybody may see: for the sitemap."""
    return Video.objects.filter(readable(ANYBODY), state="published")


def on_desk(actor: Actor) -> QuerySet[Video]:
    """Return what the desk lists: everything for staff, drafts too."""
    return Video.objects.all() if actor.is_staff or actor.is_system else Video.objects.none()


def may_edit(actor: Actor) -> bool:
    """Editors upload, describe and publish. SRC-3, SEC-27."""
    return actor.is_system or actor.has_role("editor")


def may_play(actor: Actor, *, at: datetime) -> QuerySet[Video]:
    """Return the videos whose bytes somebody may be given: what he sees, and drafts too for those who edit. SEC-25."""
    return Video.objects.all() if may_edit(actor) else visible_to(actor, at=at)


def may_see_id(actor: Actor, number: int) -> bool:
    """For what hangs on a video's number (the stream of its conversion): staff alone; readers get bytes by their own address."""
    return on_desk(actor).filter(pk=number).exists()
