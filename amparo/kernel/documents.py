"""HTML to PDF, on paper of our own. The renderer fetches nothing by itself. SEC-24."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from amparo.kernel.refusals import Refusal


class NoDocuments(Refusal):
    """The machine lacks what PDF needs."""

    code = "no_documents"
    status = 503


def pdf(template: str, context: dict[str, Any]) -> bytes:
    """Return a template as PDF. Raises NoDocuments where Pango is not installed; `amparo doctor` says what to do."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as missing:
        raise NoDocuments from missing

    class Nothing(URLFetcher):
        """Fetches nothing, whatever is asked for."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError("a document fetches nothing")

    return HTML(string=render_to_string(template, context), url_fetcher=Nothing(), base_url="about:blank").write_pdf()
