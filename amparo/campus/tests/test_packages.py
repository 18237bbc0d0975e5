"""SCORM packages: what is refused and in which words, what is kept, what they report. SRC-4, SEC-28."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.campus import access, commands
from amparo.campus.commands import scorm
from amparo.campus.commands.scorm import address, opened, path_of
from amparo.campus.errors import ContentInvalid, PackageRefused
from amparo.campus.models import Package, ScormState, Step
from amparo.campus.rules.packages import CMI_OCTETS_MAX, Unsafe, parse, report, safe_path
from amparo.campus.tests.packages import manifest, package
from amparo.campus.tests.world import DAY, contract_for, drafted, fresh, lesson, lessons_of, started
from amparo.conftest import NOON, make_staff
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted

JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["cmi", "core", "score", "raw", "scaled", "lesson_status", "success_status", "completion_status"]), inner, max_size=4), max_leaves=12)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=2000)
@given(JSON, st.sampled_from(["1.2", "2004"]), st.none() | st.integers(0, 100))
def test_whatever_a_package_says_is_a_report_within_bounds(said, standard, mastery):
    """SRC-4, SEC-49"""
    found = report(said, standard, mastery)
    assert isinstance(found.is_done, bool) and (found.percent is None or 0 <= found.percent <= 100)


def test_reports_of_both_standards():
    """SRC-4"""
    assert report({"core": {"lesson_status": "passed", "score": {"raw": "85"}}}, "1.2") == report({"success_status": "passed", "score": {"scaled": 0.85}}, "2004")
    assert not report({"core": {"lesson_status": "completed", "score": {"raw": "60"}}}, "1.2", 80).is_done
    assert not report({"core": {"lesson_status": "incomplete"}}, "1.2").is_done and not report({"completion_status": "completed", "success_status": "failed"}, "2004").is_done


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "C:/x", "a\\b", "a\x00b", "", "./x", "a/\n"])
def test_a_path_that_leaves_the_package_is_refused(name):
    """SEC-28"""
    with pytest.raises(Unsafe):
        safe_path(name)


@pytest.mark.parametrize("text", [manifest(extra='<!DOCTYPE x [<!ENTITY a "b">]>'), "<x", manifest(entry="../../secreto.html"), manifest().replace("1.2</schemaversion>", "9</schemaversion>")])
def test_a_manifest_that_is_none_is_refused(text):
    """SEC-28"""
    with pytest.raises(Unsafe):
        parse(text.encode())


def _evil(kind: str) -> io.BytesIO:
    out = package()
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        match kind:
            case "path":
                archive.writestr("../fuera.html", "x")
            case "link":
                info = zipfile.ZipInfo("enlace")
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, "/etc/passwd")
            case "twin":
                archive.writestr("Curso/Index.HTML", "x")
            case "entries":
                for n in range(4_001):
                    archive.writestr(f"f{n}", "")
            case "ratio":
                archive.writestr("ceros.bin", b"\0" * (60 * 1024 * 1024))
    out.seek(0)
    return out


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["path", "link", "twin", "entries", "ratio"])
def test_a_dangerous_package_is_refused_in_words(kind, settings, tmp_path):
    """SEC-28: ../, links, twin names, a million entries, bombs; nothing of them stays on the disk."""
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(PackageRefused) as refused:
        commands.add_package(drafted(), _evil(kind), actor=make_staff("Inés", "instructor"), at=NOON)
    assert refused.value.context["fault"] == kind and len(str(refused.value)) > 30 and not Package.objects.exists()
    assert not (tmp_path.parent / "fuera.html").exists() and not any(one.is_file() for one in tmp_path.rglob("*"))


@pytest.mark.django_db
def test_what_is_no_zip_or_lacks_its_manifest_is_refused(settings, tmp_path, engineer):
    """SEC-28"""
    settings.MEDIA_ROOT = tmp_path
    author = make_staff("Inés", "instructor")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for bad in (io.BytesIO(b"no soy zip"), empty, package(**{"imsmanifest.xml": manifest(entry="falta.html")})):
        with pytest.raises(PackageRefused):
            commands.add_package(drafted(title="x"), bad, actor=author, at=NOON)
    with pytest.raises(NotPermitted):
        commands.add_package(drafted(title="x"), package(), actor=engineer, at=NOON)


@pytest.mark.django_db
def test_a_package_is_kept_by_hash_tracked_and_resumed(settings, tmp_path, registered, other_contact):
    """SRC-4: suspend_data far above 4,096 characters; one step for one report; the certificate with it."""
    settings.MEDIA_ROOT, settings.SCORM_URL = tmp_path, "http://localhost:9999"
    course = drafted()
    made = commands.add_package(course, package(), actor=make_staff("Inés", "instructor"), at=NOON)
    assert all(path_of(digest).exists() for digest, _size in made.files.values()) and made.standard == "1.2"
    lesson(course, "scorm", package=made)
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), registered)
    one = lessons_of(mine)[0]
    long = {"core": {"lesson_status": "incomplete"}, "suspend_data": "x" * 80_000}
    assert commands.track(mine, one, long, actor=registered, at=NOON).percent == 0 and not Step.objects.filter(kind="tracked").exists()
    assert len(ScormState.objects.get().cmi["suspend_data"]) == 80_000
    done = {"core": {"lesson_status": "completed", "score": {"raw": "90"}}}
    for _ in range(3):
        assert commands.track(mine, one, done, actor=registered, at=NOON).is_complete
    assert Step.objects.filter(kind="tracked").count() == 1 and fresh(mine).state == "completed" and fresh(mine).certificate.mark == 90
    for bad in (None, [], "x", {"a": "x" * (CMI_OCTETS_MAX + 1)}):
        with pytest.raises(ContentInvalid):
            commands.track(mine, one, bad, actor=registered, at=NOON)
    with pytest.raises(NotPermitted):
        commands.track(mine, one, done, actor=other_contact, at=NOON)
    token = address(mine, made, one).split("/")[3]
    assert opened(token) == (mine.pk, one, made.pk)
    with pytest.raises(signing.BadSignature):
        opened(token[:-2] + "xx")


@pytest.mark.django_db
def test_a_package_is_kept_before_any_transaction(settings, tmp_path, monkeypatch):
    """SRC-4: hundreds of megabytes hold no lock while they are written."""
    settings.MEDIA_ROOT = tmp_path
    depths, outside = [], len(connection.savepoint_ids)
    keep = scorm._keep
    monkeypatch.setattr(scorm, "_keep", lambda stream: (depths.append(len(connection.savepoint_ids)), keep(stream))[1])
    commands.add_package(drafted(), package(), actor=make_staff("Inés", "instructor"), at=NOON)
    assert set(depths) == {outside}


@pytest.mark.django_db
def test_a_refused_lesson_leaves_no_package_behind(settings, tmp_path, client_for):
    """SRC-4: neither a row nor, after a day, a byte; what a package names stays."""
    settings.MEDIA_ROOT = tmp_path
    author, course = make_staff("Inés", "instructor"), drafted()
    section = commands.add_section(course, "Primera", actor=SYSTEM, at=NOON)
    read = commands.read_package(package())
    with pytest.raises(ContentInvalid):
        commands.add_lesson(section, "scorm", package=read, title="", actor=author, at=NOON)
    assert not Package.objects.exists() and sum(path.is_file() for path in tmp_path.rglob("*")) >= 2
    given = {"kind": "scorm", "title": "x" * 161, "package": SimpleUploadedFile("curso.zip", package().getvalue())}
    assert client_for(author).post(f"/desk/campus/sections/{section.pk}/lessons/", given).status_code in (200, 422)
    assert not Package.objects.exists()
    assert commands.sweep(at=clock.now()) == 0 and commands.sweep(at=clock.now() + 2 * DAY) >= 2
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    commands.add_lesson(section, "scorm", package=commands.read_package(package()), title="Interactiva", actor=author, at=NOON)
    kept = sum(path.is_file() for path in tmp_path.rglob("*"))
    assert Package.objects.count() == 1 and commands.sweep(at=clock.now() + 2 * DAY) == 0 and sum(path.is_file() for path in tmp_path.rglob("*")) == kept


@pytest.mark.django_db
def test_an_address_that_was_given_out_ends_with_the_standing(settings, tmp_path, contact, customer, monkeypatch):
    """ACC-4, SEC-11, SEC-28: eight hours are its most; closed to the person, it opens nothing, and the player is not kept by the browser."""
    from amparo.project import scorm as outlet

    settings.MEDIA_ROOT, settings.SCORM_URL = tmp_path, "http://localhost:9999"
    monkeypatch.setattr(outlet, "_judged", {})
    monkeypatch.setattr(outlet, "close_old_connections", lambda: None)  # the test's own is in use
    now = clock.now()
    contract_for(customer.pk, starts=now - 10 * DAY, months=1)
    course = drafted("covered")
    made = commands.add_package(course, package(), actor=make_staff("Inés", "instructor"), at=NOON)
    lesson(course, "scorm", package=made)
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), contact, at=now)
    token = address(mine, made, lessons_of(mine)[0]).split("/")[3]

    def asked(path: str) -> tuple[str, dict[str, str]]:
        got: list[tuple[str, dict[str, str]]] = []
        outlet.package.cache_clear()
        body = outlet.application({"REQUEST_METHOD": "GET", "PATH_INFO": f"/{token}/{path}"}, lambda status, headers: got.append((status, dict(headers))))
        b"".join(body)
        return got[0]

    entry = f"content/{made.entry}"
    assert [asked(path)[0] for path in ("_player/", entry)] == ["200 OK", "200 OK"] and asked("_player/")[1]["Cache-Control"] == "no-store"
    monkeypatch.setattr(clock, "now", lambda: now + 40 * DAY)
    assert not access.content(contact, fresh(mine), at=clock.now()).allowed
    outlet._judged.clear()  # as half a minute later
    assert [asked(path)[0] for path in ("_player/", entry)] == ["403 Forbidden", "403 Forbidden"]
