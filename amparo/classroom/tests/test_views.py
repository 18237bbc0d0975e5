"""The pages of classes: who may open what, the calendar file, the attendance as a file, what the desk plans."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.classroom import commands
from amparo.classroom.models import LiveClass, Participant, Recording
from amparo.conftest import NOON, make_staff
from amparo.kernel import clock
from amparo.notifications.models import Letter, Notice

from .world import contract_for, course_class, inside, stayed


@pytest.fixture
def hour(engineer, customer, contact):
    contract_for(customer.pk, credits=40, starts=clock.now() - timedelta(days=30))
    at = clock.now()
    made = commands.plan_hour(customer, "=Cierre; de mes", at, minutes=60, people=10, key="v", actor=engineer, at=at)
    return commands.agree(made, actor=contact, at=at)


def test_a_link_opens_only_for_who_is_invited(hour, client_for, contact, other_contact, registered, engineer, client):
    """LIV-1, SEC-38, ACC-11: shared with anybody else it opens nothing."""
    page, door = f"/classroom/{hour.pk}/", f"/classroom/{hour.pk}/enter/"
    assert client_for(contact).get(page).status_code == 200 and client.get(page).status_code == 302
    for stranger in (other_contact, registered):
        one = client_for(stranger)
        found = [one.get(page), one.post(door), one.get(f"{page}side/"), one.get(f"{page}class.ics"), one.get(f"{page}attendance/"), one.post(f"{page}say/", {"body": "x"})]
        assert {answer.status_code for answer in found} == {404}
    assert client_for(contact).post(door).json() == {"place": "waiting", "state": "planned"}
    assert "camera=(self)" in client_for(engineer).get(page).headers["Permissions-Policy"]
    assert "camera=()" in client_for(engineer).get("/classroom/").headers["Permissions-Policy"]


def test_what_the_leader_does_nobody_else_does(hour, client_for, contact, member, engineer):
    """LIV-1"""
    commands.start(hour, actor=engineer, at=clock.now())
    own = commands.enter(hour, actor=member, at=clock.now())
    student, leader = client_for(contact), client_for(engineer)
    for path in (f"/classroom/places/{own.pk}/admit/", f"/classroom/{hour.pk}/end/", f"/classroom/{hour.pk}/record/", f"/classroom/{hour.pk}/start/"):
        assert student.post(path).status_code == 403
    assert leader.post(f"/classroom/places/{own.pk}/admit/").status_code == 302 and Participant.objects.get(pk=own.pk).place == "admitted"
    assert leader.post(f"/classroom/places/{own.pk}/fly/").status_code == 404
    assert leader.get(f"/classroom/{hour.pk}/end/").status_code == 405
    assert leader.post(f"/classroom/{hour.pk}/end/").status_code == 302 and LiveClass.objects.get().state == "ended"
    assert client_for(contact).get(f"/classroom/{hour.pk}/").status_code == 200


def test_the_calendar_file_cannot_be_broken_out_of(hour, client_for, contact):
    """LIV-1"""
    body = client_for(contact).get(f"/classroom/{hour.pk}/class.ics").content.decode()
    assert "SUMMARY:=Cierre\\; de mes\r\n" in body and body.count("BEGIN:VEVENT") == 1 and f"/classroom/{hour.pk}/" in body.replace("\r\n ", "")
    assert all(len(line.encode()) <= 75 for line in body.split("\r\n"))


def test_attendance_is_for_staff_and_the_customers_administrators(hour, client_for, contact, member, engineer):
    """LIV-1, TAR-4, ACC-11, SEC-56"""
    at = clock.now()
    commands.start(hour, actor=engineer, at=at)
    stayed(inside(hour, contact, engineer, at=at), at, at + timedelta(minutes=3))
    commands.end(hour, actor=engineer, at=at + timedelta(minutes=3))
    assert client_for(member).get(f"/classroom/{hour.pk}/attendance/").status_code == 403
    Participant.objects.filter(person=contact.user_id).update(name="=1+1")
    text = client_for(contact).get(f"/classroom/{hour.pk}/attendance.csv").content.decode("utf-8-sig")
    assert "'=1+1" in text and text.count("\n") == 2
    assert client_for(engineer).get(f"/desk/classroom/{hour.pk}/").status_code == 200


def test_the_desk_plans_and_the_customer_agrees(engineer, contact, customer, client_for, deliver):
    """TAR-1, TAR-4, CHG-1, LIV-1"""
    contract_for(customer.pk, credits=40, starts=clock.now() - timedelta(days=30))
    desk, form = client_for(engineer), {"customer": customer.nic, "title": "Inventario", "starts_at": "2027-01-10T10:00", "minutes": "60", "people": "11"}
    assert desk.get("/desk/classroom/new/").status_code == 200
    for wrong in ({"customer": "nadie"}, {"minutes": "0"}, {"people": ""}, {"starts_at": "2020-01-01T10:00"}):
        assert desk.post("/desk/classroom/new/", form | wrong).status_code == 422
    assert desk.post("/desk/classroom/new/", form | {"key": "d"}).status_code == 302
    made = LiveClass.objects.get()
    assert made.charge.amounts == {"credit": 8} and made.state == "proposed"
    deliver(clock.now())
    assert Notice.objects.filter(kind="class_price", user=contact.user_id).count() == 1
    buyer = client_for(contact)
    assert b"8" in buyer.get(f"/classroom/{made.pk}/").content
    assert buyer.post(f"/classroom/{made.pk}/agree/", {"price": "other"}).status_code == 409
    assert buyer.post(f"/classroom/{made.pk}/agree/").status_code == 302
    deliver(clock.now())
    assert Letter.objects.filter(kind="class_time", user=contact.user_id).exists() is False  # who agreed knows
    assert client_for(contact).get("/classroom/").status_code == 200 and desk.get("/desk/classroom/").status_code == 200


def test_a_date_taken_out_of_its_course_is_no_class_any_more(contact, deliver):
    """LIV-3"""
    from amparo.campus import commands as campus

    teacher = make_staff("Inés", "instructor")
    made = course_class(teacher, contact, starts_at=NOON + timedelta(days=3))
    campus.drop_class(made.date, actor=teacher, at=NOON)
    deliver()
    assert LiveClass.objects.get(pk=made.pk).state == "cancelled"
    assert Notice.objects.filter(kind="class_time", user=contact.user_id).count() == 1


def test_a_customer_finds_its_classes_from_home_and_calling_one_off_is_asked_first(hour, contact, engineer, client_for):
    """LIV-1"""
    one, desk = client_for(contact), client_for(engineer)
    assert all('href="/classroom/"' in one.get(path).content.decode() for path in ("/", "/campus/"))
    page = desk.get(f"/desk/classroom/{hour.pk}/").content.decode()
    assert "data-confirm" not in page  # that waits for a typed word, and this form has none
    assert page.split(f'action="/desk/classroom/{hour.pk}/cancel/"')[0].rsplit("<details", 1)[1].count("</details>") == 0


def test_why_a_film_could_not_be_made_is_said_to_whom_it_helps(hour, engineer, client_for):
    """LIV-1: a program's own words stand apart, in their own language, with whom they are for."""
    LiveClass.objects.update(state="ended", began_at=NOON, ended_at=NOON)
    Recording.objects.create(live_class=hour, state="failed", reason="RuntimeError: no <tracks>", asked_at=NOON, touched_at=NOON)
    page = client_for(engineer).get(f"/desk/classroom/{hour.pk}/").content.decode()
    assert "No se pudo preparar" in page and 'para quien opera el servicio: <code lang="en">RuntimeError: no &lt;tracks&gt;</code>' in page


def test_what_was_only_proposed_is_not_told_as_agreed(engineer, contact, customer, client_for):
    """CHG-1"""
    contract_for(customer.pk, credits=40, starts=clock.now() - timedelta(days=30))
    made = commands.plan_hour(customer, "Cierre", clock.now() + timedelta(days=2), minutes=60, people=10, key="v", actor=engineer, at=clock.now())
    page = client_for(engineer).get(f"/desk/classroom/{made.pk}/").content.decode()
    assert "Propuesto" in page and "Lo que costaría" in page and "Acordado" not in page and "Apartado o cobrado" not in page


def test_pages_ask_few_statements(hour, contact, client_for, django_assert_max_num_queries):
    one = client_for(contact)
    one.get("/classroom/")
    with django_assert_max_num_queries(8):
        one.get("/classroom/")
    with django_assert_max_num_queries(10):
        one.get(f"/classroom/{hour.pk}/side/")
