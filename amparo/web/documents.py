"""HTML to PDF, on paper of our own. The renderer fetches nothing by itself. SEC-24."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from amparo.kernel.refusals import Refusal


class NoDocuments(Refusal):
    """The machine lacks what PDF needs."""

    code = "no_documents"
    status = 503


def _nothing(url: str, *_args: Any, **_named: Any) -> dict[str, Any]:
    raise ValueError(f"a document fetches nothing: {url[:40]}")


def pdf(template: str, context: dict[str, Any]) -> bytes:
    """Return a template as PDF. Raises NoDocuments where Pango is not installed; `amparo doctor` says what to do."""
    try:
        from weasyprint import HTML
    except OSError as missing:
        raise NoDocuments from missing
    return HTML(string=render_to_string(template, context), url_fetcher=_nothing, base_url="about:blank").write_pdf()
