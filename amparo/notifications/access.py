"""Who may read what was told."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from amparo.kernel.actor import Actor
from amparo.people.queries import actor_by_id, actor_in

from .kinds import KINDS
from .models import Letter, Notice

# What only some contacts of a customer may see; the rest is for whoever stands for the company.
MATTERS = ("ticket", "case", "complaint", "quote", "order", "sale", "topic", "post", "chat", "class")


def visible_to(actor: Actor) -> QuerySet[Notice]:
    """Notices are personal."""
    return Notice.objects.filter(user_id=actor.user_id) if actor.user_id is not None else Notice.objects.none()


@lru_cache(1)
def _may_see() -> Callable[[Actor, str], bool]:
    return import_string(settings.SUBJECT_VISIBILITY)


def may_still_read(letter: Letter) -> bool:
    """Ask again, at the moment of sending, whether the reader may see the matter. ACC-11, SEC-11, SEC-20.

    The right is asked for the customer that the letter concerns, whichever company the person acts for now.
    """
    actor = actor_by_id(letter.user_id)
    if not actor.is_signed_in:
        return False
    about = str((letter.words or {}).get("about") or "")
    if about and not _may_see()(actor, about):
        return False
    if actor.is_staff:
        return True
    if letter.kind in KINDS and KINDS[letter.kind].side == "staff":  # who left the staff meanwhile
        return False
    acting = actor_in(letter.user_id, letter.customer_id) if letter.customer_id else actor
    if not acting.is_contact and letter.customer_id:
        return False
    kind = letter.subject_ref.partition(":")[0]
    if kind in MATTERS:
        return _may_see()(acting, letter.subject_ref)
    return True
