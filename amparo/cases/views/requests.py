"""A development request becomes a case; advice ends in one. QUO-4, CAS-8."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amparo.cases import commands
from amparo.quotations.errors import RequestMissing
from amparo.quotations.views import requests
from amparo.ui.views import contact_only

from .portal import key_of, loaded


@require_POST
@contact_only
def begin(request: HttpRequest, case_id: int) -> HttpResponse:
    """Begin the request of a development that a case showed to be needed. CAS-8."""
    made = commands.begin_development(loaded(request, case_id), key=key_of(request), actor=request.actor, at=request.now)
    return redirect("quotations:request", made.pk)


@require_POST
@contact_only
def send(request: HttpRequest, request_id: int) -> HttpResponse:
    """Keep what was written and send it: it opens a development case. What is still missing is shown beside its field. QUO-4."""
    found, form = requests.loaded_request(request, request_id), requests.bound(request)
    if not form.is_valid():
        return requests.page(request, found, form=form, status=422)
    if found.is_draft:
        found = requests.keep(request, found, form)
    try:
        case = commands.open_development(found, actor=request.actor, at=request.now)
    except RequestMissing as lacking:
        return requests.page(request, found, lacking=lacking, status=422)
    messages.success(request, _("Your request is sent as case %(number)s. We read it and send you a quote; asking costs nothing.") % {"number": case.thread.shown_number})
    return redirect("cases:case", case.pk)
