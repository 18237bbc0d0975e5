"""Pages and bytes: who is shown what, ranges, uploads, and what a session leaves behind."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.urls import reverse

from amparo.conftest import NOON, make_contact, make_customer
from amparo.contracts.commands import add_plan, sell_contract
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.policies.commands import set_value
from amparo.products.commands import add_product, add_release, confirm_version, make_current, register_licence
from amparo.videos import access, commands, queries
from amparo.videos.commands import disk
from amparo.videos.models import Conversion, Video, Watched

from .conftest import CAPTIONS, published, upload


@pytest.fixture
def now(monkeypatch):
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)


def outlets(video) -> list[str]:
    return [
        reverse("videos:video", args=[video.pk]), reverse("videos:media", args=[video.pk, "720.mp4"]), reverse("videos:media", args=[video.pk, "poster.jpg"]),
        reverse("videos:track", args=[video.pk, "captions", "es"]), reverse("videos:track", args=[video.pk, "chapters", "es"]),
    ]  # fmt: skip


def test_a_visitor_finds_watches_and_reads_a_video(client, video):
    """SRC-3, ACC-1"""
    listed = client.get(reverse("videos:gallery"))
    assert video.title in listed.content.decode() and "private" not in listed.headers.get("Cache-Control", "")
    page = client.get(reverse("videos:video", args=[video.pk])).content.decode()
    assert "Abra la caja del día." in page and "?t=0" in page and "<track" in page and 'kind="chapters"' in page
    film = client.get(reverse("videos:media", args=[video.pk, "720.mp4"]))
    assert film.status_code == 200 and film["Content-Type"] == "video/mp4" and film["X-Content-Type-Options"] == "nosniff"
    octets = b"".join(film.streaming_content)
    assert len(octets) == video.rendition("720.mp4").size and octets[4:8] == b"ftyp"
    cues = client.get(reverse("videos:track", args=[video.pk, "captions", "es"]))
    assert cues["Content-Type"].startswith("text/vtt") and cues.content.startswith(b"WEBVTT")
    assert not client.cookies, "who only looks leaves no session"


def test_ranges_are_answered_as_players_ask(client, video):
    """SEC-25"""
    address, size = reverse("videos:media", args=[video.pk, "720.mp4"]), video.rendition("720.mp4").size
    whole = b"".join(client.get(address).streaming_content)
    part = client.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and b"".join(part.streaming_content) == whole[100:200]
    assert part["Content-Range"] == f"bytes 100-199/{size}"
    rest = client.get(address, headers={"Range": f"bytes={size - 10}-", "If-Range": part["ETag"]})
    assert rest.status_code == 206 and b"".join(rest.streaming_content) == whole[-10:]
    assert client.get(address, headers={"Range": "bytes=0-5", "If-Range": '"other"'}).status_code == 200
    assert client.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416


def test_with_a_proxy_the_proxy_sends_the_bytes(client, video, settings):
    """SEC-25"""
    settings.FILES_ACCEL_PREFIX = "/protected"
    answer = client.get(reverse("videos:media", args=[video.pk, "720.mp4"]))
    assert answer["X-Accel-Redirect"] == f"/protected/videos/{video.pk}/{video.folder}/720.mp4" and not answer.content


@pytest.mark.parametrize("name", ["source", "..%2f..%2fsource", "720.m3u8", "work", "%00", "poster-3.jpg", "720.MP4"])
def test_no_other_name_gives_a_file(client, video, name):
    """SEC-25: the uploaded source is never given out."""
    assert client.get(f"/videos/{video.pk}/media/{name}").status_code == 404


@pytest.fixture
def world(db, sales, administrator, operator):
    """A product with a licensed and a covered customer."""
    product = add_product("POS", "Mostrador POS", "", actor=administrator, at=NOON - timedelta(days=500))
    release = add_release(product, "10.1", (NOON - timedelta(days=90)).date(), "", actor=administrator, at=NOON - timedelta(days=90))
    make_current(release, actor=administrator, at=NOON - timedelta(days=90))
    licensed = make_customer("Con licencia")
    licence = register_licence("MPOS-10001-2233", product, licensed, terminals=1, installed=release, actor=operator, at=NOON - timedelta(days=80))
    confirm_version(licence, release, actor=operator, at=NOON - timedelta(days=80))
    covered = make_customer("Con póliza")
    plan = add_plan("Plus", events=1, incidents=1, credits=1, months=12, price="1.00", actor=SYSTEM, at=NOON - timedelta(days=50))
    sell_contract(covered, plan, (NOON - timedelta(days=40)).date(), actor=SYSTEM, at=NOON - timedelta(days=40), key="k")
    return {"product": product, "licensed": make_contact(licensed, "Lidia"), "covered": make_contact(covered, "Coral")}


AUDIENCES = {
    "visitor": {"visitor", "registered", "customer", "licensed", "covered", "engineer", "editor"},
    "registered": {"registered", "customer", "licensed", "covered", "engineer", "editor"},
    "customer": {"customer", "licensed", "covered", "engineer", "editor"},
    "licensed": {"licensed", "engineer", "editor"},
    "covered": {"covered", "engineer", "editor"},
    "staff": {"engineer", "editor"},
}


def test_each_outlet_shows_a_video_to_its_audience_alone(now, world, registered, contact, engineer, editor, clip, client_for):
    """ACC-1, ACC-11, SEC-25: no guessed address, list, filter, sitemap or search shows what is not for one."""
    from amparo.contracts.access import reader
    from amparo.search import queries as search

    people = {"visitor": VISITOR, "registered": registered, "customer": contact, "engineer": engineer, "editor": editor} | {
        name: world[name] for name in ("licensed", "covered")
    }
    for number, (audience, allowed) in enumerate(AUDIENCES.items()):
        word = ("jacaranda", "obsidiana", "tepozteco", "quetzal", "ahuehuete", "xoloitzcuintle")[number]
        made = commands.add_video(
            f"Para {word}", description=f"{word}.", theme=f"tema{word}", product_id=world["product"].pk, audience=audience, actor=editor, at=NOON
        )
        video = published(made, clip, editor)
        commands.save_track(video, kind="captions", language="es", text=CAPTIONS.replace("Abra", f"{word} abra"), actor=editor, at=NOON)
        for name, actor in people.items():
            browser = client_for(actor)
            for address in outlets(video):
                status = browser.get(address).status_code
                assert status == (200 if name in allowed else 404), (audience, name, address)
            for address in (reverse("videos:gallery"), reverse("videos:gallery") + f"?theme=tema{word}"):
                shown = f"Para {word}" in browser.get(address).content.decode()
                assert shown == (name in allowed), (audience, name, address)
            assert (f"<option>tema{word}" in browser.get(reverse("videos:gallery")).content.decode()) == (name in allowed)
            found = search.search(reader(actor, at=NOON), word)
            assert (video.subject in [hit.subject for hit in found.hits]) == (name in allowed), (audience, name)
        listed = [url for url, _at in queries.sitemap(NOON)]
        assert (reverse("videos:video", args=[video.pk]) in listed) == (audience == "visitor")


def test_a_draft_or_withdrawn_video_is_nowhere(client, draft, clip, editor, engineer, client_for):
    """SEC-25"""
    video = published(draft, clip, editor)
    commands.withdraw(video, actor=editor, at=NOON)
    for browser, status in ((client, 404), (client_for(engineer), 404), (client_for(editor), 200)):
        assert [browser.get(address).status_code for address in outlets(video)[1:]] == [status] * 4
        assert browser.get(outlets(video)[0]).status_code == 404
        assert video.title not in browser.get(reverse("videos:gallery")).content.decode()


def test_pages_ask_the_database_little(client, client_for, contact, video, django_assert_num_queries, monkeypatch):
    """SRC-3: two statements for a visitor, however many videos there are."""
    monkeypatch.setattr("amparo.policies.queries.CACHE_SECONDS_MAX", 3600)  # a slow machine reads the figures again meanwhile
    for address in (reverse("videos:gallery"), reverse("videos:video", args=[video.pk])):
        client.get(address)
        with django_assert_num_queries(2):
            client.get(address)
    with django_assert_num_queries(1):
        client.get(reverse("videos:media", args=[video.pk, "poster.jpg"]))
    browser = client_for(contact)
    browser.get(reverse("videos:video", args=[video.pk]))
    with django_assert_num_queries(6):  # session, person, reader, video, tracks, place
        browser.get(reverse("videos:video", args=[video.pk]))


def test_a_signed_in_reader_goes_on_where_he_stopped(client_for, contact, member, video):
    """SRC-3"""
    Video.objects.filter(pk=video.pk).update(milliseconds=200_000)
    mine, place = client_for(contact), reverse("videos:place", args=[video.pk])
    assert mine.post(place, {"second": "83"}).status_code == 204
    assert 'data-second="83"' in mine.get(reverse("videos:video", args=[video.pk])).content.decode()
    assert 'data-second="83"' not in client_for(member).get(reverse("videos:video", args=[video.pk])).content.decode()
    assert 'data-second="20"' in mine.get(reverse("videos:video", args=[video.pk]) + "?t=20").content.decode()
    for odd in ("²", "-5", "1e3", "9" * 30, ""):
        assert mine.post(place, {"second": odd}).status_code == 204
    mine.post(place, {"second": "199"})
    assert not Watched.objects.exists(), "what was seen to the end begins anew"


def test_what_a_session_opened_is_kept_by_nobody(client, client_for, contact, video):
    """SEC-12"""
    address = reverse("videos:media", args=[video.pk, "720.mp4"])
    assert client_for(contact).get(address)["Cache-Control"] == "private, no-store"
    assert client.get(address)["Cache-Control"] == "public, max-age=600" and "Cookie" in client.get(address)["Vary"]


@pytest.mark.parametrize("query", ["product=²", "product=99999999999999999999", "theme=%00", "after=xx", "after=WzEsMl0", "t=²", "language=xx", "after=WyIyMDI2IiwgIngiXQ",
                                   "after=WyIyMDI2LTAxLTAxIiwgMV0"])  # fmt: skip
def test_odd_questions_get_an_answer(client, video, query):
    for address in (reverse("videos:gallery"), reverse("videos:video", args=[video.pk])):
        assert client.get(f"{address}?{query}").status_code in (200, 422)


def test_who_is_no_editor_uploads_nothing(client, client_for, contact, engineer, draft, clip):
    """SEC-27: refused before a byte is stored."""
    address = reverse("desk_videos:upload", args=[draft.pk])
    for browser, status in ((client, 302), (client_for(contact), 404), (client_for(engineer), 403)):
        assert browser.post(address, {"file": upload(clip)}).status_code == status
    assert not Conversion.objects.exists() and not disk.root().exists()


def test_an_upload_without_the_token_of_forms_is_refused(client_for, editor, draft, clip):
    """SEC-27"""
    browser = client_for(editor, enforce_csrf_checks=True)
    assert browser.post(reverse("desk_videos:upload", args=[draft.pk]), {"file": upload(clip)}).status_code == 403
    assert not Conversion.objects.exists()


def test_an_editor_uploads_with_or_without_a_script(client_for, editor, draft, clip):
    """SRC-3"""
    browser, address = client_for(editor), reverse("desk_videos:upload", args=[draft.pk])
    assert browser.post(address, {"file": upload(clip)}, headers={"Accept": "application/json"}).status_code == 201
    assert browser.post(address, {"file": upload(clip)}).status_code == 302
    refused = browser.post(address, {"file": upload(b"#EXTM3U\n/etc/passwd\n")}, headers={"Accept": "application/json"})
    assert refused.status_code == 422 and refused.json()["error"]
    assert browser.post(address, {"file": upload(b"")}, headers={"Accept": "application/json"}).json()["error"]
    assert browser.post(address, {}, headers={"Accept": "application/json"}).status_code == 400


def test_an_upload_beyond_the_limit_is_cut_off(client_for, editor, administrator, draft, clip):
    """SEC-27"""
    set_value("videos.megabytes_max", 1, from_at=NOON - timedelta(days=1), actor=administrator, at=NOON - timedelta(days=1))
    big = upload(clip + b"\0" * 1_500_000)
    answer = client_for(editor).post(reverse("desk_videos:upload", args=[draft.pk]), {"file": big}, headers={"Accept": "application/json"})
    assert answer.status_code == 413 and "1" in answer.json()["error"]
    assert not Conversion.objects.exists()


def test_the_desk_tells_how_it_goes_and_why_not(client_for, editor, draft, clip):
    """SRC-3"""
    browser, work = client_for(editor), reverse("desk_videos:work", args=[draft.pk])
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)
    Conversion.objects.update(state="running", percent=42, step="film-720")
    assert "42" in browser.get(work).content.decode() and f"video-desk:{draft.pk}" in browser.get(work).content.decode()
    for reason in ("format", "codec", "huge", "long", "no_picture", "broken", "cut_off", "time", "gave_up", "gone"):
        Conversion.objects.update(state="failed", reason=reason)
        assert reverse("desk_videos:again", args=[draft.pk]) in browser.get(work).content.decode()
    assert browser.post(reverse("desk_videos:again", args=[draft.pk])).status_code == 302
    assert Conversion.objects.get().state == "waiting"


def test_nothing_is_published_without_captions_and_chapters(client_for, editor, draft, clip):
    """SRC-3"""
    browser, address = client_for(editor), reverse("desk_videos:publish", args=[draft.pk])
    assert browser.post(address).status_code == 409
    commands.take_source(draft, upload(clip), actor=editor, at=NOON)
    commands.convert_next(now=lambda: NOON)
    assert browser.post(address).status_code == 409
    tracks = reverse("desk_videos:save_track", args=[draft.pk])
    assert browser.post(tracks, {"kind": "captions", "language": "es", "text": "hola"}).status_code == 422
    for kind in ("captions", "chapters"):
        assert browser.post(tracks, {"kind": kind, "language": "es", "text": CAPTIONS}).status_code == 302
    assert browser.post(address).status_code == 302 and Video.objects.get().is_published
    assert browser.post(reverse("desk_videos:drop_track", args=[draft.pk]), {"kind": "captions", "language": "es"}).status_code == 409


_signs = itertools.count()
ATTACKS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "<svg onload=alert(1)>", "{{ 7*7 }}", '"><script>alert(1)</script>']


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_is_written_runs(client, client_for, editor, draft, clip, attack):
    """SEC-21, SEC-22: title, description, theme, captions, chapters, file name."""
    published(draft, clip, editor)
    commands.retitle(draft, given={"title": f"t {attack}", "description": f"d {attack}", "theme": f"h {attack}"}, actor=editor, at=NOON)
    for kind in ("captions", "chapters"):
        commands.save_track(draft, kind=kind, language="es", text=f"WEBVTT\n\n00:00.100 --> 00:00.900\nz {attack} z", actor=editor, at=NOON)
    commands.take_source(draft, upload(clip, f"x{attack}.mp4"), actor=editor, at=NOON)
    staff = client_for(editor)
    pages = [
        client.get(reverse("videos:gallery")), client.get(reverse("videos:video", args=[draft.pk])), staff.get(reverse("desk_videos:list")),
        staff.get(reverse("desk_videos:video", args=[draft.pk])), staff.get(reverse("desk_videos:work", args=[draft.pk])),
    ]  # fmt: skip
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200 and "<script>alert" not in text and "onerror=alert(1)>" not in text.replace("&gt;", "") and "<svg onload" not in text
        assert 'href="javascript' not in text and "49" not in attack
    assert b"<" not in client.get(reverse("videos:track", args=[draft.pk, "captions", "es"])).content.replace(b"-->", b"")


def test_editors_alone_change_anything(contact, engineer, draft, clip):
    """SEC-27"""
    from amparo.kernel.refusals import NotPermitted

    for actor in (VISITOR, contact, engineer):
        for act in (
            lambda a: commands.add_video("x", actor=a, at=NOON), lambda a: commands.take_source(draft, upload(clip), actor=a, at=NOON),
            lambda a: commands.publish(draft, actor=a, at=NOON), lambda a: commands.withdraw(draft, actor=a, at=NOON),
            lambda a: commands.save_track(draft, kind="captions", language="es", text=CAPTIONS, actor=a, at=NOON),
            lambda a: commands.drop_track(draft, kind="captions", language="es", actor=a, at=NOON),
            lambda a: commands.repeat_conversion(draft, actor=a, at=NOON), lambda a: commands.retitle(draft, given={}, actor=a, at=NOON),
        ):  # fmt: skip
            with pytest.raises(NotPermitted):
                act(actor)
    assert not access.on_desk(contact).exists()


def test_what_is_said_is_found_by_the_second(client, video, editor):
    """SRC-3: a hit inside the transcript opens at its second."""
    from amparo.contracts.rules.audience import ANYBODY
    from amparo.search import queries as search

    Video.objects.filter(pk=video.pk).update(milliseconds=200_000)
    video.refresh_from_db()
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\nBienvenido.\n\n01:23.000 --> 01:26.000\nAhora cancele la factura global.\n"
    commands.save_track(video, kind="captions", language="es", text=text, actor=editor, at=NOON)
    hit = next(one for one in search.search(ANYBODY, "cancelar factura global").hits if one.subject == video.subject)
    assert hit.part == "83" and "t=83" in hit.url
