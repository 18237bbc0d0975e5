"""Who sees a sale, and who may do what with it. ACC-11, CTR-1, CRD-1."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Sale

ORDERING = ("administrator", "member")


def visible_to(actor: Actor) -> QuerySet[Sale]:
    """Staff of sales and administrators see every sale; a contact those of its customer, «own only» those it placed. ACC-11."""
    sales = Sale.objects.all()
    if actor.is_system or actor.has_role("sales", "operator"):
        return sales
    if not actor.is_contact or actor.customer_id is None:
        return sales.none()
    sales = sales.filter(customer_id=actor.customer_id)
    return sales.filter(placed_by_id=actor.user_id) if actor.company_role == "own" else sales


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: for files and the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_sell(actor: Actor) -> bool:
    """Confirm payments, cancel, attach invoices, record refunds: sales."""
    return actor.is_system or actor.has_role("sales")


def may_order(actor: Actor, customer_id: int) -> bool:
    """Order for a customer: any of its contacts, and sales on its behalf."""
    return may_sell(actor) or (actor.is_contact and actor.customer_id == customer_id)


def may_decide(actor: Actor, sale: Sale) -> bool:
    """Pay, cancel, take the cards, give the data of the invoice: sales, and the customer's contacts who see the sale."""
    return may_sell(actor) or (actor.is_contact and visible_to(actor).filter(pk=sale.pk).exists())


def may_keep_fiscal(actor: Actor, customer_id: int) -> bool:
    """Change what invoices are made out to: sales, and the customer's contacts but those of «own only»."""
    if may_sell(actor):
        return True
    return actor.is_contact and actor.customer_id == customer_id and actor.company_role in ORDERING


def may_see_codes(actor: Actor, sale: Sale) -> bool:
    """See codes of cards: the customer alone, never staff: whoever placed the order, and the company's administrators."""
    if not actor.is_contact or actor.customer_id != sale.customer_id:
        return False
    return actor.company_role == "administrator" or actor.owns(sale.placed_by_id)


def may_set_up(actor: Actor) -> bool:
    """Enter the keys of a payment provider: administrators."""
    return actor.has_role("administrator")
