"""Reads of orders: the page, the list, and the board of developers. QUO-5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.files.models import StoredFile
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page
from amparo.quotations import access
from amparo.quotations.machine import OrderMove, OrderState
from amparo.quotations.models import Compatibility, Delay, Delivery, ServiceOrder
from amparo.quotations.models.orders import order_number
from amparo.threads.models import EntryFile

from .compatibility import found_of
from .shared import newest


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as lists and the board show it."""

    id: int
    number: str
    title: str
    kind: str
    state: str
    customer: str
    assignee_id: int | None
    assignee: str
    accepted_at: datetime
    due_at: datetime
    rounds: int
    moves: int


@dataclass(slots=True)
class OrderPage:
    """An order with its deliveries (files with each), its delays, and what may be done."""

    order: ServiceOrder
    deliveries: list[Delivery]
    files: dict[int, list[StoredFile]]
    delays: list[Delay]
    moves: set[OrderMove]
    fares: list[Compatibility]

    @property
    def open_delivery(self) -> Delivery | None:
        return next((one for one in self.deliveries if not one.answer), None)


_FIELDS = (
    "id", "title", "kind", "state", "customer__name", "assignee_id", "assignee__name", "accepted_at", "due_at", "rounds", "moves",
)  # fmt: skip
OPEN = (OrderState.ACCEPTED.value, OrderState.IN_PROGRESS.value, OrderState.DELIVERED.value)
BOARD_MAX = 200


def _row(row: dict[str, Any]) -> OrderRow:
    return OrderRow(
        id=row["id"], number=order_number(row["id"]), title=row["title"], kind=row["kind"], state=row["state"],
        customer=row["customer__name"], assignee_id=row["assignee_id"], assignee=row["assignee__name"] or "",
        accepted_at=row["accepted_at"], due_at=row["due_at"], rounds=row["rounds"], moves=row["moves"],
    )  # fmt: skip


def order_page(actor: Actor, order_id: int) -> OrderPage | None:
    """Return an order as its page shows it, None for who may not see it. ACC-11, QUO-5."""
    found = access.orders_visible_to(actor).select_related("thread", "customer", "quote", "version", "charge", "assignee", "accepted_by")
    order = found.filter(pk=order_id).first()
    if order is None:
        return None
    deliveries = list(Delivery.objects.filter(order=order).select_related("delivered_by", "answered_by").order_by("number"))
    files: dict[int, list[StoredFile]] = {}
    entries = [one.entry_id for one in deliveries if one.entry_id]
    for attached in EntryFile.objects.filter(entry_id__in=entries).select_related("file").order_by("pk"):
        files.setdefault(attached.entry_id, []).append(attached.file)
    delays = list(Delay.objects.filter(order=order).select_related("told_by").order_by("number"))
    return OrderPage(order, deliveries, files, delays, access.order_moves(actor, order), found_of(order) if deliveries else [])


def board(actor: Actor, *, mine: bool = False, kind: str = "") -> dict[str, list[OrderRow]]:
    """Return what is open by state, what is due first first. One statement. QUO-5."""
    found = access.orders_visible_to(actor).filter(state__in=OPEN)
    if mine:
        found = found.filter(assignee_id=actor.user_id)
    if kind:
        found = found.filter(kind=kind)
    columns: dict[str, list[OrderRow]] = {state: [] for state in OPEN}
    for row in found.order_by("due_at", "id").values(*_FIELDS)[:BOARD_MAX]:
        columns[row["state"]].append(_row(row))
    return columns


_VIEWS = {"open": OPEN, "over": (OrderState.FINISHED.value, OrderState.CANCELLED.value)}


def orders_list(
    actor: Actor, *, view: str = "open", customer_id: int | None = None, after: str = "", size: int = 50
) -> Page[OrderRow]:
    """Return the orders that the actor may see, newest first. One statement."""
    found = access.orders_visible_to(actor).filter(state__in=_VIEWS.get(view, OPEN))
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    return newest(found.values(*_FIELDS), _row, after=after, size=size)


def orders_of(subject: str) -> list[ServiceOrder]:
    """Return the orders of a case (`case:41`) with their charges, oldest first. One statement."""
    kind, _sep, number = subject.partition(":")
    found = ServiceOrder.objects.filter(thread__kind=kind, thread__number=int(number))
    return list(found.select_related("charge").order_by("pk"))
