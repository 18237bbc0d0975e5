"""A topic of the forum that goes on as a private ticket. TKT-1, FOR-1."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amparo.forum import access as forum
from amparo.forum.models import Topic
from amparo.kernel.refusals import Invalid
from amparo.people.access import visible_contacts
from amparo.tickets import commands, queries
from amparo.tickets.forms import FromTopicForm
from amparo.ui.views import contact_only, staff_only

from . import posted_text, writing

_FORM = ["GET", "HEAD", "POST"]


def _topic(request: Any, topic_id: int) -> Topic:
    found = forum.visible_to(request.actor, at=request.now).select_related("theme").filter(pk=topic_id).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(_FORM)
@contact_only
def own(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Who began a topic goes on with it as its company's ticket."""
    topic = _topic(request, topic_id)
    if not request.actor.owns(topic.author_id):  # type: ignore[attr-defined]
        raise Http404
    return _page(request, topic, "tickets/portal/from_topic.html", "tickets:ticket", None, None)


@require_http_methods(_FORM)
@staff_only("operator", "engineer")
def for_author(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Staff go on with it in the name of who began it, where that person is a contact of a customer."""
    topic = _topic(request, topic_id)
    contacts = visible_contacts(request.actor).filter(user_id=topic.author_id, removed_at__isnull=True).select_related("customer")  # type: ignore[attr-defined]
    asked = request.POST.get("for") or request.GET.get("for") or ""
    contact = next((one for one in contacts if str(one.pk) == asked), contacts[0] if contacts else None)
    if contact is None:
        return render(request, "tickets/desk/from_topic.html", {"topic": topic, "contact": None})
    return _page(request, topic, "tickets/desk/from_topic.html", "desk_tickets:ticket", contact.pk, contact)


def _page(request: Any, topic: Topic, template: str, leads_to: str, contact_id: int | None, contact: Any) -> HttpResponse:
    if topic.ticket_ref and request.method != "POST":
        return redirect(leads_to, int(topic.ticket_ref.partition(":")[2]))
    customer_id = contact.customer_id if contact else None
    choices = queries.choices(request.actor, at=request.now, customer_id=customer_id)
    form = FromTopicForm(request.POST or None, choices=choices, may_hide=request.actor.is_staff, initial={"title": topic.title})
    error = ""
    if request.method == "POST" and form.is_valid():
        given = posted_text(request)
        try:
            opened = commands.open_from_topic(
                topic, form.cleaned_data["title"], given.pop("body"), form.product_id(), licence_id=form.licence_id(),
                then=form.cleaned_data["then"], contact_id=contact_id, customer_id=customer_id, **given, actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as wrong:
            error = str(wrong)
        else:
            messages.success(request, _("The ticket %(number)s is open; only your company and our staff see it.") % {"number": opened.shown_number})
            return redirect(leads_to, opened.pk)
    refused = [one for one in choices if not one.standing.allowed]
    context = {
        "topic": topic, "contact": contact, "form": form, "error": error, "choices": choices, "refused": refused,
        "allowed": len(refused) < len(choices), "body": request.POST.get("body"), "asked": topic.posts.order_by("id").values_list("body", flat=True).first(),
        **writing(request, f"ticket:topic-{topic.pk}", None),
    }  # fmt: skip
    return render(request, template, context, status=422 if form.errors or error else 200)
