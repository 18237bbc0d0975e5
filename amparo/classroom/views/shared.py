"""What the views of the classroom share: a class that somebody may see, keys out of forms, the headers of a page with a camera."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from amparo.classroom import access
from amparo.classroom.models import LiveClass

# The camera, the microphone and the screen are for our own pages, and only for those that need them.
PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=(), interest-cohort=()"


def found(request: HttpRequest, class_id: int) -> LiveClass:
    """Return a class; one that is not the reader's does not exist for him. ACC-11."""
    classes = access.visible_to(request.actor).select_related(
        "course", "case__thread", "customer", "charge", "more_charge", "instructor", "cohort", "recording__file"
    )
    return get_object_or_404(classes, pk=class_id)


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def done(request: HttpRequest, class_id: int) -> HttpResponse:
    """Answer an act inside the room: nothing more for the page that stays, the page for one without scripts."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect("classroom:class", class_id)


def with_devices(response: HttpResponse) -> HttpResponse:
    """Let a page use camera, microphone and screen."""
    response.headers["Permissions-Policy"] = PERMISSIONS
    return response
