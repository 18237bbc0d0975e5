"""Pictures of posts: only what we drew anew, seen by whoever sees the post. SEC-11, SEC-26, SEC-27."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from amparo.conftest import NOON
from amparo.files import commands as files
from amparo.files.errors import NotAttachable
from amparo.forum import commands, errors
from amparo.forum.models import Post
from amparo.kernel.actor import VISITOR

W = commands.Written


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def png(width=40, height=30):
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def huge():
    """A few octets that say they are a picture of 50,000 by 50,000 points."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def upload(actor, name, content, key="k"):
    return files.store(SimpleUploadedFile(name, content), draft_key=key, actor=actor, at=NOON).public_id


def test_a_picture_is_shown_to_whoever_sees_the_post(ask, answerer, moderator, client_for):
    """SEC-11, SEC-26: to visitors too, until the post is hidden; as our own rendering."""
    topic = ask()
    post = commands.reply(topic, W("Mire.", [upload(answerer, "caja.png", png())], "k"), actor=answerer, at=NOON)
    url = post.pictures[0]["url"]
    assert url in client_for(VISITOR).get(f"/forum/topics/{topic.pk}/").content.decode()
    shown = client_for(VISITOR).get(url)
    assert shown.status_code == 200 and shown["Content-Type"] == "image/png" and "sandbox" in shown["Content-Security-Policy"]
    commands.hide_post(post, "Tiene datos de alguien.", actor=moderator, at=NOON)
    assert client_for(VISITOR).get(url).status_code == 404
    assert client_for(moderator).get(url).status_code == client_for(answerer).get(url).status_code == 200


def test_strangers_never_get_the_bytes_as_they_came(ask, answerer, asker, moderator, client_for):
    """SEC-26: a photo tells where it was taken; of what is published only our rendering goes out, but to who sent it and to staff."""
    exif = Image.Exif()
    exif[0x010E] = "canario: calle 5"
    out = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG", exif=exif)
    post = commands.reply(ask(), W("Mire.", [upload(answerer, "foto.jpg", out.getvalue())], "k"), actor=answerer, at=NOON)
    seen = {who: b"".join(client_for(who).get(post.pictures[0]["url"] + "?original=1")) for who in (VISITOR, asker, answerer, moderator)}
    assert [b"canario" in body for body in seen.values()] == [False, False, True, True] and all(seen.values())


@pytest.mark.parametrize(("name", "content"), [
    ("grande.png", huge()), ("malo.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), ("malo.png", b"<html><script>alert(1)</script>"),
    ("nota.pdf", b"%PDF-1.7 x"),
])  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(ask, answerer, name, content):
    """SEC-26, SEC-23: of 50,000 points, of another type, or broken; nothing of it is written."""
    topic = ask()
    with pytest.raises(errors.NotAPicture) as refused:
        commands.reply(topic, W("Mire.", [upload(answerer, name, content)], "k"), actor=answerer, at=NOON)
    assert "40" in str(refused.value) and Post.objects.filter(topic=topic).count() == 1


def test_a_post_takes_no_more_pictures_than_it_may_and_nobody_elses(ask, answerer, contact, newcomer, client_for):
    """SEC-27: of the person alone, under the same key; who is new and registered only adds one."""
    topic = ask()
    many = [upload(answerer, f"{n}.png", png(n + 1)) for n in range(9)]
    with pytest.raises(errors.TooManyPictures):
        commands.reply(topic, W("Mire.", many, "k"), actor=answerer, at=NOON)
    with pytest.raises(NotAttachable):
        commands.reply(topic, W("Mire.", [upload(contact, "ajena.png", png())], "k"), actor=answerer, at=NOON)
    two = [upload(newcomer, f"{n}.png", png(n + 1)) for n in range(2)]
    with pytest.raises(errors.TooManyPictures):
        commands.reply(topic, W("Mire.", two, "k"), actor=newcomer, at=NOON)
    post = commands.reply(topic, W("Mire.", two[:1], "k"), actor=newcomer, at=NOON)
    assert post.visibility == "held" and len(post.pictures) == 1
    assert client_for(VISITOR).get(post.pictures[0]["url"]).status_code == 404, "no stranger sees what waits for a moderator"


def test_the_page_says_how_many_pictures_a_new_member_may_add_and_when_more(ask, newcomer, answerer, client_for):
    """FOR-1, ACC-9: to who is registered only, beside the text; who is trusted reads nothing of it."""
    topic = ask()
    page = client_for(newcomer).get(f"/forum/topics/{topic.pk}/").content.decode()
    assert "a lo más 1 imagen" in page and "3 mensajes visibles" in page and 'data-upload' in page
    assert "a lo más 1 imagen" in client_for(newcomer).get("/forum/new/").content.decode()
    assert "a lo más 1 imagen" not in client_for(answerer).get(f"/forum/topics/{topic.pk}/").content.decode()
