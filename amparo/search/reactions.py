"""What follows in search from facts of others."""

from __future__ import annotations

from amparo.history.queries import FactRow
from amparo.products.models import Product

from . import commands


def product_changed(fact: FactRow) -> None:
    """`product.changed`: its documents are found under the name that it has now. SRC-2."""
    product = Product.objects.filter(pk=fact.subject_id).first()
    if product is not None:
        commands.rename_product(product)


def ticket_opened(fact: FactRow) -> None:
    """`ticket.opened`, `case.opened`: what its author searched in the last hours led to it. TKT-3."""
    commands.note_act(fact.actor_ref, fact.subject_kind, at=fact.at)


def published(fact: FactRow) -> None:
    """`article.published`: the writing task that it came from is done. SRC-1."""
    commands.written(str(fact.data.get("source", "")), fact.subject, at=fact.at)
