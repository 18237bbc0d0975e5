"""The telephone at the desk: what rings, who is owed a call, what was said. TEL-1, TEL-2, TEL-3."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, Refusal
from amparo.live import access, commands, queries
from amparo.live.forms import Settle, WrapUp
from amparo.threads.access import visible_to as visible_threads
from amparo.ui.views import staff_only

OWED_SHOWN, SETTLED_SHOWN, REFUSED_SHOWN = 100, 8, timedelta(days=1)


@require_safe
@staff_only(*access.ROLES, "quality")
def calls(request: HttpRequest) -> HttpResponse:
    """Calls back that are owed, what rings now, and the latest calls."""
    owed, settled = queries.callbacks(request.actor, owed=OWED_SHOWN + 1, settled=SETTLED_SHOWN)
    context = {
        "owed": owed, "settled": settled, "owed_shown": OWED_SHOWN, "lines": queries.recent_lines(request.actor), "form": Settle(),
        "refused": queries.refused_dials(request.actor, since=request.now - REFUSED_SHOWN), "may_settle": access.may_take_calls(request.actor),
    }  # fmt: skip
    return render(request, "live/desk/_calls.html" if request.htmx else "live/desk/calls.html", context)


@require_POST
@staff_only(*access.ROLES)
def settle(request: HttpRequest, callback_id: int) -> HttpResponse:
    """Settle a call back with a reason."""
    found = get_object_or_404(access.callbacks_visible_to(request.actor), pk=callback_id)
    form = Settle(request.POST)
    if form.is_valid():
        commands.settle_callback(found, reason=form.cleaned_data["reason"], actor=request.actor, at=request.now)
        messages.success(request, _("Settled. The reason is on record."))
    else:
        messages.error(request, _("Say in a few words why no call is owed any more."))
    return redirect("desk_live:calls")


@require_POST
@staff_only(*access.ROLES)
def choose(request: HttpRequest, line_id: int, customer_id: int) -> HttpResponse:
    """Say who of several is on the line, and open the card."""
    found = get_object_or_404(access.lines_visible_to(request.actor), pk=line_id)
    commands.choose_caller(found, customer_id=customer_id, actor=request.actor, at=request.now)
    return redirect(f"{reverse('desk_web:caller', args=[customer_id])}?ring={found.pk}")


@require_POST
@staff_only(*access.ROLES)
def wrap_up(request: HttpRequest, call_id: int) -> HttpResponse:
    """Write down what a call was about and what came of it. TEL-3."""
    call = get_object_or_404(access.visible_to(request.actor), pk=call_id)
    form = WrapUp(request.POST)
    if form.is_valid() and not _is_there(form.cleaned_data["linked"], request.actor):
        form.add_error("linked", _("There is no ticket or case of that number."))
    if form.is_valid():
        try:
            commands.end_call(call, **form.asked(), actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    owed = [one for one in reversed(queries.open_calls(request.actor)) if one["hung_up_at"]]
    context = {"owed": owed, "wrap_up": WrapUp(), "failed": form if form.errors else None, "failed_id": call.pk}
    return render(request, "live/desk/_wrap_up.html", context, status=422 if form.errors else 200)


def _is_there(linked: str, actor: Actor) -> bool:
    kind, _sep, number = linked.partition(":")
    return not linked or visible_threads(actor).filter(kind=kind, number=int(number)).exists()


@require_POST
@staff_only(*access.ROLES)
def dial(request: HttpRequest) -> JsonResponse:
    """Call a number by one's own line, where the list of what may be dialled and the cap of the day let it. SEC-43."""
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 64:
        raise Invalid(field="key")
    try:
        made = commands.ask_to_dial(request.POST.get("number", "")[:40], way=request.POST.get("way", ""), key=key, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "error": str(refusal)}, status=refusal.status)
    return JsonResponse({"number": made.number, "state": made.state})
