"""Calls of payment providers. They carry no session and get no page; their signature is all that counts. SEC-42."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from amparo.sales import commands
from amparo.sales.errors import WayNotOffered, WebhookRefused

OCTETS_MAX = 256_000


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Answer 200 for every call that is proven, whatever it means, so that it is not sent again; else 400."""
    try:
        if int(request.headers.get("Content-Length") or 0) > OCTETS_MAX:
            raise WebhookRefused()
        commands.hear("stripe", request.body, request.headers, at=request.now)
    except (WebhookRefused, WayNotOffered, ValueError):
        return HttpResponse("refused\n", status=400, content_type="text/plain")
    return HttpResponse("taken\n", content_type="text/plain")
