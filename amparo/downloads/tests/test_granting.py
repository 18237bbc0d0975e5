"""Giving out files: ranges, rights at each use, counting once, shared links. UPD-2, SEC-11, SEC-25."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.downloads import commands, queries
from amparo.downloads.commands.granting import address
from amparo.downloads.errors import LinkOver, LinkShared, NotIncluded, TooManyGrants, Yanked
from amparo.downloads.models import Download, Grant
from amparo.downloads.rules import parts
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM

CONTENT = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    """The views read the clock; here it stands at NOON."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def installer(put_out, own, customer):
    published = put_out("10.0", 300, content=CONTENT)
    own(customer, 200)
    return published.artifacts.get()


def _take(client, artifact):
    answer = client.post(f"/downloads/artifacts/{artifact.pk}/take/")
    assert answer.status_code == 302, answer.content[:300]
    return answer["Location"]


def _body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def _break_off(answer) -> None:
    """Take one piece and hang up, as the server tells the application."""
    next(iter(answer.streaming_content))
    for close in answer._resource_closers:
        close()


def test_a_download_that_was_cut_goes_on_and_counts_once(installer, contact, client_for):
    """UPD-2: half of it, then the rest by a range with If-Range; the hash is right and it is one download."""
    client = client_for(contact)
    url = _take(client, installer)
    half = len(CONTENT) // 2
    first = client.get(url, headers={"range": f"bytes=0-{half - 1}"})
    assert first.status_code == 206 and first["Content-Range"] == f"bytes 0-{half - 1}/{len(CONTENT)}"
    got = _body(first)
    assert not Download.objects.exists()
    rest = client.get(url, headers={"range": f"bytes={half}-", "if-range": first["ETag"]})
    assert rest.status_code == 206
    got += _body(rest)
    assert hashlib.sha256(got).hexdigest() == installer.sha256 and first["ETag"] == f'"{installer.sha256}"'
    _body(client.get(url, headers={"range": f"bytes={half}-"}))
    _body(client.get(url))
    assert Download.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "headers", "status", "length"),
    [
        ("get", {}, 200, len(CONTENT)),
        ("head", {}, 200, len(CONTENT)),
        ("head", {"range": "bytes=0-9"}, 200, len(CONTENT)),
        ("get", {"range": "bytes=-100"}, 206, 100),
        ("get", {"range": "bytes=0-0"}, 206, 1),
        ("get", {"range": "bytes=0-1,5-6"}, 200, len(CONTENT)),
        ("get", {"range": "bytes=0-9", "if-range": '"other"'}, 200, len(CONTENT)),
        ("get", {"range": "bytes=0-9", "if-range": "Wed, 11 Nov 2026 18:00:00 GMT"}, 200, len(CONTENT)),
        ("get", {"range": f"bytes={len(CONTENT)}-"}, 416, None),
        ("get", {"range": "octets=0-9"}, 200, len(CONTENT)),
    ],
)
def test_ranges_are_answered_as_the_protocol_says(method, headers, status, length, installer, contact, client_for):
    """UPD-2, SEC-26"""
    client = client_for(contact)
    answer = getattr(client, method)(_take(client, installer), headers=headers)
    assert answer.status_code == status
    if length is not None:
        assert answer["Content-Length"] == str(length)
        assert len(_body(answer) if method == "get" else b"x" * length) == length
    else:
        assert answer["Content-Range"] == f"bytes */{len(CONTENT)}"
    if status < 400:
        assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"] and answer["Cache-Control"] == "private, no-store"


def test_whoever_breaks_off_is_not_counted(installer, contact, client_for):
    """UPD-2: what was given out is what was taken from the answer, not what was asked for."""
    client = client_for(contact)
    _break_off(client.get(_take(client, installer)))
    grant = Grant.objects.get()
    assert not Download.objects.exists() and 0 <= parts.octets(grant.parts) < installer.size


def test_a_download_begun_under_an_earlier_link_is_one_download(installer, contact, client_for):
    """UPD-2: the link ran out in the middle; a new one goes on."""
    client = client_for(contact)
    half = len(CONTENT) // 2
    _body(client.get(_take(client, installer), headers={"range": f"bytes=0-{half - 1}"}))
    _body(client.get(_take(client, installer), headers={"range": f"bytes={half}-"}))
    assert Download.objects.count() == 1


def test_only_the_end_of_a_file_is_no_download(installer, contact, client_for):
    """UPD-2: download managers look at the last octets first."""
    client = client_for(contact)
    _body(client.get(_take(client, installer), headers={"range": "bytes=-10"}))
    assert not Download.objects.exists()


def test_with_a_proxy_the_address_is_handed_over_and_counted(installer, contact, client_for, settings):
    """UPD-2, SEC-25"""
    settings.DOWNLOADS_ACCEL_PREFIX = "/protected-downloads/"
    client = client_for(contact)
    answer = client.get(_take(client, installer))
    assert answer["X-Accel-Redirect"] == f"/protected-downloads/{installer.sha256[:2]}/{installer.sha256[2:4]}/{installer.sha256}"
    assert not answer.content and Download.objects.count() == 1


def test_a_link_works_where_its_person_is_signed_in_only(installer, contact, member, client_for, client, facts):
    """SEC-25, ACC-11: a link that is passed on is refused and reported once."""
    url = _take(client_for(contact), installer)
    for other in (client, client_for(member)):
        for _again in range(3):
            answer = other.get(url)
            assert answer.status_code == 403 and b"Content-Range" not in answer.serialize_headers()
    assert facts(installer.publication).count("download.shared") == 1
    assert client_for(contact).get(url).status_code == 200
    assert [row["n_others"] for row in queries.shared_links()] == [1]


def test_a_link_for_programs_works_from_few_places(installer, contact, settings, facts):
    """SEC-25: from the fourth address on it is taken back, and reported."""
    _grant, token = commands.grant(installer, how="link", actor=contact, at=NOON)
    for number in (1, 2, 3, 1):
        assert commands.open_grant(token, address=f"10.0.0.{number}", actor=SYSTEM, at=NOON)
    for number in (4, 1):
        with pytest.raises(LinkShared):
            commands.open_grant(token, address=f"10.0.0.{number}", actor=SYSTEM, at=NOON)
    assert facts(installer.publication).count("download.shared") == 1


def test_the_right_is_asked_again_in_the_middle_of_a_file(installer, contact, customer, client_for):
    """SEC-11: he left the company while the file was coming."""
    from amparo.people.models import Contact

    client = client_for(contact)
    url = _take(client, installer)
    assert client.get(url, headers={"range": "bytes=0-9"}).status_code == 206
    Contact.objects.filter(user_id=contact.user_id).update(removed_at=NOON)
    assert client.get(url, headers={"range": "bytes=10-19"}).status_code == 403


def test_a_licence_that_was_withdrawn_gives_nothing_any_more(installer, customer, contact, own, sales):
    """SEC-11, UPD-1"""
    from amparo.products.commands import withdraw_licence
    from amparo.products.models import Licence

    licence = Licence.objects.get()
    _grant, token = commands.grant_to_licence(licence, installer, key="1", actor=SYSTEM, at=NOON)
    assert commands.open_grant(token, address="10.0.0.1", actor=SYSTEM, at=NOON)
    withdraw_licence(licence, "devuelta", actor=sales, at=NOON)
    with pytest.raises(LinkOver):
        commands.open_grant(token, address="10.0.0.1", actor=SYSTEM, at=NOON)
    with pytest.raises(NotIncluded):
        commands.grant(installer, actor=contact, at=NOON)


def test_a_link_outlives_the_slowest_download_and_no_more(installer, contact):
    """UPD-2: at least a day; then it is over, in words."""
    grant, token = commands.grant(installer, actor=contact, at=NOON)
    assert grant.expires_at - NOON >= timedelta(hours=24)
    commands.open_grant(token, address="", actor=contact, at=grant.expires_at - timedelta(seconds=1))
    with pytest.raises(LinkOver):
        commands.open_grant(token, address="", actor=contact, at=grant.expires_at)
    with pytest.raises(LinkOver):
        commands.open_grant("x" * 43, address="", actor=contact, at=NOON)


def test_the_token_is_known_by_its_hash_alone(installer, contact):
    """SEC-25"""
    grant, token = commands.grant(installer, actor=contact, at=NOON)
    assert token not in str(Grant.objects.filter(pk=grant.pk).values().get()) and len(token) >= 43


def test_whoever_may_not_have_a_file_is_told_why(installer, other_contact, client_for, client):
    """ACC-9: 403 with the sentence and a way out, in words; a visitor is led to sign in."""
    answer = client_for(other_contact).post(f"/downloads/artifacts/{installer.pk}/take/")
    assert answer.status_code == 403 and "licencia" in answer.content.decode()
    answer = client.post(f"/downloads/artifacts/{installer.pk}/take/")
    assert answer.status_code == 302 and "/account/login/" in answer["Location"]
    assert not Grant.objects.exists()


def test_a_file_that_one_may_not_know_of_does_not_exist(put_out, contact, client_for, client):
    """SEC-7, SEC-25: a draft, and what is for the covered only."""
    hidden, draft = put_out("11.0", 5, audience="covered"), put_out("12.0", publish=False)
    for one in (hidden, draft):
        artifact = one.artifacts.get()
        for address_ in (f"/downloads/artifacts/{artifact.pk}/take/", f"/downloads/artifacts/{artifact.pk}/link/"):
            assert client_for(contact).post(address_).status_code == 404
        for address_ in (f"/downloads/releases/{one.release_id}/", f"/downloads/artifacts/{artifact.pk}/checksum",
                         f"/downloads/artifacts/{artifact.pk}/signature"):  # fmt: skip
            assert client.get(address_).status_code == 404 == client_for(contact).get(address_).status_code


def test_withdrawn_while_it_was_coming_is_told(installer, contact, developer, client_for, facts):
    """UPD-2: the rest is refused with the reason; who had just got the last octet is told that it came late."""
    client = client_for(contact)
    url = _take(client, installer)
    answer = client.get(url)
    commands.yank(installer.publication, "Daña el corte de caja.", actor=developer, at=NOON)
    assert "Daña el corte" in client.get(url, headers={"range": "bytes=10-"}).content.decode()
    _body(answer)
    assert Download.objects.count() == 1 and facts(installer.publication)[-1] == "release.taken_late"
    with pytest.raises(Yanked):
        commands.grant(installer, actor=contact, at=NOON)


def test_links_of_a_person_are_limited(installer, contact, engineer):
    """ACC-3: beyond 60 an hour no more; staff have no limit."""
    for _number in range(60):
        commands.grant(installer, actor=contact, at=NOON)
    with pytest.raises(TooManyGrants):
        commands.grant(installer, actor=contact, at=NOON)
    assert commands.grant(installer, actor=contact, at=NOON + timedelta(hours=1, seconds=1))
    assert commands.grant(installer, actor=engineer, at=NOON)


def test_no_address_gives_the_bytes_but_the_token(installer, contact, client_for, client):
    """SEC-25: not the hash, not the media folder, not another file's name under a good token."""
    assert client_for(contact).get(f"/files/{installer.sha256}/{installer.name}").status_code == 404
    for path in (f"/downloads/{installer.sha256}", f"/media/downloads/{installer.sha256}", f"/downloads/file/{installer.sha256}/x.exe"):
        assert client.get(path).status_code in (404, 410)
    _grant, token = commands.grant(installer, actor=contact, at=NOON)
    answer = client_for(contact).get(address(token, installer).rsplit("/", 1)[0] + "/evil.html")
    assert installer.name in answer["Content-Disposition"] and answer["Content-Type"] == "application/octet-stream"


def test_parts_are_joined_and_bounded():
    """UPD-2"""
    assert parts.merged([[5, 9], [0, 5], [20, 30], [25, 26], [7, 7]]) == [[0, 9], [20, 30]]
    assert parts.is_whole([[0, 5], [5, 10]], 10) and not parts.is_whole([[0, 5], [6, 10]], 10)
    assert len(parts.merged([[n * 3, n * 3 + 1] for n in range(5000)])) == parts.PARTS_MAX
