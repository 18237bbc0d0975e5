"""The figure of the knowledge base for `amparo bench`: an article as a visitor reads it, in statements and processor time. SRC-2.

Asked for through the whole server stack of the process (middleware, view, template), other articles in turn.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from time import perf_counter, process_time

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.editor import commands as editor
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.products.models import Product

from . import commands
from .models import Article

ROUNDS, WARM, ARTICLES = 200, 20, 24
TARGET_STATEMENTS, TARGET_MS = 2, 3.0


def run(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measure the page; return the figure as plain data."""
    addresses = _world()
    client = Client(headers={"host": "localhost"})
    for address in addresses[:WARM]:
        client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(addresses[0]).status_code == 200
    statements = len(asked)  # what was asked is forgotten with the next request
    spent, worked = [], []
    for turn in range(rounds):
        began, busy = perf_counter(), process_time()
        answer = client.get(addresses[turn % len(addresses)])
        spent.append((perf_counter() - began) * 1000)
        worked.append((process_time() - busy) * 1000)
        assert answer.status_code == 200
    spent.sort()
    return [{
        "name": "an article for a visitor", "statements": statements, "milliseconds": median(spent), "slowest": spent[-1 - len(spent) // 20],
        "processor": median(worked),
    }]  # fmt: skip


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
