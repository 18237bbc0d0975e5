"""What the verbs of sales share: the lock, and how a sale is told on its record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.sales.models import Sale


def locked(sale_id: int) -> Sale:
    """Return a sale under its lock: every decision on it waits for the one before. CHG-10."""
    return Sale.objects.select_for_update(of=("self",), no_key=True).select_related("customer").get(pk=sale_id)


def tell(name: str, sale: Sale, *, actor: Actor, at: datetime, **more: Any) -> None:
    """Put what happened to a sale on its record, with what it is worth."""
    record(
        name, subject=sale, actor=actor, at=at, number=sale.number, what=sale.name, total=sale.total,
        currency=sale.currency, **more,
    )  # fmt: skip
    signal("sales")
