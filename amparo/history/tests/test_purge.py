"""The content of a fact is emptied once, by one door; its place in the chain stays. CAS-1, CAS-2."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.history import commands, queries
from amparo.history.models import Delivery, Fact
from amparo.history.rules import GENESIS, canonical, digest, link, parts, sealed
from amparo.kernel.actor import SYSTEM

pytestmark = pytest.mark.django_db


def told(subject="thing:1", **data):
    with transaction.atomic():
        return commands.record("thing.done", subject=subject, actor=SYSTEM, at=NOON, customer=7, **data)


def told_of_old(subject="thing:1", **data):
    """A fact as the first kind of link wrote it."""
    body = canonical(name="thing.done", subject=subject, actor="system", actor_name=SYSTEM.name, at=NOON, customer=7, data=data)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fact_id FROM history_append(%s, %s, %s, %s, %s, %s, %s::text[])",
            [subject, "thing.done", "system", 7, NOON, body, []],
        )


def test_a_chain_of_both_kinds_stays_whole_when_it_is_purged():
    """CAS-1, CAS-2: a purged fact keeps who, what, when and its hash; nothing of the content is left."""
    told_of_old(words="secreto")
    told(words="secreto", person="Lupita")
    told(words="otra vez secreto")
    hashes = list(Fact.objects.order_by("seq").values_list("hash", flat=True))
    assert list(queries.faults_of_chain("thing:1")) == []
    assert commands.purge(["thing:1"], at=NOON) == 3
    assert list(queries.faults_of_chain("thing:1")) == []
    rows = list(Fact.objects.order_by("seq").values())
    assert [row["hash"] for row in rows] == hashes
    assert "secreto" not in json.dumps(rows, default=str) and "Lupita" not in json.dumps(rows, default=str)
    assert commands.purge(["thing:1"], at=NOON) == 0
    told(words="después")
    assert list(queries.faults_of_chain("thing:1")) == []


def test_of_another_subject_nothing_is_purged():
    """CAS-2"""
    told(subject="thing:10", words="se queda")
    assert commands.purge(["thing:1"], at=NOON) == 0
    assert queries.facts("thing:10")[0].data == {"words": "se queda"}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE history_fact SET body = '', data = '{}', salt = ''",
        "UPDATE history_fact SET purged_at = now()",
        "UPDATE history_fact SET purged_at = now(), body = '', data = '{}'",
        "UPDATE history_fact SET purged_at = now(), data = '{}', salt = ''",
        "UPDATE history_fact SET purged_at = now(), body = '', salt = ''",
        "UPDATE history_fact SET purged_at = now(), body = '', data = '{\"a\": 1}', salt = ''",
        *(
            f"UPDATE history_fact SET purged_at = now(), body = '', data = '{{}}', salt = '', {more}"
            for more in (
                "hash = repeat('0', 64)", "name = 'x'", "seq = 9", "actor_ref = 'user:1'", "at = now()", "customer_id = 8",
                "subject = 'thing:2'", "hash_version = 1", "content_sha256 = repeat('0', 64)", "recorded_at = now()", "id = id + 100",
            )
        ),
        "DELETE FROM history_fact",
    ],
)  # fmt: skip
def test_the_database_refuses_all_else(sql):
    """CAS-1, CAS-2: the door is as narrow as its purpose."""
    told(words="x")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("sql", ["UPDATE history_fact SET purged_at = NULL", "UPDATE history_fact SET body = 'x', purged_at = now()"])
def test_what_is_purged_stays_purged(sql):
    """CAS-2"""
    told(words="x")
    commands.purge(["thing:1"], at=NOON)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "damage",
    ["name = 'thing.other'", "at = at + interval '1 day'", "actor_ref = 'user:9'", "content_sha256 = repeat('0', 64)", "customer_id = 8"],
)
@pytest.mark.parametrize("purged", [True, False])
def test_a_changed_head_is_found_with_and_without_the_content(damage, purged):
    """CAS-1, CAS-2: the head of a purged fact can still be verified."""
    told(words="x")
    told(words="y")
    if purged:
        commands.purge(["thing:1"], at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE history_fact SET {damage} WHERE seq = 1")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert list(queries.faults_of_chain("thing:1")) == ["thing:1: 1 was altered"]


def test_a_fact_whose_reaction_is_owed_keeps_its_content():
    """CAS-2: a reaction never meets an empty fact."""
    ref = told(words="x")
    Delivery.objects.create(fact_id=ref.id, reaction="amparo.history.tests.test_history.fail")
    told(words="y")
    assert commands.purge(["thing:1"], at=NOON) == 1
    Delivery.objects.update(done_at=NOON)
    assert commands.purge(["thing:1"], at=NOON) == 1


def test_the_second_kind_of_link_as_the_page_of_the_format_tells_it():
    """CAS-7: salt and content, then head, then the chain."""
    told(words="x")
    fact = Fact.objects.get()
    head, content = parts(fact.body)
    assert fact.content_sha256 == sealed(fact.salt, content) and len(fact.salt) == 32
    assert fact.hash == link(GENESIS, 1, digest(head, fact.content_sha256))
