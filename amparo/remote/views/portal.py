"""Remote sessions in the customer's own case: who is connected, stop it, look at the recordings. LIV-2, LIV-3."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from amparo.remote import access, commands, queries, words
from amparo.remote.commands.shared import pepper
from amparo.remote.machine import State
from amparo.remote.rules.codes import code_of, shown
from amparo.ui.views import contact_only

from .shared import close_room, loaded, loaded_case


@require_safe
@contact_only
def of_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The sessions of a case, in it: one that is offered opens with its code filled in. LIV-3."""
    case = loaded_case(request, case_id)
    rows = queries.of_case(case.pk)
    found = queries.open_of_case(case.pk) if rows and rows[0].is_open else None
    code = shown(code_of(found.public_id, pepper())) if found is not None and found.state == State.OFFERED and request.now < found.expires_at else ""
    context = {"case": case, "rows": rows, "says": words, "open": next((one for one in rows if one.is_open), None), "code": code}
    return render(request, "remote/portal/_of_case.html", context)


@require_POST
@contact_only
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Stop a session: at once, without a question. LIV-2."""
    found = loaded(request, session_id)
    assert access.may_end(request.actor, found)
    commands.end(found, reason="stopped_by_customer", actor=request.actor, at=request.now)
    close_room(request, found)
    return redirect("cases:case", found.case_id)
