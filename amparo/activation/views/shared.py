"""What the pages of both sides share: forms that refuse beside their fields, pictures, files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import segno
from django import forms
from django.http import HttpResponse
from markupsafe import Markup

from amparo.activation.rules import tokens
from amparo.kernel.refusals import NotPermitted, Refusal

QUIET = 4


def attempt(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Do what a valid form asks; what is refused is told in the form. None where nothing was done."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except NotPermitted:
        raise
    except Refusal as refusal:
        field = getattr(refusal, "field", None)
        form.add_error(field if field in form.fields else None, str(refusal))
        form.refusal = refusal  # type: ignore[attr-defined]
        return None


def picture(text: str, label: str) -> Markup:
    """Return a QR of a text as SVG that scales to its frame: dark on white in both themes, with its quiet zone."""
    image = segno.make(text, error="l", boost_error=False)
    out = io.BytesIO()
    image.save(out, kind="svg", xmldecl=False, svgns=False, scale=1, border=QUIET, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True, title=label)
    return Markup(out.getvalue().decode())  # noqa: S704 (made by us of modules alone; the title is escaped by segno)


def as_file(token: str, name: str, word: str = "LICENCE") -> HttpResponse:
    """Return a token as a file to keep on a stick or to send."""
    response = HttpResponse(tokens.armoured(token, word), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
