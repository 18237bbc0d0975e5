"""The calculator: "48 business hours from now is…", with the steps of the count. TIM-2, TIM-3."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amparo.deadlines import access, queries
from amparo.deadlines.forms import QuestionForm
from amparo.deadlines.rules import Counting
from amparo.kernel.refusals import Refusal
from amparo.ui.views import staff_only


@require_safe
@staff_only()
def calculator(request: HttpRequest) -> HttpResponse:
    """Ask by the address, so that a question with its answer can be sent to a colleague."""
    calendars = access.visible_calendars(request.actor).order_by("-is_default", "name")
    asked = QuestionForm(request.GET or None, calendars=calendars, initial=_first_question(request))
    answer = None
    if asked.is_bound and asked.is_valid():
        given = asked.cleaned_data
        chosen = given["calendar"]
        calendar = queries.calendar_named(chosen.name) if chosen else queries.service_calendar()
        start = given["start"].replace(tzinfo=ZoneInfo(calendar.zone))
        try:
            answer = queries.answer(calendar, start, given["amount"], Counting(given["counting"]))
        except Refusal as refusal:
            asked.add_error(getattr(refusal, "field", None), str(refusal))
    page = {
        "form": asked,
        "answer": answer,
        "kinds": queries.kind_cards(request.now),
        "now_local": _first_question(request)["start"],
    }
    return render(request, "deadlines/desk/calculator.html", page)


def _first_question(request: HttpRequest) -> dict[str, object]:
    now = queries.service_calendar().local(request.now)
    return {"start": now.replace(tzinfo=None), "amount": 48, "counting": Counting.BUSINESS_HOURS.value}
