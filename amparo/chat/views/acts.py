"""What staff make of a chat: each act is a small page with its form, so that nothing typed is lost and no script is needed. CHT-2, CHG-1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from amparo.cases import commands as cases
from amparo.cases import queries as case_queries
from amparo.cases import words as case_words
from amparo.cases.forms import ClosingForm
from amparo.cases.machine import REASONS, Kind, Reason
from amparo.cases.rules import kind_allows
from amparo.chat import access, commands, forms, queries
from amparo.chat import views as shared
from amparo.chat.models import Chat
from amparo.forum import access as forum_access
from amparo.kernel.refusals import Invalid, NotPermitted, Refusal
from amparo.policies.queries import value
from amparo.products.queries import licences_of
from amparo.ui.views import staff_only

from .desk import show

Act = Callable[[Form], Any]


def _attended(request: HttpRequest, chat_id: int) -> Chat:
    chat = shared.load(request, chat_id)
    if not access.may_attend(request.actor):
        raise NotPermitted(chat=chat_id)
    return chat


def _act(request: HttpRequest, chat: Chat, form: Form, act: Act, *, title: str, button: str, text: str = "") -> HttpResponse:
    """Show an act's form, or do it; what is wrong stands beside its field."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form)
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        except Refusal as refusal:
            if refusal.status == 403 and refusal.code == "not_permitted":
                raise
            return show(request, chat.pk, refusal=refusal)
        else:
            return redirect("desk_chat:chat", chat.pk)
    context = {"chat": chat, "form": form, "title": title, "button": button, "text": text, "action": request.path}
    template = "chat/desk/_act.html" if request.htmx else "chat/desk/act.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _given(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def transfer(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Hand a chat to a colleague, with a note. CHT-1."""
    chat = _attended(request, chat_id)
    colleagues = queries.colleagues(request.actor, at=request.now)
    form = forms.TransferForm(_given(request), colleagues=colleagues)

    def act(form: Form) -> None:
        given = form.cleaned_data
        commands.transfer(chat, int(given["to"]), note=given["note"], key=shared.key_of(request), actor=request.actor, at=request.now)

    return _act(
        request, chat, form, act, title=_("Hand the chat on"), button=_("Hand it on"),
        text=_("Beside each name stands how many chats they have in hand. Who is not on duty is not in the list.") if colleagues
        else _("Nobody else attends chats now, so there is nobody to hand it to. It stays with you."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def ticket(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Go on as a ticket, with the transcript. CHT-2."""
    chat = _attended(request, chat_id)
    rows = [row.licence for row in licences_of(chat.customer_id, request.now) if row.licence.withdrawn_at is None]
    rows.sort(key=lambda one: one.product_id != chat.product_id)
    form = forms.TicketForm(
        _given(request), licences=[(str(one.pk), f"{one.product.name} · {one.serial_masked}") for one in rows], initial={"title": chat.about}
    )

    def act(form: Form) -> None:
        given = form.cleaned_data
        made = commands.become_ticket(
            chat, given["title"], licence_id=int(given["licence"]), key=shared.key_of(request), actor=request.actor, at=request.now
        )
        messages.success(request, _("The ticket %(number)s holds the transcript.") % {"number": made.shown_number})

    return _act(
        request, chat, form, act, title=_("Go on as a ticket"), button=_("Open the ticket and end the chat"),
        text=_("It costs nothing, and holds all that was said here but the whispers."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def service(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Propose the service: its case is opened and classified, and the customer consents in the chat. CHT-3, CHG-1."""
    chat = _attended(request, chat_id)
    given = _given(request)
    if given is not None and not given.get("explanation", "").strip() and given.get("kind") in list(Kind):
        given = given.copy()
        with translation.override(chat.language):
            given["explanation"] = case_words.explanation_draft(given["kind"], value("cases.incident_minutes", at=request.now))
    form = forms.ServiceForm(given, initial={"kind": "advisory", "title": chat.about})

    def act(form: Form) -> None:
        told = form.cleaned_data
        commands.propose_service(
            chat, kind=told["kind"], explanation=told["explanation"], title=told["title"], key=shared.key_of(request), actor=request.actor, at=request.now
        )

    return _act(
        request, chat, form, act, title=_("Propose a service"), button=_("Tell the customer and ask for consent"),
        text=_("A case is opened with the transcript. Nothing is reserved before the customer says yes, in the chat."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def topic(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Publish the question in the forum, without the customer's private data. CHT-2, FOR-1."""
    chat = _attended(request, chat_id)
    themes = forum_access.themes_for(forum_access.reader(request.actor, at=request.now)).filter(is_open=True)
    title, body = queries.question_of(chat)
    form = forms.TopicForm(_given(request), themes=[(str(one.pk), one.shown_name) for one in themes], initial={"title": title, "body": body})

    def act(form: Form) -> None:
        told = form.cleaned_data
        theme = get_object_or_404(themes, pk=int(told["theme"]))
        commands.become_topic(chat, theme, told["title"], told["body"], key=shared.key_of(request), actor=request.actor, at=request.now)

    return _act(
        request, chat, form, act, title=_("Ask it in the forum"), button=_("Publish the question"),
        text=_("Names, numbers and addresses of the customer are taken out. Read it as a stranger would before you publish it."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def closing(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Propose to close the chat's case; the customer accepts in the chat. CAS-4, CHG-7."""
    chat = _attended(request, chat_id)
    page = case_queries.case_page(request.actor, commands.case_of(chat).pk)
    if page is None or not page.kind:
        raise Http404
    attended = bool(page.row["consent_at"])
    reasons = [why.value for why in REASONS[Kind(page.kind)] if kind_allows(Kind(page.kind), why, attended=attended)]
    if not attended and page.kind in ("advisory", "incident"):
        reasons = [Reason.MUTUAL_AGREEMENT.value]
    with translation.override(page.language):
        summary = case_words.summary_draft(page.kind, page.thread.title, page.seconds, [need["description"] for need in page.needs if need["choice"] == "now"])
    form = ClosingForm(_given(request), reasons=reasons, charges=[], initial={"summary": summary, "reason": reasons[0] if reasons else ""})

    def act(form: Form) -> None:
        told = form.cleaned_data
        cases.propose_closing(
            commands.case_of(chat), reason=told["reason"], summary=told["summary"], explanation=told.get("explanation", ""),
            procedure=told.get("procedure", ""), key=shared.key_of(request), actor=request.actor, at=request.now,
        )  # fmt: skip

    return _act(
        request, chat, form, act, title=_("Propose closing"), button=_("Propose closing"),
        text=_("The customer sees the summary and what it charges here in the chat, and accepts or answers. Nothing is charged until then."),
    )  # fmt: skip


@require_POST
@staff_only()
def clock(request: HttpRequest, chat_id: int, what: str) -> HttpResponse:
    """Start or stop the clock of the chat's case. CAS-5, CAS-9."""
    verb = {"start": cases.start_clock, "stop": cases.stop_clock}.get(what)
    if verb is None:
        raise Http404
    try:
        verb(commands.case_of(_attended(request, chat_id)), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, chat_id, refusal=refusal)
    return redirect("desk_chat:chat", chat_id)


@require_POST
@staff_only()
def session(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Offer a remote session of the chat's case: the code is told in the chat. CHT-1, LIV-2."""
    chat = _attended(request, chat_id)
    try:
        found = commands.ask_remote(chat, mode=request.POST.get("mode", "control"), key=shared.key_of(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403 and refusal.code == "not_permitted":
            raise
        return show(request, chat_id, refusal=refusal)
    messages.success(request, _("The customer sees the code %(code)s in the chat.") % {"code": found})
    return redirect("desk_chat:chat", chat_id)


