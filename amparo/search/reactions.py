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
