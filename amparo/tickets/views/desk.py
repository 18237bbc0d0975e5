"""Tickets as staff see them. TKT."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.defects.queries import known_defects
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.people.queries import contacts_of, customer_card
from amparo.threads import access as thread_access
from amparo.threads import commands as thread_commands
from amparo.threads import queries as threads
from amparo.tickets import access, commands, queries
from amparo.tickets.errors import SomebodyWrote
from amparo.tickets.forms import CallerTicketForm, CloseForm, DefectForm
from amparo.tickets.machine import State
from amparo.tickets.models import STAFF_LABELS
from amparo.ui.drawn import kept
from amparo.ui.views import staff_only

from . import conversation, load, number_seen, posted_text, writing

TONES = {State.OPEN: "act", State.WAITING: "waiting", State.CLOSED: "done"}
VIEWS = {"open": "", "answer": "answer", "waiting": "waiting", "closed": "closed"}


@require_safe
@staff_only()
def tickets(request: HttpRequest) -> HttpResponse:
    """Tickets by promise, or those that hold some words or have a number."""
    view, words = request.GET.get("view", "open"), request.GET.get("q", "")[:200].strip()
    customer = request.GET.get("customer", "")
    filters = threads.QueueFilter(
        kind="ticket", queue=VIEWS.get(view, ""),
        customer_id=int(customer) if customer.isdecimal() and len(customer) < 18 else None,
    )  # fmt: skip
    page = hits = None
    if len(words) > 1:
        hits = threads.search(request.actor, words, kind="ticket", limit=50)
    else:
        page = threads.queue(request.actor, filters, at=request.now, after=request.GET.get("after", ""))
    base = reverse("desk_tickets:list")
    narrowed = f"&customer={filters.customer_id}" if filters.customer_id else ""
    labels = {"open": _("All open"), "answer": _("To answer"), "waiting": _("Waiting for the customer"), "closed": _("Closed")}
    context = {
        "view": view,
        "may_open": access.may_open_for_callers(request.actor),
        "asked": words,
        "rows": page.rows if page else (),
        "hits": hits,
        "page": page,
        "query": f"view={view}{narrowed}",
        "tabs": [{"code": code, "label": label, "url": f"{base}?view={code}{narrowed}"} for code, label in labels.items()],
    }
    return render(request, "tickets/desk/_tickets.html" if request.htmx else "tickets/desk/tickets.html", context)


@require_safe
@staff_only()
def ticket(request: HttpRequest, number: int) -> HttpResponse:
    """A ticket: its conversation in the middle, the customer beside it; for htmx the region that is asked for."""
    return _page(request, load(request, number))


def _page(request: HttpRequest, shown: Any, **more: Any) -> HttpResponse:
    status, actor = more.pop("status", 200), request.actor
    context = {
        "ticket": shown,
        "thread": shown.thread,
        "state_label": STAFF_LABELS[State(shown.state)],
        "tone": TONES[State(shown.state)],
        "may_close": access.may_close(actor, shown),
        "may_reopen": access.may_reopen(actor, shown),
        "may_assign": thread_access.may_assign(actor, shown.thread),
        "may_mark_defect": access.may_mark_defect(actor, shown),
        "may_write": access.may_write(actor, shown),
        "body": None,
        "error": "",
    }
    if request.htmx and request.headers.get("HX-Target") == "thread-head":
        return render(request, "tickets/desk/_head.html", context)
    context |= conversation(request, shown)
    if request.htmx:
        return render(request, "tickets/desk/_record.html", context)
    context |= writing(request, shown.subject, shown.draft)
    context["templates"] = queries.filled_templates(shown, actor, language=queries.customer_language(shown))
    context["close_form"] = kept(request, "ui/_form.html", "close a ticket", lambda: {"form": CloseForm()})
    return render(request, "tickets/desk/ticket.html", context | more, status=status)


@require_POST
@staff_only()
def write(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the customer, or note something for colleagues. Whatever is refused keeps the text. TKT-1."""
    shown, given = load(request, number), posted_text(request)
    is_note = request.POST.get("kind") == "note"
    try:
        if is_note:
            entry = thread_commands.note(shown.thread, **given, actor=request.actor, at=request.now)
        else:
            entry = commands.write(shown, **given, seen=number_seen(request), actor=request.actor, at=request.now)
    except (Invalid, SomebodyWrote) as wrong:
        kept = {"draft_body": given["body"], "draft_kind": "note" if is_note else "reply"}
        return _page(request, load(request, number), **kept, body=given["body"], error=str(wrong), status=wrong.status)
    return redirect(reverse("desk_tickets:ticket", args=[number]) + f"#{entry.anchor}")


@require_POST
@staff_only()
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a ticket, with a last word or without. TKT-2."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, load(request, number), close_form=form, status=422)
    commands.close(
        load(request, number), body=form.cleaned_data["body"], key=request.POST.get("key", "")[:60] or None,
        seen_state=request.POST.get("seen_state") or None, actor=request.actor, at=request.now,
    )  # fmt: skip
    messages.success(request, _("The ticket is closed."))
    return redirect("desk_tickets:ticket", number)


@require_POST
@staff_only()
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Open a closed ticket again. TKT-2."""
    commands.reopen(load(request, number), actor=request.actor, at=request.now)
    return redirect("desk_tickets:ticket", number)


@require_safe
@staff_only()
def who(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The customer beside a thread: a region of its own, fetched after the page."""
    thread, opened_by = request.GET.get("thread", ""), request.GET.get("by", "")
    panel = queries.who_panel(
        customer_id, actor=request.actor, at=request.now,
        but_thread=int(thread) if thread.isdecimal() and len(thread) < 18 else None,
        opened_by_id=int(opened_by) if opened_by.isdecimal() and len(opened_by) < 18 else None,
    )  # fmt: skip
    if panel.card is None:
        raise Http404
    return render(request, "tickets/desk/_who.html", {"who": panel})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def defect(request: HttpRequest, number: int) -> HttpResponse:
    """The form that marks a ticket as a defect, and its answer. TKT-5."""
    shown = load(request, number)
    if not access.may_mark_defect(request.actor, shown):
        if shown.defect_report_id is not None:
            raise Stale(ticket=number)
        raise NotPermitted(ticket=number)
    told = [e for e in threads.timeline(shown.thread, request.actor) if e.author_kind == "customer" and not e.is_internal]
    form = DefectForm(
        request.POST or None, known=known_defects(shown.product_id), initial={"title": shown.thread.title},
        reported=[(str(e.seq), f"{e.author_name}: {e.body[:70]}") for e in told],
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        moment = next((e.at for e in told if str(e.seq) == given["reported"]), shown.opened_at)
        commands.mark_defect(
            shown, title=given["title"], description=given["description"], reported_at=moment,
            defect_id=int(given["known"]) if given["known"] else None, actor=request.actor, at=request.now,
        )  # fmt: skip
        messages.success(request, _("Marked as a defect."))
        return redirect("desk_tickets:ticket", number)
    template = "tickets/desk/_defect.html" if request.htmx else "tickets/desk/defect.html"
    return render(request, template, {"ticket": shown, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("operator", "engineer")
def new(request: HttpRequest) -> HttpResponse:
    """Open a ticket for somebody who calls: `?customer=` says of which customer. TKT-1, TEL-2."""
    text = request.GET.get("customer", "")
    card = customer_card(int(text)) if text.isdecimal() and len(text) < 18 else None
    if card is None:
        return render(request, "tickets/desk/new_for.html", {})
    choices = queries.choices(request.actor, at=request.now, customer_id=card.id)
    contacts = contacts_of(request.actor, card.id)
    initial = {"title": request.GET.get("title", "")[:200], "contact": request.GET.get("contact", "")}
    form = CallerTicketForm(request.POST or None, choices=choices, contacts=contacts, initial=initial)
    error = ""
    if request.method == "POST" and form.is_valid():
        given = posted_text(request)
        try:
            opened = commands.open_ticket(
                form.cleaned_data["title"], given.pop("body"), form.product_id(), licence_id=form.licence_id(),
                is_fault=form.cleaned_data["is_fault"], contact_id=form.contact_id(), customer_id=card.id,
                caller_name=form.cleaned_data["caller_name"], via="phone", **given, actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as wrong:
            field = {"product": "about"}.get(wrong.field or "", wrong.field)
            if field in form.fields:
                form.add_error(field, str(wrong))
            else:
                error = str(wrong)
        else:
            return redirect("desk_tickets:ticket", opened.pk)
    context = {
        "card": card,
        "form": form,
        "choices": choices,
        "allowed": any(choice.standing.allowed for choice in choices),
        "time": queries.answer_time_in_words(request.now),
        "error": error,
        "body": request.POST.get("body"),
        **writing(request, "ticket:new", None),
    }
    return render(request, "tickets/desk/new.html", context, status=422 if form.errors or error else 200)
