from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.contracts.rules.audience import ANYBODY
from amparo.products.models import Product
from amparo.search import commands, queries


@pytest.fixture
def product(db):
    return Product.objects.create(code="caja", name="Punto Fácil", created_at=NOON)


@pytest.fixture
def other_product(db):
    return Product.objects.create(code="almacen", name="Bodega Clara", created_at=NOON)


@pytest.fixture
def publish(db):
    """Put a document into the index; what is not named is believable."""
    given = iter(range(1, 10_000))

    def put(title: str = "La impresora no imprime", subject: str = "", **fields: object):
        number = next(given)
        said = {"kind": "article", "url": f"/knowledge/{number}/", "audience": "visitor", "published_at": NOON - timedelta(days=number)}
        return commands.index(subject or f"article:{number}", title=title, **{**said, **fields})

    return put


@pytest.fixture
def titles():
    """The titles that a search finds, best first."""
    return lambda words, reader=ANYBODY, **more: [hit.title for hit in queries.search(reader, words, **more).hits]
