"""Who sees a quote or an order, and who may do what with it and with the catalogue. ACC-8, ACC-11, QUO-1, QUO-5."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .machine import ORDER_LIFE, QUOTE_LIFE, OrderMove, OrderState, QuoteMove
from .models import CatalogueItem, Quote, ServiceOrder, ServiceRequest

QUOTING = ("engineer", "developer", "operator", "sales")
WORKING = ("engineer", "developer", "operator")


def visible_to(actor: Actor) -> QuerySet[Quote]:
    """Staff see every quote; a contact those presented to the customer it acts for, one with the role «own» its own. ACC-11."""
    quotes = Quote.objects.all()
    if actor.is_staff or actor.is_system:
        return quotes
    if not actor.is_contact or actor.customer_id is None:
        return quotes.none()
    quotes = quotes.filter(customer_id=actor.customer_id, shown__gte=1)
    if actor.company_role == "own":
        quotes = quotes.filter(contact_id=actor.user_id)
    return quotes


def orders_visible_to(actor: Actor) -> QuerySet[ServiceOrder]:
    """The same for orders, by their quotes. ACC-11."""
    orders = ServiceOrder.objects.all()
    if actor.is_staff or actor.is_system:
        return orders
    if not actor.is_contact or actor.customer_id is None:
        return orders.none()
    orders = orders.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        orders = orders.filter(quote__contact_id=actor.user_id)
    return orders


def items_visible_to(actor: Actor) -> QuerySet[CatalogueItem]:
    """Staff see the whole catalogue, a contact what is offered. QUO-2, ACC-8."""
    items = CatalogueItem.objects.all()
    if actor.is_staff or actor.is_system:
        return items
    return items.filter(is_offered=True) if actor.is_contact else items.none()


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a quote's number: for files and the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_see_order_id(actor: Actor, number: int) -> bool:
    """The same rule for an order's number."""
    return orders_visible_to(actor).filter(pk=number).exists()


def may_edit_catalogue(actor: Actor) -> bool:
    """Items, prices and formulas are an administrator's. QUO-2."""
    return actor.has_role("administrator")


def may_quote(actor: Actor) -> bool:
    """Draft, present and withdraw quotes. QUO-1, QUO-3."""
    return actor.has_role(*QUOTING)


def may_decide(actor: Actor, quote: Quote) -> bool:
    """Accept, reject or ask for a change: a contact of the customer who sees it, never staff for it. QUO-3, CHG-3."""
    if not actor.is_contact or quote.customer_id != actor.customer_id or quote.shown < 1:
        return False
    return actor.company_role != "own" or actor.owns(quote.contact_id)


def may_decide_order(actor: Actor, order: ServiceOrder) -> bool:
    """Accept a delivery or say that it does not meet what was specified: the customer alone. QUO-5, CAS-6."""
    return may_decide(actor, order.quote)


def may_work(actor: Actor) -> bool:
    """Start, deliver, tell a delay: who does the work. QUO-5."""
    return actor.has_role(*WORKING)


def may_cancel(actor: Actor, order: ServiceOrder) -> bool:
    """Before work starts: the customer, or who does the work. CHG-3."""
    return may_decide_order(actor, order) or may_work(actor)


def quote_moves(actor: Actor, quote: Quote) -> set[QuoteMove]:
    """Return the moves that the state allows and the actor may make, for buttons; commands ask again."""
    decides = {QuoteMove.ACCEPT, QuoteMove.REJECT, QuoteMove.ASK_CHANGE}
    theirs = decides if may_decide(actor, quote) else {QuoteMove.REVISE, QuoteMove.PRESENT, QuoteMove.WITHDRAW} if may_quote(actor) else set()
    return {move for move in QUOTE_LIFE.open_moves(quote.state) if move in theirs}


def order_moves(actor: Actor, order: ServiceOrder) -> set[OrderMove]:
    """The same for an order."""
    theirs: set[OrderMove] = set()
    if may_decide_order(actor, order):
        theirs = {OrderMove.ACCEPT_DELIVERY, OrderMove.REFUSE_DELIVERY, OrderMove.CANCEL}
    elif may_work(actor):
        theirs = {OrderMove.START, OrderMove.DELIVER, OrderMove.TELL_DELAY, OrderMove.CANCEL}
    return {move for move in ORDER_LIFE.open_moves(OrderState(order.state)) if move in theirs}


# --- general development requests ------------------------------------------------------------------------------------


def requests_visible_to(actor: Actor) -> QuerySet[ServiceRequest]:
    """Staff see what was sent; a contact the requests of its customer, drafts too, one with the role «own» its own. QUO-4, ACC-11."""
    requests = ServiceRequest.objects.filter(discarded_at__isnull=True)
    if actor.is_staff or actor.is_system:
        return requests.filter(sent__gte=1)
    if not actor.is_contact or actor.customer_id is None:
        return requests.none()
    requests = requests.filter(customer_id=actor.customer_id)
    return requests.filter(contact_id=actor.user_id) if actor.company_role == "own" else requests


def may_see_request_id(actor: Actor, number: int) -> bool:
    """The same rule for a request's number: for files and the stream."""
    return requests_visible_to(actor).filter(pk=number).exists()


def may_write_request(actor: Actor, request: ServiceRequest) -> bool:
    """The customer's contacts write it, one with the role «own» its own; never staff for them. QUO-4."""
    if not actor.is_contact or request.customer_id != actor.customer_id:
        return False
    return actor.company_role != "own" or actor.owns(request.contact_id)
