"""Who may see and do what with agreements. AGR-1, ACC-11."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from amparo.kernel.actor import Actor
from amparo.policies.queries import value

from .models import Acceptance, Agreement, AgreementVersion


def visible_to(actor: Actor) -> QuerySet[AgreementVersion]:
    """Return the versions that somebody may read: what is published, anybody; drafts, who edits. AGR-1."""
    versions = AgreementVersion.objects.select_related("agreement")
    return versions if may_edit(actor) else versions.filter(published_at__isnull=False)


def agreements_visible_to(actor: Actor) -> QuerySet[Agreement]:
    """Return the documents that somebody may know of: those with a published version; all, who edits. AGR-1."""
    if may_edit(actor):
        return Agreement.objects.all()
    return Agreement.objects.filter(versions__published_at__isnull=False).distinct()


def acceptances_visible_to(actor: Actor) -> QuerySet[Acceptance]:
    """Return the acceptances that somebody may see: staff all, a contact those of its customer. ACC-11."""
    found = Acceptance.objects.select_related("version__agreement", "customer")
    if actor.is_staff or actor.is_system:
        return found
    if actor.is_contact:
        return found.filter(customer=actor.customer_id)
    return found.none()


def may_see_acceptance_id(actor: Actor, number: int) -> bool:
    """True where the actor may see the acceptance of a typed string."""
    return acceptances_visible_to(actor).filter(pk=number).exists()


def may_edit(actor: Actor) -> bool:
    """Administrators draft, publish, and say what a document governs."""
    return actor.is_system or actor.has_role("administrator")


def may_read_acceptances(actor: Actor) -> bool:
    """All staff may see who accepted what."""
    return actor.is_staff


def may_accept(actor: Actor, customer_id: int, *, at: datetime) -> bool:
    """The administrators of the customer accept for it; its members where a setting says so. AGR-1."""
    return actor.is_contact and actor.customer_id == customer_id and may_bind(actor.company_role or "", at=at)


def may_bind(company_role: str, *, at: datetime) -> bool:
    """True where a contact of this role in its company may accept for it."""
    return company_role == "administrator" or (
        company_role == "member" and bool(value("agreements.members_may_accept", at=at))
    )


def may_record_by_telephone(actor: Actor) -> bool:
    """Who talks with callers reads the text to them and notes down their yes. TEL-2."""
    return actor.is_system or actor.has_role("operator", "engineer", "sales")
