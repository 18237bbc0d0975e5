"""The page of how promises are kept: counted from promises, read by whom the vendor wants. TIM-9, COM-6."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amparo.complaints.models import Complaint
from amparo.complaints.queries import Outcomes as Counted
from amparo.conftest import NOON, make_staff
from amparo.deadlines import commands as deadlines
from amparo.deadlines import tasks as deadline_tasks
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import time_taken
from amparo.fairness import commands, queries, rules
from amparo.fairness.models import Figure, Outcomes
from amparo.fairness.views.pages import time_in_words
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.policies import commands as policies

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEXICO = ZoneInfo("America/Mexico_City")
AT = NOON + 14 * DAY  # still November


def promise(subject, kind="answer.ticket", at=NOON, **given):
    return deadlines.promise(kind, subject=subject, actor=SYSTEM, at=at, **given)


@pytest.fixture
def year(customer, engineer):
    """Promises of three kinds in November and in March: kept, late, still owed, no longer owed, running."""
    march = NOON.replace(month=3, day=11)
    for number, took in enumerate((2, 4, 20)):
        deadlines.keep(promise(f"ticket:{number}", customer_id=customer.pk), actor=engineer, at=NOON + took * HOUR)
    deadlines.keep(promise("ticket:10", customer_id=customer.pk), actor=engineer, at=NOON + 9 * DAY)
    promise("ticket:11", customer_id=customer.pk)
    deadlines.end(promise("ticket:12", customer_id=customer.pk), reason="closed", actor=engineer, at=NOON + HOUR)
    promise("complaint:1", "complaint", AT - HOUR, customer_id=customer.pk)
    deadlines.keep(promise("ticket:20", "fix", march, customer_id=customer.pk), actor=engineer, at=march + DAY)
    deadline_tasks.tick(at=AT)
    return customer


def counted(span, kind, month=date(2026, 11, 1)):
    return Figure.objects.get(span=span, kind=kind, month=month)


@pytest.mark.django_db
def test_promises_are_counted_by_month_and_over_twelve(year):
    """TIM-9: made is kept, late, running and no longer owed; what is late and owed counts in the longest time."""
    assert commands.count(at=AT) == 6
    ticket = counted(1, "answer.ticket")
    assert (ticket.made, ticket.kept, ticket.late, ticket.owed, ticket.running, ticket.ended) == (6, 3, 2, 1, 0, 1)
    assert ticket.kept_percent == 60 and ticket.usual == 4 * 3600
    owed = Promise.objects.get(subject_ref="ticket:11")
    assert ticket.worst == time_taken(owed.calendar_version_id, owed.counting, owed.started_at, AT) > 9 * 24 * 3600 * 0.5
    assert counted(1, "complaint").running == 1 and counted(1, "complaint").usual is None
    fix = counted(12, "fix")
    assert (fix.made, fix.kept, fix.usual, fix.worst, fix.counting) == (1, 1, 1, 1, "business_days")
    assert counted(1, "fix", date(2026, 3, 1)).kept == 1


@pytest.mark.django_db
def test_the_table_equals_a_slow_recount(year):
    """TIM-9: every row, promise by promise."""
    commands.count(at=AT)
    rows = list(Promise.objects.all())
    for figure in Figure.objects.all():
        since, until = rules.bounds(figure.month, figure.span, MEXICO)
        mine = [row for row in rows if row.kind_code == figure.kind and row.counting == figure.counting and since <= row.started_at < until]
        states = [row.state for row in mine]
        assert (figure.made, figure.kept, figure.late, figure.running, figure.ended) == (
            len(mine), states.count("kept"), states.count("lapsed"), states.count("open"), states.count("ended")
        )  # fmt: skip
        times = sorted(time_taken(row.calendar_version_id, row.counting, row.started_at, row.met_at) for row in mine if row.met_at)
        assert figure.usual == (times[(len(times) - 1) // 2] if times else None)
    assert sum(one.made for one in Figure.objects.filter(span=1)) == sum(one.made for one in Figure.objects.filter(span=12)) == len(rows)


@pytest.mark.django_db
def test_counting_again_replaces_and_older_months_stand(year):
    """TIM-9"""
    commands.count(at=AT)
    commands.count(at=AT + HOUR)
    assert Figure.objects.count() == 6 and set(Figure.objects.values_list("counted_at", flat=True)) == {AT + HOUR}
    later = AT.replace(year=2027, month=6)
    commands.count(at=later)
    march = counted(1, "fix", date(2026, 3, 1))
    assert march.counted_at == AT + HOUR  # more than twelve months ago: as it was counted last
    assert counted(12, "answer.ticket", date(2027, 6, 1)).made == 6 and not Figure.objects.filter(span=12, month=date(2027, 6, 1), kind="fix").exists()


@pytest.mark.django_db
def test_a_month_is_the_vendors(customer):
    """TIM-1: eleven in the evening of the last of October in Mexico is November in UTC."""
    night = datetime(2026, 10, 31, 23, 0, tzinfo=MEXICO)
    promise("ticket:1", at=night, customer_id=customer.pk)
    commands.count(at=AT)
    assert [one.month for one in Figure.objects.filter(span=1)] == [date(2026, 10, 1)]


@pytest.mark.django_db
def test_ends_of_complaints_come_from_their_door(db, monkeypatch):
    """COM-3 to COM-6"""
    monkeypatch.setattr(
        commands, "outcomes",
        lambda since, until: Counted(upheld=5, partly=4, dismissed=3, lapsed=2, withdrawn=1) if until - since > 40 * DAY else Counted(lapsed=1),
    )  # fmt: skip
    commands.count(at=AT)
    year, month = Outcomes.objects.get(span=12), Outcomes.objects.get(span=1, month=date(2026, 11, 1))
    assert (year.upheld, year.partly, year.dismissed, year.lapsed, year.withdrawn) == (5, 4, 3, 2, 1) and month.lapsed == 1
    assert Complaint._meta.get_field("decided_at") and Outcomes.objects.count() == 13


@pytest.mark.django_db
def test_it_is_public_only_where_the_vendor_wants_it(year, client, contact, engineer, administrator, client_for):
    """TIM-9: off as shipped; staff see it in any case."""
    now = clock.now()
    commands.count(at=now)
    paths = ("/fairness/", "/fairness/figures.csv", "/fairness/figures.json")
    for path in paths:
        assert client.get(path).status_code == 404 and client_for(contact).get(path).status_code == 404
        assert client_for(engineer).get(path).status_code == 200
    assert "Solo el personal ve esta página" in client_for(engineer).get("/desk/fairness/").content.decode()
    assert client_for(contact).get("/desk/fairness/").status_code == 404
    policies.set_value("fairness.is_public", True, from_at=now, actor=administrator, at=now)
    for path in paths:
        assert client.get(path).status_code == 200 and client_for(contact).get(path).status_code == 200
    assert client.post("/fairness/").status_code == 405


@pytest.mark.django_db
def test_no_figure_names_anybody(year, customer, contact, engineer, client_for):
    """ACC-11: neither page, CSV nor JSON."""
    make_staff("Rubén Rastreable", "engineer")
    commands.count(at=clock.now())
    client = client_for(engineer)
    for path in ("/fairness/figures.csv", "/fairness/figures.json"):
        text = client.get(path).content.decode()
        for name in (customer.name, customer.nic_shown, contact.name, engineer.name, "ticket:", "T-1"):
            assert name not in text
    page = client.get("/fairness/").content.decode()
    assert customer.name not in page and "Las cifras pequeñas no se ocultan" in page


@pytest.mark.django_db
def test_csv_and_json_tell_the_same(year, engineer, client_for):
    """TIM-9"""
    now = clock.now()
    commands.count(at=now)
    client = client_for(engineer)
    told = json.loads(client.get("/fairness/figures.json").content)
    rows = list(csv.DictReader(io.StringIO(client.get("/fairness/figures.csv").content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows][: len(told["promises"])] == [one["kind"] for one in told["promises"]]
    for row, one in zip(rows, told["promises"], strict=False):
        assert row["made"] == str(one["made"]) and row["usual"] == ("" if one["usual"] is None else str(one["usual"]))
    assert len(told["complaints"]) == 13 and told["time_zone"] == "America/Mexico_City"


@pytest.mark.django_db
def test_the_page_counts_nothing(year, engineer, client_for, django_assert_max_num_queries):
    """TIM-9: four statements besides session and person, and before the first counting it says so."""
    client = client_for(engineer)
    assert "Aún no se ha contado" in client.get("/fairness/").content.decode()
    commands.count(at=clock.now())
    client.get("/fairness/")
    with django_assert_max_num_queries(6):
        assert client.get("/fairness/").status_code == 200


@pytest.mark.parametrize(
    ("counting", "amount", "words"),
    [("business_hours", 180, "3 min"), ("opening_hours", 12_000, "3 h 20 min"), ("business_hours", 180_000, "50 h"),
     ("business_days", 2, "en 2 días hábiles"), ("business_days", 1, "en 1 día hábil"), ("opening_hours", 5, "menos de 1 min"), ("x", None, "—")],
)  # fmt: skip
def test_a_time_is_told_by_its_own_counting(counting, amount, words):
    """TIM-2"""
    from django.utils import translation

    with translation.override("es-mx"):
        assert time_in_words(counting, amount) == words


def test_months():
    assert rules.shifted(date(2026, 11, 1), -11) == date(2025, 12, 1) and rules.shifted(date(2026, 12, 1), 1) == date(2027, 1, 1)
    since, until = rules.bounds(date(2026, 11, 1), 12, MEXICO)
    assert since.isoformat() == "2025-12-01T00:00:00-06:00" and until.isoformat() == "2026-12-01T00:00:00-06:00"
    assert queries.SHOWN[0] == "answer.ticket"
