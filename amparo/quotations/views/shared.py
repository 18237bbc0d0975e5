"""What the views of quotations share: numbers and keys out of forms, and a refusal beside the page as it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from amparo.files.queries import drafts
from amparo.kernel.refusals import Invalid, Refusal
from amparo.quotations import access
from amparo.quotations.models import Quote, ServiceOrder
from amparo.threads.rules import draft_key

View = Callable[..., HttpResponse]
Show = Callable[..., HttpResponse]


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def number(request: HttpRequest, name: str = "seen") -> int:
    """Return a number that a form carries. Raises Invalid where it was tampered with."""
    text = request.POST.get(name, "")
    if not text.isdecimal() or len(text) > 9:
        raise Invalid(field=name)
    return int(text)


def seen(request: HttpRequest) -> int | None:
    """Return how many moves the page showed, None where it did not say."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def loaded(request: HttpRequest, quote_id: int) -> Quote:
    return get_object_or_404(access.visible_to(request.actor).select_related("thread"), pk=quote_id)


def loaded_order(request: HttpRequest, order_id: int) -> ServiceOrder:
    return get_object_or_404(access.orders_visible_to(request.actor).select_related("thread", "quote"), pk=order_id)


def files_given(request: HttpRequest) -> dict[str, Any]:
    return {"files": request.POST.getlist("files"), "draft_key": request.POST.get("draft_key", "")[:40]}


def waiting_files(request: HttpRequest, place: str) -> dict[str, Any]:
    """Return what a field of files starts with: the key of its drafts, and those that wait."""
    key = draft_key(request.actor.user_id, place)
    waiting = drafts(key, request.actor) if request.POST.getlist("files") else []
    return {"draft_key": key, "draft_files": [{"id": f.public_id, "name": f.name, "size": f.size} for f in waiting]}


def told(show: Show) -> Callable[[View], View]:
    """Show a thing as it stands now beside the refusal of an act, so that nobody decides on a stale page twice."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                if refusal.status in (403, 404):
                    raise
                return show(request, *args, refusal=refusal, **kwargs)

        return guarded

    return wrap


def beside(form: Form, wrong: Invalid) -> None:
    """Put a refusal beside its field, or above the form."""
    form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
