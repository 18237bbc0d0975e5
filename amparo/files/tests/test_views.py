"""The addresses of files."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from amparo.conftest import NOON
from amparo.files import access, commands
from amparo.files.models import StoredFile
from amparo.kernel.actor import VISITOR

from .conftest import picture

pytestmark = pytest.mark.django_db


def send(client, content=b"hola", name="nota.txt", **extra):
    return client.post("/files/upload/", {"file": SimpleUploadedFile(name, content), "draft_key": "d1"}, **extra)


def test_a_file_goes_up_and_comes_down(client_for, contact):
    """TKT-1"""
    client = client_for(contact)
    told = send(client, "señal".encode(), "lista de precios.txt").json()
    assert told["name"] == "lista de precios.txt" and told["size"] == 6
    answer = client.get(told["url"])
    assert b"".join(answer) == "señal".encode()
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_nothing_is_stored_for_who_is_not_signed_in(media, monkeypatch):
    """SEC-27: the body is not even read."""
    monkeypatch.setattr("amparo.files.views._guarded_keep", lambda *a: pytest.fail("the body was read"))
    assert send(Client()).status_code == 401
    assert not media.exists() and not StoredFile.objects.exists()


def test_of_who_is_registered_only_a_picture_is_taken_in_his_own_draft(client_for, registered, contact):
    """FOR-1, SEC-27: nobody else sees it; another type, or one that is too large, is refused in words."""
    client = client_for(registered)
    taken = send(client, picture(), "foto.png")
    assert taken.status_code == 201 and client.get(taken.json()["url"]).status_code == 200
    assert client_for(contact).get(taken.json()["url"]).status_code == Client().get(taken.json()["url"]).status_code == 404
    other = send(client, b"hola", "foto.png")
    assert other.status_code == 422 and "PNG" in other.json()["error"] and StoredFile.objects.count() == 1
    assert send(client, b"a", CONTENT_LENGTH=6_000_000).status_code == 413


def test_the_token_against_forged_posts_is_asked(client_for, contact):
    """SEC-60: the outer view is exempt only so that the body waits."""
    assert send(client_for(contact, enforce_csrf_checks=True)).status_code == 403
    assert not StoredFile.objects.exists()


def test_a_length_that_lies_is_stopped_while_it_comes(client_for, contact, monkeypatch, media):
    """SEC-27"""
    monkeypatch.setattr("amparo.files.views.MEGABYTE", 1000)
    monkeypatch.setattr("amparo.files.views.OVERHEAD_OCTETS", 10**9)
    answer = send(client_for(contact), b"a" * 200_000)
    assert answer.status_code == 413 and "25 MB" in answer.json()["error"]
    assert not StoredFile.objects.exists()


def test_an_announced_length_is_refused_unread(client_for, contact):
    """SEC-27"""
    assert send(client_for(contact), b"a", CONTENT_LENGTH=60_000_000).status_code == 413


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg onload=alert(1)>", "a.svg"),
        (b"<html><script>alert(1)</script>", "a.html"),
        (picture("GIF")[:20] + b"*/=1;alert(1)", "a.gif"),
        (b"%PDF-1.7 <script>", "a.pdf"),
    ],
)
def test_what_could_run_is_an_attachment_in_a_sandbox(client_for, contact, content, name):
    """SEC-26"""
    client = client_for(contact)
    answer = client.get(send(client, content, name).json()["url"])
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert not answer["Content-Type"].startswith(("text/html", "image/svg"))
    assert answer["Cache-Control"] == "private, no-store"


def test_a_picture_is_shown_as_our_own_rendering(client_for, contact):
    """SEC-26"""
    client = client_for(contact)
    content = picture("JPEG", tail=b"<script>canario</script>")
    told = send(client, content, "foto.jpg").json()
    shown = client.get(told["url"])
    assert shown["Content-Disposition"].startswith("inline;") and b"canario" not in b"".join(shown)
    original = client.get(told["url"] + "?original=1")
    assert original["Content-Disposition"].startswith("attachment;") and b"".join(original) == content


def test_ranges(client_for, contact):
    client = client_for(contact)
    url = send(client, b"0123456789").json()["url"]
    part = client.get(url, headers={"Range": "bytes=2-4"})
    assert part.status_code == 206 and b"".join(part) == b"234"
    assert part["Content-Range"] == "bytes 2-4/10" and part["Content-Length"] == "3"
    outside = client.get(url, headers={"Range": "bytes=10-"})
    assert outside.status_code == 416 and outside["Content-Range"] == "bytes */10"
    stale = client.get(url, headers={"Range": "bytes=2-4", "If-Range": '"otra"'})
    assert stale.status_code == 200 and b"".join(stale) == b"0123456789"
    head = client.head(url)
    assert head["Content-Length"] == "10" and b"".join(head) == b""


def test_the_proxy_can_send_the_bytes(client_for, contact, settings):
    client = client_for(contact)
    told = send(client).json()
    settings.FILES_ACCEL_PREFIX = "/protegido/"
    answer = client.get(told["url"])
    sha = StoredFile.objects.get().sha256
    assert answer["X-Accel-Redirect"] == f"/protegido/{sha[:2]}/{sha[2:4]}/{sha}" and answer.content == b""
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_draft_is_its_uploader_s_alone(client_for, contact, member, engineer):
    """SEC-25, SEC-27"""
    url = send(client_for(contact)).json()["url"]
    for other in (member, engineer, VISITOR):
        assert client_for(other).get(url).status_code == 404


def test_who_sees_the_thing_sees_its_files(client_for, contact, own_only, other_contact, engineer, monkeypatch):
    """ACC-11, SEC-25, SEC-11: asked at each use, and the same answer as for what does not exist."""
    client = client_for(contact)
    told = send(client).json()
    commands.attach([told["id"]], subject="ticket:7", draft_key="d1", actor=contact, at=NOON)
    monkeypatch.setattr(access, "_may_see", lambda: lambda actor, subject: subject == "ticket:7" and actor in allowed)
    allowed = [contact, engineer]
    assert client.get(told["url"]).status_code == 200 == client_for(engineer).get(told["url"]).status_code
    refused = client_for(other_contact).get(told["url"])
    missing = client_for(other_contact).get("/files/AAAAAAAAAAAAAAAAAAAAAA/nota.txt")
    assert refused.status_code == missing.status_code == 404
    assert client_for(own_only).get(told["url"]).status_code == 404
    allowed.clear()
    assert client.get(told["url"]).status_code == 404


def test_dropping_a_draft(client_for, contact, member):
    client = client_for(contact)
    told = send(client).json()
    assert client_for(member).post(f"/files/{told['id']}/discard/").status_code == 404
    assert client.get(f"/files/{told['id']}/discard/").status_code == 405
    assert client.post(f"/files/{told['id']}/discard/").status_code == 204
    assert not StoredFile.objects.exists()
