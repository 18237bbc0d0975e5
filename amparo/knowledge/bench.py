"""The figure of the knowledge base for `amparo bench`: an article as a visitor reads it, in statements and processor time. SRC-2.

Asked for at the door of the application (middleware, view, template), other articles in turn.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any, Protocol

from amparo.editor import commands as editor
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.products.models import Product

from . import commands
from .models import Article

ROUNDS, ARTICLES = 7, 24
TARGET_STATEMENTS, TARGET_MS = 2, 3.0


class Measurer(Protocol):
    """Calls the application of its process as a server would, and says what it costs."""

    def call(self, path: str, cookie: str) -> tuple[str, bytes]: ...

    def statements(self, path: str, cookie: str) -> dict[str, Any]: ...

    def run(self, path: str, cookie: str, count: int) -> dict[str, Any]: ...


def run(measurer: Measurer, rounds: int = ROUNDS) -> dict[str, float]:
    """Measure the page, the lowest of some rounds over all articles; return the figures as plain data."""
    addresses = _world()
    for address in addresses:
        status, _page = measurer.call(address, "")
        assert status.startswith("200"), (status, address)
    statements = max(len(measurer.statements(address, "")["statements"]) for address in addresses[:5])
    costs = []
    for _round in range(rounds):
        spent = [measurer.run(address, "", 3) for address in addresses]
        costs.append((sum(one["app"] for one in spent) / len(spent), sum(one["db"] for one in spent) / len(spent)))
    app, database = min(costs, key=sum)
    return {"statements": statements, "app": app, "db": database}


def _world() -> list[str]:
    at = clock.now() - timedelta(days=3)
    product = Product.objects.create(code="medida-kb", name="Medida", created_at=at)
    made = []
    for number in range(ARTICLES):
        article = Article(
            title=f"Medida {number}: no imprime la comanda", kind="problem", product=product, codes=f"MD-{number:04}", summary="Revise el papel.",
            symptom="La impresora **no responde**.\n" * 3, cause="El puerto cambió.\n" * 3, solution="Elija el puerto.\n\n- uno\n- dos\n" * 4,
            steps="\n".join(f"{n}. Paso número {n} con `código`" for n in range(1, 9)), sources="SAT | https://www.sat.gob.mx/x",
        )  # fmt: skip
        editor.save_draft(article, actor=SYSTEM, at=at)
        made.append(commands.publish(article, actor=SYSTEM, at=at))
    for one, other in pairwise(made):
        commands.relate(one, other.pk, actor=SYSTEM, at=at)
    return [f"/knowledge/{one.pk}-{one.slug}/" for one in made]
