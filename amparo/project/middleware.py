"""The edge of every request: who acts, when, in which language and zone; refusals into answers; the log."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone, translation

from amparo.kernel import clock
from amparo.kernel.refusals import Refusal
from amparo.people.queries import actor_of

from .metrics import REQUESTS, SECONDS

log = structlog.get_logger("amparo.web")
GetResponse = Callable[[HttpRequest], HttpResponse]
_SAFE_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_QUIET = ("/static/", "/health", "/metrics")


class RequestLog:
    """One structured line a request, without personal data: path as the route's name, never a query. SEC-58."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SAFE_ID.match(given) else uuid.uuid4().hex
        request.id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request=request_id)
        begin = time.perf_counter()
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        seconds = time.perf_counter() - begin
        response["X-Request-Id"] = request_id
        if not request.path.startswith(_QUIET):
            match = request.resolver_match
            route = match.view_name if match else "unmatched"
            actor = getattr(request, "actor", None)
            REQUESTS.labels(request.method, route, response.status_code).inc()
            SECONDS.labels(route).observe(seconds)
            log.info(
                "request",
                request=request_id,
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                actor=actor.ref if actor else "visitor",
            )
        return response


class Plain:
    """No NUL reaches a view: no database keeps one in a text, and nobody types it. SEC-27.

    From questions and forms it is taken out; an address with one is none of ours. Forms are read when a view asks for them
    and not before, so that nobody's upload is received before his right is judged.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or "\0" in query:
            request.GET = _plain(request.GET)  # type: ignore[assignment]
        load: Callable[[], None] = request._load_post_and_files  # type: ignore[attr-defined]

        def load_plain() -> None:
            load()
            request._post = _plain(request._post)  # type: ignore[attr-defined]

        request._load_post_and_files = load_plain  # type: ignore[method-assign, attr-defined]
        return self.get_response(request)


def _plain(given: QueryDict) -> QueryDict:
    if not any("\0" in text for name, texts in given.lists() for text in (name, *texts)):
        return given
    made = QueryDict(mutable=True, encoding=given.encoding)
    for name, texts in given.lists():
        made.setlist(name.replace("\0", ""), [str(text).replace("\0", "") for text in texts])
    made._mutable = False
    return made


class Acting:
    """Sets request.actor, request.now and request.zone; activates the person's language and zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.languages = dict(settings.LANGUAGES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = clock.now()  # type: ignore[attr-defined]
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        request.actor = actor_of(user)  # type: ignore[attr-defined]
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if user is not None and user.is_authenticated:
            chosen = user.language
        language = chosen if chosen in self.languages else self._preferred(request)
        zone = getattr(user, "time_zone", "") or settings.TIME_ZONE
        request.zone = ZoneInfo(zone)  # type: ignore[attr-defined]
        with translation.override(language), timezone.override(request.zone):  # type: ignore[attr-defined]
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    def _preferred(self, request: HttpRequest) -> str:
        accepted = request.headers.get("Accept-Language", "").lower()
        for part in accepted.split(",")[:10]:
            tag = part.split(";")[0].strip()
            if tag.startswith("es"):
                return "es-mx"
            if tag.startswith("en"):
                return "en"
        return settings.LANGUAGE_CODE


class Refusals:
    """Turns a refusal into a page with its sentence and ways out, or, for htmx, into a toast. ACC-9."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        partial = bool(getattr(request, "htmx", False))
        template = "ui/_refusal.html" if partial else "ui/refusal.html"
        back = request.headers.get("Referer", "")
        own = back.startswith(f"{request.scheme}://{request.get_host()}/")
        response = render(
            request, template, {"refusal": exception, "back": back if own else ""}, status=exception.status
        )
        if partial:
            response["HX-Retarget"] = "#toasts"
            response["HX-Reswap"] = "beforeend"
        return response
