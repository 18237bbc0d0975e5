"""Two tenants with the same data, each word marked: nothing of one comes out at the other, no note comes out at all."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.core import mail

from amparo.casefiles.rules import paper
from amparo.conftest import NOON
from amparo.history.commands import deliver_pending
from amparo.notifications import commands as notifications
from amparo.notifications.models import Letter, Notice
from amparo.threads import queries as threads

from . import matrix
from .kept import kept_world, whole_world  # noqa: F401 (fixtures)


def body(response) -> str:
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    return raw.decode("utf-8", "replace") + str(response.headers)


def searched(client, words):
    """What one person finds by the words; what each address shows is judged in tests/test_matrix.py."""
    for word in words:
        for url in ("/matters/", "/help/", "/tickets/", "/cases/", "/search/", "/desk/search.json", "/desk/phone/", "/desk/tickets/"):
            yield f"search {url}", body(client.get(url, {"q": word}))


@pytest.mark.django_db
def test_nothing_of_another_tenant_is_found_anywhere(whole_world):  # noqa: F811
    """ACC-11, SEC-7, SEC-9, SEC-10, SEC-25, SEC-29"""
    while deliver_pending(at=NOON):
        pass
    for reader in (whole_world.other.admin, whole_world.other.own, whole_world.registered, None):
        client = matrix.client_of(reader)
        for place, text in searched(client, ["texto", "CANARIO", "SER-CANARIO", "Lupita", "5555123456"]):
            found = re.search(r".{40}CANARIO-A.{20}", text, re.S)
            assert not found, f"{place} shows {reader.name if reader else 'a visitor'}: {found.group(0) if found else ''}"


@pytest.mark.django_db
def test_no_internal_note_leaves_by_any_outlet(whole_world):  # noqa: F811
    """SEC-10, SEC-20: no note, nor that there is one, in any search, notice or letter of a customer."""
    while deliver_pending(at=NOON):
        pass
    for reader in (whole_world.mine.admin, whole_world.mine.member, whole_world.mine.own):
        client = matrix.client_of(reader)
        for place, text in searched(client, ["interno", "INTERNO", "nota"]):
            assert "-INTERNO" not in text, f"{place} shows an internal note to {reader.name}"
            assert "-NOTA" not in text, f"{place} shows what staff noted of the customer to {reader.name}"
    customers = [whole_world.mine.admin.user_id, whole_world.mine.member.user_id, whole_world.mine.own.user_id]
    assert not Notice.objects.filter(user_id__in=customers, title__contains="INTERNO").exists()
    assert not [letter for letter in Letter.objects.filter(user_id__in=customers) if "INTERNO" in str(letter.words)]


@pytest.mark.django_db
def test_the_entry_counts_shown_to_a_customer_do_not_betray_notes(whole_world):  # noqa: F811
    """SEC-10"""
    mine = whole_world.mine
    thread = mine.ticket.thread
    thread.refresh_from_db()
    assert thread.entry_count > thread.public_count
    page = body(matrix.client_of(mine.admin).get(f"/tickets/{mine.ticket.pk}/"))
    seqs = [row.seq for row in threads.timeline(thread, mine.admin)]
    assert all(f'id="e{seq}"' in page or f"e{seq}" in page for seq in seqs)
    assert not [row for row in threads.timeline(thread, mine.admin) if row.is_internal]


@pytest.mark.django_db
def test_letters_go_only_to_who_may_still_read(whole_world):  # noqa: F811
    """SEC-11, SEC-20: the right is asked again when the letter is sent."""
    from amparo.people.commands import remove_contact
    from amparo.people.models import Contact
    from amparo.tickets import commands as tickets

    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    while deliver_pending(at=NOON):
        pass
    notifications.send_due(at=NOON)
    mail.outbox.clear()
    tickets.write(mine.ticket, "La respuesta", key="k1", via="desk", actor=engineer, at=NOON)
    while deliver_pending(at=NOON):
        pass
    waiting = Letter.objects.get(user_id=mine.admin.user_id, state="waiting", kind="answer")
    contact = Contact.objects.get(user_id=mine.admin.user_id, customer=mine.customer)
    remove_contact(contact, actor=whole_world.staff["administrator"], at=NOON)
    notifications.send_due(at=NOON)
    waiting.refresh_from_db()
    assert waiting.state == "dropped" and mail.outbox == []


@pytest.mark.django_db
def test_logs_hold_no_personal_data(whole_world, capsys):  # noqa: F811
    """SEC-57, SEC-58: a line names route, status and actor's number; never words, addresses, or what was typed."""
    client = matrix.client_of(whole_world.mine.admin)
    client.get("/matters/", {"q": "CANARIO-A secreto\nfalso"})
    client.get("/matters/%0aX-Injected: 1/")
    client.post("/account/login/", {"login": "persona.canario@ejemplo.mx", "password": "CANARIO-CLAVE"})
    printed = capsys.readouterr()
    lines = [line for line in io.StringIO(printed.out + printed.err) if '"event": "request"' in line]
    assert len(lines) == 3
    for secret in ("CANARIO", "canario", "secreto", "Injected", "ejemplo.mx"):
        assert secret not in "".join(lines)


@pytest.mark.django_db
def test_no_internal_word_is_in_a_case_file(whole_world, monkeypatch, tmp_path):  # noqa: F811
    """SEC-10, SEC-55: neither in a member of the archive nor on its paper, whoever of the customer or of staff orders it."""
    drawn: list[str] = []
    monkeypatch.setattr(paper, "wrapped", lambda text, *given, _real=paper.wrapped: (drawn.append(text), _real(text, *given))[1])
    mine = whole_world.mine
    for reader in (mine.admin, mine.member, whole_world.staff["engineer"], whole_world.staff["administrator"]):
        response = matrix.client_of(reader).post(f"/case-files/{mine.case.pk}/", follow=True)
        raw = b"".join(response.streaming_content)
        assert response["Content-Type"] == "application/zip" and mine.case.number in " ".join(drawn)
        with zipfile.ZipFile(io.BytesIO(raw)) as found:
            members = {name: found.read(name) for name in found.namelist()}
        text = raw.decode("utf-8", "replace") + " ".join(drawn) + "".join(m.decode("utf-8", "replace") for m in members.values())
        for word in ("-INTERNO", "-NOTA", "CANARIO-B"):
            assert word not in text, f"{word} is in the case file of {reader.name}"
        assert not [name for name in members if "INTERNO" in name]
    other = matrix.client_of(whole_world.other.admin).post(f"/case-files/{mine.case.pk}/")
    assert other.status_code == 404
