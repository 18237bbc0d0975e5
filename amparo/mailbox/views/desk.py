"""Mail as staff see it: what waits, and why; what became of the rest; mailboxes. TKT-1."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.files.queries import files_of
from amparo.kernel.refusals import Invalid, Refusal
from amparo.mailbox import access, commands, queries
from amparo.mailbox.commands.configuring import FIELDS
from amparo.mailbox.commands.shared import letter_of
from amparo.mailbox.commands.sorting import SORTABLE
from amparo.mailbox.forms import DiscardForm, HandForm, MailboxForm, TicketForm
from amparo.mailbox.models import PURPOSES, REASONS, STATE_LABELS, BouncingAddress
from amparo.policies.queries import value
from amparo.ui.views import staff_only

TONES = {"waiting": "act", "said": "done", "opened": "done", "handed": "done", "answered": "neutral", "automatic": "neutral",
         "discarded": "neutral", "taken": "waiting"}  # fmt: skip
TEXT_SHOWN_MAX = 200_000


@require_safe
@staff_only(*access.SORTING)
def mails(request: HttpRequest) -> HttpResponse:
    """The queue, or what became of the rest."""
    view = request.GET.get("view", "waiting")
    view = view if view in queries.VIEWS else "waiting"
    words = request.GET.get("q", "")[:100].replace("\x00", "").strip()
    count = queries.counts(request.actor)
    labels = {
        "waiting": _("Waits for you"), "matters": _("In their matters"), "automatic": _("Automatic"),
        "answered": _("Answered with the way"), "discarded": _("Discarded"),
    }  # fmt: skip
    base = reverse("desk_mailbox:list")
    context = {
        "page": queries.mails(request.actor, view=view, words=words, after=request.GET.get("after", "")), "view": view, "asked": words,
        "tabs": [{"code": code, "label": label, "url": f"{base}?view={code}", "count": count.get(code) or None} for code, label in labels.items()],
        "reasons": REASONS, "states": STATE_LABELS, "tones": TONES, "just_came": count["taken"], "query": f"view={view}",
        "may_configure": access.may_configure(request.actor), "has_mailbox": queries.has_mailbox(),
    }  # fmt: skip
    return render(request, "mailbox/desk/_mails.html" if request.htmx else "mailbox/desk/mails.html", context)


@require_safe
@staff_only(*access.SORTING)
def mail(request: HttpRequest, mail_id: int) -> HttpResponse:
    """One message as text, why it waits, and what can be done with it."""
    return _mail(request, mail_id)


def _mail(request: HttpRequest, mail_id: int, **forms: Any) -> HttpResponse:
    found = get_object_or_404(access.visible_to(request.actor).select_related("user", "decided_by", "mailbox"), pk=mail_id)
    letter = letter_of(found)
    context = {
        "mail": found, "letter": letter, "text": letter.text[:TEXT_SHOWN_MAX], "reason": REASONS.get(found.reason, ""),
        "state": STATE_LABELS[found.state], "tone": TONES[found.state], "raw": next(iter(files_of(found.subject)), None),
        "to": ", ".join(dict.fromkeys(one.address for one in [*letter.to, *letter.cc] if one.address))[:500],
        "may_act": found.state in SORTABLE, "hand_form": HandForm(initial={"number": queries.shown_matter(found.matter)}),
        "ticket_form": TicketForm(initial={"nic": queries.nic_of(found)}), "discard_form": DiscardForm(),
        "matter_url": queries.matter_url(found.matter), "matter": queries.shown_matter(found.matter),
    }  # fmt: skip
    return render(request, "mailbox/desk/mail.html", {**context, **forms}, status=422 if forms else 200)


@require_POST
@staff_only(*access.SORTING)
def hand_over(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Bring it to a matter by its number."""
    found, form = get_object_or_404(access.visible_to(request.actor), pk=mail_id), HandForm(request.POST)
    if form.is_valid():
        try:
            done = commands.hand_over(found, form.cleaned_data["number"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error("number", str(refusal))
        else:
            return redirect(queries.matter_url(done.matter) or reverse("desk_mailbox:list"))
    return _mail(request, mail_id, hand_form=form)


@require_POST
@staff_only(*access.SORTING)
def make_ticket(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Open a ticket of it for a customer."""
    found, form = get_object_or_404(access.visible_to(request.actor), pk=mail_id), TicketForm(request.POST)
    if form.is_valid():
        try:
            done = commands.make_ticket(
                found, nic=form.cleaned_data["nic"], product_id=form.cleaned_data["product"].pk, actor=request.actor, at=request.now
            )
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect(queries.matter_url(done.matter) or reverse("desk_mailbox:list"))
    return _mail(request, mail_id, ticket_form=form)


@require_POST
@staff_only(*access.SORTING)
def discard(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Put it away with a reason."""
    found, form = get_object_or_404(access.visible_to(request.actor), pk=mail_id), DiscardForm(request.POST)
    if not form.is_valid():
        return _mail(request, mail_id, discard_form=form)
    commands.discard(found, form.cleaned_data["reason"], actor=request.actor, at=request.now)
    messages.success(request, _("Discarded. It is kept and can be found again."))
    return redirect("desk_mailbox:list")


@require_safe
@staff_only(*access.SORTING)
def bouncing(request: HttpRequest) -> HttpResponse:
    """Addresses that letters do not reach."""
    return render(request, "mailbox/desk/bouncing.html", {"rows": queries.bouncing()})


@require_POST
@staff_only(*access.SORTING)
def clear_bouncing(request: HttpRequest, address_id: int) -> HttpResponse:
    """Say that an address is right again."""
    commands.clear_bouncing(get_object_or_404(BouncingAddress, pk=address_id), actor=request.actor, at=request.now)
    return redirect("desk_mailbox:bouncing")


@require_safe
@staff_only("administrator")
def mailboxes(request: HttpRequest) -> HttpResponse:
    """Where mail comes from, and how each is."""
    context = {
        "boxes": access.mailboxes_visible_to(request.actor), "purposes": PURPOSES,
        "answers_to": value("notifications.answer_address", at=request.now),
    }  # fmt: skip
    return render(request, "mailbox/desk/mailboxes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def add_mailbox(request: HttpRequest) -> HttpResponse:
    """Set one up."""
    form = MailboxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.add_mailbox(form.given(), password=form.cleaned_data["password"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("desk_mailbox:mailbox", made.pk)
    return render(request, "mailbox/desk/mailbox_add.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """One mailbox: how it is, and its settings."""
    found = get_object_or_404(access.mailboxes_visible_to(request.actor), pk=mailbox_id)
    form = MailboxForm(request.POST or None, initial={name: getattr(found, name) for name in FIELDS})
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_mailbox(found, form.given(), password=form.cleaned_data["password"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_mailbox:mailbox", found.pk)
    return render(request, "mailbox/desk/mailbox.html", {"box": found, "form": form}, status=422 if request.method == "POST" else 200)


@require_POST
@staff_only("administrator")
def check_mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Ask its server now."""
    found = get_object_or_404(access.mailboxes_visible_to(request.actor), pk=mailbox_id)
    try:
        count = commands.check_mailbox(found, actor=request.actor, at=request.now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It answers; %(count)s messages lie in the folder.") % {"count": count})
    return redirect("desk_mailbox:mailbox", found.pk)
