"""The screens of the tariff."""

from __future__ import annotations

import pytest

from amparo.charging.models import TariffVersion

LIST = "/desk/charging/"


@pytest.fixture
def desk(client_for, administrator):
    return client_for(administrator)


@pytest.fixture
def draft(desk):
    desk.post(f"{LIST}draft/")
    return TariffVersion.objects.get(number=2)


def figures(version, **changes):
    from amparo.charging.models import MEASURES, PRICES

    return (
        {name: getattr(version, name) for name in (*PRICES, *MEASURES)}
        | {"seen": version.fingerprint}
        | changes
    )


def test_staff_see_the_tariff_and_only_an_administrator_may_draft(client_for, engineer, desk):
    """TAR-1, SEC-53"""
    page = client_for(engineer).get(LIST)
    assert page.status_code == 200 and "/draft/" not in page.content.decode()
    assert "/draft/" in desk.get(LIST).content.decode()
    assert client_for(engineer).post(f"{LIST}draft/").status_code == 403
    assert TariffVersion.objects.count() == 1


@pytest.mark.parametrize("path", ["", "1/"])
def test_customers_do_not_enter(client_for, contact, path):
    """ACC-11"""
    assert client_for(contact).get(f"{LIST}{path}").status_code == 404


def test_a_version_is_drafted_compared_and_published(desk, draft):
    """TAR-1"""
    desk.post(f"{LIST}draft/")
    assert TariffVersion.objects.count() == 2, "one draft at a time"
    answer = desk.post(f"{LIST}2/revise/", figures(draft, incident=6, note="Alza de incidentes"))
    assert answer.status_code == 302
    page = desk.get(f"{LIST}2/").content.decode()
    assert "Alza de incidentes" in page
    draft.refresh_from_db()
    answer = desk.post(f"{LIST}2/publish/", {"starts_on": "2999-01-01", "seen": draft.fingerprint})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.incident, draft.is_draft, draft.starts_at.isoformat()) == (
        6,
        False,
        "2999-01-01T06:00:00+00:00",
    )
    assert 'name="incident"' not in desk.get(f"{LIST}2/").content.decode()


def test_what_is_typed_wrong_is_told_beside_its_field_and_kept(desk, draft):
    """SEC-49"""
    answer = desk.post(f"{LIST}2/revise/", figures(draft, incident=-3, technical_hour="muchos"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="-3"' in page and 'value="muchos"' in page
    answer = desk.post(f"{LIST}2/publish/", {"starts_on": "2001-01-01", "seen": draft.fingerprint})
    assert answer.status_code == 422 and TariffVersion.objects.get(number=2).is_draft


def test_two_administrators_do_not_undo_each_other(desk, draft):
    """TAR-1: a stale page is told so."""
    desk.post(f"{LIST}2/revise/", figures(draft, incident=6))
    answer = desk.post(f"{LIST}2/revise/", figures(draft, home_visit=9))
    assert answer.status_code == 409
    assert TariffVersion.objects.get(number=2).home_visit == 2


def test_a_published_version_is_not_dropped(desk, draft):
    """TAR-1"""
    assert desk.post(f"{LIST}1/discard/").status_code == 409
    assert desk.post(f"{LIST}2/discard/").status_code == 302
    assert TariffVersion.objects.count() == 1


def test_the_list_takes_few_statements(desk, draft, django_assert_max_num_queries):
    """Session and user, and two of its own."""
    desk.get(LIST)
    with django_assert_max_num_queries(6):
        desk.get(LIST)
