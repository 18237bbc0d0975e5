"""Pages of promotions. PRO-1, SEC-53."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON
from amparo.promotions.models import Promotion, PromotionClaim

from .conftest import promote

pytestmark = pytest.mark.django_db
GIVEN = {"name": "Buen Fin", "scope": "money", "kind": "percent", "value": "15", "starts_on": "2026-11-11", "ends_on": "2026-11-30"}


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)


def test_sales_make_publish_follow_and_end_a_promotion(client_for, sales):
    """PRO-1"""
    desk = client_for(sales)
    assert desk.post("/desk/promotions/add/", GIVEN).status_code == 302
    made = Promotion.objects.get()
    assert made.ends_at.isoformat() == "2026-12-01T06:00:00+00:00" and made.is_draft
    assert desk.post(f"/desk/promotions/{made.pk}/change/", GIVEN | {"value": "20"}).status_code == 302
    assert desk.post(f"/desk/promotions/{made.pk}/publish/").status_code == 302
    assert desk.post(f"/desk/promotions/{made.pk}/change/", GIVEN | {"value": "90"}).status_code == 409
    assert "20" in desk.get(f"/desk/promotions/{made.pk}/").text
    assert desk.get(f"/desk/promotions/add/?follows={made.pk}").status_code == 200
    assert desk.post(f"/desk/promotions/add/?follows={made.pk}", GIVEN | {"starts_on": "2026-11-20"}).status_code == 302
    second = Promotion.objects.get(follows=made)
    assert desk.post(f"/desk/promotions/{second.pk}/publish/").status_code == 302
    made.refresh_from_db()
    assert made.ends_at == second.starts_at
    for day in ("2027-01-01", "9999-12-31"):
        assert desk.post(f"/desk/promotions/{second.pk}/end/", {"ends_on": day}).status_code == 422
    assert desk.post(f"/desk/promotions/{second.pk}/end/", {"ends_on": "2026-11-25"}).status_code == 302
    assert desk.get("/desk/promotions/").status_code == 200


@pytest.mark.parametrize(("changed", "field"), [
    ({"value": "0"}, "value"), ({"value": "101"}, "value"), ({"value": "diez"}, "value"), ({"value": ""}, "value"), ({"value": "٣"}, "value"),
    ({"kind": "amount", "value": "1.005"}, "value"), ({"kind": "units"}, "credits"), ({"kind": "units", "credits": "5", "scope": "services"}, "kind"),
    ({"goods": ["technical_hour"]}, "goods"), ({"goods": ["plan:999"]}, "goods"), ({"ends_on": "2026-11-01"}, "ends_on"), ({"uses_max": "0"}, "uses_max"),
    ({"name": ""}, "name"), ({"ends_on": "9999-12-31"}, "ends_on"), ({"starts_on": "0001-01-01"}, "starts_on"),
])  # fmt: skip
def test_what_is_written_wrong_is_told_beside_its_field(client_for, sales, changed, field):
    """SEC-49"""
    answer = client_for(sales).post("/desk/promotions/add/", GIVEN | changed)
    assert answer.status_code == 422 and f'data-field="{field}"' in answer.text and not Promotion.objects.exists()


def test_amounts_are_kept_in_centavos_or_credits(client_for, sales):
    desk = client_for(sales)
    desk.post("/desk/promotions/add/", GIVEN | {"kind": "amount", "value": "$1,250.50"})
    desk.post("/desk/promotions/add/", GIVEN | {"kind": "amount", "value": "3", "scope": "services", "goods": ["home_visit"]})
    assert sorted(Promotion.objects.values_list("value", flat=True)) == [3, 125_050]
    one = Promotion.objects.get(value=125_050)
    assert "1250.50" in desk.get(f"/desk/promotions/{one.pk}/change/").text


def test_other_staff_read_and_do_not_make(client_for, engineer):
    """SEC-53"""
    made, desk = promote(code="SECRETO"), client_for(engineer)
    assert desk.get("/desk/promotions/").status_code == desk.get(f"/desk/promotions/{made.pk}/").status_code == 200
    for path in ("publish", "end", "discard", "change"):
        assert desk.post(f"/desk/promotions/{made.pk}/{path}/").status_code == 403
    assert desk.get("/desk/promotions/add/").status_code == 403


def test_a_customer_sees_why_and_no_code_that_it_was_not_given(client_for, contact, customer):
    """PRO-1, SEC-29"""
    promote(name="Para todos", words="Diez por ciento"), promote(name="Con póliza", needs_contract=True)
    promote(name="Escondida", code="ESCONDIDO"), promote(name="Futura", publish=False)
    mine = client_for(contact)
    text = mine.get("/promotions/").text
    assert "Para todos" in text and "Diez por ciento" in text and "Con póliza" in text
    assert "Escondida" not in text and "ESCONDIDO" not in text and "Futura" not in text
    assert mine.post("/promotions/", {"code": "NADA"}).status_code == 422
    assert mine.post("/promotions/", {"code": "escondido"}).status_code == 302
    assert PromotionClaim.objects.get().customer_id == customer.pk
    assert "Escondida" in mine.get("/promotions/").text
