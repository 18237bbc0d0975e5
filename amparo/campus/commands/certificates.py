"""Certificates: issued once with the last lesson, reminded of before they expire. SRC-4."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from amparo.campus.models import Certificate, Enrolment
from amparo.campus.rules.certificates import make_code, next_reminder, outgrown
from amparo.contracts.rules.terms import last_day
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.queries import names_of
from amparo.policies.queries import value
from amparo.products.queries import current_release


def issue(enrolment: Enrolment, mark: int | None, *, actor: Actor, at: datetime) -> Certificate:
    """Give the certificate of a course that is complete: once, as everything is called at this moment. Fact: `certificate.issued`."""
    first = Certificate.objects.filter(enrolment=enrolment).first()
    if first is not None:
        return first
    content, course = enrolment.version.content, enrolment.course
    release = current_release(course.product) if course.product is not None else None
    months = int(content.get("valid_months") or 0)
    until = None
    if months:
        here = timezone.localtime(at)
        until = datetime.combine(last_day(here.date(), months) + timedelta(days=1), time(), here.tzinfo)
    following = next_reminder(until, value("campus.reminder_days", at=at), at)
    made = Certificate.objects.create(
        enrolment=enrolment, code=make_code(), person_id=enrolment.person_id, person_name=names_of([enrolment.person_id])[enrolment.person_id],
        course=course, course_title=content["title"], course_version=enrolment.version.number, product=course.product,
        product_name=course.product.name if course.product else "", product_version=release.version if release else "", mark=mark,
        issued_at=at, valid_until=until, remind_at=following[0] if following else None,
    )  # fmt: skip
    record("certificate.issued", subject=made, actor=actor, at=at, customer=enrolment.customer_id, person=made.person_id, course=course.pk,
           valid_until=until)  # fmt: skip
    return made


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Remind of up to `limit` certificates that expire, each day of the setting once; return how many were told of.

    Fact: `certificate.expiring`. Who has a newer one of the same course is not told of the old one.
    """
    due = Certificate.objects.filter(remind_at__lte=at).order_by("remind_at", "pk")
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            one = Certificate.objects.select_for_update(skip_locked=True, of=("self",)).select_related("enrolment").filter(pk=pk).first()
            if one is None or one.remind_at is None or one.remind_at > at:
                continue
            following = next_reminder(one.valid_until, value("campus.reminder_days", at=at), at)
            one.remind_at = following[0] if following else None
            one.save(update_fields=["remind_at"])
            newer = Certificate.objects.filter(person=one.person_id, course=one.course_id, issued_at__gt=one.issued_at).exists()
            if one.valid_until is None or one.valid_until <= at or newer:
                continue
            days = max(1, -(-(one.valid_until - at) // timedelta(days=1)))
            record("certificate.expiring", subject=one, actor=SYSTEM, at=at, customer=one.enrolment.customer_id, person=one.person_id, days=days)
            count += 1
    return count


@transaction.atomic
def outgrow(product_id: int, *, version: str, before: str, at: datetime) -> int:
    """Record of each certificate that a new major version outgrew that it did; return how many those are. Fact: `certificate.outgrown`.

    Only of the newest that a person has of a course, still in force, in a course that is still given; what an earlier
    version outgrew already was told then. SRC-4.
    """
    newer = Certificate.objects.filter(person=OuterRef("person"), course=OuterRef("course"), issued_at__gt=OuterRef("issued_at"))
    held = Certificate.objects.filter(Q(valid_until=None) | Q(valid_until__gt=at), ~Exists(newer), product=product_id, course__published__isnull=False, course__retired_at=None)
    count = 0
    for one in held.select_related("enrolment").order_by("pk"):
        if outgrown(one.product_version, version) and not (before and outgrown(one.product_version, before)):
            record("certificate.outgrown", subject=one, actor=SYSTEM, at=at, customer=one.enrolment.customer_id, person=one.person_id, version=version)
            count += 1
    return count
