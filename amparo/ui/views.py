"""Who may enter a view, the stylesheet of the vendor's colour, and the gallery of components."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.refusals import NotPermitted, Remedy

from . import gallery

View = Callable[..., HttpResponse]


def lead(request: HttpRequest, address: str) -> HttpResponse:
    """Send the whole page there, also where only a region asked; what a page asks for behind itself is refused (401).

    A script that followed the redirect would take the other page for its answer: a draft for kept, a stream for open. SEC-1.
    """
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return HttpResponse(status=401)
    return redirect(address)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Send a visitor to sign in and back here."""
    return lead(request, f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}")


def signed_in(view: View) -> View:
    """Let in whoever is signed in; others are sent to sign in first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.actor.is_signed_in:  # type: ignore[attr-defined]
            return _sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


class NotACustomer(NotPermitted):
    """A page of customers asked for by somebody registered who acts for none. ACC-9."""

    message = _("This page is for customers, and you do not act for one yet. If your company is a customer, ask whoever manages its contacts to invite you.")


def _way_in() -> list[Remedy]:
    try:
        return [Remedy(_("See the plans"), reverse("contracts:plans"))]
    except NoReverseMatch:
        return []


def contact_only(view: View) -> View:
    """Let in contacts acting for a customer; whoever is registered and acts for none is told how to. ACC-9, ACC-11."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.is_signed_in:
            return _sign_in(request)
        if not actor.is_contact:
            raise PermissionDenied if actor.is_staff else NotACustomer(remedies=_way_in())
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


_PREFERENCES = frozenset({"theme", settings.LANGUAGE_COOKIE_NAME})


def public_page(view: View) -> View:
    """Let a shared cache keep for a minute what a visitor reads who brought nothing but a choice of language and theme.

    The page varies by cookie and language; a browser asks again each time. Whatever used a session, carried a message or
    failed says `private, no-store` by ui.middleware.Headers, as everything that is not decorated so. SEC-12.
    """

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        actor, session = request.actor, getattr(request, "session", None)  # type: ignore[attr-defined]
        alone = not actor.is_signed_in and set(request.COOKIES) <= _PREFERENCES and not response.cookies
        if alone and response.status_code == 200 and not (session is not None and session.accessed):
            response.headers.setdefault("Cache-Control", "public, max-age=0, s-maxage=60, must-revalidate")
        return response

    return kept


@require_safe
@cache_control(max_age=86_400, public=True, immutable=True)
def accent_css(request: HttpRequest, colour: str) -> HttpResponse:
    """Serve a vendor's accent as a stylesheet, so that no page needs a style of its own.

    It says nothing but what its address says: it may be kept by anybody.
    """
    if not re.fullmatch(r"[0-9a-f]{6}", colour):
        raise Http404
    return HttpResponse(f":root{{--accent-base:#{colour}}}\n", content_type="text/css; charset=utf-8")


_PAGES = {
    "pieces": "ui/gallery.html",
    "desk": "ui/gallery/desk.html",
    "portal": "ui/gallery/portal.html",
    "plain": "ui/gallery/plain.html",
}


@require_safe
def show_gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state: in debug to anybody, else to staff. Always as seen at the same moment."""
    actor = getattr(request, "actor", None)
    if not settings.DEBUG and not (actor is not None and actor.is_staff):
        raise Http404
    request.now = gallery.NOW  # type: ignore[attr-defined]
    page = _PAGES.get(request.GET.get("page", "pieces"))
    if page is None:
        raise Http404
    return render(request, page, gallery.example() | {"dense": "dense" in request.GET})


@require_safe
@staff_only()
def rail(request: HttpRequest) -> HttpResponse:
    """The places of the rail with their counts as they are now."""
    request.path = request.GET.get("here", "")[:200]
    return render(request, "ui/layouts/_rail.html")


_THEMES = ("light", "dark", "auto")
_YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the reader's theme or language in a cookie, and go back to the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    quiet = request.headers.get("HX-Request") == "true" or request.headers.get("Accept") == "application/json"
    response = HttpResponse(status=204) if quiet else redirect(target)
    keep = partial(
        response.set_cookie, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    if (theme := request.POST.get("theme")) in _THEMES:
        keep("theme", theme)
    if (language := request.POST.get("language")) in dict(settings.LANGUAGES):
        keep(settings.LANGUAGE_COOKIE_NAME, language)
    return response
