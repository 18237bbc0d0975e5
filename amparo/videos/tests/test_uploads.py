"""A film that comes in pieces: gone on with after a cut, refused before it is stored. SRC-3, SEC-26, SEC-27."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import signal
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.urls import reverse

from amparo.conftest import NOON, make_staff
from amparo.kernel import clock
from amparo.policies.queries import value
from amparo.products.models import Product
from amparo.videos import commands
from amparo.videos.commands import disk, intake, uploads
from amparo.videos.models import Conversion, Upload, Video


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)


def _tus(browser, video, content: bytes, name: str = "corte.mp4") -> str:
    coded = base64.b64encode(name.encode()).decode()
    made = browser.post(reverse("desk_videos:uploads", args=[video.pk]),
                        headers={"tus-resumable": "1.0.0", "upload-length": str(len(content)), "upload-metadata": f"filename {coded}"})  # fmt: skip
    assert made.status_code == 201, made.content
    return made["Location"]


def _patch(browser, address: str, offset: int, content: bytes):
    return browser.generic("PATCH", address, content, content_type="application/offset+octet-stream",
                           headers={"tus-resumable": "1.0.0", "upload-offset": str(offset), "content-type": "application/offset+octet-stream"})  # fmt: skip


def test_a_film_that_was_cut_goes_on_and_becomes_a_conversion(client_for, editor, draft, clip):
    """SRC-3: half of it, the service says where it is, the rest; what came twice is not written twice."""
    browser, half = client_for(editor), len(clip) // 2
    address = _tus(browser, draft, clip)
    assert _patch(browser, address, 0, clip[:half]).status_code == 204 and not Conversion.objects.exists()
    assert "corte.mp4" in browser.get(reverse("desk_videos:work", args=[draft.pk])).content.decode()
    assert browser.head(address)["Upload-Offset"] == str(half)
    assert _patch(browser, address, 0, clip[:half]).status_code == 409
    assert _patch(browser, address, half, clip[half:]).status_code == 204
    job = Conversion.objects.get()
    assert job.sha256 == hashlib.sha256(clip).hexdigest() and job.size == len(clip) and not Upload.objects.exists()
    assert disk.path_of(draft.pk, job.folder, disk.SOURCE).read_bytes() == clip and not list((disk.root() / "incoming").iterdir())


def test_what_cannot_be_taken_in_pieces_is_refused_before_it_is_stored(client, client_for, contact, engineer, editor, draft, clip, monkeypatch):
    """SEC-26, SEC-27: who, how large, how many, what; another's upload."""
    address = reverse("desk_videos:uploads", args=[draft.pk])
    for browser, status in ((client, 302), (client_for(contact), 404), (client_for(engineer), 403)):
        assert browser.post(address).status_code == status
    browser = client_for(editor)
    words = {"tus-resumable": "1.0.0", "upload-metadata": "filename YS5tcDQ="}
    assert browser.post(address, headers=words | {"upload-length": "2000000001"}).status_code == 413
    assert browser.post(address, headers=words | {"upload-length": "0"}).status_code == 422
    assert browser.post(address, headers=words | {"upload-length": "²"}).status_code == 400
    monkeypatch.setattr("amparo.files.commands.pieces.shutil.disk_usage", lambda _path: SimpleNamespace(free=1_024_000_010))
    assert browser.post(address, headers=words | {"upload-length": "100"}).status_code == 507 and not Upload.objects.exists()
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: NOON)
    text = b"#EXTM3U\n/etc/passwd\n" * 9
    assert _patch(browser, _tus(browser, draft, text), 0, text[:40]).status_code == 422
    assert not Upload.objects.exists() and not Conversion.objects.exists() and not list((disk.root() / "incoming").iterdir())
    mine = _tus(browser, draft, clip)
    other = client_for(make_staff("Otra Editora", "editor"))
    assert _patch(other, mine, 0, clip).status_code == 404 and other.head(mine).status_code == 404
    assert other.post(reverse("desk_videos:cancel_upload", args=[Upload.objects.get().public_id])).status_code == 302
    assert browser.head(mine).status_code == 404
    for _number in range(5):
        _tus(browser, draft, clip)
    assert browser.post(address, headers=words | {"upload-length": "20"}).status_code == 429


def test_an_upload_that_nobody_finishes_goes_away_and_one_cut_by_a_stop_is_taken_in(client_for, editor, draft, clip):
    """SRC-3, SEC-27"""
    browser = client_for(editor)
    _tus(browser, draft, clip)
    later = NOON + timedelta(days=400)
    assert commands.remove_expired(at=NOON) == 0 and commands.remove_expired(at=later) == 1 and not list((disk.root() / "incoming").iterdir())
    _tus(browser, draft, clip)
    upload_ = Upload.objects.get()
    disk.growing().path(upload_.public_id).write_bytes(clip)
    Upload.objects.update(offset=len(clip), received_at=NOON)
    assert commands.take_in_waiting(at=NOON) == 1 and Conversion.objects.get().size == len(clip)
    _tus(browser, draft, clip)
    disk.growing().drop(Upload.objects.get().public_id)
    Upload.objects.update(offset=len(clip), received_at=NOON)
    assert commands.take_in_waiting(at=NOON) == 0 and not Upload.objects.exists()


def _dies(act) -> None:
    """Let another process do it and be killed where it says so."""
    child = os.fork()
    if not child:
        try:
            act()
        finally:
            os._exit(7)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def _killed(*_given, **_more):
    os.kill(os.getpid(), signal.SIGKILL)


def test_whoever_dies_between_the_last_octet_and_its_row_loses_nothing(client_for, editor, draft, clip, monkeypatch):
    """SRC-3, SEC-27: by the worker, and by the next piece; a film moved into its place before its row; what is no film is dropped."""
    browser = client_for(editor)
    for finish in ("worker", "piece"):
        address, upload_ = _tus(browser, draft, clip), Upload.objects.get()
        value("videos.upload_days", at=NOON)
        monkeypatch.setattr(uploads, "_ends", _killed)
        _dies(lambda upload_=upload_: commands.append(upload_, 0, io.BytesIO(clip), actor=editor, at=NOON))
        monkeypatch.undo()
        monkeypatch.setattr(clock, "now", lambda: NOON)
        assert Upload.objects.get().received_at is None and browser.head(address)["Upload-Offset"] == str(len(clip))
        if finish == "worker":
            real = disk.keep_source
            monkeypatch.setattr(disk, "keep_source", lambda *given: (real(*given), _gone()))
            with pytest.raises(SystemExit):
                commands.take_in_waiting(at=NOON)
            monkeypatch.setattr(disk, "keep_source", real)
            assert commands.take_in_waiting(at=NOON) == 1
        else:
            assert _patch(browser, address, len(clip), b"").status_code == 204
        assert Conversion.objects.latest("pk").size == len(clip) and not Upload.objects.exists() and not list((disk.root() / "incoming").iterdir())
    _tus(browser, draft, b"x" * 40)
    disk.growing().path(Upload.objects.get().public_id).write_bytes(b"x" * 40)
    assert commands.take_in_waiting(at=NOON) == 0 and not Upload.objects.exists()
    disk.growing().path("left").write_bytes(b"x")
    commands.remove_expired(at=datetime.now(UTC) + timedelta(days=2))
    assert not list((disk.root() / "incoming").iterdir())


def _gone():
    raise SystemExit


def test_a_film_is_laid_in_its_place_before_the_transaction_that_asks_for_it_and_goes_with_it(client_for, editor, draft, clip, monkeypatch):
    """SRC-3: no lock waits for a disk; what no row knows does not stay."""
    browser, found, depth, really = client_for(editor), [], len(connection.savepoint_ids), disk.keep_source
    monkeypatch.setattr(disk, "keep_source", lambda *given: (found.append(len(connection.savepoint_ids)), really(*given)))
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("amparo.videos.commands.intake.record", lambda *_given, **_more: _gone())
        _patch(browser, _tus(browser, draft, clip), 0, clip)
    assert not Conversion.objects.exists() and list((disk.root() / str(draft.pk)).iterdir()) == []
    assert commands.take_in_waiting(at=NOON) == 1 and found == [depth, depth]
    assert disk.path_of(draft.pk, Conversion.objects.get().folder, disk.SOURCE).read_bytes() == clip and not Upload.objects.exists()


def test_a_video_of_a_product_that_is_kept_up_no_more_can_be_saved(client_for, editor, draft):
    """SRC-3: its own product stays to choose; another that is over does not."""
    own, old = (Product.objects.create(code=code, name=code, is_active=False, created_at=NOON) for code in ("own", "old"))
    Video.objects.filter(pk=draft.pk).update(product=own)
    browser, address = client_for(editor), reverse("desk_videos:video", args=[draft.pk])
    given = {"title": "Otro nombre", "description": "x", "audience": "visitor", "language": "es", "poster_second": "3"}
    assert browser.post(address, given | {"product": str(own.pk)}).status_code == 302
    assert Video.objects.get(pk=draft.pk).title == "Otro nombre"
    assert browser.post(address, given | {"product": str(old.pk)}).status_code == 422


def test_a_source_is_removed_for_a_newer_one_once_that_is_certain(editor, draft, clip, tmp_path, django_capture_on_commit_callbacks):
    """SRC-3: where the newer one is not kept after all, the one before still waits for its conversion, with its file."""
    def taken():
        path = tmp_path / "film"
        path.write_bytes(clip)
        return intake.keep_source(draft, path, "film.mp4", hashlib.sha256(clip).hexdigest(), len(clip), actor=editor, at=NOON)

    before = taken()
    source = disk.path_of(draft.pk, before.folder, disk.SOURCE)
    with pytest.raises(SystemExit), django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        taken()
        _gone()
    assert Conversion.objects.get().state == "waiting" and source.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        taken()
    assert not source.exists()
