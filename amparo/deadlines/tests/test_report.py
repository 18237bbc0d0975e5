"""The figures of the report: kept, late and open. TIM-9."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.conftest import NOON
from amparo.deadlines import access, commands, queries, tasks

from .calendars import local

HOUR = timedelta(hours=1)
PERIOD = {"since": local("2026-11-01 00:00"), "until": local("2027-01-01 00:00")}


@pytest.fixture
def world(make, customer, other_customer, engineer, operator):
    """In November: one kept by Elena, one met late by Oscar, one late and still owed that Elena holds, one ended; and
    one open in December."""
    commands.keep(make("ticket:1"), actor=engineer, at=NOON + 8 * HOUR)
    commands.keep(make("ticket:2"), actor=operator, at=local("2026-11-13 15:00"))
    make("ticket:3", customer_id=other_customer.pk, holder_id=engineer.user_id)
    commands.end(make("ticket:4", kind="fix"), reason="not_a_defect", actor=engineer, at=NOON)
    make("ticket:5", kind="complaint", at=local("2026-11-27 10:00"))
    tasks.tick(at=local("2026-11-20 10:00"))


def figures(rows):
    return {row.label: (row.kept, row.late, row.owed_late, row.open) for row in rows}


def test_by_kind(world, django_assert_num_queries):
    """TIM-9: what was ended is not counted."""
    with django_assert_num_queries(1):
        rows = queries.promise_counts("kind", **PERIOD)
    assert [row.key for row in rows] == ["answer.ticket", "complaint"]
    assert (rows[0].kept, rows[0].late, rows[0].owed_late, rows[0].open) == (1, 2, 1, 0)
    assert rows[0].kept_percent == 33 and rows[1].kept_percent is None
    assert rows[0].margin_seconds == 40 * 3600 and rows[0].late_seconds == 3 * 3600


def test_by_person_customer_and_month(world):
    """TIM-9: a promise counts for who met it, else for who holds it."""
    assert figures(queries.promise_counts("person", **PERIOD)) == {
        "Elena Ingeniera": (1, 1, 1, 0),
        "Oscar Operador": (0, 1, 0, 0),
        None: (0, 0, 0, 1),
    }
    assert figures(queries.promise_counts("customer", **PERIOD)) == {
        "Abarrotes Lupita": (1, 1, 0, 1),
        "Ferretería Sur": (0, 1, 1, 0),
    }
    months = queries.promise_counts("month", **PERIOD)
    assert [(row.key, row.kept, row.late, row.open) for row in months] == [
        (date(2026, 11, 1), 1, 2, 0),
        (date(2026, 12, 1), 0, 0, 1),
    ]


def test_the_figures_can_be_narrowed(world, engineer, other_customer):
    """TIM-9"""
    (row,) = queries.promise_counts("month", kind="answer.ticket", person=engineer.user_id, **PERIOD)
    assert (row.kept, row.late) == (1, 1)
    (row,) = queries.promise_counts("kind", customer=other_customer.pk, **PERIOD)
    assert row.judged == 1
    assert (
        queries.promise_counts("kind", since=local("2026-10-01 00:00"), until=local("2026-11-01 00:00")) == []
    )


@pytest.mark.parametrize("state", ["kept", "late", "owed_late", "open", ""])
def test_each_figure_has_its_list(world, state, django_assert_num_queries):
    """TIM-9"""
    with django_assert_num_queries(1):
        rows = queries.promise_list(state=state, **PERIOD)
    counts = queries.promise_counts("kind", **PERIOD)
    wanted = sum(getattr(row, state) if state else row.judged + row.open for row in counts)
    assert len(rows) == wanted
    if len(rows) > 1:
        assert rows[0].due_at >= rows[1].due_at
        rest = queries.promise_list(state=state, after=(rows[0].due_at, rows[0].id), **PERIOD)
        assert rest == rows[1:]


def test_who_sees_promises(make, customer, other_contact, contact, registered, engineer):
    """ACC-11, COM-7"""
    made = make()
    for actor, sees in ((engineer, True), (contact, True), (other_contact, False), (registered, False)):
        assert access.visible_to(actor).filter(pk=made.pk).exists() is sees


def test_whoever_holds_it_changes_without_a_fact(make, engineer, facts):
    """TIM-9"""
    make()
    assert commands.hold_open("ticket:41", holder_id=engineer.user_id, actor=engineer, at=NOON) == 1
    assert queries.open_promises("ticket:41")[0].holder_id == engineer.user_id
    assert facts("ticket:41") == ["promise.made"]
    assert [row.kind_code for row in queries.promises_of("ticket:41")] == ["answer.ticket"]
