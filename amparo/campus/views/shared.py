"""What the views of the campus share: numbers and keys out of forms, and a refusal beside the page as it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from amparo.campus import access
from amparo.campus.models import Course, Enrolment
from amparo.kernel.refusals import Invalid, Refusal

View = Callable[..., HttpResponse]


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def number(request: HttpRequest, name: str) -> int | None:
    """Return a number that a form carries, None where it carries none."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def course_named(request: HttpRequest, slug: str) -> Course:
    return get_object_or_404(access.visible_to(request.actor, at=request.now).filter(published__isnull=False), slug=slug)


def own(request: HttpRequest, enrolment_id: int) -> Enrolment:
    """Return an enrolment of the reader's own; anybody else's does not exist for him. ACC-11."""
    found = Enrolment.objects.select_related("course__product", "course__published", "version", "cohort", "charge", "seat", "certificate")
    return get_object_or_404(found, pk=enrolment_id, person=request.actor.user_id or 0)


def told(show: View) -> Callable[[View], View]:
    """Show a thing as it stands now beside the refusal of an act."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                if refusal.code in ("not_permitted", "illegal_move"):
                    raise
                return show(request, *args, refusal=refusal, **kwargs)

        return guarded

    return wrap


def beside(form: Form, wrong: Invalid) -> None:
    """Put a refusal beside its field, or above the form."""
    form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
