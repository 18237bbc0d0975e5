"""From facts of quotes and orders to notices: what waits for the customer, what changed, what staff are to do. QUO-3, QUO-5, CAS-6."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from amparo.charging.rules import UNITS
from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.people.queries import staff_with
from amparo.quotations.access import WORKING
from amparo.quotations.models import Quote, ServiceOrder
from amparo.quotations.models.quotes import last_day
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import moment, when

Writing = Callable[[Reader], Words]


@dataclass(frozen=True, slots=True)
class _Thing:
    """A quote or an order as a notice names it, with the case that it belongs to."""

    shown: str
    portal_url: str
    desk_url: str
    customer_id: int
    case: Matter
    author_id: int | None
    holder_id: int | None


def _thing(fact: FactRow) -> _Thing | None:
    kind, _sep, number = fact.subject.partition(":")
    if not number.isdecimal():
        return None
    if kind == "quote":
        quote = Quote.objects.select_related("thread").filter(pk=int(number)).first()
        if quote is None or (matter := readers.matter_of(quote.thread.subject)) is None:
            return None
        name, pages = f"{quote.number} · {quote.title}", (f"/quotations/{quote.pk}/", f"/desk/quotations/{quote.pk}/")
        return _Thing(name, *pages, quote.customer_id, matter, quote.created_by_id, None)
    if kind == "order":
        order = ServiceOrder.objects.select_related("thread", "quote").filter(pk=int(number)).first()
        if order is None or (matter := readers.matter_of(order.thread.subject)) is None:
            return None
        name, pages = f"{order.number} · {order.title}", (f"/quotations/orders/{order.pk}/", f"/desk/quotations/orders/{order.pk}/")
        return _Thing(name, *pages, order.customer_id, matter, order.quote.created_by_id, order.assignee_id)
    return None


def _tell(kind: str, fact: FactRow, thing: _Thing, people: Iterable[Reader], write: Writing) -> None:
    told, seen = [], set()
    for reader in people:
        if reader.user_id in seen or fact.actor_ref == f"user:{reader.user_id}":
            continue  # nobody is told what he did himself
        seen.add(reader.user_id)
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=thing.customer_id, fact_id=fact.id, at=moment(fact))


def _working(thing: _Thing) -> list[Reader]:
    """Return who has the order, else who wrote the quote, else who attends its case."""
    staff = {user.pk: user for user in staff_with(*WORKING, "sales", "administrator")}
    for one in (thing.holder_id, thing.author_id, thing.case.assignee_id):
        if one in staff:
            return [Reader(one, staff[one].language, staff[one].time_zone)]
    return readers.who_attends(thing.case)


def _amounts(told: dict[str, int]) -> str:
    return formats.amounts([(unit, told[unit]) for unit in UNITS if told.get(unit)])


def _at(text: Any) -> datetime:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00"))


def _last_day(text: Any) -> str:
    day = last_day(_at(text))
    return formats.day_full(day) if day else ""


# --- what customers are told -----------------------------------------------------------------------------------------


def presented(fact: FactRow) -> None:
    """Tell that a quote waits to be decided: price, delivery, until when. QUO-1, QUO-3. What a contact quoted himself he sees."""
    thing = _thing(fact)
    if thing is None or not fact.data.get("by_staff"):
        return

    def write(reader: Reader) -> Words:
        days = int(fact.data["business_days"])
        figures = [
            (_("It costs"), _amounts(fact.data["told"])),
            (_("Delivery"), ngettext("%(n)s business day from acceptance", "%(n)s business days from acceptance", days) % {"n": days}),
            (_("Valid until"), _last_day(fact.data["valid_until"])),
        ]
        if fact.data.get("travel"):
            figures.append((_("Travel expenses, in money"), fact.data["travel"]))
        if count := fact.data.get("missing"):
            figures.append((_("Missing"), ngettext("%(n)s credit", "%(n)s credits", count) % {"n": count}))
        return Words(
            title=_("A quote waits for you: %(quote)s") % {"quote": thing.shown}, url=thing.portal_url,
            paragraphs=(_("You can accept it, ask for a change, or say no. Nothing is charged before you accept it."),),
            figures=tuple(figures), action=_("See the quote"),
        )  # fmt: skip

    _tell("quote", fact, thing, readers.who_decides(thing.case), write)


def ending(fact: FactRow) -> None:
    """Tell that a quote is about to expire, expired, or was withdrawn. QUO-3."""
    thing = _thing(fact)
    if thing is None or not Quote.objects.filter(pk=fact.subject_id, shown__gte=1).exists():
        return
    by_contact = fact.name == "quote.withdrawn" and not fact.data.get("reason")
    if by_contact:
        return  # its case ended, and that is told

    def write(reader: Reader) -> Words:
        title, text = {
            "quote.expiring": (_("A quote is about to expire: %(quote)s"), _("After that day it cannot be accepted; you can ask for it to be renewed.")),
            "quote.expired": (_("A quote expired: %(quote)s"), _("Nothing was charged. You can ask for it to be renewed.")),
            "quote.withdrawn": (_("A quote was withdrawn: %(quote)s"), str(fact.data.get("reason") or "")),
        }[fact.name]
        figures = ((_("Valid until"), _last_day(fact.data["valid_until"])),) if fact.data.get("valid_until") else ()
        return Words(title=title % {"quote": thing.shown}, url=thing.portal_url, paragraphs=(text,), figures=figures, action=_("See the quote"))

    _tell("quote_ending", fact, thing, readers.who_decides(thing.case), write)


def delivered(fact: FactRow) -> None:
    """Tell that an order was delivered and waits to be accepted. QUO-5, CAS-6."""
    thing = _thing(fact)
    if thing is None:
        return

    def write(reader: Reader) -> Words:
        return Words(
            title=_("Delivered: %(order)s") % {"order": thing.shown}, url=thing.portal_url,
            paragraphs=(excerpt(fact.data["note"], 600), _("Accept the delivery, or say what does not meet what was specified: it is put right at no charge.")),
            action=_("Review the delivery"),
        )  # fmt: skip

    _tell("delivery", fact, thing, readers.who_decides(thing.case), write)


def delayed(fact: FactRow) -> None:
    """Tell a delay before the date, with the new date and the reason. QUO-5."""
    thing = _thing(fact)
    if thing is None:
        return

    def write(reader: Reader) -> Words:
        figures = ((_("Before"), when(fact.data["before"], reader)), (_("New date"), when(fact.data["due_at"], reader)))
        return Words(
            title=_("New delivery date: %(order)s") % {"order": thing.shown}, url=thing.portal_url, paragraphs=(fact.data["reason"],),
            figures=figures, action=_("See the order"),
        )  # fmt: skip

    _tell("delay", fact, thing, readers.who_decides(thing.case), write)


# --- what staff are told ---------------------------------------------------------------------------------------------


def answered(fact: FactRow) -> None:
    """Tell who wrote a quote, or has its order, what the customer said to it. QUO-3, QUO-5, CAS-6."""
    thing = _thing(fact)
    if thing is None:
        return

    def write(reader: Reader) -> Words:
        title = {
            "quote.accepted": _("The customer accepted the quote"),
            "quote.rejected": _("The customer did not accept the quote"),
            "quote.change_asked": _("The customer asks for a change of the quote"),
            "order.met": _("The customer accepted the delivery"),
            "order.not_met": _("The delivery does not meet what was specified"),
            "order.cancelled": _("An order was cancelled"),
        }[fact.name]
        words = next((str(fact.data[name]) for name in ("words", "reasons", "reason") if fact.data.get(name)), "")
        figures: tuple[tuple[str, str], ...] = ()
        if fact.data.get("due_at"):
            figures = ((_("Promised by"), when(fact.data["due_at"], reader)),)
        return Words(title=f"{title}: {thing.shown}", url=thing.desk_url, paragraphs=(excerpt(words, 600),) if words else (), figures=figures, action=_("Open it"))

    _tell("quote_answered", fact, thing, _working(thing), write)


def promised(fact: FactRow) -> None:
    """Warn who has an order before its date, and tell when it passed. QUO-5, TIM-10."""
    thing = _thing(fact) if fact.subject.startswith("order:") else None
    if thing is None:
        return
    kind = fact.name.replace(".", "_")

    def write(reader: Reader) -> Words:
        title = _("A promise lapsed") if kind == "promise_lapsed" else _("%(percent)s %% of the time has passed") % {"percent": fact.data["percent"]}
        figures = ((_("Promised by"), when(fact.data["due_at"], reader)),) if fact.data.get("due_at") else ()
        text = pgettext("order", "Deliver it, or tell the customer the new date before this one passes.") if kind == "promise_warned" else ""
        return Words(title=f"{title}: {thing.shown}", url=thing.desk_url, paragraphs=(text,) if text else (), figures=figures, action=_("Open it"))

    _tell(kind, fact, thing, _working(thing), write)


def assigned(fact: FactRow) -> None:
    """Tell a person that an order is his now. QUO-5."""
    thing = _thing(fact)
    if thing is None or not fact.data.get("to"):
        return

    def write(reader: Reader) -> Words:
        return Words(title=f"{_('Assigned to you')}: {thing.shown}", url=thing.desk_url, action=_("Open it"))

    _tell("assigned", fact, thing, _working(thing), write)
