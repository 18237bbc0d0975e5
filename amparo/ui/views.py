"""Who may enter a view, the stylesheet of the vendor's colour, and the gallery of components."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from . import gallery, jinja

View = Callable[..., HttpResponse]


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Send a visitor to sign in and back here; a region of a page sends the whole page."""
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def signed_in(view: View) -> View:
    """Let in whoever is signed in; others are sent to sign in first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.actor.is_signed_in:  # type: ignore[attr-defined]
            return _sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def contact_only(view: View) -> View:
    """Let in contacts acting for a customer. ACC-11."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.is_signed_in:
            return _sign_in(request)
        if not actor.is_contact:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def staff_only(*roles: str) -> Callable[[View], View]:
    """Let in staff; with roles, those who hold one of them. To everybody else the desk does not exist (404). ACC-11."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = request.actor  # type: ignore[attr-defined]
            if not actor.is_signed_in:
                return _sign_in(request)
            if not actor.is_staff:
                raise Http404
            if roles and not actor.has_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


_OKLCH = re.compile(r"^#[0-9a-fA-F]{6}$|^oklch\([0-9.% /]+\)$")


@require_safe
@cache_control(max_age=300, public=True)
def identity_css(request: HttpRequest) -> HttpResponse:
    """Serve the vendor's accent as a stylesheet, so that no page needs a style of its own."""
    accent = jinja.identity().accent
    body = f":root{{--accent-base:{accent}}}\n" if _OKLCH.match(accent or "") else ""
    return HttpResponse(body, content_type="text/css; charset=utf-8")


@require_safe
def show_gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state: in debug to anybody, else to staff."""
    actor = getattr(request, "actor", None)
    if not settings.DEBUG and not (actor is not None and actor.is_staff):
        raise Http404
    return render(request, "ui/gallery.html", gallery.example())
