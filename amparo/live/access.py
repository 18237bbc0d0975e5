"""Who may see and keep records of calls. ACC-11, TEL-3."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Call

ROLES = ("operator", "engineer", "sales")
READERS = (*ROLES, "quality", "rnd_director", "developer")


def visible_to(actor: Actor) -> QuerySet[Call]:
    """Return the calls an actor may see: staff of the counter all, customers none (they see the case)."""
    if actor.is_system or actor.has_role(*READERS):
        return Call.objects.all()
    return Call.objects.none()


def may_take_calls(actor: Actor) -> bool:
    """Operators, engineers and sales answer the telephone. TEL-2."""
    return actor.has_role(*ROLES)


def may_note(actor: Actor, call: Call) -> bool:
    """True where the actor may say what came of a call: who took it, or an administrator."""
    return may_take_calls(actor) and (actor.owns(call.taken_by_id) or "administrator" in actor.roles)
