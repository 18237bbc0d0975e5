"""The pages of the reconciliation over all customers. LED-4."""

import pytest

from amparo.kernel import clock
from amparo.ledger import commands as ledger
from amparo.ledger.models import Reconciliation


@pytest.mark.django_db
def test_an_administrator_asks_watches_and_reads_zero(customer, administrator, engineer, client_for, django_assert_max_num_queries):
    """LED-4"""
    client, at = client_for(administrator), clock.now()
    pocket = ledger.open_pocket(customer.pk, "credit", "card:1", "Tarjeta", at, at.replace(year=at.year + 1), actor=administrator, at=at)
    ledger.issue(pocket, 12, cause="card:1", key="a", actor=administrator, at=at)
    assert client.get("/desk/reports/reconciliation/").status_code == 200
    answer = client.post("/desk/reports/reconciliation/ask/")
    run = Reconciliation.objects.get()
    assert answer["Location"] == f"/desk/reports/reconciliation/{run.pk}/"
    assert client.post("/desk/reports/reconciliation/ask/")["Location"] == answer["Location"]
    running = client.get(answer["Location"]).content.decode()
    assert "<progress" in running and 'data-follow="reconciliations"' in running
    ledger.work(at=at)
    with django_assert_max_num_queries(6):
        page = client.get(answer["Location"]).content.decode()
    assert "la diferencia entre todos los clientes es cero" in page and "<progress" not in page
    assert "Coincide" in client.get("/desk/reports/reconciliation/").content.decode()
    assert client.get("/desk/reports/reconciliation/999/").status_code == 404
    for path in ("/desk/reports/reconciliation/", answer["Location"]):
        assert client_for(engineer).get(path).status_code == 403
    assert "reconciliation/" not in client_for(engineer).get("/desk/reports/units/").content.decode()


@pytest.mark.django_db
def test_what_does_not_agree_is_listed(customer, administrator, client_for):
    """LED-4, SEC-56"""
    found = [{"customer": customer.pk, "pocket": 5, "what": "balance", "shown": 3, "recomputed": 2}]
    at = clock.now()
    run = Reconciliation.objects.create(
        state="done", asked_at=at, ended_at=at, customers=1, customers_done=1, differences=found, differences_count=1,
        units={"credit": {"issued": 2, "spent": 0, "expired": 0, "left": 3, "reserved": 0, "off": 1}},
    )  # fmt: skip
    client = client_for(administrator)
    page = client.get(f"/desk/reports/reconciliation/{run.pk}/").content.decode()
    assert "no cuadra" in page and customer.name in page and f"/desk/statements/{customer.pk}/" in page
    assert client.get(f"/desk/reports/reconciliation/{run.pk}/?form=csv").content.decode("utf-8-sig").splitlines()[1].endswith("balance,3,2")
