"""The telephone in the browser: a small window of its own that stays while one goes from page to page. TEL-3."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amparo.kernel.refusals import Refusal
from amparo.live import access, commands, queries
from amparo.live.errors import EventInvalid
from amparo.live.forms import WrapUp
from amparo.live.models import Line
from amparo.live.rules import LENGTH_MAX, Event
from amparo.live.rules.events import STATES, event_id
from amparo.live.rules.events import line as one_line
from amparo.media import queries as media
from amparo.media.errors import GatewayAway
from amparo.people.rules import unseal
from amparo.ui.middleware import policy
from amparo.ui.views import staff_only

JANUS_SIP = "janus.plugin.sip"
PASSED = "passed"
PERMISSIONS = "camera=(), microphone=(self), geolocation=(), payment=(), usb=(), interest-cohort=()"


@require_GET
@staff_only(*access.ROLES)
def window(request: HttpRequest) -> HttpResponse:
    """The window: the line, the call on it, the keys, and what is still to be written down."""
    context = {"owed": _owed(request), "wrap_up": WrapUp()}
    if request.htmx:
        return render(request, "live/desk/_wrap_up.html", context)
    lines = list(access.own_lines(request.actor))
    speaks = next((one for one in lines if one.exchange.browser and one.sip_user and one.sip_password_sealed), None)
    context |= {"lines": lines, "speaks": speaks, "words": json.dumps(_words(), ensure_ascii=False), "why_not": _why_not(request, speaks)}
    page = render(request, "live/desk/window.html", context)
    page["Content-Security-Policy"] = policy(request.csp_nonce(), connect=_spoken_with(speaks))
    page["Permissions-Policy"] = PERMISSIONS
    return page


def _owed(request: HttpRequest) -> list[dict[str, Any]]:
    """The conversations that are over and not written down yet, the latest first."""
    return [call for call in reversed(queries.open_calls(request.actor)) if call["hung_up_at"]]


def _why_not(request: HttpRequest, speaks: Line | None) -> str:
    if speaks is not None and speaks.exchange.browser == "janus" and not media.available(at=request.now).sip:
        return _("The gateway of sound does not run now, so this line cannot be answered here. Your administrator sees in «amparo doctor» what is missing.")
    return ""


def _spoken_with(speaks: Line | None) -> list[str]:
    if speaks is None:
        return []
    address = urlsplit(speaks.exchange.socket_url if speaks.exchange.browser == "websocket" else settings.GATEWAY_URL or "")
    return [f"{address.scheme}://{address.netloc}"] if address.netloc else []


@require_POST
@staff_only(*access.ROLES)
def line(request: HttpRequest) -> JsonResponse:
    """What one's own browser needs to be one's own extension: asked for by a post, kept by nobody on the way. SEC-57."""
    found = access.own_lines(request.actor).exclude(exchange__browser="").exclude(sip_password_sealed="").exclude(sip_user="").first()
    if found is None:
        raise Http404
    exchange = found.exchange
    told: dict[str, Any] = {
        "line": found.pk, "extension": found.extension, "way": exchange.browser, "uri": f"sip:{found.sip_user}@{exchange.sip_domain}",
        "domain": exchange.sip_domain, "user": found.sip_user, "password": unseal(found.sip_password_sealed, settings.SECRETS["field_key"]) or "",
        "name": request.actor.name, "socket": exchange.socket_url, "proxy": f"sip:{exchange.sip_proxy}" if exchange.sip_proxy else "", "ice_servers": [],
    }  # fmt: skip
    if exchange.browser == "janus":
        try:
            given = media.session(f"user:{request.actor.user_id}", plugins=(JANUS_SIP,), at=request.now)
        except GatewayAway as away:
            return JsonResponse({"code": away.code, "error": str(away)}, status=503)
        told |= {"gateway": given["url"], "token": given["token"], "ice_servers": given["ice_servers"]}
    return JsonResponse(told)


@require_POST
@staff_only(*access.ROLES)
def told(request: HttpRequest) -> JsonResponse:
    """Take what one's own telephone window tells of a call: the moment is ours, not the browser's."""
    found = get_object_or_404(access.own_lines(request.actor), pk=_number(request.POST.get("line", "")))
    try:
        call = commands.tell_of_browser(found, _event(request, found), goes_on=request.POST.get("state") == PASSED, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "error": str(refusal)}, status=refusal.status)
    return JsonResponse({"call": call.pk, "customer": call.customer_id, "state": call.state})


def _event(request: HttpRequest, found: Line) -> Event:
    given = {name: one_line(request.POST.get(name, ""))[: LENGTH_MAX.get(name, 40)] for name in ("call", "state", "from", "from_name", "to", "direction", "nth")}
    if given["state"] == PASSED:  # for whom it was passed on by, it ended
        given["state"] = "ended"
    if not given["call"] or given["state"] not in STATES or given["direction"] not in ("in", "out"):
        raise EventInvalid(place="state", why="unknown")
    name = event_id("browser", found.pk, given["call"], given["state"], given["nth"])
    ours = found.extension if given["state"] in ("ringing", "answered") else ""
    return Event(name, given["call"], given["state"], request.now, given["direction"], given["from"], given["from_name"], given["to"], ours)


@require_POST
@staff_only(*access.ROLES)
def pause(request: HttpRequest, line_id: int) -> HttpResponse:
    """Step out of the ring group, or back in."""
    found = get_object_or_404(access.own_lines(request.actor), pk=line_id)
    commands.pause_line(found, paused=request.POST.get("paused") == "1", actor=request.actor, at=request.now)
    return JsonResponse({"paused": found.paused_at is not None})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _words() -> dict[str, str]:
    """The words of the window's script, in the reader's language."""
    return {
        "off": _("Not connected"), "connecting": _("Connecting…"), "ready": _("Ready: extension %(extension)s"), "lost": _("The line was lost; connecting again…"),
        "denied": _("The exchange refuses this extension's password. Ask your administrator to write it anew under Exchanges."),
        "calling": _("Calling %(who)s…"), "rings": _("%(who)s is calling"), "talking": _("Talking with %(who)s"), "held": _("On hold: %(who)s"), "muted": _("They do not hear you"),
        "ended": _("The call ended."), "failed": _("The call could not be placed: %(why)s"), "withheld": _("Withheld number"), "hold": _("Hold"), "resume": _("Take back the call"),
        "mute": _("Mute"), "unmute": _("Speak"), "passing": _("Passing on to %(who)s…"), "passed": _("Passed on to %(who)s."), "not_passed": _("It could not be passed on; you are still talking."),
        "busy": _("busy"), "no_answer": _("nobody answers"), "not_found": _("there is no such number"), "rejected": _("declined"), "other": _("the exchange refuses it"),
        "mic_denied": _("Your browser may not use the microphone. Press the lock or the microphone beside the address, choose «Allow», and try again."),
        "mic_absent": _("No microphone was found. Plug one in, and try again."),
        "mic_busy": _("The microphone is in use by another program. Close it there, and try again."),
        "mic_lost": _("The microphone was unplugged: they do not hear you. Plug it in again; the call goes on."),
        "mic_back": _("The microphone is back."), "insecure": _("Browsers give the microphone only to pages with https."), "paused": _("Out of the group"), "available": _("In the group"),
        "second": _("Another window is your telephone already. This one waits."), "gone": _("The gateway does not answer."),
    }  # fmt: skip
