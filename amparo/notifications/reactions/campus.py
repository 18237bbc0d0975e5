"""From facts of the campus to notices: seats that a company gave, courses that were completed, certificates that expire, classes. SRC-4.

Each is told to the person whom it concerns; a company's administrators are told of what their people completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.campus.models import Certificate, ClassDate, Course, Enrolment, SeatOrder
from amparo.history.queries import FactRow
from amparo.people.models import User
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from .shared import moment, when, zone

Writing = Callable[[Reader], Words]


def _people(ids: Iterable[int]) -> list[Reader]:
    rows = User.objects.filter(pk__in=set(ids), is_active=True).order_by("pk")
    return [Reader(one.pk, one.language, one.time_zone) for one in rows]


def _tell(kind: str, fact: FactRow, people: Iterable[Reader], write: Writing, *, subject: str = "") -> None:
    told = []
    for reader in people:
        if fact.actor_ref == f"user:{reader.user_id}":
            continue  # nobody is told what he did himself
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=subject or fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def seat_assigned(fact: FactRow) -> None:
    """Tell a person that his company has a seat in a course for him."""
    order = SeatOrder.objects.select_related("course").filter(pk=fact.subject_id).first()
    if order is None:
        return

    def write(reader: Reader) -> Words:
        return Words(
            title=_("Your company has a seat for you: %(course)s") % {"course": order.course.title}, url=f"/campus/courses/{order.course.slug}/",
            paragraphs=(_("It costs you nothing. Enrol and begin whenever you like."),), action=_("See the course"),
        )  # fmt: skip

    _tell("course_seat", fact, _people([int(fact.data["person"])]), write)


def completed(fact: FactRow) -> None:
    """Tell the company's administrators what one of its people completed."""
    enrolment = Enrolment.objects.select_related("course", "person").filter(pk=fact.subject_id).first()
    if enrolment is None or enrolment.customer_id is None:
        return

    def write(reader: Reader) -> Words:
        figures = ((_("Mark"), f"{fact.data['mark']} %"),) if fact.data.get("mark") is not None else ()
        return Words(
            title=_("%(person)s completed the course %(course)s") % {"person": enrolment.person.get_full_name(), "course": enrolment.course.title},
            url="/campus/team/", figures=figures, action=_("See your people"),
        )  # fmt: skip

    _tell("course_completed", fact, readers.administrators_of(enrolment.customer_id), write)


def certificate(fact: FactRow) -> None:
    """Tell the holder that his certificate is there, that it expires, or that its product moved on; and how it is renewed."""
    one = Certificate.objects.select_related("course").filter(pk=fact.subject_id).first()
    if one is None:
        return

    def write(reader: Reader) -> Words:
        figures = [(_("Code"), one.shown_code)]
        if one.valid_until is not None:
            figures.append((_("Valid until"), formats.moment_full(one.valid_until, zone=zone(reader))))
        if fact.name == "certificate.expiring":
            days = int(fact.data["days"])
            title = ngettext("Your certificate expires in %(n)s day: %(course)s", "Your certificate expires in %(n)s days: %(course)s", days)
            return Words(
                title=title % {"n": days, "course": one.course_title}, url=f"/campus/courses/{one.course.slug}/",
                paragraphs=(_("Take the course again to renew it. What you have passed stays on record."),), figures=tuple(figures), action=_("Renew it"),
            )  # fmt: skip
        if fact.name == "certificate.outgrown":
            figures += [(_("Version of the certificate"), one.product_version), (_("Current version"), str(fact.data["version"]))]
            return Words(
                title=_("%(product)s has a new version: renew your certificate of %(course)s") % {"product": one.product_name, "course": one.course_title},
                url=f"/campus/courses/{one.course.slug}/", figures=tuple(figures), action=_("Renew it"),
                paragraphs=(_("It stays genuine, and whoever verifies it reads that it is of an earlier version. Take the course again to be certified in the new one."),),
            )  # fmt: skip
        return Words(
            title=_("Your certificate: %(course)s") % {"course": one.course_title}, url=f"/campus/certificates/{one.pk}/",
            paragraphs=(_("Anybody can verify it with its code, without signing in."),), figures=tuple(figures), action=_("Certificate in PDF"),
        )  # fmt: skip

    # Who has just earned it did so himself: he is told all the same, for the letter is what he keeps.
    told = []
    for reader in _people([one.person_id]):
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    kind = "certificate" if fact.name == "certificate.issued" else "certificate_ending"
    commands.tell(kind, told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def class_planned(fact: FactRow) -> None:
    """Tell who is in a course when a live class of it is given, or that it is not."""
    course = Course.objects.filter(pk=fact.subject_id).first()
    if course is None:
        return
    rows = Enrolment.objects.filter(course=course, state__in=["enrolled", "started"])
    if fact.data.get("cohort"):
        rows = rows.filter(cohort=int(fact.data["cohort"]))
    planned = ClassDate.objects.select_related("lesson").filter(lesson=int(fact.data["lesson"])).first()
    by_person = dict(rows.order_by("pk").values_list("person_id", "pk"))
    name = planned.lesson.title if planned is not None else course.title

    def write(reader: Reader) -> Words:
        title = _("A live class has a date: %(course)s") if fact.name == "class.planned" else _("A live class is not given as planned: %(course)s")
        return Words(
            title=title % {"course": course.title}, url=f"/campus/{by_person[reader.user_id]}/", figures=((name, when(fact.data["starts_at"], reader)),),
            action=_("See the course"),
        )  # fmt: skip

    for reader in _people(by_person):  # each by the enrolment that he may see
        _tell("live_class", fact, [reader], write, subject=f"enrolment:{by_person[reader.user_id]}")
