"""Drafts and publication of edited things, for apps whose people never open the editor. SRC-1, SRC-2."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.apps import apps
from django.db import IntegrityError, transaction
from wagtail.models import Revision

from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Refusal
from amparo.people.models import User

from . import access
from .errors import OwnWork
from .models import Edited

AT_ONCE = 20
log = structlog.get_logger(__name__)


def _user(actor: Actor) -> User | None:
    return User.objects.get(pk=actor.user_id) if actor.user_id is not None else None


@transaction.atomic
def save_draft(thing: Any, *, actor: Actor, at: datetime) -> Revision:
    """Keep a thing as a draft: a new one as a row that nobody reads yet, a live one beside what is published."""
    if thing.pk is None:
        thing.live = False
        thing.full_clean(exclude=["latest_revision", "live_revision"])
        thing.save()
    revision = thing.save_revision(user=_user(actor), clean=False, log_action=True)
    Revision.objects.filter(pk=revision.pk).update(created_at=at)
    return revision


@transaction.atomic
def publish(thing: Any, *, actor: Actor, at: datetime) -> Any:
    """Publish the latest draft now, also one that was to come out later. Returns the thing as it stands.

    Raises OwnWork where the setting asks for another pair of eyes. SRC-2.
    """
    if access.wants_another(thing, actor, at=at):
        raise OwnWork()
    revision = thing.latest_revision or save_draft(thing, actor=actor, at=at)
    draft = revision.as_object()
    if draft.go_live_at is not None and draft.go_live_at > at:
        draft.go_live_at = None
        revision = save_draft(draft, actor=actor, at=at)
    thing.publish_at(revision, actor, at, user=_user(actor), skip_permission_checks=True)
    return type(thing)._default_manager.get(pk=thing.pk)


@transaction.atomic
def unpublish(thing: Any, *, actor: Actor, at: datetime) -> Any:
    """Take a thing back from its readers; it stays as a draft."""
    thing.unpublish_at(actor, at, user=_user(actor))
    return type(thing)._default_manager.get(pk=thing.pk)


def publish_due(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Publish what was scheduled for now, and take back what ends now; each once, however many workers run. SRC-3.

    The hour that was set is when it takes effect, also after a stop. What is refused at its hour (its code was taken
    meanwhile) is a draft again, which its history in the editor tells, and holds nothing else up.
    """
    done = 0
    for _turn in range(limit):
        if not (_publish_one(at) or _expire_one(at)):
            break
        done += 1
    return done


@transaction.atomic
def _publish_one(at: datetime) -> bool:
    due = Revision.objects.select_for_update(skip_locked=True).filter(approved_go_live_at__lte=at)
    revision = due.order_by("approved_go_live_at", "pk").first()
    if revision is None:
        return False
    try:
        with transaction.atomic():
            revision.content_object.publish_at(revision, SYSTEM, revision.approved_go_live_at, log_action="wagtail.publish.scheduled")
    except (Refusal, IntegrityError) as refused:
        log.warning("scheduled publication refused", revision=revision.pk, reason=getattr(refused, "code", "constraint"))
        revision.approved_go_live_at = None
        revision.save(update_fields=["approved_go_live_at"])
        return True
    return not Revision.objects.filter(pk=revision.pk, approved_go_live_at__isnull=False).exists()


@transaction.atomic
def _expire_one(at: datetime) -> bool:
    for model in apps.get_models():
        if issubclass(model, Edited):
            ending = model._default_manager.select_for_update(skip_locked=True, of=("self",)).filter(live=True, expire_at__lte=at)
            thing = ending.order_by("expire_at", "pk").first()
            if thing is not None:
                thing.unpublish_at(SYSTEM, thing.expire_at, set_expired=True, log_action="wagtail.unpublish.scheduled")
                return True
    return False
