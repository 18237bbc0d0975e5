"""Pages of search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from amparo.contracts.access import reader


def identity(request: Any) -> str:
    """Return what tells one searcher from another: the person, or what a visitor comes from. It is hashed and never kept."""
    if request.actor.is_signed_in:
        return request.actor.ref
    return f"{request.META.get('REMOTE_ADDR', '')}\x00{request.headers.get('User-Agent', '')[:200]}"


def who_reads(request: HttpRequest) -> Any:
    """Return the audiences of whoever asks, now."""
    return reader(request.actor, at=request.now)  # type: ignore[attr-defined]


def language() -> str:
    return (get_language() or "es")[:2]
