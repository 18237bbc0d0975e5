"""The pages of downloads: each file with why; updates; staff's pages. ACC-9, UPD-1, UPD-2, UPD-3."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse

from amparo.conftest import NOON, make_staff
from amparo.downloads import commands, queries
from amparo.downloads.commands.uploads import Described
from amparo.downloads.models import Artifact, Upload
from amparo.kernel import clock, signing
from amparo.project import debian


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)


def _text(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


def test_each_file_says_why_it_is_included_or_what_would_include_it(put_out, own, cover, customer, contact, client_for, client):
    """ACC-9, UPD-1: with the end of the contract and the price of one."""
    own(customer, 800)
    contract = cover(customer, 700, 12)
    then, later = put_out("10.0", 500), put_out("11.0", 10)
    page = _text(client_for(contact).get(f"/downloads/releases/{then.release_id}/"))
    assert f"póliza {contract.number}" in page and "/take/" in page
    page = _text(client_for(contact).get(f"/downloads/releases/{later.release_id}/"))
    assert "No incluid" in page and "desde $4\u202f800 MXN" in page and "/sales/" in page and "/take/" not in page
    page = _text(client.get(f"/downloads/releases/{later.release_id}/"))
    assert "registro" in page.lower() and "/take/" not in page


def test_the_list_of_a_product_and_what_changed_since(put_out, own, customer, contact, client_for):
    """UPD-2: all notes between mine and the newest, none before."""
    own(customer, 800)
    for version, days in (("9.2", 600), ("10.0", 300), ("10.1", 100)):
        put_out(version, days)
    product_id = put_out("10.2", 5).release.product_id
    page = _text(client_for(contact).get(f"/downloads/products/{product_id}/?since=10.0"))
    assert "Novedades de 10.1" in page and "Novedades de 10.2" in page
    assert "Novedades de 10.0" not in page and "Novedades de 9.2" not in page
    assert page.index("Novedades de 10.2") < page.index("Novedades de 10.1")


def test_pages_ask_few_statements(put_out, own, cover, customer, contact, client_for, client, django_assert_max_num_queries):
    """Style: session and person two, standing two, the page three and the price of a contract."""
    own(customer, 800)
    for number in range(12):
        put_out(f"10.{number}", 100 - number)
    product_id = put_out("10.77", 4).release.product_id
    release_id = put_out("11.0", 5).release_id
    signed = client_for(contact)
    for address in (f"/downloads/products/{product_id}/", f"/downloads/releases/{release_id}/", "/downloads/mine/"):
        signed.get(address)
        with django_assert_max_num_queries(9):
            signed.get(address)
        if "mine" not in address:
            with django_assert_max_num_queries(5):
                assert client.get(address).status_code == 200
    with django_assert_max_num_queries(1):
        client.get("/downloads/")


def test_my_products_lead_an_outdated_version_to_its_update(put_out, own, cover, customer, contact, client_for):
    """UPD-2, TKT-4: with the version between, and whether it is included."""
    put_out("9.2", 800)
    put_out("10.0", 790)
    own(customer, 780, "9.2")
    newest = put_out("12.0", 300, from_version="10.0")
    page = _text(client_for(contact).get("/downloads/mine/"))
    assert "Obtener la versión 10.0" in page and "También salió la versión 12.0" in page and "no tiene póliza" in page
    cover(customer, 5)
    page = _text(client_for(contact).get("/downloads/mine/"))
    assert "12.0" in page and f"/downloads/releases/{newest.release_id}/" in page
    assert "De la 9.2 a la 12.0 se pasa por la 10.0" in page


def test_the_update_check_is_signed_public_and_names_no_file_address(put_out, client, tmp_path):
    """UPD-2, SEC-12: the same answer for everybody, kept by proxies, verified with the published key alone."""
    put_out("10.0", 300)
    put_out("10.1", 100, is_critical=True)
    put_out("11.0-beta.1", 10, channel="beta")
    put_out("10.2", 10, rollout=20)
    put_out("10.3", 5, audience="covered")
    answer = client.get("/downloads/updates/pos.json?version=10.0&channel=stable&platform=windows")
    found = answer.json()
    assert (found["available"], found["version"], found["critical"]) == (True, "10.1", True)
    assert "public" in answer["Cache-Control"] and not answer.cookies and "/downloads/file/" not in answer.content.decode()
    signature = client.get("/downloads/updates/pos.json.sig?version=10.0&channel=stable&platform=windows").content
    assert answer["Amparo-Signature"] == f"ed25519={signature.hex()}"
    assert signing.verifies(signing.public_of(django_settings.SECRETS), signature, answer.content)
    assert client.get("/downloads/updates/pos.json?version=10.1").json()["available"] is False
    assert client.get("/downloads/updates/pos.json?version=10.1&channel=beta").json()["version"] == "11.0-beta.1"
    assert client.get("/downloads/updates/pos.json?version=10.0&platform=macos").json()["available"] is False
    assert client.get("/downloads/updates/pos.json?version=<b>").status_code == 400
    assert client.get("/downloads/updates/nada.json?version=1").status_code == 404


def test_openssl_verifies_a_file_with_what_the_pages_give(put_out, client, tmp_path):
    """UPD-2: two commands that every system has, and a changed file is noticed."""
    artifact = put_out("10.0", 10).artifacts.get()
    (tmp_path / "key.pem").write_bytes(client.get("/downloads/key.pem").content)
    line = client.get(f"/downloads/artifacts/{artifact.pk}/checksum").content
    (tmp_path / "f.sha256").write_bytes(line)
    (tmp_path / "f.sig").write_bytes(client.get(f"/downloads/artifacts/{artifact.pk}/signature").content)
    openssl = debian.openssl()
    assert openssl is not None, "`make setup` brings it in"
    verify = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "f.sha256", "-sigfile", "f.sig"]
    assert subprocess.run(verify, cwd=tmp_path, env=debian.environment(), check=False, capture_output=True).returncode == 0
    octets = commands.uploads.disk.path_of(artifact.sha256).read_bytes()
    (tmp_path / artifact.name).write_bytes(octets)
    check = ["sha256sum", "--check", "f.sha256"]
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / artifact.name).write_bytes(octets + b"x")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1
    (tmp_path / "f.sha256").write_bytes(line.replace(b"SHA256", b"SHA257"))
    assert subprocess.run(verify, cwd=tmp_path, env=debian.environment(), check=False, capture_output=True).returncode != 0


def test_the_feed_tells_what_anybody_may_know(put_out, client, product):
    """UPD-2: Atom, without drafts, withdrawn versions and what is for some."""
    put_out("10.0", 30)
    put_out("10.1", 20, audience="customer")
    put_out("10.2", publish=False)
    answer = client.get(f"/downloads/products/{product.pk}/feed.atom")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("application/atom+xml")
    assert "Punto de Venta 10.0" in text and "10.1" not in text and "10.2" not in text
    assert [url for url, _at in queries.sitemap(NOON)] == [f"/downloads/releases/{queries.feed(product)[0].release_id}/", f"/downloads/products/{product.pk}/"]


@pytest.mark.parametrize("who", ["client", "registered", "contact", "covered", "staff"])
def test_no_outlet_tells_of_what_is_not_for_one(who, put_out, own, cover, customer, contact, registered, engineer, client_for, client, product):
    """SEC-7, ACC-3: lists, page, feed, update check, search."""
    from amparo.contracts.access import reader
    from amparo.search.models import Document

    own(customer, 800)
    put_out("10.0", 500)
    secret = put_out("10.9.77", 400, audience="covered")
    if who == "covered":
        cover(customer, 300, 24)
    browser = {"client": client, "registered": client_for(registered), "contact": client_for(contact),
               "covered": client_for(contact), "staff": client_for(engineer)}[who]  # fmt: skip
    sees = who in ("covered", "staff")
    for address in ("/downloads/", f"/downloads/products/{product.pk}/"):
        assert ("10.9.77" in _text(browser.get(address))) is sees, address
    assert (browser.get(f"/downloads/releases/{secret.release_id}/").status_code == 200) is sees
    for address in (f"/downloads/products/{product.pk}/feed.atom", "/downloads/updates/pos.json?version=1.0"):
        assert "10.9.77" not in browser.get(address).content.decode()
    document = Document.objects.get(subject=f"release:{secret.release_id}")
    assert reader(contact, at=NOON).may_see(document.audience, document.product_id) is (who == "covered")


# --- the desk --------------------------------------------------------------------------------------------------------


def _meta(**said: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())


def _begin(browser, publication, size, **more):
    return browser.post(
        f"/desk/downloads/{publication.release_id}/uploads/",
        headers={"tus-resumable": "1.0.0", "upload-length": str(size),
                 "upload-metadata": _meta(**{"filename": "pos 10.exe", "kind": "installer", "platform": "windows", **more})},
    )  # fmt: skip


def _piece(browser, url, offset, octets, **headers):
    return browser.generic(
        "PATCH", url, octets, content_type=headers.pop("kind", "application/offset+octet-stream"),
        headers={"tus-resumable": "1.0.0", "upload-offset": str(offset), **headers},
    )  # fmt: skip


def test_a_file_whose_taker_died_after_its_last_octet_is_taken_in_once(put_out, developer, monkeypatch):
    """UPD-2, SEC-27: before its row said so, and before its file was in the release though its bytes lay there."""
    publication = put_out("10.0", publish=False)
    upload = commands.begin_upload(publication, "otro.exe", 9, Described("tool"), actor=developer, at=NOON)
    uploads = commands.uploads
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(uploads, "_ends", _dies)
        commands.append(upload, 0, io.BytesIO(b"MZ1234567"), actor=developer, at=NOON)
    assert uploads.Upload.objects.get().received_at is None
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(uploads, "record", _dies)
        commands.take_in_waiting(at=NOON)
    assert commands.take_in_waiting(at=NOON) == 1 and commands.take_in_waiting(at=NOON) == 0
    assert uploads.Artifact.objects.get(name="otro.exe").size == 9
    assert not uploads.Upload.objects.exists() and not list(uploads.disk.growing().folder.iterdir())


def test_a_file_is_read_to_its_end_and_laid_in_its_place_before_the_transaction_that_keeps_it(put_out, developer, monkeypatch):
    """UPD-2: a large one would hold its release locked for as long."""
    publication = put_out("10.0", publish=False)
    upload = commands.begin_upload(publication, "otro.exe", 2, Described("tool"), actor=developer, at=NOON)
    commands.append(upload, 0, io.BytesIO(b"MZ"), actor=developer, at=NOON)
    disk, depth, found = commands.uploads.disk, len(connection.savepoint_ids), []
    for act in ("hash_of", "keep"):
        really = getattr(disk, act)
        monkeypatch.setattr(disk, act, lambda *given, really=really: (found.append(len(connection.savepoint_ids)), really(*given))[1])
    assert commands.take_in_waiting(at=NOON) == 1 and found == [depth, depth]


def _dies(*_given, **_more):
    raise SystemExit


def test_an_upload_that_was_cut_goes_on_and_its_hash_is_right(put_out, developer, client_for):
    """UPD-2: tus; half, the server says where it is, the rest; then it is signed and stands in the release."""
    publication, browser = put_out("10.0", publish=False), client_for(developer)
    octets = bytes(range(256)) * 1000
    made = _begin(browser, publication, len(octets))
    assert made.status_code == 201 and made["Upload-Expires"]
    url = made["Location"]
    assert _piece(browser, url, 0, octets[:100_000])["Upload-Offset"] == "100000"
    assert _piece(browser, url, 0, octets[:10]).status_code == 409
    head = browser.head(url)
    assert head["Upload-Offset"] == "100000" and head["Cache-Control"] == "no-store"
    assert _piece(browser, url, 100_000, octets[100_000:]).status_code == 204
    commands.take_in_waiting(at=NOON)
    artifact = Artifact.objects.get(name="pos 10.exe")
    assert artifact.sha256 == hashlib.sha256(octets).hexdigest() and not Upload.objects.exists()
    line = queries.checksum_of(artifact)
    assert signing.verifies(signing.public_of(django_settings.SECRETS), bytes.fromhex(artifact.signature), line)


def test_what_cannot_be_taken_is_refused_before_a_byte_is_stored(put_out, developer, engineer, contact, client_for, client, monkeypatch):
    """SEC-27: who, how large, how many, under which name, of which kind; the disk; another's upload."""
    publication, browser = put_out("10.0", publish=False), client_for(developer)
    assert _begin(client, publication, 10).status_code == 302
    assert _begin(client_for(contact), publication, 10).status_code == 404
    assert _begin(client_for(engineer), publication, 10).status_code == 403
    assert _begin(browser, publication, 5_000_000_000).status_code == 413
    assert _begin(browser, publication, 0).status_code == 422
    assert _begin(browser, publication, 10, kind="virus").status_code == 422
    assert _begin(browser, publication, 10, filename="pos-10.0.exe").status_code == 422
    monkeypatch.setattr("amparo.files.commands.pieces.shutil.disk_usage", lambda _path: SimpleNamespace(free=1_024_000_010))
    assert _begin(browser, publication, 100).status_code == 507
    monkeypatch.undo()
    assert not Upload.objects.exists()
    monkeypatch.setattr(clock, "now", lambda: NOON)
    url = _begin(browser, publication, 10)["Location"]
    other = client_for(make_staff("Otra", "developer"))
    assert _piece(other, url, 0, b"x").status_code == 404
    assert _piece(browser, url, 0, b"x" * 11).status_code == 422
    assert _piece(browser, url, 0, b"x", kind="text/plain").status_code == 415
    assert browser.generic("PATCH", url, b"x", headers={"upload-offset": "0"}).status_code == 412
    for _number in range(4):
        assert _begin(browser, publication, 10).status_code == 201
    assert _begin(browser, publication, 10).status_code == 429


def test_nobody_finishes_reads_or_drops_anothers_upload(put_out, developer, engineer, contact, client_for, client):
    """SEC-6, SEC-27: whole on the disk, its row not yet: an empty piece would finish it, but only its sender's."""
    publication = put_out("10.0", publish=False)
    url = _begin(client_for(developer), publication, 4)["Location"]
    found = Upload.objects.get()
    commands.uploads.disk.growing().path(found.public_id).write_bytes(b"MZ12")

    def empty(browser):
        return _piece(browser, url, 4, b"", **{"content-type": "application/offset+octet-stream"})

    for browser, status in ((client, 302), (client_for(contact), 404), (client_for(engineer), 403), (client_for(make_staff("Otra", "developer")), 404)):
        answers = [empty(browser), browser.head(url), browser.delete(url, headers={"tus-resumable": "1.0.0"})]
        assert {answer.status_code for answer in answers} == {status}
    assert Upload.objects.get().received_at is None
    assert empty(client_for(developer)).status_code == 204 and Upload.objects.get().received_at is not None


def test_a_file_in_which_the_scanner_finds_something_is_not_kept(put_out, developer, client_for, monkeypatch):
    """SEC-26: told on the desk; while the scanner is away it waits."""
    from amparo.files.errors import Infected, ScannerAway

    publication, browser = put_out("10.0", publish=False), client_for(developer)
    url = _begin(browser, publication, 4)["Location"]
    _piece(browser, url, 0, b"evil")

    def scan(error):
        def found(_path):
            raise error()

        return found

    monkeypatch.setattr("amparo.files.commands.scanner.scan", scan(ScannerAway))
    commands.take_in_waiting(at=NOON)
    assert Upload.objects.get().refused_at is None
    monkeypatch.setattr("amparo.files.commands.scanner.scan", scan(Infected))
    commands.take_in_waiting(at=NOON)
    assert "virus" in Upload.objects.get().refused and not Artifact.objects.filter(name="pos 10.exe").exists()
    assert "virus" in _text(browser.get(f"/desk/downloads/{publication.release_id}/"))


def test_an_upload_whose_file_is_gone_is_told_once_and_not_tried_for_ever(put_out, developer, client_for, monkeypatch):
    """SEC-27: a disk that was put back from a copy. What was refused goes away too, when nobody drops it."""
    from amparo.downloads.commands import disk

    publication, browser = put_out("10.0", publish=False), client_for(developer)
    _piece(browser, _begin(browser, publication, 4)["Location"], 0, b"MZ..")
    upload = Upload.objects.get()
    disk.growing().drop(upload.public_id)
    assert commands.take_in_waiting(at=NOON) == 0
    assert "disco" in _text(browser.get(f"/desk/downloads/{publication.release_id}/"))
    monkeypatch.setattr(commands.uploads, "take_in", lambda *_args, **_more: pytest.fail("it was tried again"))
    assert commands.take_in_waiting(at=NOON + timedelta(seconds=5)) == 0
    assert commands.remove_expired(at=NOON + timedelta(days=8)) == 1 and not Upload.objects.exists()


def test_an_upload_that_nobody_goes_on_with_is_removed(put_out, developer, client_for):
    """SEC-27"""
    from amparo.downloads.commands import disk

    browser = client_for(developer)
    url = _begin(browser, put_out("10.0", publish=False), 10)["Location"]
    upload = Upload.objects.get()
    assert commands.remove_expired(at=NOON + timedelta(days=6)) == 0
    assert commands.remove_expired(at=NOON + timedelta(days=8)) == 1
    assert not disk.growing().path(upload.public_id).exists() and browser.head(url).status_code == 404


def test_the_desk_prepares_publishes_and_withdraws(product, developer, engineer, client_for, tmp_path):
    """UPD-2, UPD-3: through its pages; an engineer reads."""
    browser = client_for(developer)
    made = browser.post("/desk/downloads/add/", {"product": product.pk, "version": "10.0", "released_on": "2026-11-11", "channel": "stable",
                                                 "audience": "visitor", "notes": "- Cobro más rápido", "rollout": "100"})  # fmt: skip
    assert made.status_code == 302, made.content.decode()[:2000]
    url = made["Location"]
    publication = queries.whole(developer, int(url.split("/")[-2]), None, at=NOON)
    assert browser.post(f"{url}publish/", {"seen": "0"}).status_code == 409
    (tmp_path / "sdk.zip").write_bytes(b"PK\x05\x06" + b"\x00" * 18)
    commands.add_file(publication, tmp_path / "sdk.zip", Described("sdk"), actor=developer, at=NOON)
    assert browser.post(f"{url}publish/", {"seen": "0"}).status_code == 302
    assert browser.post(f"{url}yank/", {"seen": "0", "reason": "x"}).status_code == 409
    assert browser.post(f"{url}yank/", {"seen": "1", "reason": " "}).status_code == 422
    assert client_for(engineer).post(f"{url}yank/", {"seen": "1", "reason": "x"}).status_code == 403
    assert browser.post(f"{url}yank/", {"seen": "1", "reason": "Daña el corte."}).status_code == 302
    for address in ("/desk/downloads/", url, "/desk/downloads/recalls/", "/desk/downloads/add/", f"{url}files/"):
        assert client_for(engineer).get(address).status_code in (200, 403), address
    assert "Daña el corte." in _text(client_for(engineer).get(url))
    assert "/desk/downloads/shared/" in _text(browser.get("/desk/downloads/"))
    assert "/desk/downloads/shared/" not in _text(client_for(engineer).get("/desk/downloads/")), "a place that refuses is not offered"
    assert "Daña el corte." in _text(browser.get(f"/downloads/releases/{publication.release_id}/"))


def test_staff_read_what_a_customer_may_download_and_has_downloaded(put_out, own, customer, contact, operator, client_for):
    """ACC-9, TEL-2: one step from the customer's card and from the telephone's screen; what was begun only does not stand there."""
    own(customer, 800)
    put_out("10.0", 10)
    older = put_out("9.0", 900).artifacts.get()
    for address in (reverse("desk_people:customer", args=[customer.pk]), reverse("desk_web:caller", args=[customer.pk])):
        assert f"/desk/downloads/customers/{customer.pk}/" in _text(client_for(operator).get(address))
    given, _token = commands.grant(older, actor=contact, at=NOON)
    commands.note_sent(given.pk, 0, older.size - 1, actor=contact, at=NOON)
    assert contact.name not in _text(client_for(operator).get(f"/desk/downloads/customers/{customer.pk}/")).partition("<main")[2]
    commands.note_sent(given.pk, older.size - 1, older.size, actor=contact, at=NOON)
    page = _text(client_for(operator).get(f"/desk/downloads/customers/{customer.pk}/"))
    assert "Punto de Venta" in page and "No incluid" in page and f"/desk/contracts/sell/?customer={customer.pk}" in page
    assert contact.name in page.partition("<main")[2] and older.name in page


def test_nothing_that_staff_write_runs_in_our_origin(put_out, client, product):
    """SEC-22, SEC-26: notes, file names, versions, reasons."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    one = put_out("10.0", 5, notes=evil + "[x](javascript:alert(1))", requirements=evil)
    for address in (f"/downloads/releases/{one.release_id}/", f"/downloads/products/{product.pk}/?since=1.0",
                    f"/downloads/products/{product.pk}/?since={evil}", f"/downloads/products/{product.pk}/feed.atom"):  # fmt: skip
        page = client.get(address).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and 'href="javascript' not in page, address


def test_a_ticket_that_is_refused_for_its_version_leads_to_the_very_download(put_out, own, cover, customer, contact, client_for, product, administrator):
    """TKT-4, ACC-9: 9.2 is past its grace; the way out of the refusal is the page of 10.1, which he may take."""
    from amparo.contracts.errors import NoStanding
    from amparo.products.commands import make_current
    from amparo.tickets.commands import open_ticket

    old, new = put_out("9.2", 700), put_out("10.1", 200)
    make_current(old.release, actor=administrator, at=NOON - timedelta(days=700))
    own(customer, 690, "9.2")
    cover(customer, 250)
    make_current(new.release, actor=administrator, at=NOON - timedelta(days=200))
    with pytest.raises(NoStanding) as refused:
        open_ticket("No imprime", "Desde ayer.", product.pk, actor=contact, at=NOON)
    remedy = refused.value.remedies[0]
    assert "10.1" in str(remedy.label) and "9.2" in str(refused.value)
    browser = client_for(contact)
    answer = browser.get(remedy.url)
    assert answer.status_code == 302 and answer["Location"] == f"/downloads/releases/{new.release_id}/"
    assert "/take/" in _text(browser.get(answer["Location"]))
