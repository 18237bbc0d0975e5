"""The fix guarantee whole: the board, the correction handed over, what the customer sees and downloads. TIM-5, UPD-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.conftest import NOON
from amparo.defects import access, commands, queries
from amparo.files import commands as files
from amparo.files.errors import NotAttachable
from amparo.files.queries import files_of
from amparo.history.queries import facts as rows
from amparo.kernel import clock
from amparo.kernel.refusals import NotPermitted
from amparo.project.subjects import may_follow, may_see
from amparo.threads.models import Thread

LATER = NOON + timedelta(hours=3)


@pytest.fixture
def report(product, engineer):
    def made(thread, *, actor=None, at=LATER, **more):
        more.setdefault("reported_at", thread.created_at)
        return commands.report(thread, product_id=product.pk, title="De Lupita y nadie más", actor=actor or engineer, at=at, **more)

    return made


@pytest.fixture
def patch(engineer):
    """A file that the engineer uploaded for a correction, as its public id."""

    def stored(content=b"PK\x05\x06" + b"\x00" * 18, name="parche-10.2.1.zip"):
        return files.store(SimpleUploadedFile(name, content), draft_key="k", actor=engineer, at=clock.now())

    return stored


@pytest.mark.django_db
def test_a_correction_is_handed_over_as_a_file_to_who_reported_it_and_nobody_else(
    thread_of, contact, member, own_only, other_contact, registered, covered, report, engineer, patch, client_for
):
    """TIM-5, UPD-1, ACC-11: before it is answered nobody reads the file; then the followers' customers do, and staff."""
    row, uploaded = report(thread_of(contact)), patch()
    assert not access.may_see_id(contact, row.defect_id)
    commands.correct(
        row.defect, answer="Instale el parche.", files=[uploaded.public_id], draft_key="k", actor=engineer, at=clock.now()
    )
    [file] = files_of(row.defect.subject)
    read = {actor.name: client_for(actor).get(file.url).status_code for actor in (contact, member, own_only, other_contact, registered, engineer)}
    assert list(read.values()) == [200, 200, 404, 404, 404, 200], read
    assert client_for(contact).get(file.url)["Content-Disposition"].startswith("attachment")
    kept = {one.name: one.data for one in rows(row.thread.subject)}["ticket.defect_corrected"]
    assert kept["files"] == [{"name": "parche-10.2.1.zip", "size": 22, "sha256": file.sha256}]


@pytest.mark.django_db
def test_the_correction_can_be_downloaded_after_the_contract_ended(thread_of, contact, covered, report, engineer, patch, client_for, monkeypatch):
    """UPD-1"""
    row, uploaded = report(thread_of(contact)), patch()
    commands.correct(row.defect, answer="Listo", files=[uploaded.public_id], draft_key="k", actor=engineer, at=clock.now())
    after = covered.ends_at + timedelta(days=400)
    monkeypatch.setattr("amparo.kernel.clock.now", lambda: after)
    client = client_for(contact)
    page = client.get(f"/defects/{row.defect_id}/").content.decode()
    assert uploaded.url in page and "también después de que termine su póliza" in page
    assert client.get(uploaded.url).status_code == 200


@pytest.mark.django_db
def test_what_is_no_defect_hands_nothing_over(thread_of, contact, covered, report, engineer, patch, client_for):
    """TIM-5"""
    row = report(thread_of(contact))
    commands.reject(row.defect, reason="Se toma antes de abrir turno.", actor=engineer, at=clock.now())
    assert not access.may_see_id(contact, row.defect_id)
    page = client_for(contact).get(f"/defects/{row.defect_id}/").content.decode()
    assert "Se toma antes de abrir turno." in page and "No es un defecto" in page


@pytest.mark.django_db
def test_a_file_of_somebody_elses_draft_is_no_correction(thread_of, contact, covered, report, engineer, patch, developer):
    """SEC-27: nothing is answered then."""
    row, uploaded = report(thread_of(contact)), patch()
    with pytest.raises(NotAttachable):
        commands.correct(row.defect, answer="Listo", files=[uploaded.public_id], draft_key="k", actor=developer, at=LATER)
    row.defect.refresh_from_db()
    assert row.defect.state == "open"


@pytest.mark.django_db
def test_the_customer_reads_its_own_words_not_those_of_others(thread_of, contact, other_contact, own_only, covered, report, client_for, django_assert_max_num_queries):
    """ACC-11: what staff call the defect may come from another customer's ticket."""
    one = report(thread_of(contact))
    report(thread_of(other_contact, title="Mi corte sale mal"), defect=one.defect)
    page = client_for(other_contact).get(f"/defects/{one.defect_id}/").content.decode()
    assert "Mi corte sale mal" in page and "Lupita" not in page and "El corte sale en ceros" not in page
    assert "no tiene plazo" in page  # not covered then
    assert client_for(own_only).get(f"/defects/{one.defect_id}/").status_code == 404
    client = client_for(contact)
    client.get("/defects/")
    with django_assert_max_num_queries(5):
        listed = client.get("/defects/").content.decode()
    assert f"D-{one.defect_id}" in listed and "Mi corte" not in listed
    assert f"/defects/{one.defect_id}/" not in client_for(own_only).get("/defects/").content.decode()


@pytest.mark.django_db
def test_the_board_stands_by_what_is_owed_first(thread_of, contact, other_contact, engineer, developer, covered, report, product, client_for):
    """TIM-5: covered ones by their deadline, the others last; by product, and one's own."""
    uncovered = report(thread_of(other_contact, title="Sin póliza"))
    late = report(thread_of(contact, at=NOON + timedelta(days=3), title="Después"), at=NOON + timedelta(days=4))
    soon = report(thread_of(contact, title="Primero"), at=NOON + timedelta(days=4))
    order = [row["id"] for row in queries.defects(engineer).rows]
    assert order == [soon.defect_id, late.defect_id, uncovered.defect_id]
    first = queries.defects(engineer, size=2)
    assert [row["id"] for row in queries.defects(engineer, size=2, after=first.next).rows] == [uncovered.defect_id]
    assert queries.defects(engineer, product_id=product.pk + 1).rows == []
    assert queries.defects(engineer, mine=True).rows == []
    commands.take(late.defect, actor=engineer, at=LATER)
    Thread.objects.filter(pk=soon.thread_id).update(assignee_id=engineer.user_id)
    assert [row["id"] for row in queries.defects(engineer, mine=True).rows] == [soon.defect_id, late.defect_id]
    assert queries.defects(developer, mine=True).rows == []
    page = client_for(engineer).get(f"/desk/defects/?mine=1&product={product.pk}").content.decode()
    assert page.index(f"D-{soon.defect_id}") < page.index(f"D-{late.defect_id}") and f"D-{uncovered.defect_id}<" not in page
    for wrong in ("state=evil", "product=x", "product=99999999999999"):
        assert client_for(engineer).get(f"/desk/defects/?{wrong}").status_code == 422


@pytest.mark.django_db
def test_a_defect_is_taken_and_given_back(thread_of, contact, covered, report, engineer, operator, sales, client_for, facts):
    """TIM-9"""
    row = report(thread_of(contact))
    for stranger in (operator, sales, contact):
        with pytest.raises(NotPermitted):
            commands.take(row.defect, actor=stranger, at=LATER)
    client = client_for(engineer)
    client.post(f"/desk/defects/{row.defect_id}/take/")
    assert "lo tiene" in client.get(f"/desk/defects/{row.defect_id}/").content.decode()
    client.post(f"/desk/defects/{row.defect_id}/give-up/")
    assert facts(row.defect)[1:] == ["defect.taken", "defect.given_up"]
    commands.correct(row.defect, answer="Listo", actor=engineer, at=LATER)
    with pytest.raises(NotPermitted):
        commands.take(row.defect, actor=engineer, at=LATER)


@pytest.mark.django_db
def test_a_correction_with_a_file_from_the_page(thread_of, contact, covered, report, engineer, client_for):
    """TIM-5: uploaded, shown as waiting after a form that was not right, then handed over."""
    row, client = report(thread_of(contact)), client_for(engineer)
    page = client.get(f"/desk/defects/{row.defect_id}/").content.decode()
    key = page.split('name="draft_key" value="')[1].split('"')[0]
    stored = client.post("/files/upload/", {"draft_key": key, "file": SimpleUploadedFile("parche.txt", b"uno")}).json()
    refused = client.post(f"/desk/defects/{row.defect_id}/correct/", {"c-answer": "", "files": [stored["id"]], "draft_key": key})
    assert refused.status_code == 422 and stored["id"] in refused.content.decode()
    done = client.post(f"/desk/defects/{row.defect_id}/correct/", {"c-answer": "Listo", "files": [stored["id"]], "draft_key": key})
    assert done.status_code == 302 and "parche.txt" in client.get(f"/desk/defects/{row.defect_id}/").content.decode()


@pytest.mark.django_db
def test_who_follows_a_defect(thread_of, contact, other_contact, covered, report, engineer):
    """SEC-36"""
    row = report(thread_of(contact))
    assert may_follow(engineer, "defects") and not may_follow(contact, "defects")
    assert not may_follow(contact, row.defect.subject) and may_see(engineer, row.defect.subject)
    assert not may_see(engineer, "defect:999999") and not may_see(other_contact, row.defect.subject)
