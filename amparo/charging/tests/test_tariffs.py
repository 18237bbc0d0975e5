"""Versions of the tariff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.charging import commands, queries
from amparo.charging.errors import TariffDate, TariffFixed
from amparo.charging.models import TariffVersion
from amparo.conftest import NOON
from amparo.kernel.refusals import Invalid, NotPermitted

DAY = timedelta(days=1)


@pytest.fixture
def draft(administrator):
    return commands.draft_tariff(actor=administrator, at=NOON)


def test_the_shipped_tariff_is_in_force_since_always(db):
    """TAR-1, TAR-2, TAR-3, TAR-4"""
    tariff = queries.tariff_at(NOON - 365 * 20 * DAY)
    assert tariff.number == 1
    assert tariff.prices == {
        "advisory_event": 1,
        "incident": 4,
        "technical_hour": 4,
        "online_hour": 4,
        "home_visit": 2,
        "urgent_on_site": 5,
        "outside_hours": 5,
        "further_terminal": 1,
    }
    assert (tariff.participants_per_price, tariff.terminals_per_incident, tariff.hours_counted) == (
        10,
        4,
        "begun",
    )


def test_the_next_draft_goes_on_from_what_is_to_come(draft, administrator):
    """TAR-1: and not from what is in force until then."""
    commands.revise_tariff(draft, {"incident": 5}, actor=administrator, at=NOON)
    commands.publish_tariff(draft, starts_at=NOON + DAY, actor=administrator, at=NOON)
    assert commands.draft_tariff(actor=administrator, at=NOON).incident == 5


def test_a_draft_copies_what_is_in_force_and_changes_nothing(draft):
    """TAR-1"""
    assert (draft.number, draft.incident, draft.is_draft) == (2, 4, True)
    assert queries.tariff_at(NOON + 999 * DAY).number == 1


def test_a_version_is_in_force_from_its_moment(draft, administrator):
    """TAR-1"""
    commands.revise_tariff(draft, {"incident": 5}, note="Alza", actor=administrator, at=NOON)
    commands.publish_tariff(draft, starts_at=NOON + DAY, actor=administrator, at=NOON)
    assert queries.tariff_at(NOON + DAY - timedelta(microseconds=1)).prices["incident"] == 4
    assert queries.tariff_at(NOON + DAY).prices["incident"] == 5


def test_a_published_version_never_changes(draft, administrator):
    """TAR-1"""
    commands.publish_tariff(draft, starts_at=NOON + DAY, actor=administrator, at=NOON)
    for act in (
        lambda: commands.revise_tariff(draft, {"incident": 1}, actor=administrator, at=NOON),
        lambda: commands.publish_tariff(draft, starts_at=NOON + 2 * DAY, actor=administrator, at=NOON),
        lambda: commands.discard_tariff(draft, actor=administrator, at=NOON),
    ):
        with pytest.raises(TariffFixed):
            act()
    for sql in (
        "UPDATE charging_tariffversion SET incident = 1",
        "DELETE FROM charging_tariffversion",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_version_begins_in_the_future_and_after_the_others(draft, administrator):
    """TAR-1: nothing that was already priced is priced anew."""
    with pytest.raises(TariffDate):
        commands.publish_tariff(draft, starts_at=NOON - DAY, actor=administrator, at=NOON)
    commands.publish_tariff(draft, starts_at=NOON + 5 * DAY, actor=administrator, at=NOON)
    other = commands.draft_tariff(actor=administrator, at=NOON)
    with pytest.raises(TariffDate):
        commands.publish_tariff(other, starts_at=NOON + 3 * DAY, actor=administrator, at=NOON)
    commands.publish_tariff(other, starts_at=NOON + 6 * DAY, actor=administrator, at=NOON)
    assert [v.number for v in queries.tariff_versions()] == [3, 2, 1]


def test_a_draft_can_be_discarded(draft, administrator, facts):
    """TAR-1"""
    subject = draft.subject
    commands.discard_tariff(draft, actor=administrator, at=NOON)
    assert TariffVersion.objects.count() == 1
    assert facts(subject) == ["tariff.drafted", "tariff.discarded"]


@pytest.mark.parametrize(
    "figures",
    [
        {"incident": 0},
        {"incident": -1},
        {"incident": 1.5},
        {"incident": float("nan")},
        {"incident": "4"},
        {"incident": True},
        {"home_visit": 10**9},
        {"participants_per_price": 0},
        {"hours_counted": "never"},
        {"number": 7},
        {"published_at": None},
    ],
)
def test_a_figure_is_a_whole_number_of_its_kind(draft, administrator, figures):
    """SEC-49, SEC-33"""
    with pytest.raises(Invalid):
        commands.revise_tariff(draft, figures, actor=administrator, at=NOON)


def test_the_database_refuses_a_price_below_zero(draft):
    """SEC-49"""
    for sql in (
        "UPDATE charging_tariffversion SET home_visit = -1",
        "UPDATE charging_tariffversion SET incident = 0",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{sql} WHERE id = {draft.pk}")


def test_only_an_administrator_sets_the_tariff(draft, engineer, sales, contact):
    """TAR-1, SEC-53"""
    for actor in (engineer, sales, contact):
        for act in (
            lambda who: commands.draft_tariff(actor=who, at=NOON),
            lambda who: commands.revise_tariff(draft, {"incident": 1}, actor=who, at=NOON),
            lambda who: commands.publish_tariff(draft, starts_at=NOON + DAY, actor=who, at=NOON),
            lambda who: commands.discard_tariff(draft, actor=who, at=NOON),
        ):
            with pytest.raises(NotPermitted):
                act(actor)
