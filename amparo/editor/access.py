"""Who may write what readers read: editors and administrators. SRC-2, SRC-3, SEC-53."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from amparo.kernel.actor import Actor

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
