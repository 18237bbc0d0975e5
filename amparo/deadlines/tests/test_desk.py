"""The desk's screens of calendars and promises."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from amparo.deadlines import commands, queries
from amparo.deadlines.models import PromiseKind
from amparo.kernel import clock

from .calendars import OFFICE

CALCULATOR = "/desk/deadlines/"
KINDS = "/desk/deadlines/kinds/"


@pytest.fixture
def year(service) -> str:
    return f"/desk/deadlines/calendars/{service.pk}/"


def a_weekday() -> date:
    """A business day more than a week ahead of the real clock, which the edge reads."""
    day = timezone.localdate() + timedelta(days=8)
    while day.weekday() > 4 or not queries.service_calendar().is_business_day(day):
        day += timedelta(days=1)
    return day


def text(response) -> str:
    return response.content.decode()


def test_the_calculator_answers_with_the_steps_of_the_count(
    client_for, engineer, service, django_assert_max_num_queries
):
    """TIM-2"""
    client = client_for(engineer)
    client.get(CALCULATOR)
    with django_assert_max_num_queries(8):
        page = text(
            client.get(
                CALCULATOR, {"start": "2026-12-11T16:00", "amount": "72", "counting": "business_hours"}
            )
        )
    assert "72 horas hábiles" in page
    assert "miércoles 16 de diciembre de 2026, 16:00" in page
    assert "sábado 12 de diciembre de 2026 a domingo 13 de diciembre de 2026" in page.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "1.5", "counting": "business_days"},
        {"amount": "x"},
        {"start": "mañana"},
        {"counting": "moons"},
        {"start": "1999-01-01T10:00"},
    ],
)
def test_a_wrong_question_is_told_beside_its_field(client_for, engineer, service, wrong):
    """TIM-2"""
    question = {"start": "2026-12-11T16:00", "amount": "72", "counting": "business_hours"} | wrong
    response = client_for(engineer).get(CALCULATOR, question)
    assert response.status_code == 200
    assert "field-error" in text(response) or "notice tone-late" in text(response)


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_the_year_shows_holidays_closures_and_that_promises_stay(
    client_for, administrator, service, year, make, language
):
    """TIM-1, TIM-8"""
    from amparo.people.models import User

    User.objects.filter(pk=administrator.user_id).update(language=language)
    make()
    page = text(client_for(administrator).get(year, {"year": 2026}))
    assert page.count('class="month"') == 12
    assert ("Día de la Constitución" if language == "es-mx" else "Constitution Day") in page
    assert (
        "El compromiso abierto conserva su fecha" if language == "es-mx" else "open promise keeps its deadline"
    ) in page


def test_the_year_costs_few_statements(
    client_for, administrator, service, year, django_assert_max_num_queries
):
    client = client_for(administrator)
    client.get(year)
    with django_assert_max_num_queries(8):
        client.get(year)


def test_an_administrator_closes_a_day_and_takes_it_back(client_for, administrator, service, year):
    """TIM-1"""
    client, day = client_for(administrator), a_weekday()
    response = client.post(f"{year}close/", {"seen": 1, "on": day.isoformat(), "name": "Aniversario"})
    assert response.status_code == 302 and f"day={day}" in response.url
    assert not queries.service_calendar().is_business_day(day)
    page = text(client.get(response.url))
    assert "Aniversario" in page and "versión 2" in page
    response = client.post(f"{year}remove/", {"seen": 2, "on": day.isoformat(), "what": "closure"})
    assert queries.service_calendar().is_business_day(day)


def test_an_administrator_opens_a_day_for_extra_hours(client_for, administrator, service, year):
    """TIM-1"""
    client, day = client_for(administrator), a_weekday()
    saturday = day + timedelta(days=(5 - day.weekday()) % 7)
    response = client.post(
        f"{year}open/", {"seen": 1, "on": saturday.isoformat(), "hours": "10-14", "name": ""}
    )
    assert response.status_code == 302
    assert queries.service_calendar().hours_on(saturday) == ((600, 840),)
    response = client.post(
        f"{year}open/", {"seen": 2, "on": saturday.isoformat(), "hours": "diez a dos", "name": "x"}
    )
    assert response.status_code == 422 and "diez a dos" in text(response)


def test_a_past_date_is_refused_beside_its_field(client_for, administrator, service, year):
    """TIM-8"""
    response = client_for(administrator).post(f"{year}close/", {"seen": 1, "on": "2020-01-02", "name": "x"})
    assert response.status_code == 422 and "field-error" in text(response)


def test_a_stale_page_changes_nothing(client_for, administrator, service, year):
    """TIM-1: somebody else closed another day meanwhile."""
    day = a_weekday()
    commands.close_date(service, day, name="A", seen=1, actor=administrator, at=clock.now())
    response = client_for(administrator).post(
        f"{year}close/", {"seen": 1, "on": day.isoformat(), "name": "B"}
    )
    assert response.status_code == 409
    assert queries.newest_version(service).number == 2


def test_the_week_changes_from_a_date_on(client_for, administrator, service, year):
    """TIM-1"""
    client, day = client_for(administrator), a_weekday()
    assert "09:00-18:00" in text(client.get(f"{year}week/"))
    hours = {f"day_{number}": "8-14, 15-17" for number in range(5)} | {"day_5": "", "day_6": ""}
    response = client.post(f"{year}week/", {"seen": 1, "from_on": day.isoformat(), **hours})
    assert response.status_code == 302
    assert queries.service_calendar().hours_on(day) == ((480, 840), (900, 1020))
    response = client.post(f"{year}week/", {"seen": 2, "from_on": day.isoformat(), **hours, "day_0": "18-9"})
    assert response.status_code == 200 and "18-9" in text(response)


def test_the_place_changes_zone_and_holidays(client_for, administrator, service, year):
    """TIM-1"""
    client = client_for(administrator)
    assert "America/Tijuana" in text(client.get(f"{year}place/"))
    response = client.post(
        f"{year}place/", {"seen": 1, "zone": "Europe/Madrid", "country": "ES", "subdivision": "ct"}
    )
    assert response.status_code == 302
    assert queries.service_calendar().zone == "Europe/Madrid"
    response = client.post(
        f"{year}place/", {"seen": 2, "zone": "Europe/Madrid", "country": "ES", "subdivision": "QQ"}
    )
    assert "field-error" in text(response)


def test_a_second_calendar_is_added_given_to_a_customer_and_made_the_default(
    client_for, administrator, service, customer
):
    """TIM-1"""
    client = client_for(administrator)
    given = {f"day_{number}": "0-24" for number in range(7)}
    given |= {"name": "Siempre", "zone": "America/Tijuana", "country": "", "subdivision": ""}
    assert client.get("/desk/deadlines/calendars/new/").status_code == 200
    response = client.post("/desk/deadlines/calendars/new/", given)
    assert response.status_code == 302
    response_again = client.post("/desk/deadlines/calendars/new/", given)
    assert response_again.status_code == 200 and "field-error" in text(response_again)
    assert client.post(f"{response.url}customers/", {"nic": customer.nic_shown}).status_code == 302
    assert queries.calendar_for(customer.pk).zone == "America/Tijuana"
    assert customer.name in text(client.get(response.url))
    assert client.post(f"{response.url}customers/", {"nic": "1"}).status_code == 422
    client.post(f"{response.url}customers/remove/", {"customer": customer.pk})
    assert queries.calendar_for(customer.pk).zone == "America/Mexico_City"
    client.post(f"{response.url}default/")
    assert queries.service_calendar().zone == "America/Tijuana"
    assert "Siempre" in text(client.get("/desk/deadlines/calendars/"))


def test_the_kinds_are_shown_and_changed_with_effect_from_a_moment(client_for, administrator, service):
    """TIM-4"""
    client = client_for(administrator)
    page = text(client.get(KINDS))
    assert "48 horas hábiles" in page and "3 días hábiles" in page
    newest = PromiseKind.objects.filter(code="answer.ticket").latest("id").pk
    assert client.get(f"{KINDS}answer.ticket/").status_code == 200
    given = {
        "seen": newest,
        "amount": "8",
        "counting": "opening_hours",
        "priority": 1,
        "warn_percents": "60 %, 80",
    }
    assert client.post(f"{KINDS}answer.ticket/", given).status_code == 302
    kind = PromiseKind.objects.filter(code="answer.ticket").latest("id")
    assert (kind.counting, kind.amount, kind.warn_percents) == ("opening_hours", 8, [60, 80])
    assert client.post(f"{KINDS}answer.ticket/", given).status_code == 409
    wrong = given | {"seen": kind.pk, "warn_percents": "all", "amount": "0"}
    response = client.post(f"{KINDS}answer.ticket/", wrong)
    assert response.status_code == 200 and text(response).count("field-error") == 2
    assert client.get(f"{KINDS}answer.telegram/").status_code == 404


PAGES = [
    "/desk/deadlines/",
    "/desk/deadlines/calendars/",
    "/desk/deadlines/kinds/",
    "/desk/deadlines/kinds/fix/",
]


@pytest.mark.parametrize("page", [*PAGES, "{year}"])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("administrator", 200),
        ("engineer", 200),
        ("operator", 200),
        ("sales", 200),
        ("contact", 404),
        ("registered", 404),
        ("anonymous", 302),
    ],
)
def test_all_staff_look_and_nobody_else(client, client_for, request, service, year, page, who, status):
    """ACC-11"""
    browser = client if who == "anonymous" else client_for(request.getfixturevalue(who))
    assert browser.get(page.format(year=year)).status_code == status


@pytest.mark.parametrize(
    "act", ["close/", "open/", "remove/", "week/", "place/", "default/", "customers/", "customers/remove/"]
)
@pytest.mark.parametrize(("who", "status"), [("engineer", 403), ("contact", 404), ("anonymous", 302)])
def test_only_an_administrator_changes(client, client_for, request, service, year, act, who, status):
    """TIM-1"""
    browser = client if who == "anonymous" else client_for(request.getfixturevalue(who))
    assert browser.post(f"{year}{act}", {"seen": 1}).status_code == status
    assert queries.newest_version(service).number == 1 and queries.service_calendar().weekly == OFFICE


def test_an_engineer_cannot_change_a_kind(client_for, engineer, service):
    """TIM-4"""
    newest = PromiseKind.objects.filter(code="fix").latest("id").pk
    given = {"seen": newest, "amount": "9", "counting": "business_days", "priority": 1, "warn_percents": ""}
    assert client_for(engineer).post(f"{KINDS}fix/", given).status_code == 403
    assert PromiseKind.objects.filter(code="fix").count() == 1
