"""Long files: looked at and imported by the worker, all or nothing, also where it is killed."""

from __future__ import annotations

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from amparo.conftest import NOON
from amparo.contracts import commands, tasks
from amparo.contracts.commands import imports
from amparo.contracts.errors import FileNotRead, ImportBusy, ImportHasErrors, ImportOver
from amparo.contracts.models import ImportProgress, ImportRun
from amparo.kernel import clock
from amparo.kernel.refusals import NotPermitted
from amparo.ledger.tests.rig import dies_at, ended, in_child, race
from amparo.people import commands as people
from amparo.people.models import Customer
from tests.live import until

HEAD = "Referencia;Nombre;Teléfono\r\n"


def text(count, wrong=()):
    rows = (f"A-{n};Tienda {n};{'no es un número' if n in wrong else f'55 1{n % 1000:03d} {n % 10000:04d}'}\r\n" for n in range(1, count + 1))
    return HEAD + "".join(rows)


def upload(administrator, content, at=NOON):
    return commands.upload_import("customers", content.encode(), "clientes.csv", actor=administrator, at=at)


def fresh(run):
    return ImportRun.objects.get(pk=run.pk)


@pytest.mark.django_db(transaction=True)
def test_five_thousand_rows_go_in_by_the_worker_with_progress(administrator, client_for, monkeypatch):
    """The request takes the file and answers; the page tells how far it came; the same file again changes nothing."""
    monkeypatch.setattr(imports, "TOLD_SECONDS", 0.1)
    client, before = client_for(administrator), Customer.objects.count()
    began = time.thread_time()
    file = SimpleUploadedFile("clientes.csv", text(5000).encode())
    sent = client.post("/desk/contracts/import/", {"kind": "customers", "file": file, "key": "k"})
    assert time.thread_time() - began < 5 and sent.status_code == 302
    run = ImportRun.objects.get()
    assert run.state == "waiting" and "se está revisando" in client.get(sent["Location"]).content.decode()
    tasks.imports(at=clock.now())
    page = client.get(sent["Location"]).content.decode()
    assert fresh(run).summary == {"new": 5000, "changed": 0, "same": 0, "wrong": 0} and "4500 filas" in page
    ordered = client.post(f"{sent['Location']}apply/")
    assert ordered.status_code == 302 and fresh(run).state == "ordered" and Customer.objects.count() == before
    waiting = client.get(sent["Location"]).content.decode()
    assert '<progress max="5000"' in waiting and 'data-follow="imports"' in waiting
    tasks.imports(at=clock.now())
    assert fresh(run).state == "applied" and fresh(run).text == "" and Customer.objects.count() == before + 5000
    assert 0 < ImportProgress.objects.get(pk=run.pk).done <= 5000
    again = upload(administrator, text(5000))
    tasks.imports(at=NOON)
    assert fresh(again).summary["same"] == 5000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", [3, 40, 900])
def test_a_worker_that_is_killed_leaves_nothing_and_the_next_begins_anew(administrator, statement):
    """All or nothing: between any two statements."""
    run = upload(administrator, text(250))
    tasks.imports(at=NOON)
    commands.order_import(run, actor=administrator, at=NOON)
    before = Customer.objects.count()

    def work():
        with dies_at(statement, after=True):
            tasks.imports(at=NOON)

    assert not ended(in_child(work))
    connections.close_all()
    until(lambda: Customer.objects.count() == before)
    assert fresh(run).state == "ordered"
    until(lambda: tasks.imports(at=NOON), every=0.1)  # the server lets go of what a dead process held within moments
    assert fresh(run).state == "applied" and Customer.objects.count() == before + 250


@pytest.mark.django_db(transaction=True)
def test_every_error_of_a_long_file_is_listed_by_row(administrator, client_for):
    """Nothing is imported while a row is wrong."""
    run = upload(administrator, text(300, wrong=(7, 250)))
    tasks.imports(at=NOON)
    page = client_for(administrator).get(f"/desk/contracts/import/{run.pk}/").content.decode()
    assert [row["number"] for row in fresh(run).found["wrong"]] == [8, 251]
    assert "No es un número de teléfono" in page or "teléfono" in page
    with pytest.raises(ImportHasErrors):
        commands.order_import(fresh(run), actor=administrator, at=NOON)
    assert client_for(administrator).post(f"/desk/contracts/import/{run.pk}/apply/").status_code == 422
    assert fresh(run).state == "checked" and not Customer.objects.filter(external_ref="A-1").exists()


@pytest.mark.django_db(transaction=True)
def test_what_went_wrong_meanwhile_undoes_all_and_is_told(administrator, customer):
    """Judged anew under the lock: a customer of the file was switched off after it was looked at."""
    people.register_customer("Tienda 3", external_ref="A-3", actor=administrator, at=NOON)
    run = upload(administrator, text(220))
    tasks.imports(at=NOON)
    commands.order_import(run, actor=administrator, at=NOON)
    people.deactivate_customer(Customer.objects.get(external_ref="A-3"), reason="Cerró", actor=administrator, at=NOON)
    tasks.imports(at=NOON)
    run = fresh(run)
    assert run.state == "checked" and run.summary["wrong"] == 1 and [row["number"] for row in run.found["wrong"]] == [4]
    assert not Customer.objects.filter(external_ref="A-1").exists()


@pytest.mark.django_db(transaction=True)
def test_several_workers_import_once(administrator):
    """CHG-10 for files: one takes it, the others pass it over."""
    run = upload(administrator, text(210))
    race([lambda: tasks.imports(at=NOON) for _ in range(3)])
    commands.order_import(fresh(run), actor=administrator, at=NOON)
    results = race([lambda: tasks.imports(at=NOON) for _ in range(3)])
    assert sum(results) == 1 and Customer.objects.filter(external_ref__startswith="A-").count() == 210


@pytest.mark.django_db
def test_moves_of_a_long_file(administrator, operator):
    """Not before it was looked at, not twice, not after it was dropped, and not by others."""
    run = upload(administrator, text(200))
    with pytest.raises(ImportBusy):
        commands.order_import(run, actor=administrator, at=NOON)
    tasks.imports(at=NOON)
    with pytest.raises(NotPermitted):
        commands.order_import(run, actor=operator, at=NOON)
    commands.order_import(run, actor=administrator, at=NOON)
    assert commands.order_import(run, actor=administrator, at=NOON).state == "ordered"
    with pytest.raises(ImportBusy):
        commands.drop_import(run, actor=administrator, at=NOON)
    other = upload(administrator, text(200))
    commands.drop_import(other, actor=administrator, at=NOON)
    with pytest.raises(ImportOver):
        commands.order_import(other, actor=administrator, at=NOON)
    with pytest.raises(FileNotRead):
        upload(administrator, "Otra cosa;Nombre\r\n" + "x;y\r\n" * 300)


@pytest.mark.django_db
def test_a_short_file_is_imported_at_once(administrator):
    run = upload(administrator, text(199))
    assert run.state == "checked" and run.found == {}
    assert commands.order_import(run, actor=administrator, at=NOON).state == "applied"
