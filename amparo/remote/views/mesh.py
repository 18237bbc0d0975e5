"""A customer's computer through the operator's own MeshCentral: choose it, get a link. LIV-2.

MeshCentral is asked outside any transaction; what it refuses, or that it is too old, is said in words.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from amparo.cases.models import Case
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.remote import access, commands, meshcentral
from amparo.ui.views import staff_only

from .shared import loaded_case


@require_safe
@staff_only()
def devices(request: HttpRequest, case_id: int) -> HttpResponse:
    """The computers that the service's account sees there."""
    case = loaded_case(request, case_id)
    if not access.may_offer(request.actor, case):
        raise NotPermitted(case=case.pk)
    return _page(request, case, {"devices": meshcentral.devices(at=request.now)})


@require_POST
@staff_only()
def link(request: HttpRequest, case_id: int) -> HttpResponse:
    """Make a link to one computer: the customer is asked at it, each time; that it was made is on the record of the case. LIV-3."""
    case, mode = loaded_case(request, case_id), request.POST.get("mode", "")
    minutes = commands.minutes_of_link(case, mode=mode, actor=request.actor, at=request.now)
    found = next((one for one in meshcentral.devices(at=request.now) if one["_id"] == request.POST.get("device")), None)
    if found is None:
        raise Invalid(field="device")
    url = meshcentral.share(found["_id"], guest=request.actor.name, minutes=minutes, view_only=mode == "view", at=request.now)
    name = str(found.get("name", ""))
    commands.note_link(case, device=name, mode=mode, minutes=minutes, actor=request.actor, at=request.now)
    return _page(request, case, {"link": url, "name": name, "minutes": minutes})


def _page(request: HttpRequest, case: Case, more: dict[str, Any]) -> HttpResponse:
    answer = render(request, "remote/desk/mesh.html", {"case": case, "link": "", "devices": [], **more})
    answer["Cache-Control"] = "private, no-store"
    return answer
