"""Case files and retention as people meet them. CAS-2, CAS-7, SEC-55."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client

from amparo.casefiles import commands, queries
from amparo.casefiles.commands.exports import path_of
from amparo.casefiles.models import Export, Hold, Retention, SigningKey
from amparo.casefiles.rules import proof
from amparo.casefiles.rules.verifier import verify
from amparo.conftest import NOON, make_contact
from amparo.deadlines.tests.at_once import at_once
from amparo.history.queries import facts
from amparo.kernel import clock
from amparo.people.commands import remove_contact
from amparo.people.models import Contact
from amparo.threads.models import Thread

from . import world

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def saved(response, tmp_path) -> Path:
    path = tmp_path / "fetched.zip"
    path.write_bytes(body(response))
    return path


@pytest.mark.parametrize("who", ["contact", "engineer"])
def test_one_click_gives_the_file(case, request, client_for, tmp_path, who):
    """CAS-7: for the customer and for staff, the same public record."""
    actor = request.getfixturevalue(who)
    client = client_for(actor)
    page = client.get(f"/cases/{case.pk}/" if who == "contact" else f"/desk/cases/{case.pk}/beside/")
    assert f'action="/case-files/{case.pk}/"' in page.content.decode()
    response = client.post(f"/case-files/{case.pk}/", {"key": "k1"}, follow=True)
    assert response["Content-Type"] == "application/zip" and response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == f'attachment; filename="{case.number}.zip"'
    path = saved(response, tmp_path)
    assert verify(path).is_valid and b"INTERNO" not in path.read_bytes()
    again = client.post(f"/case-files/{case.pk}/", {"key": "k1"})
    assert Export.objects.count() == 1 and again.status_code == 302
    made = Export.objects.get()
    assert [fact.name for fact in facts(made.subject)] == ["casefile.ordered"]


def test_who_may_not_see_the_case_gets_nothing(case, client_for, other_contact, own_only, registered, contact, member):
    """ACC-11, SEC-7, SEC-55: neither to order, nor by a link that was passed on."""
    for actor in (other_contact, own_only, registered):
        assert client_for(actor).post(f"/case-files/{case.pk}/").status_code == 404
    link = client_for(contact).post(f"/case-files/{case.pk}/")["Location"]
    for actor in (other_contact, own_only, registered, member):
        assert client_for(actor).get(link).status_code == 404
        assert client_for(actor).get(link.removesuffix("file")).status_code == 404
    assert Client().get(link).status_code == 302 and Client().post(f"/case-files/{case.pk}/").status_code == 302


def test_a_lost_right_ends_the_link_and_a_day_ends_the_file(case, client_for, contact, administrator):
    """SEC-11, SEC-55: the right is asked again when it is made and when it is fetched."""
    client = client_for(contact)
    link = client.post(f"/case-files/{case.pk}/")["Location"]
    assert client.get(link).status_code == 200
    made = Export.objects.get()
    Export.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert client.get(link).status_code == 410 and client.get(link.removesuffix("file")).status_code == 200
    assert path_of(made).exists() and commands.end_exports(at=clock.now()) == 1 and not path_of(made).exists()
    remove_contact(Contact.objects.get(user_id=contact.user_id), actor=administrator, at=NOON)
    assert client_for(contact).get(link).status_code == 404
    late = Export.objects.create(
        case=case, asked_by_id=contact.user_id, asked_at=NOON, language="en", time_zone="UTC", key="k9", expires_at=NOON + timedelta(days=1)
    )
    commands.build_due(at=NOON)
    late.refresh_from_db()
    assert (late.state, late.error) == ("failed", "not permitted") and not path_of(late).exists()


def test_a_large_case_is_made_by_the_worker_and_tells_how_far_it_is(case, client_for, contact, monkeypatch, tmp_path):
    """CAS-7"""
    monkeypatch.setattr("amparo.casefiles.commands.exports.ENTRIES_AT_ONCE", 0)
    client = client_for(contact)
    link = client.post(f"/case-files/{case.pk}/")["Location"]
    assert "hx-trigger" in client.get(link).content.decode()
    assert client.get(f"{link}file").status_code == 404
    assert commands.build_due(at=clock.now()) == 1 and commands.build_due(at=clock.now()) == 0
    page = client.get(link, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in page and f"{link}file" in page
    assert verify(saved(client.get(f"{link}file"), tmp_path)).is_valid


def test_one_that_was_left_half_made_is_made_anew_but_not_for_ever(case, contact):
    """CAS-7: stopped anywhere, the worker goes on."""
    at = NOON
    made = Export.objects.create(
        case=case, asked_by_id=contact.user_id, asked_at=at, language="es-mx", time_zone="UTC", key="k", expires_at=at + timedelta(days=1),
        claimed_at=at, attempts=1,
    )  # fmt: skip
    assert commands.build_due(at=at + timedelta(minutes=1)) == 0
    assert commands.build_due(at=at + timedelta(minutes=6)) == 1
    made.refresh_from_db()
    assert made.state == "ready"
    Export.objects.update(state="waiting", attempts=3, claimed_at=at)
    assert commands.build_due(at=at + timedelta(hours=1)) == 0
    made.refresh_from_db()
    assert made.state == "failed"


@pytest.mark.django_db(transaction=True)
def test_one_that_takes_long_is_made_once(case, contact, monkeypatch):
    """CAS-7: with hours of recordings in it a file takes minutes; while it says how far it is no other worker begins it anew."""
    from amparo.casefiles.commands import building

    at = clock.now()
    Export.objects.create(case=case, asked_by_id=contact.user_id, asked_at=at, language="es-mx", time_zone="UTC", key="k", expires_at=at + timedelta(days=1))
    plain, others = building._pieces_of, []

    def slow(file):
        for piece in plain(file):
            yield piece
            others.extend(at_once(lambda: commands.build_due(at=at + timedelta(minutes=6))))

    monkeypatch.setattr(building, "_pieces_of", slow)
    monkeypatch.setattr(building, "TOLD_SECONDS_MAX", 0)
    monkeypatch.setattr(building, "time", SimpleNamespace(monotonic=itertools.count(0, 240).__next__))
    assert commands.build_due(at=at) == 1
    assert others and not any(others)
    assert Export.objects.values_list("state", "attempts").get() == ("ready", 1)


@pytest.mark.parametrize("before_it_lies_there", [True, False])
def test_nothing_of_a_purged_case_stays_behind_though_its_file_was_being_made(over, contact, monkeypatch, before_it_lies_there):
    """CAS-2, SEC-55: whenever the purge comes, and whatever a process that was killed left half-made."""
    from amparo.casefiles.commands import building

    real_make, real_replace = building.make, Path.replace

    def purged_meanwhile():
        Thread.objects.filter(pk=over.thread_id).update(purged_at=NOON)
        commands.end_exports(at=NOON)

    def make(*given, **more):
        digest = real_make(*given, **more)
        purged_meanwhile()
        return digest

    def replace(self, target):
        moved = real_replace(self, target)
        if self.parent == building.folder():
            purged_meanwhile()
        return moved

    monkeypatch.setattr(*((building, "make", make) if before_it_lies_there else (Path, "replace", replace)))
    late = commands.order_export(over, key="k", language="en", time_zone="UTC", actor=contact, at=NOON)
    assert late.state == "over" and list(building.folder().iterdir()) == []
    Export.objects.update(state="waiting")
    (building.folder() / f".{late.public_id}.4711").write_bytes(b"half of it")
    commands.end_exports(at=NOON)
    assert list(building.folder().iterdir()) == []


def test_one_maker_at_a_time_makes_a_file(case, contact, monkeypatch):
    """CAS-7: the worker does not make what a click is making, nor a second click with the same key."""
    from amparo.casefiles.commands import building

    real, made = building.make, []

    def meanwhile(*given, **more):
        made.append(1)
        assert commands.build_due(at=NOON) == 0
        assert order().state == "waiting"
        return real(*given, **more)

    def order():
        return commands.order_export(case, key="k", language="en", time_zone="UTC", actor=contact, at=NOON)

    monkeypatch.setattr(building, "make", meanwhile)
    assert order().state == "ready" and order().state == "ready" and made == [1] and Export.objects.count() == 1


def test_a_small_file_is_made_by_the_click_however_fast_a_worker_is(case, contact, monkeypatch):
    """CAS-7: whoever asked gets it as the answer; a worker that looks the moment it is ordered leaves it alone."""
    from amparo.casefiles.commands import exports

    real, made = exports._ordered, []

    def looked_at_once(*given, **more):
        ordered = real(*given, **more)
        made.append(commands.build_due(at=NOON))
        return ordered

    monkeypatch.setattr(exports, "_ordered", looked_at_once)
    assert commands.order_export(case, key="k", language="en", time_zone="UTC", actor=contact, at=NOON).state == "ready"
    assert made == [0]


def test_a_key_is_of_its_case(case, contact, engineer, contract):
    """SEC-48: the key of one page never gives the file of another."""
    other = world.told(contact, engineer)
    given = {"key": "k", "language": "en", "time_zone": "UTC", "actor": contact, "at": NOON}
    assert [commands.order_export(one, **given).case_id for one in (case, other)] == [case.pk, other.pk]


def test_somebody_who_asks_over_and_over_is_told_to_wait(case, client_for, contact, monkeypatch):
    """SEC-55, CAS-7"""
    monkeypatch.setattr("amparo.casefiles.commands.exports.DAILY_MAX", 2)
    client = client_for(contact)
    assert [client.post(f"/case-files/{case.pk}/", {"key": f"k{n}"}).status_code for n in range(3)] == [302, 302, 429]


def test_a_purged_case_gives_no_file_any_more(over, client_for, contact):
    """CAS-2: also not by a link from before."""
    client = client_for(contact)
    link = client.post(f"/case-files/{over.pk}/")["Location"]
    Thread.objects.filter(pk=over.thread_id).update(purged_at=NOON)
    assert client.get(link).status_code == 410 and client.post(f"/case-files/{over.pk}/", {"key": "x"}).status_code == 410
    assert "case-files/" not in client.get(f"/cases/{over.pk}/").content.decode()
    commands.end_exports(at=NOON)
    assert not path_of(Export.objects.get()).exists()


def test_the_keys_are_published_for_everybody_old_ones_too(case, contact, settings, client_for, tmp_path):
    """CAS-7: a file of before the change verifies with what is published after it."""
    client = client_for(contact)
    before = saved(client.post(f"/case-files/{case.pk}/", {"key": "a"}, follow=True), tmp_path).rename(tmp_path / "before.zip")
    commands.replace_key(proof.raw_public(proof.private_key(b"\5" * 32)), at=NOON)
    commands.publish_keys(at=NOON)  # a process that was not started again
    assert SigningKey.objects.filter(until=None).get().public == proof.raw_public(proof.private_key(b"\5" * 32)).hex()
    settings.SECRETS = settings.SECRETS | {"signing_key": "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU="}
    after = saved(client.post(f"/case-files/{case.pk}/", {"key": "b"}, follow=True), tmp_path)
    keys = proof.keys_in(Client().get("/case-files/key.pem").content)
    assert len(keys) == 2 and verify(before, keys=keys).is_valid and verify(after, keys=keys).is_valid
    assert proof.keys_in(Path(settings.PUBLISHED_KEYS).read_bytes()) == keys
    text = Client().get("/case-files/key").content.decode()
    assert all(proof.grouped(proof.fingerprint(key)) in text for key in keys)


def test_the_desk_shows_what_is_purged_when_and_only_to_administrators(over, client_for, administrator, engineer, contact, django_assert_max_num_queries):
    """CAS-2"""
    commands.enrol_closed(at=NOON + timedelta(days=1))
    Retention.objects.all()
    for url in ("/desk/casefiles/", "/desk/casefiles/dry-run/", "/desk/casefiles/report/", "/desk/casefiles/holds/", "/desk/casefiles/holds/new/"):
        assert client_for(engineer).get(url).status_code == 403 and client_for(contact).get(url).status_code == 404
        client = client_for(administrator)
        client.get(url)
        with django_assert_max_num_queries(14):
            assert client.get(url).status_code == 200
    for after in ("x", "WyJ4IiwxXQ", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwxXQ"):
        assert client.get(f"/desk/casefiles/?after={after}").status_code in (200, 422)
    row = queries.plan(at=NOON).rows[0]
    assert (row.number, row.files, row.entries) == (over.number, 3, row.entries) and row.blocks in ([], ["reaction"])


def test_a_hold_is_set_and_lifted_on_the_page(over, client_for, administrator, customer):
    """CAS-2"""
    client = client_for(administrator)
    for typed, words in (("C-999999", "caso"), ("nada", "NIC"), ("", "")):
        page = client.post("/desk/casefiles/holds/new/", {"of": typed, "reason": "Juicio"})
        assert page.status_code == 422 and words in page.content.decode()
    for typed in (over.number.lower(), f"{customer.nic[:-2]}-{customer.nic[-2:]}"):
        assert client.post("/desk/casefiles/holds/new/", {"of": typed, "reason": "Juicio 12"}).status_code == 302
        assert client.post("/desk/casefiles/holds/new/", {"of": typed, "reason": "Juicio 12"}).status_code == 422
    first = Hold.objects.order_by("pk").first()
    assert first.case_id == over.pk and client.post(f"/desk/casefiles/holds/{first.pk}/lift/", {"because": ""}).status_code == 422
    assert client.post(f"/desk/casefiles/holds/{first.pk}/lift/", {"because": "Terminó"}).status_code == 302
    assert client.post(f"/desk/casefiles/holds/{first.pk}/lift/", {"because": "Terminó"}).status_code == 409
    assert "Terminó" in client.get("/desk/casefiles/holds/").content.decode()


def test_contacts_of_several_companies_get_what_they_ordered(case, contact, other_customer, client_for):
    """SEC-55: the right is that in the case's own company."""
    again = make_contact(other_customer, "Otra Lupita")
    assert client_for(again).post(f"/case-files/{case.pk}/").status_code == 404
