"""What people are told of the campus, and who is not. SRC-4, ACC-11."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.campus import commands
from amparo.campus.models import Certificate, Seat
from amparo.campus.tests.world import DAY, card_for, finish, fresh, key, lesson, published, started
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.notifications.models import Notice
from amparo.products import commands as products
from amparo.products.models import Product, Release

pytestmark = pytest.mark.django_db


def told(actor) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(user=actor.user_id).order_by("pk").values_list("kind", "title"))


def test_seats_certificates_and_reminders_are_told_to_whom_they_concern(contact, member, other_contact, customer, deliver):
    """SRC-4, ACC-11"""
    card_for(customer.pk, 10)
    course = published("credits", price=5, valid_months=12)
    seat = Seat.objects.get(order=commands.buy_seats(course, 1, key=key(), actor=contact, at=NOON))
    commands.assign(seat, member.user_id, actor=contact, at=NOON)
    finish(started(course, member), member)
    one = Certificate.objects.get()
    at = one.valid_until - 30 * DAY + timedelta(hours=1)
    commands.remind_due(at=at)
    deliver(at)
    kinds = [kind for kind, _title in told(member)]
    assert {"course_seat", "certificate", "certificate_ending"} <= set(kinds)
    assert any(kind == "course_completed" and "Marcos Peña" in title for kind, title in told(contact)) and not told(other_contact)
    assert any("30" in title for kind, title in told(member) if kind == "certificate_ending")


def test_who_is_in_a_course_is_told_of_a_class(registered, contact, deliver):
    """SRC-4"""
    course = published(texts=1)
    live = lesson(course, "live", title="Clase en vivo")
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), registered)
    day = commands.plan_class(live, NOON + DAY, minutes=60, actor=SYSTEM, at=NOON)
    deliver()
    assert ("live_class", f"Una clase en vivo ya tiene fecha: {course.title}") in told(registered) and not told(contact)
    assert Notice.objects.get(user=registered.user_id, kind="live_class").subject_ref == mine.subject and day.pk


def test_a_certificate_that_its_product_outgrew_is_told_once(registered, deliver):
    """SRC-4: by a new major version alone, to who has no newer certificate; not again by the next minor one."""
    product = Product.objects.create(code="POS", name="Mostrador POS", created_at=NOON)
    versions = [
        Release.objects.create(product=product, version=one, released_on=NOON.date() - (9 - n) * DAY, created_at=NOON)
        for n, one in enumerate(("10.2", "10.3", "11.0", "11.1"))
    ]  # fmt: skip
    products.make_current(versions[0], actor=SYSTEM, at=NOON)
    finish(started(published(product_id=product.pk, texts=1), registered), registered)
    for number, release in enumerate(versions[1:], 1):
        products.make_current(release, actor=SYSTEM, at=NOON + number * DAY)
        deliver(NOON + number * DAY)
    titles = [title for kind, title in told(registered) if kind == "certificate_ending"]
    assert len(titles) == 1 and "Mostrador POS" in titles[0] and "renueve" in titles[0].lower()
