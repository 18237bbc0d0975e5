"""Tickets as their customer sees them. TKT."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.contracts.access import reader, standing
from amparo.kernel.refusals import Invalid
from amparo.knowledge.queries import article_page
from amparo.threads import queries as threads
from amparo.tickets import access, commands, queries
from amparo.tickets.forms import TicketForm
from amparo.tickets.machine import State
from amparo.tickets.models import CUSTOMER_LABELS, Ticket
from amparo.ui.views import contact_only

from . import conversation, load, posted_text, writing

TONES = {State.OPEN: "waiting", State.WAITING: "act", State.CLOSED: "done"}


@require_safe
@contact_only
def tickets(request: HttpRequest) -> HttpResponse:
    """The tickets that the contact may see, the newest word first; or those that hold some words or have a number."""
    view, words = request.GET.get("view", "open"), request.GET.get("q", "")[:200].strip()
    page = None
    if len(words) > 1:
        hits = threads.search(request.actor, words, kind="ticket", limit=40)
        rows = [
            {"number": hit.number, "shown": hit.shown, "title": hit.title, "state": hit.state, "due_at": hit.due_at,
             "due_from": None, "detail": hit.excerpt}
            for hit in hits
        ]  # fmt: skip
    else:
        page = threads.customer_threads(
            request.actor, kind="ticket", open_only=view != "closed", after=request.GET.get("after", "")
        )
        rows = [{**row, "detail": row["opened_by__name"] or ""} for row in page.rows]
    context = {"view": view, "asked": words, "rows": rows, "page": page, "labels": CUSTOMER_LABELS, "tones": TONES}
    return render(request, "tickets/portal/_tickets.html" if request.htmx else "tickets/portal/tickets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new ticket, or why there is none and how to come to one. TKT-1, TKT-3, TKT-4."""
    choices = queries.choices(request.actor, at=request.now)
    sought = request.GET.get("q", "")[:200].strip()
    form = TicketForm(request.POST or None, choices=choices, initial={"title": request.GET.get("title", "")[:200] or sought})
    error, status = "", 200
    if request.method == "POST":
        try:
            opened = _opened(request, form)
        except Invalid as wrong:
            status, error = 422, _beside(form, wrong)
        else:
            if opened is not None:
                messages.success(request, _("We have your ticket %(number)s.") % {"number": opened.shown_number})
                return redirect("tickets:ticket", opened.pk)
            status = 422
    draft = threads.draft_of("ticket:new", request.actor)
    kept = {"body": draft.body if draft else _carried(request, sought), "kind": "reply"}
    context = {
        "form": form,
        "choices": choices,
        "allowed": any(choice.standing.allowed for choice in choices),
        "general": standing(request.actor, "ticket", at=request.now) if not choices else None,
        "time": queries.answer_time_in_words(request.now),
        "case_allowed": standing(request.actor, "case", at=request.now).allowed,
        "error": error,
        "body": request.POST.get("body"),
        **writing(request, "ticket:new", kept),
    }
    return render(request, "tickets/portal/new.html", context, status=status)


def _carried(request: HttpRequest, sought: str) -> str:
    """What somebody read and looked for before he asks: the first lines of his text, which he may change. SRC-2, TKT-3."""
    given = request.GET.get("article", "")
    read = article_page(reader(request.actor, at=request.now), int(given)) if given.isdecimal() and len(given) < 18 else None
    lines = []
    if read is not None:
        title = re.sub(r"([\\\[\]])", r"\\\1", read.title)
        lines.append(_("I read this article and it did not help: %(article)s") % {"article": f"[{title}]({read.url})"})
    if sought:
        lines.append(_("I searched for: %(words)s") % {"words": sought})
    return "\n".join([*lines, "", ""]) if lines else ""


def _opened(request: HttpRequest, form: TicketForm) -> Ticket | None:
    if not form.is_valid():
        return None
    given = posted_text(request)
    return commands.open_ticket(
        form.cleaned_data["title"], given.pop("body"), form.product_id(), licence_id=form.licence_id(),
        is_fault=form.cleaned_data["is_fault"], **given, actor=request.actor, at=request.now,
    )  # fmt: skip


def _beside(form: TicketForm, wrong: Invalid) -> str:
    """Put a refusal beside its field; return it where it belongs to the text. Nothing typed is lost."""
    field = {"product": "about"}.get(wrong.field or "", wrong.field)
    if field in form.fields:
        form.add_error(field, str(wrong))
        return ""
    if field in ("body", "files"):
        return str(wrong)
    raise wrong


@require_safe
@contact_only
def ticket(request: HttpRequest, number: int) -> HttpResponse:
    """A ticket with its conversation; for htmx the conversation alone."""
    return _page(request, load(request, number))


def _page(request: HttpRequest, shown: Any, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    context = {
        **conversation(request, shown),
        "state_label": CUSTOMER_LABELS[State(shown.state)],
        "tone": TONES[State(shown.state)],
        "answer_due_at": queries.answer_due_at(shown),
        "may_close": access.may_close(request.actor, shown),
        "may_reopen": access.may_reopen(request.actor, shown),
        "body": None,
        "error": "",
    }
    if request.htmx:
        return render(request, "tickets/portal/_ticket.html", context)
    context |= writing(request, shown.subject, shown.draft) | more
    return render(request, "tickets/portal/ticket.html", context, status=status)


@require_POST
@contact_only
def write(request: HttpRequest, number: int) -> HttpResponse:
    """Answer in a ticket; a closed one is open again. TKT-2."""
    shown = load(request, number)
    given = posted_text(request)
    try:
        entry = commands.write(shown, **given, actor=request.actor, at=request.now)
    except Invalid as wrong:
        return _page(request, load(request, number), body=given["body"], error=str(wrong), status=422)
    return redirect(reverse("tickets:ticket", args=[number]) + f"#{entry.anchor}")


@require_POST
@contact_only
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a ticket that is settled. TKT-2."""
    commands.close(
        load(request, number), seen_state=request.POST.get("seen_state") or None, actor=request.actor, at=request.now
    )
    messages.success(request, _("The ticket is closed. Write in it again whenever you need."))
    return redirect("tickets:ticket", number)


@require_POST
@contact_only
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Open a closed ticket again. TKT-2."""
    commands.reopen(load(request, number), actor=request.actor, at=request.now)
    return redirect("tickets:ticket", number)
