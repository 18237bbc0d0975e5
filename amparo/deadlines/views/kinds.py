"""What is promised: each kind with its time, changed with effect from a moment. TIM-2, TIM-4."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.deadlines import access, commands, queries
from amparo.deadlines.errors import BadCalendar
from amparo.deadlines.forms import KindForm
from amparo.deadlines.rules import Counting
from amparo.ui.views import staff_only


@require_safe
@staff_only()
def kinds(request: HttpRequest) -> HttpResponse:
    page = {"cards": queries.kind_cards(request.now), "may_change": access.may_change_kind(request.actor)}
    return render(request, "deadlines/desk/kind_list.html", page)


@staff_only()
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """Show a kind with its history; an administrator changes it from a moment on."""
    card = next((card for card in queries.kind_cards(request.now) if card.code == code), None)
    if card is None:
        raise Http404
    latest = card.coming or card.in_force
    initial = {key: latest[key] for key in ("amount", "counting", "priority")}
    initial["amount"] = latest["amount"].normalize() if latest["amount"] % 1 else int(latest["amount"])
    initial |= {
        "warn_percents": ", ".join(map(str, latest["warn_percents"])),
        "calendar": latest["calendar_id"],
    }
    calendars = access.visible_calendars(request.actor).order_by("-is_default", "name")
    form = KindForm(request.POST or None, calendars=calendars, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            commands.set_kind(
                code,
                counting=Counting(given["counting"]),
                amount=given["amount"],
                priority=given["priority"],
                warn_percents=given["warn_percents"],
                calendar_id=given["calendar"].pk if given["calendar"] else None,
                from_at=given["from_at"] or request.now,
                seen=int(request.POST["seen"]) if request.POST.get("seen", "").isdecimal() else 0,
                actor=request.actor,
                at=request.now,
            )
            messages.success(request, _("Saved. What was promised before keeps its deadline."))
            return redirect("desk_deadlines:kinds")
        except BadCalendar as refusal:
            form.add_error(refusal.field, str(refusal))
    page = {
        "card": card,
        "form": form,
        "history": [
            (row, queries.amount_in_words(row["counting"], row["amount"]))
            for row in queries.kind_history(code)
        ],
        "may_change": access.may_change_kind(request.actor),
    }
    return render(request, "deadlines/desk/kind.html", page)
