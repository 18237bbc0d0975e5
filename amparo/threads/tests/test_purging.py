"""A conversation whose time is over is emptied by one door; the guards stay for all else. CAS-1, CAS-2."""

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted
from amparo.threads import commands, queries
from amparo.threads.models import Draft, Entry, Words

pytestmark = pytest.mark.django_db


@pytest.fixture
def over(thread, engineer, contact):
    commands.say(thread, "La respuesta secreta", actor=engineer, at=NOON)
    commands.note(thread, "Un secreto interno", actor=engineer, at=NOON)
    commands.save_draft(thread.subject, body="a medias", actor=engineer, at=NOON)
    return commands.place(thread, state="closed", queue="closed", at=NOON)


def sql(text):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text)


def test_what_was_said_is_emptied_and_that_it_was_said_stays(over, engineer):
    """CAS-2"""
    assert commands.purge(over, actor=SYSTEM, at=NOON) == 3
    over.refresh_from_db()
    assert (over.title, over.purged_at, over.entry_count) == ("", NOON, 3)
    rows = list(Entry.objects.order_by("seq").values_list("seq", "body", "body_html", "author_name", "author_kind", "at"))
    assert rows == [(1, "", "", "", "customer", NOON), (2, "", "", "", "staff", NOON), (3, "", "", "", "staff", NOON)]
    assert not Words.objects.filter(thread_id=over.pk).exists() and not Draft.objects.filter(place=over.subject).exists()
    assert not queries.search(engineer, "secreta") and not queries.search(engineer, "caja")
    assert commands.purge(over, actor=SYSTEM, at=NOON) == 0


def test_only_the_service_purges(over, administrator, contact):
    """CAS-1, CAS-2"""
    for actor in (administrator, contact):
        with pytest.raises(NotPermitted):
            commands.purge(over, actor=actor, at=NOON)


def test_what_is_not_over_is_never_purged(thread):
    """CAS-1: the database itself refuses."""
    with pytest.raises(DatabaseError, match="not to be purged"), transaction.atomic():
        commands.purge(thread, actor=SYSTEM, at=NOON)


EMPTY = "body = '', body_html = '', author_name = ''"


@pytest.mark.parametrize("more", ["body = 'x'", "body_html = 'x'", "author_name = 'x'", "seq = 9", "at = now()", "is_internal = NOT is_internal", "file_count = 3"])
def test_a_purge_is_all_that_may_happen_to_an_entry(over, more):
    """CAS-1, CAS-2"""
    with pytest.raises(DatabaseError, match="final"):
        sql(f"UPDATE threads_entry SET {EMPTY}")
    commands.purge(over, actor=SYSTEM, at=NOON)
    name = more.partition(" ")[0]
    others = ", ".join(part for part in EMPTY.split(", ") if not part.startswith(f"{name} "))
    for change in (f"UPDATE threads_entry SET {others}, {more}", f"UPDATE threads_entry SET {more}", "DELETE FROM threads_entry"):
        with pytest.raises(DatabaseError, match="final"):
            sql(change)
    with pytest.raises(DatabaseError, match="not to be purged"):
        sql("UPDATE threads_thread SET purged_at = NULL")


def test_nothing_is_written_any_more_where_the_content_was_purged(over, engineer, contact):
    """CAS-2: no note either, for nobody would ever purge it."""
    commands.purge(over, actor=SYSTEM, at=NOON)
    for actor, act in ((engineer, commands.note), (engineer, commands.say), (contact, commands.say)):
        with pytest.raises(NotPermitted):
            act(over, "Algo más", actor=actor, at=NOON)
