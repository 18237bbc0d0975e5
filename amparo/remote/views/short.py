"""The short address that is said by telephone: a code, who asks, and how to let him in. LIV-2, SEC-39."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value
from amparo.remote import commands, queries
from amparo.remote.models import Session
from amparo.remote.rules.codes import normal, shown

WINDOWS = "remote/amparo-remote.exe"
LINUX = "remote/amparo_remote-1.0.0-py3-none-any.whl"


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the code; with a good one, say who asks and offer the ways. Wrong ones are counted. SEC-39.

    The code comes in a form, or after the `#` of the address, which never reaches a server's log. SEC-41
    """
    context: dict[str, Any] = {"refusal": None, "session": None, "typed": ""}
    status = 200
    if request.method == "POST":
        context["typed"] = request.POST.get("code", "")[:20]
        try:
            found = commands.look_up(request.POST.get("code", ""), address=request.META.get("REMOTE_ADDR", ""), at=request.now)
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            context |= _offered(found, request)
    answer = render(request, "remote/portal/enter.html", context, status=status)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _offered(found: Session, request: HttpRequest) -> dict[str, Any]:
    found.can = ["view", "control"]
    asked = queries.asked_of(found, at=request.now)
    return {
        "session": found, "asked": asked, "code": shown(normal(request.POST.get("code", ""))), "plain_code": normal(request.POST.get("code", "")),
        "windows": finders.find(WINDOWS) is not None, "windows_path": WINDOWS, "linux": finders.find(LINUX) is not None, "linux_path": LINUX,
        "address": settings.PUBLIC_URL, "windows_name": f"amparo-remote-{settings.PUBLIC_URL.partition('://')[2].replace(':', '_')}.exe", "system": _system(request.headers.get("User-Agent", "")),
    }  # fmt: skip


def _system(agent: str) -> str:
    """Return which way to show first, by what the browser says of its system."""
    for word, system in (("Windows", "windows"), ("Android", "phone"), ("iPhone", "phone"), ("Mac OS", "mac"), ("Linux", "linux")):
        if word in agent:
            return system
    return "windows"


@require_safe
def where(request: HttpRequest) -> HttpResponse:
    """Tell a helper where its socket is. docs/remote-protocol.md"""
    told = {
        "version": 1, "helper": f"{settings.BROKER_URL}/remote/helper", "vendor": value("identity.name", at=request.now),
        "languages": [code for code, _name in settings.LANGUAGES],
    }  # fmt: skip
    return JsonResponse(told)


