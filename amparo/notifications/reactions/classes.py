"""From facts of the classroom to notices: a price to agree to, when a class is, that it begins, is moved or called off, its recording. LIV-1.

Whoever is invited is told, by the right that he has when the notice is written; the letter carries the class for his calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.classroom import access
from amparo.classroom.models import LiveClass
from amparo.classroom.queries import invited
from amparo.history.queries import FactRow
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from .shared import moment, when

Writing = Callable[[Reader], Words]


def _class_of(fact: FactRow) -> LiveClass | None:
    """Return the class that a fact of its own record tells of; the same fact on a case's or course's record tells nobody twice."""
    if not fact.subject.startswith("class:"):
        return None
    return LiveClass.objects.select_related("instructor", "charge", "case").filter(pk=fact.subject_id).first()


def _people(live_class: LiveClass) -> list[Reader]:
    rows = User.objects.filter(pk__in=invited(live_class), is_active=True).order_by("pk")
    return [Reader(one.pk, one.language, one.time_zone) for one in rows if access.may_see_id(actor_by_id(one.pk), live_class.pk)]


def _tell(kind: str, fact: FactRow, people: Iterable[Reader], write: Writing) -> None:
    told = []
    for reader in people:
        if fact.actor_ref == f"user:{reader.user_id}":
            continue  # nobody is told what he did himself
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def _words(live_class: LiveClass, reader: Reader, title: str, *paragraphs: str, action: str = "", calendar: bool = True) -> Words:
    figures = ((_("When"), when(live_class.starts_at.isoformat(), reader)), (_("With"), live_class.instructor.name))
    papers = ((f"class-{live_class.pk}.ics", live_class.subject),) if calendar else ()
    return Words(
        title=title % {"title": live_class.title}, url=f"/classroom/{live_class.pk}/", paragraphs=paragraphs, figures=figures,
        action=action or _("See the class"), papers=papers,
    )  # fmt: skip


def proposed(fact: FactRow) -> None:
    """Ask the customer for his yes to an exclusive hour, or to more than was agreed to, with the price. CHG-1, TAR-4."""
    live_class = _class_of(fact)
    if live_class is None or live_class.customer_id is None:
        return
    people = readers.administrators_of(live_class.customer_id)

    def write(reader: Reader) -> Words:
        title = _("Agree to the price: %(title)s") if fact.name == "class.proposed" else _("More than was agreed to, for your yes: %(title)s")
        count = int(fact.data["people"])
        size = ngettext("at most %(n)s person at once", "at most %(n)s people at once", count) % {"n": count}
        words = _words(live_class, reader, title, _("Nothing is charged before you say yes."), action=_("See it and answer"), calendar=False)
        cost = formats.amounts(list((fact.data.get("cost") or {}).items()))
        more = ((_("Price"), cost),) if cost else ()
        return Words(title=words.title, url=words.url, paragraphs=words.paragraphs, figures=(*words.figures, (_("People"), size), *more), action=words.action)

    _tell("class_price", fact, people, write)


def planned(fact: FactRow) -> None:
    """Tell who is invited when a class is, that it is moved, or called off; a course's own date is told by its course."""
    live_class = _class_of(fact)
    if live_class is None or (fact.name == "class.scheduled" and live_class.course_id is not None):
        return
    titles = {
        "class.scheduled": lambda: _("A class with you: %(title)s"), "class.agreed": lambda: _("A class with you: %(title)s"),
        "class.moved": lambda: _("A class is at another time: %(title)s"), "class.cancelled": lambda: _("A class was called off: %(title)s"),
    }  # fmt: skip
    why = str(fact.data.get("reason") or "")
    _tell("class_time", fact, _people(live_class), lambda reader: _words(live_class, reader, titles[fact.name](), *([why] if why else [])))


def soon(fact: FactRow) -> None:
    """Remind who is invited, a while before."""
    if live_class := _class_of(fact):
        text = lambda: _("Try your camera and sound before you enter: the page of the class leads to it.")  # noqa: E731
        _tell("class_soon", fact, _people(live_class), lambda reader: _words(live_class, reader, _("A class begins soon: %(title)s"), text(), action=_("Enter")))


def recorded(fact: FactRow) -> None:
    """Tell who is invited that the recording can be watched. LIV-3."""
    if live_class := _class_of(fact):
        _tell("class_recorded", fact, _people(live_class), lambda reader: _words(
            live_class, reader, _("The recording is ready: %(title)s"), action=_("Watch it"), calendar=False,
        ))  # fmt: skip
