"""Reads of quotations, cut by noun."""

from .catalogue import CatalogueRow, Shown, catalogue, item_page, quoted, values_in_words, worked_examples
from .orders import OrderPage, OrderRow, board, order_page, orders_list, orders_of
from .quotes import (
    QuotePage,
    QuoteRow,
    counts,
    needs_me,
    quote_page,
    quotes_list,
    quotes_of,
    record_of,
    search,
)

__all__ = [
    "CatalogueRow",
    "OrderPage",
    "OrderRow",
    "QuotePage",
    "QuoteRow",
    "Shown",
    "board",
    "catalogue",
    "counts",
    "item_page",
    "needs_me",
    "order_page",
    "orders_list",
    "orders_of",
    "quote_page",
    "quoted",
    "quotes_list",
    "quotes_of",
    "record_of",
    "search",
    "values_in_words",
    "worked_examples",
]
