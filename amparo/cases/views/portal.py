"""Cases as their customer sees them: ask for one, decide what is asked, write, read the whole record."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.cases import access, commands, queries, words
from amparo.cases.errors import NothingAsked
from amparo.cases.forms import NewCase
from amparo.cases.models import Case, FurtherNeed
from amparo.charging.errors import PriceChanged
from amparo.charging.queries import explain_quote, quote
from amparo.charging.rules import Need
from amparo.contracts.access import standing
from amparo.files.queries import drafts
from amparo.kernel.refusals import Invalid, Refusal
from amparo.policies.queries import value
from amparo.products.queries import licences_of
from amparo.threads.errors import NothingSaid
from amparo.threads.rules import draft_key
from amparo.ui.drawn import kept
from amparo.ui.views import contact_only

View = Callable[..., HttpResponse]


def number(request: HttpRequest, name: str) -> int:
    """Return a number that a form carries. Raises Invalid where it was tampered with."""
    text = request.POST.get(name, "")
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(field=name)
    return int(text)


def key_of(request: HttpRequest) -> str:
    """Return the form's idempotency key; a form without one is sent as often as it is sent."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def loaded(request: HttpRequest, case_id: int) -> Case:
    return get_object_or_404(access.visible_to(request.actor).select_related("thread"), pk=case_id)


def writing(request: HttpRequest, place: str, draft: dict[str, Any] | None, body: str = "") -> dict[str, Any]:
    """Return what a composer starts with: the draft that was kept, and the files that wait with it."""
    key = draft_key(request.actor.user_id, place)
    waiting = drafts(key, request.actor) if draft or request.POST.getlist("files") else []
    return {
        "body": body or (draft or {}).get("body", ""), "mode": (draft or {}).get("kind", "reply"), "draft_key": key,
        "draft_files": [{"id": file.public_id, "name": file.name, "size": file.size} for file in waiting],
    }  # fmt: skip


def story(request: HttpRequest, page: queries.CasePage) -> str:
    """Return what was said and done, as HTML, drawn once for each version of it. CAS-1, SEC-10."""
    return kept(request, "cases/_story.html", page.story_version, lambda: {"story": queries.story(page, request.actor)})


def told(view: View) -> View:
    """Show the case as it stands now beside the refusal, so that nobody decides on a stale page twice. CHG-1, CAS-4."""

    @wraps(view)
    def guarded(request: HttpRequest, case_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, case_id, *args, **kwargs)
        except PriceChanged as changed:
            with contextlib.suppress(NothingAsked):
                commands.requote(loaded(request, case_id), actor=request.actor, at=request.now)
            return _show(request, case_id, refusal=changed)
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            return _show(request, case_id, refusal=refusal)

    return guarded


@require_safe
@contact_only
def cases(request: HttpRequest) -> HttpResponse:
    """The customer's cases, newest first. CAS-7."""
    closed = request.GET.get("view") == "closed"
    asked = queries.CaseFilter(closed=closed)
    page = queries.cases_list(request.actor, asked, after=request.GET.get("after", ""), size=30)
    return render(request, "cases/portal/cases.html", {"page": page, "closed": closed, "says": words})


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a case; who lacks the standing is told which one it needs, instead of the form. ACC-7, ACC-9, CHG-1."""
    found = standing(request.actor, "case", at=request.now)
    if not found.allowed:
        return render(request, "cases/portal/case_shut.html", {"standing": found}, status=403)
    products = {row.licence.product_id: row.licence.product.name for row in licences_of(request.actor.customer_id, request.now)}
    given = request.POST if request.method == "POST" else None
    initial = {"title": request.GET.get("title", "")[:200], "asked_kind": request.GET.get("kind", "")}
    form = NewCase(given, initial=initial, products=sorted(products.items(), key=lambda item: item[1]))
    if given is not None and form.is_valid():
        try:
            case = commands.open_case(
                form.cleaned_data["title"], form.cleaned_data["body"], key=key_of(request),
                asked_kind=form.cleaned_data["asked_kind"], product_id=form.cleaned_data["product"],
                files=request.POST.getlist("files"), draft_key=request.POST.get("draft_key", "")[:40],
                actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        else:
            messages.success(request, _("We have your case. We look at it and tell you here what it is and what it costs."))
            return redirect("cases:case", case.pk)
    context = {
        "form": form, "prices": _prices(request), "kinds": words.KINDS, **writing(request, "case:new", None),
        "megabytes": value("files.megabytes_max", at=request.now),
    }  # fmt: skip
    return render(request, "cases/portal/case_new.html", context, status=422 if form.errors else 200)


def _prices(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what an incident and advice would cost this customer now. CHG-1, CHG-8."""
    language = translation.get_language() or "es"
    found = []
    for kind, code in (("incident", "incident"), ("advisory", "advisory_event")):
        shown = explain_quote(quote(request.actor.customer_id, [Need(code)], at=request.now), language)
        found.append({"label": words.KINDS[kind], "cost": shown.cost, "missing": shown.missing_text})
    return found


@require_safe
@contact_only
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """A case: what is asked of the customer now, the clock, the story, what it charges."""
    return _show(request, case_id)


def _show(
    request: HttpRequest, case_id: int, *, refusal: Refusal | None = None, body: str = "", error: str = ""
) -> HttpResponse:
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    context = {
        "page": page, "story": story(request, page), "says": words, "at": request.now, "refusal": refusal,
        "closing_lines": queries.closing_lines, "cost_of": queries.cost_of, "error": error, "specification": queries.specification(page),
        "to": lambda name, *rest: reverse(f"cases:{name}", args=[case_id, *rest]), **writing(request, page.subject, page.draft, body),
    }  # fmt: skip
    partial = request.headers.get("HX-Request") == "true" and request.method == "GET"
    template = "cases/portal/_case.html" if partial else "cases/portal/case.html"
    return render(request, template, context, status=refusal.status if refusal else (422 if error else 200))


@require_POST
@contact_only
@told
def write(request: HttpRequest, case_id: int) -> HttpResponse:
    """Send a message; to an open closing it is the answer instead of accepting. CAS-4."""
    body = request.POST.get("body", "")
    try:
        commands.write(
            loaded(request, case_id), body, key=key_of(request), files=request.POST.getlist("files"),
            draft_key=request.POST.get("draft_key", "")[:40], actor=request.actor, at=request.now,
        )  # fmt: skip
    except NothingSaid as nothing:
        return _show(request, case_id, body=body, error=str(nothing))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def consent(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say yes to the classification and its price. CHG-1."""
    commands.consent(
        loaded(request, case_id), seen=number(request, "seen"), price=request.POST.get("price") or None,
        actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.success(request, _("Thank you. We attend you as soon as possible."))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def decline(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say no to the classification: nothing is attended and nothing charged. CHG-1."""
    commands.decline_consent(
        loaded(request, case_id), seen=number(request, "seen"), reason=request.POST.get("reason", ""),
        actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.info(request, _("Nothing is attended and nothing is charged. Write to us below what you would rather have."))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def requote(request: HttpRequest, case_id: int) -> HttpResponse:
    """Look again at the price, after units came in. CHG-6."""
    commands.requote(loaded(request, case_id), actor=request.actor, at=request.now)
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def accept_order(request: HttpRequest, case_id: int) -> HttpResponse:
    """Accept an order: its credits are charged now. CHG-3."""
    commands.accept_order(
        loaded(request, case_id), seen=number(request, "seen"), price=request.POST.get("price") or None,
        actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.success(request, _("The order is accepted. We begin."))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def decline_order(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say no to an order. CHG-3."""
    commands.decline_order(loaded(request, case_id), seen=number(request, "seen"), actor=request.actor, at=request.now)
    messages.info(request, _("The order is not accepted; nothing was charged. Write to us below what should change."))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def choose(request: HttpRequest, case_id: int, need_id: int, choice: str) -> HttpResponse:
    """Choose what becomes of a need that came up. CHG-5."""
    need = get_object_or_404(FurtherNeed, pk=need_id, case=loaded(request, case_id))
    commands.choose_needs(
        need, choice=choice, price=request.POST.get("price") or None, actor=request.actor, at=request.now
    )
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def accept_closing(request: HttpRequest, case_id: int) -> HttpResponse:
    """Accept the closing: the charge becomes final. CAS-4."""
    commands.accept_closing(loaded(request, case_id), seen=number(request, "seen"), actor=request.actor, at=request.now)
    messages.success(request, _("Thank you. The case is closed."))
    return redirect("cases:case", case_id)


@require_POST
@contact_only
@told
def withdraw(request: HttpRequest, case_id: int) -> HttpResponse:
    """Withdraw what was not ordered yet. CAS-3."""
    commands.withdraw(loaded(request, case_id), actor=request.actor, at=request.now)
    messages.info(request, _("The case is withdrawn; nothing was charged."))
    return redirect("cases:case", case_id)


@require_safe
@contact_only
def record(request: HttpRequest, case_id: int) -> HttpResponse:
    """The whole record in words: who did what and when. CAS-1, CAS-7."""
    page = queries.case_page(request.actor, case_id)
    if page is None:
        raise Http404
    context = {"page": page, "lines": queries.record_lines(page, request.actor), "says": words}
    return render(request, "cases/portal/case_record.html", context)
