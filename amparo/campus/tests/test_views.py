"""Pages of the campus: what each shows to whom, and what it never says. SRC-4, ACC-4, ACC-9, ACC-11."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from amparo.campus import commands
from amparo.campus.models import Certificate, Course, Enrolment, Seat
from amparo.campus.tests.world import (
    card_for,
    contract_for,
    credits_left,
    finish,
    fresh,
    key,
    lesson,
    lessons_of,
    published,
    started,
)
from amparo.conftest import NOON, make_staff
from amparo.kernel.actor import SYSTEM, VISITOR

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)
    cache.clear()


@pytest.fixture
def instructor(db):
    return make_staff("Inés Instructora", "instructor")


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_catalogue_begins_with_the_readers_language_and_marks_the_other(client):
    """SRC-4"""
    published(title="A first course", language="en")
    published(title="Zona de cobro", language="es")
    page = client.get(reverse("campus:courses"), headers={"Accept-Language": "es"}).content.decode()
    assert page.index("Zona de cobro") < page.index("A first course") and page.count("en inglés") == 1 and "en español" not in page
    client.cookies["amparo-language"] = "en"
    page = client.get(reverse("campus:courses")).content.decode()
    assert page.index("A first course") < page.index("Zona de cobro") and page.count("in Spanish") == 1 and "in English" not in page


def test_the_catalogue_says_of_each_course_who_may_take_it(client_for, registered, django_assert_max_num_queries):
    """ACC-4, ACC-9"""
    for kind in ("open", "licensed", "covered", "credits"):
        published(kind, price=3 if kind == "credits" else 0, title=f"Curso {kind}")
    hidden = published(audience="staff", title="Solo personal")
    visitor, client = client_for(VISITOR), client_for(registered)
    client.get("/campus/")
    with django_assert_max_num_queries(2):
        page = text_of(visitor.get("/campus/"))
    assert all(f"Curso {kind}" in page for kind in ("open", "licensed", "covered", "credits")) and hidden.title not in page
    with django_assert_max_num_queries(7):
        assert client.get("/campus/").status_code == 200
    assert client_for(VISITOR).get(f"/campus/courses/{hidden.slug}/").status_code == 404


def test_a_visitor_reads_a_course_without_a_session(client_for):
    """SEC-12"""
    course = published("covered")
    answer = client_for(VISITOR).get(f"/campus/courses/{course.slug}/")
    assert answer.status_code == 200 and "sessionid" not in answer.cookies and "Crear" not in answer.cookies


def test_a_member_takes_a_course_paid_in_credits_passes_and_a_stranger_verifies(client_for, member, customer):
    """SRC-4, CHG-3, CHG-8: the whole way, by pages alone."""
    card_for(customer.pk, 10)
    course = published("credits", price=4, texts=1, quiz={"attempts_max": 0})
    client = client_for(member)
    page = client.get(f"/campus/courses/{course.slug}/")
    price = re.search(r'name="price" value="([^"]+)"', page.content.decode())[1]
    client.post(f"/campus/courses/{course.slug}/enrol/", {"key": "a", "price": price})
    mine = Enrolment.objects.get(person=member.user_id)
    assert credits_left(customer.pk) == 6 and client.get(f"/campus/{mine.pk}/").status_code == 200
    client.post(f"/campus/{mine.pk}/start/")
    first, exam = lessons_of(mine)
    assert client.get(f"/campus/{mine.pk}/lessons/{first}/").status_code == 200
    assert client.post(f"/campus/{mine.pk}/lessons/{first}/done/").url == f"/campus/{mine.pk}/lessons/{exam}/"
    client.post(f"/campus/{mine.pk}/lessons/{exam}/attempt/")
    paper = client.get(f"/campus/{mine.pk}/lessons/{exam}/").content.decode()
    assert "Opción 1" in paper and "Porque" not in paper and "Vea la lección" not in paper and "is_right" not in paper and "is-right" not in paper
    attempt = mine.attempts.get()
    from amparo.campus.tests.world import right_answers

    client.post(f"/campus/{mine.pk}/lessons/{exam}/submit/", {"attempt": 1, **right_answers(attempt)})
    done = client.get(f"/campus/{mine.pk}/lessons/{exam}/").content.decode()
    assert "Porque 1" in done
    one = Certificate.objects.get()
    assert client.get(f"/campus/certificates/{one.pk}/").content[:5] == b"%PDF-"
    stranger = client_for(VISITOR)
    seen = text_of(stranger.get(f"/campus/verify/{one.shown_code}/"))
    assert one.person_name in seen and course.title in seen and "sessionid" not in stranger.cookies
    assert stranger.get("/campus/verify/", {"code": one.code.lower()}).url == f"/campus/verify/{one.code}/"


def test_guessing_of_codes_is_limited(client_for):
    """SRC-4, SEC-45"""
    client = client_for(VISITOR)
    told = [client.get(f"/campus/verify/{'A' * 16}{n}/").status_code for n in range(25)]
    assert told[:20] == [404] * 20 and told[20:] == [429] * 5


def test_nobody_reads_the_lessons_or_certificates_of_another(client_for, contact, member, other_contact, customer, engineer):
    """ACC-11, SEC-7"""
    mine = finish(started(published(), member), member)
    one = Certificate.objects.get()
    for who in (other_contact, contact):
        assert client_for(who).get(f"/campus/{mine.pk}/").status_code == 404
        assert client_for(who).get(f"/campus/{mine.pk}/lessons/{lessons_of(mine)[0]}/").status_code == 404
    told = {who.name: client_for(who).get(f"/campus/certificates/{one.pk}/").status_code for who in (member, contact, other_contact, engineer)}
    assert list(told.values()) == [200, 200, 404, 200]


def test_a_locked_or_closed_lesson_leads_back_with_why(client_for, contact, customer):
    """ACC-9, SRC-4"""
    mine = started(published(), contact)
    locked = lessons_of(mine)[1]
    assert client_for(contact).get(f"/campus/{mine.pk}/lessons/{locked}/").url == f"/campus/{mine.pk}/"
    assert client_for(contact).post(f"/campus/{mine.pk}/lessons/{locked}/done/").status_code in (302, 403)
    assert fresh(mine).state == "started"
    contract_for(customer.pk, months=1)
    covered = started(published("covered", title="Con póliza"), contact)
    from amparo.contracts.models import SupportContract

    SupportContract.objects.update(cancelled_at=NOON, cancel_reason="prueba")
    page = client_for(contact).get(f"/campus/{covered.pk}/")
    assert page.status_code == 200 and "/sales/" in page.content.decode()


def test_an_administrator_buys_seats_gives_them_and_reads_the_report(client_for, contact, member, customer, other_contact):
    """SRC-4, ACC-11, SEC-8"""
    card_for(customer.pk, 20)
    course = published("credits", price=4)
    client = client_for(contact)
    page = client.get(f"/campus/courses/{course.slug}/seats/?count=2").content.decode()
    price = re.search(r'name="price" value="([^"]+)"', page)[1]
    assert client.post(f"/campus/courses/{course.slug}/seats/", {"count": 2, "price": price, "key": "x"}).status_code == 302
    seat = Seat.objects.order_by("number").first()
    assert client_for(member).post(f"/campus/team/seats/{seat.pk}/assign/", {"person": member.user_id}).status_code == 404
    assert client_for(other_contact).post(f"/campus/team/seats/{seat.pk}/assign/", {"person": other_contact.user_id}).status_code == 404
    client.post(f"/campus/team/seats/{seat.pk}/assign/", {"person": member.user_id, "seen": 0})
    assert fresh(seat).person_id == member.user_id
    started(course, member)
    report = text_of(client.get("/campus/team/"))
    assert "Marcos Peña" in report and course.title in report
    table = client.get("/campus/team/table/").content.decode("utf-8-sig")
    assert "Marcos Peña" in table and client_for(member).get("/campus/team/").status_code == 404


def test_a_live_class_goes_into_a_calendar(client_for, registered):
    """SRC-4"""
    course = published(texts=1)
    live = lesson(course, "live", title="Clase, en vivo; con ñ" + " larga" * 20)
    commands.publish(course, actor=SYSTEM, at=NOON)
    day = commands.plan_class(live, NOON, minutes=90, place="https://sala.ejemplo.mx/1", actor=SYSTEM, at=NOON)
    mine = started(fresh(course), registered)
    answer = client_for(registered).get(f"/campus/{mine.pk}/classes/{day.pk}/")
    body = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar") and "DTSTART:20261111T180000Z" in body and "DTEND:20261111T193000Z" in body
    assert "Clase\\, en vivo\\; con ñ" in body and all(len(line.encode()) <= 75 for line in body.split("\r\n"))
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=registered, at=NOON)
    assert client_for(registered).post(f"/campus/{mine.pk}/lessons/{live.pk}/done/").status_code == 302
    assert fresh(mine).state == "completed"


def test_an_instructor_writes_orders_publishes_and_sees_students(client_for, instructor, registered, engineer):
    """SRC-4"""
    client = client_for(instructor)
    fields = {"title": "Cierre de caja", "summary": "Cuadre sin diferencias.", "body": "Hola", "language": "es", "access": "open", "audience": "visitor"}
    client.post("/desk/campus/new/", fields | {"gives_certificate": "on", "in_order": "on"})
    course = Course.objects.get()
    client.post(f"/desk/campus/{course.pk}/sections/", {"title": "Uno"})
    section = course.sections.get()
    for title in ("A", "B"):
        assert client.post(f"/desk/campus/sections/{section.pk}/lessons/?kind=text", {"kind": "text", "title": title, "body": "x", "minutes": 5, "is_required": "on"}).status_code == 302
    client.post(f"/desk/campus/{course.pk}/questions/new/", {
        "text": "¿Qué?", "kind": "one", "points": 1, "option_text": ["Sí", "No"], "option_feedback": ["", ""], "option_right": ["0"],
    })  # fmt: skip
    client.post(f"/desk/campus/sections/{section.pk}/lessons/?kind=quiz", {"kind": "quiz", "title": "Examen", "minutes": 5, "pass_percent": 80, "is_required": "on"})
    second = section.lessons.get(title="B")
    client.post(f"/desk/campus/lessons/{second.pk}/move/", {"act": "up"})
    assert [one.title for one in section.lessons.all()] == ["B", "A", "Examen"]
    for path in ("", "preview/", "questions/", "groups/", "students/", "edit/"):
        assert client.get(f"/desk/campus/{course.pk}/{path}").status_code == 200
    assert client.post(f"/desk/campus/{course.pk}/publish/", {"seen": fresh(course).edits - 1}).status_code == 409
    assert client.post(f"/desk/campus/{course.pk}/publish/", {"seen": fresh(course).edits}).status_code == 302
    assert fresh(course).is_offered
    mine = started(fresh(course), registered)
    assert "Rita Libre" in text_of(client.get(f"/desk/campus/{course.pk}/students/"))
    assert client.get(f"/desk/campus/students/{mine.pk}/").status_code == 200
    assert client_for(engineer).get("/desk/campus/").status_code == 200 and client_for(engineer).post(f"/desk/campus/{course.pk}/retire/").status_code == 403
    assert client_for(registered).get("/desk/campus/").status_code == 404


def test_scripts_in_what_is_written_do_not_run(client_for, registered, instructor):
    """SEC-21, SEC-22"""
    evil = '<script>alert(1)</script><img src=x onerror=alert(1)>'
    course = commands.add_course(title=evil, summary=evil, body=evil, actor=SYSTEM, at=NOON)
    lesson(course, title=evil, body=f"{evil} [x](javascript:alert(1))")
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), registered)
    pages = [client_for(registered).get(path) for path in ("/campus/", f"/campus/courses/{fresh(course).slug}/", f"/campus/{mine.pk}/", f"/campus/{mine.pk}/lessons/{lessons_of(mine)[0]}/")]
    pages += [client_for(instructor).get(path) for path in ("/desk/campus/", f"/desk/campus/{course.pk}/", f"/desk/campus/{course.pk}/preview/")]
    for page in pages:
        body = page.content.decode()
        assert page.status_code == 200 and "<script>alert" not in body and "<img src=x" not in body and 'href="javascript' not in body


def test_numbers_that_are_none_break_nothing(client_for, registered, contact):
    """SEC-49"""
    mine = started(published(texts=1, quiz={"attempts_max": 0}), registered)
    client, exam = client_for(registered), lessons_of(mine)[1]
    for text in ("²", "-1", "1e3", "", "9" * 40):
        assert client.post(f"/campus/{mine.pk}/lessons/{exam}/submit/", {"attempt": text}).status_code == 404
    course = published("credits", price=2, title="Pagado")
    for text in ("²", "-1", "0", "9" * 40, "x"):
        assert client_for(contact).post(f"/campus/courses/{course.slug}/seats/", {"count": text}).status_code in (403, 409, 422)
    assert reverse("campus:courses") == "/campus/" and key()
