"""Who sees a remote session, and who may do what in it. ACC-11, LIV-2, LIV-3."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.cases import access as cases
from amparo.cases.models import Case
from amparo.kernel.actor import Actor

from .models import Session


def visible_to(actor: Actor) -> QuerySet[Session]:
    """Whoever sees the case sees its sessions. ACC-11."""
    sessions = Session.objects.all()
    if actor.is_staff or actor.is_system:
        return sessions
    return sessions.filter(case__in=cases.visible_to(actor))


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: for the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_offer(actor: Actor, case: Case) -> bool:
    """Offer a session: who attends cases. LIV-2."""
    return cases.may_work(actor, case)


def may_conduct(actor: Actor, session: Session) -> bool:
    """See and control: the engineer to whom the session is bound, while he attends cases. SEC-39."""
    return actor.owns(session.engineer_id) and cases.may_work(actor, session.case)


def may_end(actor: Actor, session: Session) -> bool:
    """End it: who sees the case, on either side; the customer stops it at any time. LIV-2."""
    return actor.is_system or (cases.may_see(actor, session.case) and (not actor.is_staff or cases.may_work(actor, session.case)))


def may_reveal(actor: Actor, session: Session) -> bool:
    """Read what was typed, unmasked: quality control and administrators, on the record each time."""
    return actor.has_role("quality") or actor.has_role("administrator")
