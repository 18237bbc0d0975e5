"""Writing from the desk: an article out of an answer, citing one, and the report of sources. SRC-1."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.contracts.rules.audience import ANYBODY, OF_STAFF
from amparo.kernel.masking import mask
from amparo.kernel.refusals import Invalid
from amparo.kernel.sheets import as_csv
from amparo.knowledge import commands, queries
from amparo.knowledge.forms import DraftForm
from amparo.search.errors import SearchTooBroad, SearchTooLong
from amparo.ui.views import staff_only


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def write(request: HttpRequest) -> HttpResponse:
    """Write an article out of a ticket, a case, or nothing: a short form that saves a draft. SRC-1."""
    source = (request.POST if request.method == "POST" else request.GET).get("from", "").replace("\x00", "")[:60]
    told = queries.told_in(request.actor, source) if source else None
    if source and told is None and not source.startswith(("topic:", "search:")):
        raise Http404
    status = 200
    if request.method == "POST":
        form = DraftForm(request.POST)
        if form.is_valid():
            try:
                made = commands.draft_article(
                    **form.cleaned_data, source=source, key=request.POST.get("key", "").replace("\x00", "")[:80] or None, actor=request.actor, at=request.now
                )
            except Invalid as wrong:
                form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
            else:
                messages.success(request, _("The draft is saved. An editor publishes it."))
                return redirect("desk_knowledge:article", made.pk)
        status = 422
        found: tuple[Any, ...] = ()
    else:
        initial, found = _masked(told, request.GET.get("title", "")[:200])
        form = DraftForm(initial=initial)
    context = {"form": form, "source": source, "told": told, "hidden": found, "key": uuid4().hex}
    return render(request, "knowledge/desk/write.html", context, status=status)


def _masked(told: Any, title: str) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """What is written already, without what is private, and what was hidden."""
    if told is None:
        return {"title": title}, ()
    texts: dict[str, str] = {}
    found: list[Any] = []
    for name, text in (("title", told.title), ("symptom", told.question), ("solution", told.answer)):
        texts[name], hidden = mask(text)
        found += hidden
    return texts | {"product": told.product_id, "language": "es"}, tuple(found)


@require_safe
@staff_only()
def cite(request: HttpRequest) -> HttpResponse:
    """What can be cited for some words, to be put into the text that is being written. SRC-1."""
    words = request.GET.get("q", "")[:200]
    try:
        found = queries.cite(ANYBODY if request.GET.get("public") else OF_STAFF, words)
    except (SearchTooBroad, SearchTooLong):
        found = []
    return render(request, "knowledge/desk/_cite.html", {"found": found, "q": words.strip(), "root": settings.PUBLIC_URL})


def _month(request: HttpRequest, choices: list[date]) -> date:
    given = request.GET.get("month", "")
    return next((one for one in choices if one.strftime("%Y-%m") == given), choices[0])


@require_safe
@staff_only()
def report(request: HttpRequest) -> HttpResponse:
    """The share of answers without a public source, by person and product, with the answers behind it. SRC-1."""
    choices = queries.months(request.now)
    month = _month(request, choices)
    rows = queries.shares(request.actor, month=month)
    who, what = (_id(request.GET.get(name, "")) for name in ("person", "product"))
    page = queries.answers_without(request.actor, month=month, author_id=who, product_id=what, after=request.GET.get("after", "")[:300])
    total = sum(row.share.answers for row in rows)
    without = sum(row.share.without for row in rows)
    context = {
        "rows": rows, "month": month, "months": choices, "page": page, "person": who, "product": what,
        "total": total, "without": without, "share": round(100 * without / total) if total else 0,
    }  # fmt: skip
    return render(request, "knowledge/desk/report.html", context)


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None


@require_safe
@staff_only()
def report_csv(request: HttpRequest) -> HttpResponse:
    """The same rows as a table for spreadsheets. SRC-1."""
    month = _month(request, queries.months(request.now))
    head = [_("Month"), _("Person"), _("Product"), _("Answers"), _("Without a source"), _("Per cent")]
    rows: list[list[object]] = [
        [month.strftime("%Y-%m"), row.author, row.product, row.share.answers, row.share.without, row.share.per_cent_without]
        for row in queries.shares(request.actor, month=month)
    ]
    response = HttpResponse(as_csv([head, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sources-{month:%Y-%m}.csv"'
    return response
