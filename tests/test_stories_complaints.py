"""Two stories of complaints, as people play them in real browsers: one is judged, one is decided by the clock.

Over the service's own processes and real mail; words are checked in the language of who reads them.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from amparo.casefiles.rules import proof
from amparo.casefiles.rules.verifier import verify
from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.complaints import commands as complaints
from amparo.complaints.models import Complaint, Opinion
from amparo.conftest import PASSWORD, make_contact, make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.deadlines import tasks as deadline_tasks
from amparo.deadlines.models import PromiseLapse
from amparo.deadlines.queries import service_calendar
from amparo.history.queries import facts, faults_of_chain
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger import queries as ledger
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.project import testreset

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .mailbox import mail_server
from .test_stories import Player

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium]
MEXICO = ZoneInfo("America/Mexico_City")
ROLES = ("engineer", "quality", "rnd_director", "administrator")


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what they read."""

    language: str
    company: str
    email: str
    before: str
    disputed: str
    upheld: str
    again: str
    given_back: str
    granted: str
    lapsed: str
    lapsed_letter: str


CASTS = {
    "es-mx": Cast(
        "es-mx", "Abarrotes El Canario", "lupita@abarrotes.mx", "antes del", "en disputa", "Su queja procede",
        "El servicio se da otra vez en el caso C-", "Se devuelve: 1 incidente", "2 créditos",
        "Nadie resolvió a tiempo: su queja se resuelve a su favor", "su queja se resuelve a su favor",
    ),
    "en": Cast(
        "en", "Canary Corner Shop", "lucy@cornershop.mx", "before ", "in dispute", "Your complaint is upheld",
        "The service is given again in case C-", "Given back: 1 incident", "2 credits",
        "Nobody decided in time, so your complaint is decided for you", "your complaint is decided for you",
    ),
}  # fmt: skip


def _staff(language: str) -> dict[str, Actor]:
    made = {role: make_user(f"{role} {language}", f"{role}.{language}@vendor.mx", roles=(role,), language=language) for role in ROLES}
    return {role: actor_by_id(user.pk) for role, user in made.items()}


def _company(cast: Cast, email: str, *, at: datetime) -> Actor:
    """A customer with a contract of some time ago, whose administrator can sign in."""
    customer = make_customer(cast.company, phone="+525551234567")
    contact = make_contact(customer, cast.company.split()[0], email=email, language=cast.language)
    plan = contracts.add_plan(
        f"Plan {email}", events=2, incidents=3, credits=10, months=24, price=100, currency="MXN", actor=SYSTEM, at=at
    )
    contracts.sell_contract(customer, plan, (at - timedelta(days=1)).date(), actor=SYSTEM, at=at)
    return contact


def _proposed(contact: Actor, engineer: Actor, *, at: datetime) -> Case:
    """A case that was attended as an incident and is proposed for closing."""
    case = cases.open_case("No abre la caja 3", "Desde ayer no abre.", key=f"c{at.timestamp()}", actor=contact, at=at)
    case = cases.classify(case, kind="incident", explanation="Es un incidente.", key="k", actor=engineer, at=at)
    case = cases.consent(case, seen=1, actor=contact, at=at)
    cases.propose_closing(
        case, reason="solved", summary="Se cambió el cable y quedó probado.", key="p", actor=engineer, at=at + timedelta(minutes=5)
    )
    return case


@dataclass(frozen=True)
class Found:
    """What the stories of a language find: a closing that is proposed, and a complaint whose days have run out."""

    proposed: Case
    late: Complaint
    late_email: str


def _world(cast: Cast, now: datetime) -> Found:
    staff, late_email = _staff(cast.language), f"tarde.{cast.email}"
    contact = _company(cast, cast.email, at=now - timedelta(days=90))
    proposed = _proposed(contact, staff["engineer"], at=now - timedelta(hours=2))
    raised_at = _before_a_holiday(now)
    contact = _company(cast, late_email, at=raised_at - timedelta(days=60))
    late = _proposed(contact, staff["engineer"], at=raised_at - timedelta(days=2))
    complaint = complaints.raise_complaint(
        late, seen=late.closings.get(answer="").pk, reasons="Volvió a fallar.", key="q", actor=contact, at=raised_at
    )
    return Found(proposed, complaint, late_email)


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    """One service for all stories, with several workers; until it begins, everything had stopped."""
    folder, now = tmp_path_factory.mktemp("complaints"), timezone.now()
    hashers = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=hashers, MEDIA_ROOT=folder / "files"):
        try:
            for key in ("notifications.quiet_from_hour", "notifications.quiet_until_hour"):
                set_value(key, 0, from_at=now, actor=SYSTEM, at=now)
            found = {language: _world(cast, now) for language, cast in CASTS.items()}
            last_sign = max(one.late.promise.warn_ats[1] for one in found.values())  # of the worker: 75 %
            deadline_tasks.tick(at=last_sign)
            assert all(Complaint.objects.get(pk=one.late.pk).state == "raised" for one in found.values())
            parts = ("web", "stream", "worker", "worker", "worker")
            with mail_server(folder / "maildir") as box, service(folder, parts=parts, smtp_port=box.port) as running:
                yield SimpleNamespace(box=box, running=running, folder=folder, now=now, found=found)
        finally:
            testreset.reset()


@pytest.fixture(params=list(CASTS))
def stage(request, playing, open_page, tmp_path):  # noqa: F811
    """A language, and a door to browsers of one's own."""
    cast, found = CASTS[request.param], playing.found[request.param]
    return SimpleNamespace(cast=cast, found=found, box=playing.box, running=playing.running, open_page=open_page, folder=tmp_path, now=playing.now)


def _enter(stage, email: str) -> Player:
    running = stage.running
    own = (running.url, running.stream_url.rsplit("/", 1)[0])
    player = Player(stage.open_page(own, language=stage.cast.language, accept_downloads=True), running.url)
    player.sign_in(email, PASSWORD)
    return player


def test_a_refused_closing_is_judged_and_the_service_given_again(stage):
    """COM-1, COM-2, COM-3, COM-4, COM-7, TIM-6, TIM-7, CHG-4, LED-4, CAS-7, SEC-60"""
    cast, case = stage.cast, stage.found.proposed
    customer = _enter(stage, cast.email)
    complaint = _refuses_with_evidence(stage, customer, case, cast)
    quality = _enter(stage, f"quality.{cast.language}@vendor.mx")
    opinion = _asks_for_an_opinion(quality, complaint)
    director = _enter(stage, f"rnd_director.{cast.language}@vendor.mx")
    _answers_in_writing(director, opinion)
    second = _upholds(quality, complaint, opinion)
    _is_told(stage, customer, complaint, second, cast)
    _case_file_verifies_until_a_byte_is_changed(customer, case, stage.folder)


def _refuses_with_evidence(stage, customer: Player, case: Case, cast: Cast) -> Complaint:
    """From the case's page: reasons, a file, and what the engineer wrote, picked by a click."""
    customer.go(f"/cases/{case.pk}/")
    with customer.page.expect_navigation():
        customer.page.click(f'a[href="/complaints/new/{case.pk}/"]')
    assert cast.disputed in customer.page.inner_text("main") and cast.before in customer.page.inner_text("main")
    customer.page.fill("[name=reasons]", "Volvió a fallar a la hora, **con el mismo mensaje**.")
    customer.page.set_input_files(
        "[data-files-input]", {"name": "pantalla.txt", "mimeType": "text/plain", "buffer": b"Error 17 en la caja 3"}
    )
    customer.page.wait_for_selector("input[name=files]", state="attached")
    customer.page.locator(".pick").last.click()
    assert customer.page.locator("[name=entries]:checked").count() == 1
    with customer.page.expect_navigation():
        customer.page.click("main form .form-actions button[type=submit]")
    complaint = Complaint.objects.get(case=case)
    assert customer.path() == f"/complaints/{complaint.pk}/", customer.page.inner_text("main")
    shown = customer.page.inner_text("main")
    assert "pantalla.txt" in shown and cast.disputed in shown and cast.before in shown
    assert customer.page.locator(".evidence a").count() == 1
    assert _reserved(case) == 1, "it stays reserved"
    letter = stage.box.wait_for(cast.email, complaint.number)
    assert f"/complaints/{complaint.pk}/" in letter.text
    return complaint


def _asks_for_an_opinion(quality: Player, complaint: Complaint) -> Opinion:
    page = f"/desk/complaints/{complaint.pk}/"
    quality.go("/desk/complaints/")
    with quality.page.expect_navigation():
        quality.page.locator(f'#complaints a[href="{page}"]').first.click()
    quality.submit(f"{page}take/")
    quality.page.fill("[name=question]", "¿Es un defecto de la versión?")
    quality.submit(f"{page}ask/")
    opinion = Opinion.objects.get(complaint=complaint)
    assert opinion.is_awaited and opinion.due_at < complaint.due_at
    return opinion


def _answers_in_writing(director: Player, opinion: Opinion) -> None:
    """On the director's own screen, the record beside; signed by giving the password once more, the text being kept."""
    director.go("/desk/complaints/opinions/")
    page = f"/desk/complaints/opinions/{opinion.pk}/"
    with director.page.expect_navigation():
        director.page.locator(f'main a[href="{page}"]').first.click()
    director.reads("Volvió a fallar a la hora")
    director.page.fill("[name=body]", "Es una configuración de energía que la atención no revisó.")
    director.submit(page)
    opinion.refresh_from_db()
    assert opinion.is_awaited and "/account/reauthenticate/" in director.page.url
    director.page.fill("main [name=password]", PASSWORD)
    director.submit("/account/reauthenticate/")
    assert director.path() == page and "configuración de energía" in director.page.input_value("[name=body]")
    director.submit(page)
    opinion.refresh_from_db()
    assert opinion.answered_at and opinion.signature[:16] in director.page.inner_text("main")
    assert not director.page.locator("[name=body]").count(), "it cannot be changed"


def _upholds(quality: Player, complaint: Complaint, opinion: Opinion) -> Case:
    """The ruling is typed, kept as a draft, found again after a reload, and carried out."""
    page = f"/desk/complaints/{complaint.pk}/"
    quality.go(page)
    quality.reads(opinion.body)
    quality.page.check("[name=outcome][value=upheld]")
    quality.page.fill("[name=reasons]", "La atención no revisó la causa: la queja procede.")
    quality.page.wait_for_function("() => document.querySelector('#ruling-draft').innerText !== ''")
    quality.go(page)
    assert "no revisó la causa" in quality.page.input_value("[name=reasons]")
    quality.page.fill(f"[name=back_{complaint.case.charge_id}_incident]", "1")
    quality.page.fill("[name=credits]", "2")
    quality.submit(f"{page}rule/")
    complaint.refresh_from_db()
    assert complaint.state == "upheld", quality.page.inner_text("main")
    return complaint.ruling.linked_case


def _is_told(stage, customer: Player, complaint: Complaint, second: Case, cast: Cast) -> None:
    """By letter and on its page, with what it brings; the money and the record say the same."""
    stage.box.wait_for(cast.email, cast.upheld)
    customer.go(f"/complaints/{complaint.pk}/")
    shown = customer.page.inner_text("main")
    for words in (cast.upheld, f"{cast.again}{second.pk}", cast.given_back, cast.granted, "la queja procede."):
        assert words in shown, (words, shown)
    with customer.page.expect_navigation():
        customer.page.locator(f'main a[href="/cases/{second.pk}/"]').first.click()
    first = complaint.case
    first.refresh_from_db()
    assert (first.closed_how, second.state, second.charge_id) == ("upheld", "attention", first.charge_id)
    pockets = ledger.pockets(first.customer_id, timezone.now())
    assert sum(one.available for one in pockets if one.unit == "incident") == 3
    assert sum(one.available for one in pockets if one.unit == "credit") == 12
    assert not [one for one in pockets if one.reserved] and ledger.check()["differences"] == []
    for subject in (complaint.subject, first.subject, second.subject):
        assert list(faults_of_chain(subject)) == []


def _case_file_verifies_until_a_byte_is_changed(customer: Player, case: Case, folder: Path) -> None:
    """The customer takes the file of its first case away; anybody can verify it, and one changed byte is found."""
    customer.go(f"/cases/{case.pk}/record/")
    if not customer.page.locator(f'form[action="/case-files/{case.pk}/"]').count():
        customer.go(f"/cases/{case.pk}/")
    taken: list[Any] = []
    customer.page.on("download", lambda one: taken.append(one))
    customer.page.locator(f'form[action="/case-files/{case.pk}/"] button[type=submit]').first.click()
    # A busy machine shows how far the file is, and then where it is fetched.
    fetched = customer.page.locator('main a[href^="/case-files/exports/"]')
    if until(lambda: fetched.count() or taken) and not taken:
        fetched.first.click()
        until(lambda: fetched.count() and taken)
    path = folder / "case.zip"
    taken[0].save_as(path)
    customer.page.complaints[:] = [one for one in customer.page.complaints if not one.startswith("download:")]
    customer.go("/case-files/key")
    keys = proof.keys_in(customer.page.request.get(f"{customer.url}/case-files/key.pem").body())
    assert verify(path, keys=keys).is_valid
    with zipfile.ZipFile(path) as archive:
        assert any("complaint" in archive.read(name).decode(errors="ignore") for name in archive.namelist())
        member = max(archive.infolist(), key=lambda one: one.compress_size)
    octets = bytearray(path.read_bytes())
    octets[member.header_offset + 30 + len(member.filename.encode()) + member.compress_size // 2] ^= 1
    path.write_bytes(bytes(octets))
    assert not verify(path, keys=keys).is_valid


def _reserved(case: Case) -> int:
    return sum(one.reserved for one in ledger.pockets(case.customer_id, timezone.now()))


# --- nobody decides --------------------------------------------------------------------------------------------------


def _before_a_holiday(now: datetime) -> datetime:
    """Return 11:00 on the working day before the latest holiday that lies far enough back for five business days to be over."""
    calendar = service_calendar(now)
    day = (now - timedelta(days=9)).astimezone(MEXICO).date()
    while day not in calendar.holidays or day.weekday() > 4:
        day -= timedelta(days=1)
    day -= timedelta(days=1)
    while day.weekday() > 4 or day in calendar.holidays:
        day -= timedelta(days=1)
    return datetime(day.year, day.month, day.day, 11, tzinfo=MEXICO)


def test_nobody_decides_over_a_holiday_and_a_stop_and_the_clock_decides_for_the_customer(stage):
    """COM-6, COM-7, TIM-3, TIM-6, TIM-8, TIM-10, SEC-47: with everything stopped, and several workers on start."""
    cast, complaint = stage.cast, stage.found.late
    case, due_at, raised_at = complaint.case, complaint.due_at, complaint.raised_at
    assert due_at < stage.now and due_at.astimezone(MEXICO).strftime("%H:%M") == "18:00"
    working = [raised_at.date() + timedelta(days=n) for n in range(1, (due_at.astimezone(MEXICO).date() - raised_at.date()).days + 1)]
    holidays = service_calendar(stage.now).holidays
    assert sum(day.weekday() < 5 and day not in holidays for day in working) == 5 and any(day in holidays for day in working)
    until(lambda: Complaint.objects.get(pk=complaint.pk).state == "lapsed", 60)
    stage.box.wait_for(stage.found.late_email, cast.lapsed_letter)
    customer = _enter(stage, stage.found.late_email)
    customer.go(f"/complaints/{complaint.pk}/")
    shown = customer.page.inner_text("main")
    second = Case.objects.get(follows__case=case, follows__why="complaint")
    for words in (cast.lapsed, f"{cast.again}{second.pk}", cast.given_back, "18:00"):
        assert words in shown, (words, shown)
    quality = _enter(stage, f"quality.{cast.language}@vendor.mx")
    quality.go(f"/desk/complaints/{complaint.pk}/")
    assert not quality.page.locator("[name=outcome]").count(), "there is nothing left to rule"
    _decided_once(complaint, case, second, due_at)


def _decided_once(complaint: Complaint, case: Case, second: Case, due_at: datetime) -> None:
    complaint.refresh_from_db()
    case.refresh_from_db()
    assert (complaint.decided_at, case.closed_at, case.closed_how) == (due_at, due_at, "lapsed")
    names = [fact.name for fact in facts(complaint.subject)]
    assert names.count("complaint.lapsed") == names.count("promise.lapsed") == 1 and "promise.kept" not in names
    lapsed = next(fact for fact in facts(complaint.subject) if fact.name == "complaint.lapsed")
    assert lapsed.at == due_at and PromiseLapse.objects.get(promise=complaint.promise_id).effective_at == due_at
    assert Case.objects.filter(follows__case=case).count() == 1 and second.charge_id == case.charge_id
    pockets = ledger.pockets(case.customer_id, timezone.now())
    assert sum(one.available for one in pockets if one.unit == "incident") == 3 and ledger.check()["differences"] == []
    assert list(faults_of_chain(complaint.subject)) == []
