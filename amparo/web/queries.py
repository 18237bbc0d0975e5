"""Reads that combine apps, shaped for pages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from amparo.contracts.access import reader
from amparo.kernel.actor import Actor
from amparo.people.queries import find
from amparo.products.queries import find_by_serial
from amparo.search import queries as search
from amparo.search.errors import SearchTooBroad
from amparo.search.models import KIND_ICONS
from amparo.threads import queries as threads
from amparo.threads.models import QUEUE_LABELS
from amparo.tickets.queries import answer_time_in_words
from amparo.ui.navigation import places

TONES = {
    "answer": "act", "attention": "act", "consent": "waiting", "waiting": "waiting", "closing": "waiting",
    "quality": "late", "silent": "neutral", "closed": "done",
}  # fmt: skip
INSTANT = timedelta(microseconds=1)  # ends are exclusive: the last day is the one before
VIEWS = ("all", "mine", "nobody", "late", "answer", "consent", "attention", "waiting", "closing", "quality", "silent")
_FILTERS: dict[str, dict[str, str]] = {
    "all": {}, "mine": {"assignee": "me"}, "nobody": {"assignee": "nobody"}, "late": {"late": "1"},
    **{queue: {"queue": queue} for queue in VIEWS[4:]},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the queue: its name, address and live count."""

    code: str
    label: Any
    url: str
    count: int | None
    topic: str = "queue"
    icon: str = ""


def queue_filter(view: str, given: dict[str, Any], actor: Actor) -> threads.QueueFilter:
    """Return what a view of the queue asks for, narrowed by kind and tag. Raises Invalid for an unknown one."""
    chosen = dict(_FILTERS.get(view, {}))
    return threads.QueueFilter.parse({**chosen, "kind": given.get("kind", ""), "tag": given.get("tag", "")}, actor)


def queue_tabs(counts: threads.Counts) -> list[Tab]:
    """Return the views of the queue with their counts, what needs somebody first."""
    by = counts.by_queue
    numbers = {"all": counts.working, "mine": counts.mine, "nobody": counts.unassigned, "late": counts.late, **by}
    labels = {"all": _("All"), "mine": _("Mine"), "nobody": _("Nobody's"), "late": _("Late"), **QUEUE_LABELS}
    base = reverse("desk_web:queue")
    return [
        Tab(code, labels[code], base if code == "all" else f"{base}?view={code}", numbers.get(code, 0)) for code in VIEWS
    ]


def thread_url(kind: str, number: int, *, desk: bool) -> str:
    """Return where a thread is shown: `/desk/tickets/41/` to staff, `/tickets/41/` to its customer."""
    return f"{'/desk' if desk else ''}/{kind}s/{number}/"


def queue_rows(rows: Iterable[threads.QueueRow]) -> list[dict[str, Any]]:
    """Return rows of the queue as the list draws them."""
    labels = {queue: str(label) for queue, label in QUEUE_LABELS.items()}
    return [
        {
            "number": row.shown,
            "title": row.title,
            "who": row.customer,
            "url": thread_url(row.kind, row.number, desk=True),
            "due_at": row.due_at,
            "started_at": row.due_from,
            "state": labels[row.queue],
            "tone": TONES[row.queue],
            "unread": row.queue == "answer",
            "assignee": row.assignee,
            "kind": row.kind,
        }
        for row in rows
    ]


def palette(actor: Actor, words: str, *, at: datetime) -> list[dict[str, Any]]:
    """Return what the command palette offers for some words: places, matters, customers, licences. SEC-29."""
    plain = words.strip()[:80]
    found: list[dict[str, Any]] = [
        {"group": _("Places"), "label": str(place.label), "detail": "", "url": place.url, "icon": place.icon}
        for place in places(actor, "")
        if not plain or plain.casefold() in str(place.label).casefold()
    ]
    if len(plain) < 2:
        return found
    for hit in threads.search(actor, plain, limit=6):
        url = thread_url(hit.kind, hit.number, desk=True)
        found.append({"group": _("Matters"), "label": hit.title, "detail": f"{hit.shown} · {hit.customer}", "url": url,
                      "icon": "briefcase" if hit.kind == "case" else "message-circle"})  # fmt: skip
    for one in find(plain, limit=6):
        detail = f"NIC {one.nic_shown}" + (f" · {one.contact_name}" if one.contact_name else "")
        url = reverse("desk_people:customer", args=[one.customer_id])
        found.append({"group": _("Customers"), "label": one.name, "detail": detail, "url": url, "icon": "building-store"})
    if actor.has_role("operator", "engineer", "sales"):
        for licence in find_by_serial(plain, limit=4):
            url = reverse("desk_people:customer", args=[licence["customer_id"]])
            found.append({"group": _("Licences"), "label": licence["serial"], "detail": licence["name"], "url": url,
                          "icon": "key"})  # fmt: skip
    return found + _published(actor, plain, at)


def _published(actor: Actor, words: str, at: datetime) -> list[dict[str, Any]]:
    """Return what is published about some words, and the door to all of it. SRC-2, SEC-29."""
    with contextlib.suppress(SearchTooBroad):
        hits = search.search(reader(actor, at=at), words, limit=5, prefer=(get_language() or "es")[:2], typing=True).hits
        rows = [{"group": pgettext("group", "Published"), "label": hit.title, "detail": hit.product, "url": hit.url, "icon": KIND_ICONS[hit.kind]} for hit in hits]
        url = f"{reverse('search:search')}?q={quote(words)}"
        door = {"group": pgettext("group", "Published"), "label": _("See everything about «%(words)s»") % {"words": words}, "detail": "", "url": url, "icon": "search"}
        return [*rows, door]
    return []


def customer_matters(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a customer's threads as its list draws them, in the customer's words for each state."""
    words = {
        "answer": (_("We will answer by"), "act"),
        "consent": (_("Review what it would cost and decide"), "act"),  # a consent asked for, or a quote presented
        "attention": (_("In attention"), "waiting"),
        "waiting": (_("We wait for your answer"), "act"),
        "closing": (_("Review and accept the closing"), "act"),
        "quality": (_("Being reviewed by quality"), "waiting"),
        "silent": (_("Waiting for your answer to the closing"), "act"),
        "closed": (_("Closed"), "done"),
    }
    return [
        {
            "number": row["shown"],
            "title": row["title"],
            "url": thread_url(row["kind"], row["number"], desk=False),
            "state": words[row["queue"]][0] if row["queue"] != "answer" or row["due_at"] else _("We will answer"),
            "tone": "waiting" if row["queue"] == "answer" else words[row["queue"]][1],
            "due_at": row["due_at"] if row["queue"] == "answer" else None,
            "started_at": row["due_from"],
            "detail": row["opened_by__name"] or "",
            "queue": row["queue"],
        }
        for row in rows
    ]


def found_matters(hits: Iterable[threads.Hit]) -> list[dict[str, Any]]:
    """Return what a search found as the customer's list draws it."""
    rows = [
        {"shown": hit.shown, "title": hit.title, "kind": hit.kind, "number": hit.number, "queue": hit.queue,
         "due_at": hit.due_at, "due_from": None, "opened_by__name": hit.excerpt}
        for hit in hits
    ]  # fmt: skip
    return customer_matters(rows)


def matter_tabs() -> list[Tab]:
    """Return the two views of one's matters."""
    base = reverse("web:matters")
    return [
        Tab("open", pgettext("matters", "Open"), base, None),
        Tab("closed", pgettext("matters", "Closed"), f"{base}?view=closed", None),
    ]


def meters(pockets: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what is left of each unit as three meters, each with the pockets that it adds up. LED-3."""
    found: list[dict[str, Any]] = []
    held = list(pockets)
    for unit in ("event", "incident", "credit"):
        of_unit = [pocket for pocket in held if pocket.unit == unit]
        if not of_unit:
            continue
        found.append(
            {
                "unit": unit,
                "left": sum(pocket.balance - pocket.reserved for pocket in of_unit),
                "reserved": sum(pocket.reserved for pocket in of_unit),
                "total": sum(pocket.issued for pocket in of_unit),
                "ends_on": min((pocket.ends_at for pocket in of_unit if pocket.balance), default=of_unit[-1].ends_at) - INSTANT,
                "pockets": of_unit,
            }
        )
    return found


@lru_cache(maxsize=16)
def _answer_time(minute: datetime, language: str) -> str:
    """Return the maximum time of a ticket's answer as it is set, looked up once a minute and language. TIM-4."""
    return answer_time_in_words(minute + timedelta(minutes=1))


def doors(standings: Iterable[Any], words: str = "", *, at: datetime) -> list[dict[str, Any]]:
    """Return the doors to help in the order that suits the person: the one to take first is marked. TKT-3, ACC-9, TIM-4.

    A covered customer is led to a case, who is licensed to a ticket; what is shut says why and how it opens.
    """
    by = {standing.service: standing for standing in standings}
    query = f"?title={quote(words)}" if words.strip() else ""
    table = (
        ("case", _("Open a support case"), _("An engineer attends you as soon as possible; you see what it charges before it begins."),
         "cases:new", "briefcase", _("1 event, 1 incident or credits"), _("As soon as possible")),
        ("chat", _("Chat with an engineer"), _("Ask now and read the answer at once, where somebody attends; else it says when, and what there is instead."),
         "chat:list", "messages", _("Free; advice is charged with your consent"), _("At once, in office hours")),
        ("ticket", _("Open a ticket"), _("A question or a fault report, answered in writing, free of charge."),
         "tickets:new", "message-circle", _("Free"), _("%(time)s at most") % {"time": _answer_time(at.replace(second=0, microsecond=0), get_language() or "es")}),
        ("case", _("Quote a service"), _("Standard services with their price and delivery date at once; anything else by hand."),
         "quotations:catalogue", "file-text", _("Quoting is free"), _("At once")),
    )  # fmt: skip
    found = []
    for service, title, text, name, icon, cost, time in table:
        standing = by[service]
        found.append(
            {
                "title": title, "text": text, "url": reverse(name) + (query.replace("title=", "q=") if name == "quotations:catalogue" else query), "icon": icon, "cost": cost, "time": time,
                "allowed": standing.allowed, "reason": "" if standing.allowed else standing.why_not,
                "remedy": None if standing.allowed else standing.remedy,
            }
        )  # fmt: skip
    first = next((door for door in found if door["allowed"]), None)
    for door in found:
        door["primary"] = door is first
    return found
