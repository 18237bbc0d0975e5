"""What is told of releases: by choice, or to exactly those whom it concerns. UPD-2, QUO-7."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON, make_contact, make_customer
from amparo.downloads import commands, queries
from amparo.downloads.models import Download
from amparo.downloads.tests.conftest import _stored, cover, developer, own, product, put_out  # noqa: F401
from amparo.kernel.actor import SYSTEM
from amparo.notifications.models import Notice


def _told(kind: str) -> set[int]:
    return set(Notice.objects.filter(kind=kind).values_list("user_id", flat=True))


def _download(artifact, actor) -> None:
    grant, _token = commands.grant(artifact, actor=actor, at=NOON)
    assert commands.note_sent(grant.pk, 0, artifact.size, actor=SYSTEM, at=NOON)


@pytest.fixture
def world(put_out, own, cover, customer, other_customer, contact, member, other_contact):  # noqa: F811
    """Lupita downloads 10.0 and has a contract; Sur runs it; Norte has only another version; Oriente began and broke off."""
    put_out("9.2", 500)
    bad = put_out("10.0", 300)
    own(customer, 200)
    cover(customer, 100)
    own(other_customer, 200, "10.0")
    north, east = make_customer("Norte"), make_customer("Oriente")
    northern, eastern = make_contact(north, "Nora"), make_contact(east, "Elías")
    own(north, 200, "9.2")
    own(east, 200)
    artifact = bad.artifacts.get()
    _download(artifact, contact)
    grant, _token = commands.grant(artifact, actor=eastern, at=NOON)
    commands.note_sent(grant.pk, 0, artifact.size - 1, actor=SYSTEM, at=NOON)
    return bad, northern, eastern


def test_a_withdrawal_is_told_to_exactly_those_who_took_it_or_run_it(world, contact, member, other_contact, developer, operator, deliver, customer):  # noqa: F811
    """UPD-2: not the colleague who did not take it, nor who runs another version, nor who broke off; a task per covered customer."""
    bad, _northern, _eastern = world
    Notice.objects.all().delete()
    commands.yank(bad, "Daña el corte de caja.", actor=developer, at=NOON)
    deliver()
    deliver()
    assert _told("release_withdrawn") == {contact.user_id, other_contact.user_id}
    assert [task.customer_id for task in queries.recalls()] == [customer.pk]
    assert operator.user_id in _told("recall") and contact.user_id not in _told("recall")
    task = queries.recalls()[0]
    done = commands.finish_recall(task, "Regresó a la 9.2 por teléfono.", actor=operator, at=NOON)
    assert done.done_at and not queries.recalls()


def test_who_gets_the_last_octet_after_the_withdrawal_is_told_too(world, own, developer, deliver):  # noqa: F811
    """UPD-2"""
    bad, _northern, eastern = world
    commands.yank(bad, "Daña el corte de caja.", actor=developer, at=NOON)
    deliver()
    grant = bad.artifacts.get().grants.get(user_id=eastern.user_id)
    assert commands.note_sent(grant.pk, grant.artifact.size - 1, grant.artifact.size, actor=SYSTEM, at=NOON)
    deliver()
    assert eastern.user_id in _told("release_withdrawn") and Download.objects.filter(user_id=eastern.user_id).count() == 1


def test_a_new_version_is_told_to_those_who_have_the_product(put_out, own, customer, other_customer, contact, other_contact, cover, deliver):  # noqa: F811
    """UPD-2, SEC-7: by choice no letter; what is for the covered alone is told to them alone; a beta to nobody."""
    own(customer)
    put_out("10.0", 300)
    deliver()
    assert _told("release") == {contact.user_id}
    Notice.objects.all().delete()
    put_out("10.1-beta.1", 10, channel="beta")
    put_out("10.1", 5, audience="covered")
    deliver()
    assert _told("release") == set()
    cover(customer, 100)
    put_out("10.2", 4, audience="covered")
    deliver()
    assert _told("release") == {contact.user_id}


def test_a_link_that_is_passed_on_is_told_to_staff(put_out, own, customer, contact, administrator, deliver):  # noqa: F811
    """SEC-25"""
    own(customer)
    artifact = put_out("9.0", 900).artifacts.get()
    _grant, token = commands.grant(artifact, how="link", actor=contact, at=NOON)
    for number in range(5):
        try:
            commands.open_grant(token, address=f"10.0.0.{number}", actor=SYSTEM, at=NOON)
        except Exception as refused:
            assert type(refused).__name__ == "LinkShared"
    deliver()
    assert administrator.user_id in _told("link_shared")
