"""Taking files in, giving them to what they belong to, removing what nobody sent."""

from __future__ import annotations

import os
import socket
import struct
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.files import commands, queries, tasks
from amparo.files.commands import disk, scanner
from amparo.files.errors import (
    Empty,
    Infected,
    NotAttachable,
    PicturesOnly,
    QuotaUsed,
    ScannerAway,
    TooLarge,
    TooManyFiles,
)
from amparo.files.models import StoredFile
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import NotPermitted
from amparo.policies.registry import policy

from .conftest import picture

pytestmark = pytest.mark.django_db
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def limit(monkeypatch, key, number):
    monkeypatch.setattr("amparo.policies.queries._cache", None)
    declared = policy(key)
    monkeypatch.setitem(
        __import__("amparo.policies.registry", fromlist=["_declared"])._declared,
        key,
        type(declared)(**{**{f: getattr(declared, f) for f in declared.__dataclass_fields__}, "default": number}),
    )


def test_the_same_bytes_are_kept_once(stored, media):
    one, two = stored(b"igual", "a.txt"), stored(b"igual", "b.txt")
    assert one.sha256 == two.sha256 and one.public_id != two.public_id
    kept = [p for p in media.rglob("*") if p.is_file()]
    assert kept == [disk.path_of(one.sha256)] and kept[0].read_bytes() == b"igual"
    assert not any((media / "incoming").iterdir())


def test_a_picture_is_drawn_anew_and_the_original_kept(stored):
    """SEC-26, CAS-1: what was sent stays as evidence, what is shown is ours."""
    content = picture("PNG", tail=b"<script>canario</script>")
    file = stored(content, "foto.png")
    assert file.content_type == "image/png" and file.is_inline and (file.width, file.height) == (12, 8)
    assert disk.path_of(file.sha256).read_bytes() == content
    drawn = disk.path_of(file.inline_sha256).read_bytes()
    assert drawn.startswith(b"\x89PNG") and b"canario" not in drawn


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\nroto", b"GIF89a<script>", picture()[:40]])
def test_what_only_pretends_to_be_a_picture_is_no_picture(stored, content):
    """SEC-26"""
    file = stored(content, "foto.png")
    assert not file.is_inline and file.content_type == "application/octet-stream"


def test_a_decompression_bomb_is_not_decoded(stored):
    """SEC-28: a small file that would be an enormous picture."""
    header = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + struct.pack("!II", 60_000, 60_000) + b"\x08\x02\x00\x00\x00"
    assert not stored(header + b"\x00" * 200, "bomba.png").is_inline


def test_limits_come_before_the_row(stored, media, monkeypatch):
    """TKT-1, SEC-27"""
    limit(monkeypatch, "files.megabytes_max", 1)
    with pytest.raises(TooLarge) as refused:
        stored(b"a" * 1_000_001, "grande.bin")
    assert "grande.bin" in str(refused.value)
    with pytest.raises(Empty):
        stored(b"", "vacio.txt")
    assert not StoredFile.objects.exists() and not [p for p in media.rglob("*") if p.is_file()]


def test_a_person_has_a_day_s_measure(stored, contact, engineer, monkeypatch):
    """SEC-27"""
    limit(monkeypatch, "files.daily_count_max", 2)
    stored(b"1"), stored(b"2")
    with pytest.raises(QuotaUsed):
        stored(b"3")
    stored(b"3", at=NOON + timedelta(days=1, minutes=1))
    stored(b"3", actor=engineer)


def test_who_may_upload(stored):
    """SEC-27: strangers and the service store nothing."""
    for nobody in (VISITOR, SYSTEM):
        with pytest.raises(NotPermitted):
            stored(actor=nobody)


def test_who_is_registered_only_keeps_few_and_small_pictures(stored, registered, media, monkeypatch):
    """FOR-1, SEC-27: nothing else, whatever it is called; where the figure is 0, none."""
    limit(monkeypatch, "files.registered_megabytes_max", 1)
    limit(monkeypatch, "files.registered_daily_count_max", 2)
    for content in (b"a,b", b"%PDF-1.4", b"MZ", b"<svg/>", picture()[:40]):
        with pytest.raises(PicturesOnly):
            stored(content, "foto.png", actor=registered)
    with pytest.raises(TooLarge):
        stored(picture(tail=b"a" * 1_000_001), "foto.png", actor=registered)
    assert not StoredFile.objects.exists() and not [p for p in media.rglob("*") if p.is_file()]
    for _ in range(2):
        assert stored(picture(), "foto.png", actor=registered).is_inline
    with pytest.raises(QuotaUsed):
        stored(picture(), "foto.png", actor=registered)
    limit(monkeypatch, "files.registered_daily_count_max", 0)
    with pytest.raises(QuotaUsed):
        stored(picture(), "foto.png", actor=registered, at=NOON + timedelta(days=3))


def test_attaching_is_bound_to_the_person_and_the_key(stored, contact, member):
    """SEC-27: another's draft, another key, twice: refused alike, and nothing moves."""
    mine, theirs = stored(b"a"), stored(b"b", actor=member)
    for ids, key in (([theirs.public_id], "d1"), ([mine.public_id], "otra"), ([mine.public_id, "nada"], "d1"), ([mine.public_id], "")):
        with pytest.raises(NotAttachable):
            commands.attach(ids, subject="ticket:1", draft_key=key, actor=contact, at=NOON)
    [row] = commands.attach([mine.public_id], subject="ticket:1", draft_key="d1", actor=contact, at=NOON)
    assert row.subject == "ticket:1" and queries.drafts("d1", contact) == []
    with pytest.raises(NotAttachable):
        commands.attach([mine.public_id], subject="ticket:2", draft_key="d1", actor=contact, at=NOON)


def test_too_many_files_in_one_message(stored, contact, monkeypatch):
    limit(monkeypatch, "files.per_message_max", 1)
    ids = [stored(b"a").public_id, stored(b"b").public_id]
    with pytest.raises(TooManyFiles):
        commands.attach(ids, subject="ticket:1", draft_key="d1", actor=contact, at=NOON)


@pytest.mark.parametrize("sql", ["UPDATE files_storedfile SET subject = 'ticket:9'", "DELETE FROM files_storedfile"])
def test_an_attached_file_is_final(stored, contact, sql):
    """CAS-1: also by plain SQL."""
    commands.attach([stored().public_id], subject="ticket:1", draft_key="d1", actor=contact, at=NOON)
    with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_drafts_nobody_sent_go_after_a_day(stored, contact, media):
    kept, gone = stored(b"igual", "a.txt"), stored(b"igual", "b.txt")
    alone = stored(picture(), "foto.png")
    commands.attach([kept.public_id], subject="ticket:1", draft_key="d1", actor=contact, at=NOON)
    assert commands.remove_orphans(at=NOON + timedelta(hours=23)) == 0
    assert commands.remove_orphans(at=NOON + timedelta(hours=25)) == 2
    assert not StoredFile.objects.filter(pk__in=[gone.pk, alone.pk]).exists()
    assert [p for p in media.rglob("*") if p.is_file()] == [disk.path_of(kept.sha256)]


def test_what_was_left_half_way_goes_after_a_day(media):
    """SEC-27: whoever copied gigabytes and was killed leaves none."""
    tasks.tick(at=NOON)  # nothing came in yet
    with disk.incoming() as left, disk.incoming() as comes:
        for path, hours in ((left, 25), (comes, 1)):
            path.write_bytes(b"half")
            moment = (NOON - timedelta(hours=hours)).timestamp()
            os.utime(path, (moment, moment))
        tasks.tick(at=NOON)
        assert [one for one in (left, comes) if one.exists()] == [comes]


def test_a_person_can_drop_only_a_draft_of_their_own(stored, member, contact):
    """SEC-27"""
    file = stored()
    with pytest.raises(NotAttachable):
        commands.discard(file, actor=member, at=NOON)
    commands.discard(file, actor=contact, at=NOON)
    assert not StoredFile.objects.exists()


class Clamd(threading.Thread):
    """A peer that speaks clamd's INSTREAM and answers FOUND for the EICAR test text."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(4)
        self.seen: list[bytes] = []

    def run(self):
        while True:
            try:
                line, _peer = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as reader:
                assert reader.read(10) == b"zINSTREAM\0"
                content = b""
                while length := struct.unpack("!I", reader.read(4))[0]:
                    content += reader.read(length)
                self.seen.append(content)
                line.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


def test_the_scanner_is_asked_before_anything_is_kept(stored, settings, tmp_path, media):
    """SEC-26: what the scanner finds is not kept, and without its answer nothing is taken."""
    path = tmp_path / "clamd"
    settings.CLAMAV = f"unix:{path}"
    with pytest.raises(ScannerAway):
        stored(b"hola")
    peer = Clamd(path)
    peer.start()
    assert stored(b"a" * 200_000).size == 200_000 and len(peer.seen[0]) == 200_000
    with pytest.raises(Infected):
        stored(EICAR, "eicar.com")
    peer.listener.close()
    assert StoredFile.objects.count() == 1 and len([p for p in media.rglob("*") if p.is_file()]) == 1
    assert scanner.address() == settings.CLAMAV


@pytest.mark.django_db(transaction=True)
def test_uploads_at_once_do_not_pass_the_measure(contact, monkeypatch, settings):
    """SEC-27, SEC-47"""
    limit(monkeypatch, "files.daily_count_max", 3)
    barrier, done = threading.Barrier(6), []

    def send(n):
        try:
            barrier.wait()
            commands.store(SimpleUploadedFile("a.txt", b"x" * (n + 1)), draft_key="d", actor=contact, at=NOON)
            done.append(n)
        except QuotaUsed:
            pass
        finally:
            connection.close()

    senders = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    [s.start() for s in senders]
    [s.join() for s in senders]
    assert len(done) == 3 == StoredFile.objects.count()
