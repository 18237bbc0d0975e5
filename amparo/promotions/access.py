"""Who sees and makes promotions. PRO-1."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from amparo.kernel.actor import Actor

from .models import Promotion


def visible_to(actor: Actor) -> QuerySet[Promotion]:
    """Staff see every promotion; a contact those published without a code, and those whose code it entered."""
    promotions = Promotion.objects.all()
    if actor.is_staff or actor.is_system:
        return promotions
    if not actor.is_contact or actor.customer_id is None:
        return promotions.none()
    known = Q(code="") | Q(claims__customer_id=actor.customer_id)
    return promotions.filter(known, published_at__isnull=False).distinct()


def may_make(actor: Actor) -> bool:
    """Promotions are made, published and ended by sales."""
    return actor.is_system or actor.has_role("sales")


def may_claim(actor: Actor, customer_id: int) -> bool:
    """Enter a code: a contact for its customer, sales for a caller."""
    if actor.is_contact:
        return actor.customer_id == customer_id
    return actor.is_system or actor.has_role("sales")
