"""Pages of people: coming in, one's own settings and company, the desk's customers and staff."""

from __future__ import annotations

from django import forms

from amparo.kernel.refusals import Invalid


def beside_field(form: forms.Form, refusal: Invalid) -> None:
    """Put a refusal beside the field that it speaks of; one that names no field of the form goes on as a page."""
    if refusal.field is None or refusal.field not in form.fields:
        raise refusal
    form.add_error(refusal.field, str(refusal))
