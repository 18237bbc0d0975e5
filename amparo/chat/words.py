"""Events and states of chats in words, in the language that is active. CHT-1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .machine import EndedHow, Event

ENDED = {
    EndedHow.CUSTOMER: gettext_lazy("%(name)s ended the chat."),
    EndedHow.STAFF: gettext_lazy("%(name)s ended the chat."),
    EndedHow.ABANDONED: gettext_lazy("The chat ended: nobody was there any more."),
    EndedHow.UNANSWERED: gettext_lazy("The chat ended: nobody could attend it. Leave it as a ticket or a case, with what you wrote."),
    EndedHow.REMOVED: gettext_lazy("The chat ended: its contact no longer acts for the company."),
    EndedHow.TICKET: gettext_lazy("The chat ended: it goes on as a ticket."),
    EndedHow.CASE: gettext_lazy("The chat ended: it goes on as a case."),
    EndedHow.TOPIC: gettext_lazy("The chat ended: its question stands in the forum."),
}
_SENTENCES = {
    Event.TAKEN: gettext_lazy("%(name)s attends you."),
    Event.TRANSFERRED: gettext_lazy("%(name)s attends you from here on."),
    Event.RETURNED: gettext_lazy("We lost the line of whoever attended you. Another engineer takes over; stay here."),
    Event.CASE: gettext_lazy("The case %(shown)s was opened out of this chat."),
    Event.TICKET: gettext_lazy("The ticket %(shown)s holds what was said here."),
    Event.TOPIC: gettext_lazy("The question stands in the forum, without your data: %(shown)s"),
    Event.REMOTE: gettext_lazy("A remote session was asked for: its code stands above while it is valid."),
}


def sentence(event: str, data: Mapping[str, Any]) -> str:
    """Return what an event says."""
    try:
        if event == Event.ENDED:
            return str(ENDED[EndedHow(data["how"])] % data)
        return str(_SENTENCES[Event(event)] % data)
    except (KeyError, ValueError):  # emptied with its record
        return _("Something happened here; its content was purged.")


def url_of(event: str, number: int, staff: bool) -> str:
    """Return where what a chat became stands, for one side."""
    desk = "desk_" if staff else ""
    name = {Event.TICKET: f"{desk}tickets:ticket", Event.CASE: f"{desk}cases:case", Event.TOPIC: "forum:topic"}[Event(event)]
    return reverse(name, args=[number])


def remote_address() -> str:
    """Return the page where the code of a remote session is entered."""
    return settings.PUBLIC_URL + reverse("short:enter")
