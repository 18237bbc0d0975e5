"""Who may see and keep records of calls, use a line, set exchanges up. ACC-11, TEL-3."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor
from amparo.people.models import User

from .models import Call, Callback, Exchange, ExchangeCall, Line

ROLES = ("operator", "engineer", "sales")
READERS = (*ROLES, "quality", "rnd_director", "developer")


def visible_to(actor: Actor) -> QuerySet[Call]:
    """Return the calls an actor may see: staff of the counter all, customers none (they see the case)."""
    if actor.is_system or actor.has_role(*READERS):
        return Call.objects.all()
    return Call.objects.none()


def lines_visible_to(actor: Actor) -> QuerySet[ExchangeCall]:
    """Return the calls of exchanges an actor may see: who takes calls, and quality."""
    if actor.is_system or actor.has_role(*ROLES, "quality"):
        return ExchangeCall.objects.all()
    return ExchangeCall.objects.none()


def callbacks_visible_to(actor: Actor) -> QuerySet[Callback]:
    """Return the calls back an actor may see: the same people."""
    if actor.is_system or actor.has_role(*ROLES, "quality"):
        return Callback.objects.all()
    return Callback.objects.none()


def may_see_callback_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: `callback:<number>`."""
    return callbacks_visible_to(actor).filter(pk=number).exists()


def may_take_calls(actor: Actor) -> bool:
    """Operators, engineers and sales answer the telephone. TEL-2."""
    return actor.has_role(*ROLES)


def may_note(actor: Actor, call: Call) -> bool:
    """True where the actor may say what came of a call: who took it, or an administrator."""
    return may_take_calls(actor) and (actor.owns(call.taken_by_id) or "administrator" in actor.roles)


def may_configure(actor: Actor) -> bool:
    """Set exchanges and lines up: administrators alone, for they hold secrets. SEC-57."""
    return actor.has_role("administrator")


def exchanges_visible_to(actor: Actor) -> QuerySet[Exchange]:
    """Who sets exchanges up sees them; nobody else does."""
    return Exchange.objects.all() if may_configure(actor) else Exchange.objects.none()


def own_lines(actor: Actor) -> QuerySet[Line]:
    """Return the lines of the actor himself: nobody, an administrator neither, gets another's password. SEC-57."""
    if actor.user_id is None or not may_take_calls(actor):
        return Line.objects.none()
    return Line.objects.filter(user=actor.user_id, exchange__is_active=True).select_related("exchange")


def may_use_line(actor: Actor, line: Line) -> bool:
    """True for the person whose line it is."""
    return may_take_calls(actor) and actor.owns(line.user_id)


def takers() -> QuerySet[User]:
    """Return the staff who take calls."""
    return User.objects.filter(is_active=True, staff_roles__role__in=(*ROLES, "administrator")).distinct().order_by("name", "id")
