"""Documents on paper: made by the rung that every app may ask."""

from __future__ import annotations

from amparo.kernel.documents import NoDocuments, pdf

__all__ = ["NoDocuments", "pdf"]
