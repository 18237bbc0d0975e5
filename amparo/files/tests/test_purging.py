"""Files of a record whose time is over. CAS-2."""

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.files import access, commands
from amparo.files.commands import disk
from amparo.files.models import StoredFile
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted

from .conftest import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def attached(stored, contact):
    def attach(content=b"secreto", name="secreto.txt", subject="case:41"):
        file = stored(content, name)
        return commands.attach([file.public_id], subject=subject, draft_key="d1", actor=contact, at=NOON)[0]

    return attach


def test_name_and_bytes_go_and_the_hash_stays(attached, contact, administrator, monkeypatch):
    """CAS-2: nobody reads it any more, from the moment of the purge."""
    monkeypatch.setattr(access, "_may_see", lambda: lambda actor, subject: True)
    file = attached(picture(), "foto secreta.png")
    assert access.may_read(contact, file)
    assert commands.purge(["case:41"], actor=SYSTEM, at=NOON) == (1, file.size)
    gone = StoredFile.objects.get()
    assert (gone.name, gone.sha256, gone.size) == ("", file.sha256, file.size)
    assert not access.may_read(contact, gone) and not access.may_read(administrator, gone)
    assert disk.path_of(file.sha256).exists()
    assert commands.remove_purged(at=NOON) == 1
    assert not disk.path_of(file.sha256).exists() and not disk.path_of(file.inline_sha256).exists()
    assert commands.remove_purged(at=NOON) == 0 and commands.purge(["case:41"], actor=SYSTEM, at=NOON) == (0, 0)


def test_bytes_that_somebody_else_needs_stay(attached, stored):
    """CAS-2: content-addressed; the same bytes elsewhere live on until their own time comes."""
    one = attached()
    attached(name="b.txt", subject="case:42")
    commands.purge(["case:41"], actor=SYSTEM, at=NOON)
    commands.remove_purged(at=NOON)
    assert disk.path_of(one.sha256).exists()
    commands.purge(["case:42"], actor=SYSTEM, at=NOON)
    commands.remove_purged(at=NOON)
    assert not disk.path_of(one.sha256).exists()
    assert stored(b"secreto").sha256 == one.sha256 and disk.path_of(one.sha256).exists()


def test_only_the_service_purges(attached, administrator):
    """CAS-1"""
    attached()
    with pytest.raises(NotPermitted):
        commands.purge(["case:41"], actor=administrator, at=NOON)


@pytest.mark.parametrize(
    "change",
    ["name = ''", "name = '', purged_at = now(), sha256 = repeat('0', 64)", "purged_at = now()", "removed_at = now()",
     "name = '', purged_at = now(), subject = 'case:9'", "name = '', purged_at = now(), removed_at = now()"],
)  # fmt: skip
def test_the_database_refuses_all_else(attached, change):
    """CAS-1"""
    attached()
    with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE files_storedfile SET {change}")
