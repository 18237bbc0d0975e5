"""Remote sessions at the desk: beside the case, and the engineer's own screen. LIV-2, LIV-3."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from amparo.cases.machine import ATTENDED_KINDS, ATTENDING
from amparo.kernel.refusals import NotPermitted, Refusal
from amparo.remote import access, commands, meshcentral, queries, words
from amparo.remote.broker.sockets import viewer_token
from amparo.remote.commands.shared import pepper
from amparo.remote.machine import State, Way
from amparo.remote.models import Session
from amparo.remote.rules.codes import code_of, shown
from amparo.ui.middleware import policy
from amparo.ui.views import staff_only

from .shared import close_room, loaded, loaded_case


@require_safe
@staff_only()
def of_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The sessions of a case, beside it: offer one, go on with the open one, replay those that are over. LIV-3."""
    case = loaded_case(request, case_id)
    rows = queries.of_case(case.pk)
    context = {
        "case": case, "rows": rows, "says": words, "may_offer": access.may_offer(request.actor, case) and case.state in ATTENDING,
        "has_mesh": meshcentral.is_set(), "open": next((one for one in rows if one.is_open), None),
    }  # fmt: skip
    return render(request, "remote/desk/_of_case.html", context)


@require_POST
@staff_only()
def offer(request: HttpRequest, case_id: int) -> HttpResponse:
    """Offer a session, and go to where its code is told. LIV-2."""
    case = loaded_case(request, case_id)
    given = request.POST
    made = commands.offer(
        case, mode=given.get("mode", ""), way=given.get("way", "helper"), key=given.get("key", "")[:64] or uuid4().hex,
        actor=request.actor, at=request.now,
    )  # fmt: skip
    return redirect("desk_remote:session", made.session.pk)


@require_safe
@staff_only()
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """The engineer's screen: the code to tell, then the customer's screen beside its case; at the end what came of it. LIV-2."""
    found = loaded(request, session_id)
    if found.way == Way.BROWSER and found.is_open and found.state != State.OFFERED and access.may_conduct(request.actor, found):
        return redirect("desk_remote:watch", found.pk)
    return _show(request, found)


def _show(request: HttpRequest, found: Session, refusal: Refusal | None = None) -> HttpResponse:
    conducts = access.may_conduct(request.actor, found)
    case = found.case
    context = {
        "session": found, "case": case, "says": words, "refusal": refusal, "conducts": conducts,
        "may_end": found.is_open and access.may_end(request.actor, found), "has_clock": case.kind in ATTENDED_KINDS and case.limit_minutes > 0,
        "code": shown(code_of(found.public_id, pepper())) if conducts and found.state == State.OFFERED else "",
        "short_address": f"{settings.PUBLIC_URL.partition('://')[2]}{reverse('short:enter')}", "viewer_url": f"{found.broker or settings.BROKER_URL}/remote/viewer",
    }  # fmt: skip
    live = found.is_open and conducts
    answer = render(
        request, "remote/desk/session.html" if live else "remote/desk/over.html", context, status=refusal.status if refusal else 200
    )
    if live:  # this page alone speaks with the broker
        answer["Content-Security-Policy"] = policy(request.csp_nonce(), connect=settings.BROKER_ORIGINS)
    return answer


@require_POST
@staff_only()
def again(request: HttpRequest, session_id: int) -> HttpResponse:
    """Offer the same again, with a new code."""
    found = loaded(request, session_id)
    made = commands.offer_again(found, key=request.POST.get("key", "")[:64] or uuid4().hex, actor=request.actor, at=request.now)
    return redirect("desk_remote:session", made.session.pk)


@require_safe
@staff_only()
def token(request: HttpRequest, session_id: int) -> HttpResponse:
    """What the page shows to the broker when it connects: good for a minute; of a session that is over there is none. SEC-39, SEC-41."""
    found = loaded(request, session_id)
    if not access.may_conduct(request.actor, found):
        raise NotPermitted(session=found.pk)
    if found.is_open:
        answer = JsonResponse({"token": viewer_token(found, request.actor), "session": found.pk})
    else:
        answer = JsonResponse({"state": found.state}, status=410)
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@staff_only()
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End a session."""
    found = loaded(request, session_id)
    commands.end(found, reason="stopped_by_engineer", actor=request.actor, at=request.now)
    close_room(request, found)
    return redirect("desk_cases:case", found.case_id)
