"""Between Wagtail, which knows requests, users and the clock, and our commands, which know actors and moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.queries import actor_of
from amparo.ui.middleware import policy

# Wagtail's pages set styles on elements that they make; all else is as strict as everywhere.
_RELAXED = {"style-src": "style-src 'self' 'unsafe-inline'", "frame-src": "frame-src 'self'"}
CONTENT_POLICY = "; ".join(_RELAXED.get(part.split(" ")[0], part) for part in policy(None).split("; "))
# A draft is shown inside the editor, and nothing of it runs. SEC-23
PREVIEW_POLICY = "; ".join(
    {"script-src": "script-src 'none'", "frame-ancestors": "frame-ancestors 'self'", "form-action": "form-action 'none'"}.get(
        part.split(" ")[0], part
    )
    for part in policy(None).split("; ")
)


def now() -> datetime:
    """The moment of an act in the editor: Wagtail hands none down."""
    return clock.now()


def actor_for(user: Any) -> Actor:
    """The actor behind Wagtail's user; its schedule has none and is the service itself."""
    return actor_of(user) if user is not None else SYSTEM


def preview(view: Callable[..., HttpResponse], request: HttpRequest, thing: Any) -> HttpResponse:
    """Answer with a draft as readers will see it, shown in a frame of the editor and nowhere else. SEC-23."""
    response = view(request, thing)
    response["Content-Security-Policy"] = PREVIEW_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-store"
    return response
