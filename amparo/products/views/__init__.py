"""Views of products, by audience."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from amparo.kernel.refusals import Invalid


def attempt(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Do what a valid form asks; a value that cannot be taken is told beside its field. None where nothing was done."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except Invalid as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
