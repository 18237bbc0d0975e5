"""Views of promotions, by audience."""

from __future__ import annotations

from amparo.promotions import queries
from amparo.promotions.words import Names


def names() -> Names:
    return Names(queries.names_of_goods(), queries.names_of_plans(), queries.names_of_products())
