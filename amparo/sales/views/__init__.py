"""Views of sales, by audience; and what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest

from amparo.kernel.refusals import Invalid
from amparo.promotions import queries as promotions
from amparo.promotions import words as promoted
from amparo.sales.queries import Price


def attempt(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Do what a valid form asks; a value that cannot be taken is told beside its field. None where nothing was done."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except Invalid as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def why_of(price: Price) -> list[promoted.Said]:
    """Return the promotions of a price in words, for a customer: those with a code he did not enter stay unsaid."""
    shown = [one for one in price.judged if all(check.code != "code" or check.passed for check in one.checks)]
    return [promoted.said(one, names()) for one in shown]


def names() -> promoted.Names:
    return promoted.Names(promotions.names_of_goods(), promotions.names_of_plans(), promotions.names_of_products())
