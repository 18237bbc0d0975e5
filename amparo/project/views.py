"""Pages of the edge itself: health, metrics, and what is shown when something fails."""

from __future__ import annotations

import hmac
import os
import sys

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Say whether pages can be served: 200 with {"ok": true}, 503 where the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse({"ok": True, "database": True})


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus; only for callers on this machine or with the token of AMPARO_METRICS_TOKEN."""

    token = os.environ.get("AMPARO_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    local = (
        request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    )
    if not (local or (token and hmac.compare_digest(token, given))):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "ui/csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "ui/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "ui/403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "ui/400.html", status=400)


def fault(request: HttpRequest) -> HttpResponse:
    """Say that it was us; where the database went away, that the same form may be sent again. CHG-10."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        answer = render(request, "ui/503.html", status=503)
        answer["Retry-After"] = "3"
        return answer
    return render(request, "ui/500.html", {"request_id": getattr(request, "id", "")}, status=500)
