"""What every answer says to the browser about itself: what may run, what may be kept; and which forms are ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers

_PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"


def policy(nonce: str | None, *, connect: Iterable[str] = ()) -> str:
    """Return the content security policy of a page: only what we serve runs, and nothing inline but what carries the nonce.

    `connect`: origins that this page alone speaks with besides (a gateway of sound and image, a telephone exchange).
    """
    script = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    stream = " ".join(filter(None, ("'self'", getattr(settings, "STREAM_ORIGIN", ""), getattr(settings, "GATEWAY_ORIGIN", ""), *connect)))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script}",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob:",
            f"connect-src {stream}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """Adds the headers of safety; what used a session, and what failed, is kept by nobody. SEC-12, SEC-60."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce: list[str] = []

        def csp_nonce() -> str:
            if not nonce:
                nonce.append(secrets.token_urlsafe(16))
            return nonce[0]

        request.csp_nonce = csp_nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        answer = response.headers
        answer.setdefault("Content-Security-Policy", policy(nonce[0] if nonce else None))
        answer.setdefault("X-Content-Type-Options", "nosniff")
        answer.setdefault("X-Frame-Options", "DENY")
        answer.setdefault("Referrer-Policy", "same-origin")
        answer.setdefault("Permissions-Policy", _PERMISSIONS)
        answer.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        answer.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        session = getattr(request, "session", None)
        if (session is not None and session.accessed) or response.status_code >= 400:
            answer.setdefault("Cache-Control", "private, no-store")
        if request.headers.get("HX-Request"):
            patch_vary_headers(response, ("HX-Request",))
        return response


class Forms(CsrfViewMiddleware):
    """Lets in forms with the token of their page; of visitors who are not signed in also those that come from our pages.

    A visitor's browser carries nothing that a foreign page could use; that a form comes from ours is said by its origin,
    which no page can forge. So a page that is only read needs no cookie. Signing in asks for the token. SEC-12, SEC-60.
    """

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        if self._of_our_visitor(request):
            return self._accept(request)  # type: ignore[attr-defined]
        return super().process_view(request, callback, callback_args, callback_kwargs)

    def _of_our_visitor(self, request: HttpRequest) -> bool:
        return (
            request.method == "POST"
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
            and not request.path.startswith("/account/")
            and "HTTP_ORIGIN" in request.META
            and self._origin_verified(request)  # type: ignore[attr-defined]
        )
