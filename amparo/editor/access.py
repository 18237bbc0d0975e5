"""Who may write what readers read: editors and administrators. SRC-2, SRC-3, SEC-53."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from amparo.kernel.actor import Actor
from amparo.people.queries import staff_with
from amparo.policies.queries import value

from .policies import ALWAYS, SEVERAL

EDITOR = "editor"
OWN_WORK = PermissionDenied("what one asked to be reviewed is reviewed by another")
# What an editor may do with an edited thing. Nobody removes one: it is taken back, and stays on the record.
ACTIONS = frozenset({"add", "change", "view", "publish", "lock", "unlock"})
# Models that the editor edits, as "app.model", with their place in its menu: filled by viewsets.register.
EDITABLE: dict[str, int] = {}


def may_edit(actor: Actor) -> bool:
    """Write, publish, take back: who has the role of editor, and administrators."""
    return actor.is_system or actor.has_role(EDITOR)


def may_by_permission(actor: Actor, permission: str) -> bool:
    """Answer Wagtail's question for a permission by name ("knowledge.publish_article"). SEC-53.

    Whatever is not about an edited thing (people, groups, sites, collections, workflows, images) nobody may there.
    """
    if not may_edit(actor):
        return False
    app, _sep, codename = permission.partition(".")
    if permission == "wagtailadmin.access_admin":
        return True
    action, _sep, model = codename.partition("_")
    return action in ACTIONS and f"{app}.{model}" in EDITABLE


def is_own_work(thing: Any, user_id: int) -> bool:
    """True where somebody wrote alone what waits to be published, or asked for its review himself."""
    state = thing.current_workflow_state if thing.pk else None
    if state is not None and state.requested_by_id == user_id:
        return True
    if thing.pk is None:
        return True
    waiting = thing.revisions.filter(user__isnull=False)
    if thing.live_revision_id is not None:
        waiting = waiting.filter(created_at__gt=thing.live_revision.created_at).exclude(pk=thing.live_revision_id)
    return not waiting.exclude(user_id=user_id).exists()


def wants_another(thing: Any, actor: Actor, *, at: datetime) -> bool:
    """True where the setting asks that another editor publishes what this one wrote. SRC-2, SEC-53. The service itself may."""
    if actor.user_id is None:
        return False
    asked = value("editor.second_pair", at=at)
    if asked == ALWAYS or (asked == SEVERAL and len(staff_with(EDITOR)) > 1):
        return is_own_work(thing, actor.user_id)
    return False
