"""Quotes at the desk: the list with its counts, the quote with its versions, the editor with its lines. QUO-1, QUO-3."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.charging.queries import explain_quote
from amparo.charging.queries import quote as quote_needs
from amparo.kernel.refusals import Invalid, Refusal
from amparo.policies.queries import value
from amparo.quotations import access, commands, forms, queries, words
from amparo.quotations.machine import QuoteMove
from amparo.quotations.models import Quote, QuoteVersion, ServiceOrder
from amparo.quotations.rules.quotes import lines_from, needs_of
from amparo.threads.models import Thread
from amparo.ui.views import staff_only

from .shared import beside, key_of, loaded, seen, told

VIEWS = ("ours", "waiting", "accepted", "over")


@require_safe
@staff_only()
def quotes(request: HttpRequest) -> HttpResponse:
    """All quotes by where they stand, newest first. QUO-3."""
    view = request.GET.get("view", "ours")
    sought = request.GET.get("q", "")[:80].replace("\x00", "")
    view = view if view in (*VIEWS, "open") else "ours"
    page = queries.quotes_list(request.actor, view="open" if sought else view, words=sought, after=request.GET.get("after", ""))
    context = {"page": page, "view": view, "counts": queries.counts(request.actor), "says": words, "sought": sought}
    return render(request, "quotations/desk/quotes.html", context)


@require_safe
@staff_only()
def quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    """A quote: what the customer sees, what is being written, what changed. QUO-3."""
    return _show(request, quote_id)


def _show(request: HttpRequest, quote_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    page = queries.quote_page(request.actor, quote_id, at=request.now)
    if page is None:
        raise Http404
    context = {
        "page": page, "refusal": refusal, "says": words, "at": request.now, "Move": QuoteMove,
        "specification": queries.beside_quote(page.quote.thread),
        "draft_price": _price_of(page.draft, request) if page.draft else None, "changes": page.changes(page.draft.number if page.draft else None),
    }  # fmt: skip
    return render(request, "quotations/desk/quote.html", context, status=refusal.status if refusal else 200)


def _price_of(version: QuoteVersion, request: HttpRequest) -> Any:
    try:
        needs = needs_of(version.own_lines)
    except Refusal:
        return None
    found = quote_needs(version.quote.customer_id, needs, at=request.now)
    return explain_quote(found, translation.get_language() or "es")


def _thread(case_number: int) -> Thread:
    return get_object_or_404(Thread.objects.select_related("customer"), kind="case", number=case_number)


def _changed_order(request: HttpRequest) -> ServiceOrder | None:
    text = request.GET.get("changes", "") or request.POST.get("changes", "")
    if not text.isdecimal() or len(text) > 18:
        return None
    return access.orders_visible_to(request.actor).filter(pk=int(text)).first()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*access.QUOTING)
def new(request: HttpRequest, case_number: int) -> HttpResponse:
    """Write a quote for a case, line by line. QUO-1, QUO-3."""
    thread = _thread(case_number)
    changes = _changed_order(request)
    language = "en" if (translation.get_language() or "").startswith("en") else "es"
    initial = {
        "title": thread.title, "kind": changes.kind if changes else "development", "business_days": 5,
        "valid_days": value("quotations.valid_days", at=request.now), "terms": value(f"quotations.terms_{language}", at=request.now),
    }  # fmt: skip
    given = request.POST if request.method == "POST" else None
    form = forms.QuoteForm(given, initial=initial)
    if given is not None and form.is_valid():
        try:
            content = form.content(given)
            made = commands.draft_quote(
                thread, kind=form.cleaned_data["kind"], title=form.cleaned_data["title"], content=content, key=key_of(request),
                changes_order=changes, actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as wrong:
            beside(form, wrong)
        else:
            return redirect("desk_quotations:quote", made.pk)
    return _editor(request, form, thread, forms.line_rows(given), title=_("New quote"), changes=changes)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*access.QUOTING)
def edit(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Write the next version of a quote. QUO-3."""
    found = loaded(request, quote_id)
    page = queries.quote_page(request.actor, quote_id, at=request.now)
    assert page is not None
    version = page.draft or page.shown
    assert version is not None
    given = request.POST if request.method == "POST" else None
    initial = forms.QuoteForm.initial_of(found.title, found.kind, version)
    form = forms.QuoteForm(given, initial=initial)
    if given is not None and form.is_valid():
        try:
            commands.revise_quote(found, form.content(given), seen=seen(request), actor=request.actor, at=request.now)
        except Invalid as wrong:
            beside(form, wrong)
        except Refusal as refusal:
            if refusal.status in (403, 404):
                raise
            return _show(request, quote_id, refusal=refusal)
        else:
            return redirect("desk_quotations:quote", quote_id)
    rows = forms.line_rows(given, version.own_lines)
    return _editor(request, form, _thread(found.thread.number), rows, title=found.number, quote=found)


def _editor(
    request: HttpRequest, form: forms.QuoteForm, thread: Thread, rows: list[dict[str, Any]], *, title: str, quote: Quote | None = None,
    changes: ServiceOrder | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form, "thread": thread, "rows": rows, "title": title, "quote": quote, "changes": changes, "tariff": words.TARIFF,
        "key": request.POST.get("key") or uuid4().hex, "says": words, "specification": queries.beside_quote(thread),
    }  # fmt: skip
    return render(request, "quotations/desk/editor.html", context, status=422 if form.errors else 200)


@require_POST
@staff_only(*access.QUOTING)
def preview(request: HttpRequest, case_number: int) -> HttpResponse:
    """What the lines would cost the customer of a case, as they stand in the form. Nothing is kept. CHG-8."""
    thread = _thread(case_number)
    price, problem = None, ""
    rows = [row for row in forms.rows_of(request.POST, "line", forms.QuoteForm.LINES) if row["text"] or row["credits"] or row["code"]]
    try:
        needs = needs_of(lines_from([row | {"text": row["text"] or "—"} for row in rows]))
        price = explain_quote(quote_needs(thread.customer_id, needs, at=request.now), translation.get_language() or "es")
    except Refusal as refused:
        problem = str(refused)
    return render(request, "quotations/desk/_preview.html", {"price": price, "problem": problem, "empty": not rows})


@require_POST
@staff_only(*access.QUOTING)
@told(_show)
def present(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Show the written version to the customer. QUO-1."""
    commands.present_quote(loaded(request, quote_id), seen=seen(request), actor=request.actor, at=request.now)
    messages.success(request, _("The customer sees the quote and decides; nothing is charged before."))
    return redirect("desk_quotations:quote", quote_id)


@require_POST
@staff_only(*access.QUOTING)
@told(_show)
def withdraw(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Take a quote back. QUO-3."""
    reason = request.POST.get("reason", "")
    commands.withdraw_quote(loaded(request, quote_id), reason=reason, actor=request.actor, at=request.now)
    messages.info(request, _("The quote is withdrawn."))
    return redirect("desk_quotations:quote", quote_id)
