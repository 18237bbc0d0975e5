"""Cases at the desk: the list, the case with its conversation, its record, and what stands beside it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from amparo.cases import access, commands, queries, words
from amparo.cases.machine import LIFE, Kind, Move, State
from amparo.cases.models import Case
from amparo.charging.queries import explain_quote, quote
from amparo.charging.rules import Need
from amparo.contracts.access import standing
from amparo.contracts.queries import in_force
from amparo.kernel.refusals import Refusal
from amparo.ledger.queries import pockets
from amparo.live.queries import calls_about
from amparo.policies.queries import value
from amparo.threads import commands as threads
from amparo.threads.errors import NothingSaid
from amparo.ui.views import staff_only

from .portal import key_of, loaded, story, writing

REGIONS = {"thread-head": "cases/desk/_head.html", "record": "cases/desk/_record.html"}


@require_safe
@staff_only()
def cases(request: HttpRequest) -> HttpResponse:
    """All cases by state and kind, newest first."""
    asked = queries.CaseFilter.parse(request.GET, request.actor)
    page = queries.cases_list(request.actor, asked, after=request.GET.get("after", ""))
    query = "&".join(f"{name}={request.GET[name]}" for name in ("state", "kind", "customer", "assignee", "view") if request.GET.get(name))
    context = {"page": page, "asked": asked, "query": query, "says": words, "kinds": list(Kind), "states": list(State)}
    return render(request, "cases/desk/_cases.html" if request.headers.get("HX-Request") else "cases/desk/cases.html", context)


@require_safe
@staff_only()
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """A case: its state and next act, the clock, the story, the composer; the customer comes beside it."""
    return show(request, case_id)


def show(
    request: HttpRequest, case_id: int, *, refusal: Refusal | None = None, body: str = "", kind: str = "", error: str = ""
) -> HttpResponse:
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    context = {
        "page": page, "story": story(request, page), "says": words, "at": request.now, "refusal": refusal,
        "acts": acts(request, page), "error": error, "cost_of": queries.cost_of, "templates": page.answer_templates(),
        "may_work": access.may_work(request.actor, Case()), **writing(request, page.subject, page.draft, body),
    }  # fmt: skip
    if kind:
        context["mode"] = kind
    region = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") else ""
    template = REGIONS.get(region, "cases/desk/case.html") if request.method == "GET" else "cases/desk/case.html"
    return render(request, template, context, status=refusal.status if refusal else (422 if error else 200))


def acts(request: HttpRequest, page: queries.CasePage) -> dict[str, bool]:
    """Return which acts the page offers: what the state allows and the person may do. Commands ask again."""
    works = access.may_work(request.actor, Case())
    clocked, ordered = page.kind in ("advisory", "incident"), page.kind in ("general", "development")
    over = bool(page.clock.limit_minutes) and page.clock.is_over(request.now)

    def may(move: Move) -> bool:
        return works and LIFE.may(page.state, move)

    further = any(need["charge_id"] and need["choice"] == "now" for need in page.needs)
    return {
        "classify": may(Move.CLASSIFY) and not page.order_accepted and not further and not page.is_given_again,
        "consent": may(Move.CONSENT) and clocked,
        "order": may(Move.PROPOSE_ORDER) and ordered,
        "quote": works and page.state in ("requested", "classified", "attention", "procedure") and (ordered or not page.kind or page.state == "attention"),
        "start": may(Move.START_CLOCK) and clocked and page.clock.since is None and (not over or further),
        "stop": works and page.clock.since is not None,
        "limit": works and over and page.state in ("attention", "procedure") and not further,
        "need": may(Move.RAISE_NEED) and clocked,
        "procedure": may(Move.AGREE_PROCEDURE),
        "closing": may(Move.PROPOSE_CLOSING) and bool(page.kind) and (clocked or bool(page.row["consent_at"])),
        "uncharged": LIFE.may(page.state, Move.CLOSE_UNCHARGED) and access.may_close_uncharged(request.actor, Case()),
        "withdraw": may(Move.WITHDRAW) and (page.kind or page.row["asked_kind"]) in ("general", "development"),
        "follow": works and page.state != "withdrawn",
    }


@require_POST
@staff_only()
def write(request: HttpRequest, case_id: int) -> HttpResponse:
    """Send a public answer or keep an internal note, as the composer's switch says. TKT-1, TIM-9, SEC-10."""
    found, body, kind = loaded(request, case_id), request.POST.get("body", ""), request.POST.get("kind", "")
    given: dict[str, Any] = {
        "key": key_of(request), "files": request.POST.getlist("files"), "draft_key": request.POST.get("draft_key", "")[:40],
        "actor": request.actor, "at": request.now,
    }  # fmt: skip
    try:
        if kind == "reply":
            commands.write(found, body, via="desk", **given)
        else:
            threads.note(found.thread, body, **given)
    except NothingSaid as nothing:
        return show(request, case_id, body=body, kind="note" if kind == "note" else "reply", error=str(nothing))
    return redirect("desk_cases:case", case_id)


@require_safe
@staff_only()
def record(request: HttpRequest, case_id: int) -> HttpResponse:
    """Every fact in words, with calls. CAS-1."""
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    context = {
        "page": page, "lines": queries.record_lines(page, request.actor), "says": words,
        "calls": calls_about(page.subject, request.actor),
    }  # fmt: skip
    return render(request, "cases/desk/case_record.html", context)


@require_safe
@staff_only()
def beside(request: HttpRequest, case_id: int) -> HttpResponse:
    """The customer beside the case: standing, contracts, what is left. Comes after the page."""
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    customer_id = page.row["customer_id"]
    context = {
        "page": page, "standing": standing(request.actor, "case", at=request.now, customer_id=customer_id),
        "contracts": in_force(customer_id, request.now), "meters": _meters(customer_id, request),
        "matters": queries.cases_list(request.actor, queries.CaseFilter(customer_id=customer_id), size=6).rows, "says": words,
        "specification": queries.specification(page),
    }  # fmt: skip
    return render(request, "cases/desk/_beside.html", context)


def _meters(customer_id: int, request: HttpRequest) -> list[dict[str, Any]]:
    """Add the pockets of each unit up, for meters."""
    found = []
    held = pockets(customer_id, request.now)
    for unit in ("event", "incident", "credit"):
        of_unit = [pocket for pocket in held if pocket.unit == unit]
        if of_unit:
            found.append({
                "unit": unit, "left": sum(p.available for p in of_unit), "total": sum(p.issued for p in of_unit),
                "reserved": sum(p.reserved for p in of_unit), "ends_on": min(p.ends_at for p in of_unit if p.ends_at),
            })  # fmt: skip
    return found


@require_safe
@staff_only()
def price(request: HttpRequest, case_id: int) -> HttpResponse:
    """What a classification would cost the customer: shown while the engineer chooses. CHG-1, CHG-8."""
    found, kind = loaded(request, case_id), request.GET.get("kind", "")
    code = {"advisory": "advisory_event", "incident": "incident"}.get(kind)
    shown = None
    if code:
        language = translation.get_language() or "es"
        shown = explain_quote(quote(found.customer_id, [Need(code)], at=request.now), language)
    minutes = value(f"cases.{kind}_minutes", at=request.now) if code else 0
    context = {"price": shown, "kind": kind, "says": words, "minutes": minutes}
    return render(request, "cases/desk/_price.html", context)
