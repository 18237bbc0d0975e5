"""The pages of complaints: raise, follow, judge, answer. COM-1 to COM-7."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.cases.tests.world import contract_for
from amparo.complaints import commands
from amparo.complaints.models import Complaint, Opinion, Ruling, RulingDraft
from amparo.conftest import PASSWORD
from amparo.threads import commands as threads

from .world import closing_of, fresh, key, left, now, opinion, raised, refusable, reserved, ruled

NOW = timezone.now()


@pytest.fixture
def contract(customer):
    return contract_for(customer.pk, starts_on=(NOW - timedelta(days=10)).date())


@pytest.fixture
def portal(client_for, contact):
    return client_for(contact)


@pytest.fixture
def desk(client_for, quality):
    return client_for(quality)


def page(client, name: str, *args, status: int = 200, **query) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def send(client, name: str, *args, status: int = 302, **given):
    answer = client.post(reverse(name, args=args), given)
    assert answer.status_code == status, (answer.status_code, answer.content.decode()[:4000])
    return answer


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_closing_is_refused_with_reasons_and_picked_evidence(contract, contact, engineer, portal):
    """COM-1, COM-7"""
    case = refusable(contact, engineer, at=NOW)
    assert reverse("complaints:new", args=[case.pk]) in page(portal, "cases:case", case.pk)
    html = page(portal, "complaints:new", case.pk)
    entry = case.thread.entries.order_by("pk").first()
    assert f'value="{entry.pk}"' in html and "en disputa" in html and "nadie que haya trabajado" in html
    send(portal, "complaints:new", case.pk, status=422, seen=hidden(html, "seen"), reasons=" ", key="a")
    answer = send(
        portal, "complaints:new", case.pk, seen=hidden(html, "seen"), reasons="**No** quedó.", entries=[entry.pk], key="a"
    )
    complaint = Complaint.objects.get()
    assert answer["Location"] == reverse("complaints:complaint", args=[complaint.pk])
    shown = page(portal, "complaints:complaint", complaint.pk)
    assert "<strong>No</strong> quedó." in shown and f"#{entry.anchor}" in shown and "antes de" in shown
    on_case = page(portal, "cases:case", case.pk)
    assert complaint.number in on_case and "en disputa" in on_case and "Aceptar el cierre" not in on_case


def test_on_a_case_that_is_not_proposed_or_twice_or_anothers_it_is_refused(contract, contact, other_contact, engineer, portal, client_for):
    """COM-1, ACC-11"""
    from amparo.cases.tests.world import asked

    case = asked(contact, at=NOW)
    assert "No hay" in page(portal, "complaints:new", case.pk, status=409)
    complaint = raised(contact, engineer, at=NOW)
    html = page(portal, "complaints:new", complaint.case_id, status=409)
    assert reverse("complaints:complaint", args=[complaint.pk]) in html
    send(portal, "complaints:new", complaint.case_id, status=409, seen=complaint.closing_id, reasons="x", key="b")
    other = client_for(other_contact)
    page(other, "complaints:new", complaint.case_id, status=404)
    page(other, "complaints:complaint", complaint.pk, status=404)
    for name in ("complaints:say", "complaints:withdraw"):
        send(other, name, complaint.pk, status=404, body="x")
    assert Complaint.objects.count() == 1


def test_tampered_fields_are_refused(contract, contact, engineer, portal):
    """COM-1"""
    case = refusable(contact, engineer, at=NOW)
    for given in ({"seen": "x"}, {"seen": "9" * 40}):
        send(portal, "complaints:new", case.pk, status=409, reasons="x", key=key(), **given)
    seen = closing_of(case).pk
    for entries in (["x"], ["-1"], ["9" * 30], ["1"] * 201, [10**9]):
        send(portal, "complaints:new", case.pk, status=422, seen=seen, reasons="x", key=key(), entries=entries)
    assert not Complaint.objects.exists()


def test_the_customer_follows_the_steps_in_its_own_words_of_time(contract, contact, engineer, quality, director, portal):
    """COM-7"""
    complaint = raised(contact, engineer, at=NOW)
    shown = text(page(portal, "complaints:complaint", complaint.pk))
    assert "Usted presentó la queja" in shown and "antes del" in shown and "se resuelve a su favor" in shown
    asked = opinion(complaint, quality, at=NOW)
    shown = text(page(portal, "complaints:complaint", complaint.pk))
    assert "opinión técnica" in shown.lower() or "dictamen técnico" in shown.lower()
    commands.give_opinion(asked, "Secreto hasta que se decida.", actor=director, at=NOW)
    assert "Secreto hasta" not in page(portal, "complaints:complaint", complaint.pk)
    ruled(complaint, quality, credits=3, at=NOW)
    shown = page(portal, "complaints:complaint", complaint.pk)
    assert "Secreto hasta que se decida." in shown and "Por lo que consta." in shown and "3 créditos" in shown
    assert reverse("cases:case", args=[now(complaint).ruling.linked_case_id]) in shown


def test_notes_never_reach_the_portal(contract, contact, engineer, quality, portal):
    """SEC-10"""
    complaint = raised(contact, engineer, at=NOW)
    commands.note(complaint, "Nota muy interna", key="a", actor=quality, at=NOW)
    threads.note(complaint.case.thread, "Otra nota interna", key="b", actor=engineer, at=NOW)
    for name, number in (("complaints:complaint", complaint.pk), ("cases:case", complaint.case_id), ("cases:record", complaint.case_id)):
        assert "interna" not in page(portal, name, number)


def test_words_are_added_and_the_complaint_is_let_go(contract, contact, engineer, portal):
    """COM-1, CAS-4"""
    complaint = raised(contact, engineer, at=NOW)
    send(portal, "complaints:say", complaint.pk, status=422, body=" ", key="a")
    send(portal, "complaints:say", complaint.pk, body="Adjunto más datos.", key="b")
    assert "Adjunto más datos." in page(portal, "complaints:complaint", complaint.pk)
    send(portal, "complaints:withdraw", complaint.pk)
    send(portal, "complaints:say", complaint.pk, status=409, body="Tarde.", key="c")
    assert now(complaint).state == "withdrawn" and fresh(complaint.case).closed_how == "accepted"
    assert complaint.number in page(portal, "complaints:complaints")


def test_the_queue_shows_what_lapses_first_and_the_amount_in_dispute(contract, contact, engineer, desk):
    """COM-6, TIM-6"""
    later = raised(contact, engineer, at=NOW)
    sooner = raised(contact, engineer, at=NOW - timedelta(days=5))
    html = page(desk, "desk_complaints:complaints")
    assert html.index(sooner.number) < html.index(later.number) and "1 incidente" in html
    assert later.number not in page(desk, "desk_complaints:complaints", view="mine")
    commands.withdraw(later, actor=contact, at=NOW)
    assert later.number in page(desk, "desk_complaints:complaints", view="decided")
    page(desk, "desk_complaints:complaints", view="decided", after="garbage", status=422)


def test_quality_rules_on_its_screen_beside_the_record(contract, contact, engineer, quality, desk):
    """COM-3, COM-4"""
    complaint = raised(contact, engineer, at=NOW)
    threads.note(complaint.case.thread, "Quedó a medias.", key="a", actor=engineer, at=NOW)
    send(desk, "desk_complaints:take", complaint.pk)
    html = page(desk, "desk_complaints:complaint", complaint.pk)
    assert "Quedó a medias." in html and "Volvió a fallar." in html and 'name="outcome"' in html
    send(desk, "desk_complaints:rule", complaint.pk, status=422, outcome="upheld", reasons=" ", key="a")
    send(desk, "desk_complaints:rule", complaint.pk, status=422, outcome="partly", reasons="x", key="a")
    send(desk, "desk_complaints:rule", complaint.pk, status=422, outcome="upheld", reasons="x", credits="101", key="a")
    charge = complaint.case.charge_id
    given = {"outcome": "upheld", "reasons": "Tiene razón.", f"back_{charge}_incident": "1", "credits": "2", "key": "a"}
    for _ in range(2):
        send(desk, "desk_complaints:rule", complaint.pk, **given)
    ruling = Ruling.objects.get()
    assert (ruling.outcome, ruling.credits, ruling.again) == ("upheld", 2, True)
    assert left(complaint.customer_id, NOW)["incident"] == 3 and "Tiene razón." in page(desk, "desk_complaints:complaint", complaint.pk)


def test_dismissing_ignores_what_stood_in_hidden_fields(contract, contact, engineer, desk):
    """COM-5"""
    complaint = raised(contact, engineer, at=NOW)
    send(desk, "desk_complaints:rule", complaint.pk, outcome="dismissed", reasons="x", credits="5", again="on", measure="y", key="a")
    assert Ruling.objects.get().credits == 0 and reserved(complaint.customer_id, NOW)["incident"] == 0


def test_what_is_typed_is_kept_also_when_the_lapse_came_first(contract, contact, engineer, quality, desk):
    """COM-3, COM-6"""
    complaint = raised(contact, engineer, at=NOW)
    answer = desk.post(reverse("desk_complaints:draft", args=[complaint.pk]), {"reasons": "Media palabra", "outcome": "partly"})
    assert answer.status_code == 200 and RulingDraft.objects.get().fields == {"reasons": "Media palabra", "outcome": "partly"}
    html = page(desk, "desk_complaints:complaint", complaint.pk)
    assert "Media palabra" in html
    commands.lapse(complaint, at=complaint.due_at + timedelta(seconds=1))
    answer = send(desk, "desk_complaints:rule", complaint.pk, status=409, outcome="dismissed", reasons="Tarde", key="a")
    assert "venció" in answer.content.decode() and RulingDraft.objects.get().fields["reasons"] == "Tarde"


def test_who_worked_on_the_case_sees_it_and_cannot_judge(contract, contact, engineer, quality, desk):
    """COM-2"""
    case = refusable(contact, engineer, at=NOW - timedelta(hours=1))
    threads.note(case.thread, "Lo vi.", key="a", actor=quality, at=NOW - timedelta(minutes=30))
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key="a", actor=contact, at=NOW)
    html = page(desk, "desk_complaints:complaint", complaint.pk)
    assert 'name="outcome"' not in html and "Nadie puede juzgar" in html
    send(desk, "desk_complaints:rule", complaint.pk, status=403, outcome="dismissed", reasons="x", key="a")
    send(desk, "desk_complaints:take", complaint.pk, status=403)
    assert now(complaint).state == "raised"


def test_an_administrator_reads_and_does_not_judge(contract, contact, engineer, administrator, operator, client_for):
    """COM-2"""
    complaint = raised(contact, engineer, at=NOW)
    admin = client_for(administrator)
    assert 'name="outcome"' not in page(admin, "desk_complaints:complaint", complaint.pk)
    send(admin, "desk_complaints:rule", complaint.pk, status=403, outcome="dismissed", reasons="x", key="a")
    page(admin, "desk_complaints:opinions", status=403)
    for actor in (operator, engineer):
        page(client_for(actor), "desk_complaints:complaint", complaint.pk, status=403)


def test_the_director_signs_in_again_before_he_signs(contract, contact, engineer, quality, director, desk, client_for):
    """COM-2, TIM-7"""
    complaint = raised(contact, engineer, at=NOW)
    send(desk, "desk_complaints:ask", complaint.pk, status=422, question=" ", key="a")
    send(desk, "desk_complaints:ask", complaint.pk, question="¿Es un defecto?", key="b")
    asked = Opinion.objects.get()
    office = client_for(director)
    assert complaint.number in page(office, "desk_complaints:opinions")
    assert "¿Es un defecto?" in page(office, "desk_complaints:opinion", asked.pk)
    send(office, "desk_complaints:opinion", asked.pk, status=422, body=" ")
    answer = send(office, "desk_complaints:opinion", asked.pk, body="Sí, de la versión 9.")
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    asked.refresh_from_db()
    assert asked.is_awaited and "Sí, de la versión 9." in page(office, "desk_complaints:opinion", asked.pk)
    assert office.post(answer["Location"], {"password": PASSWORD}).status_code == 302
    send(office, "desk_complaints:opinion", asked.pk, body="Sí, de la versión 9.")
    asked.refresh_from_db()
    assert asked.answered_by_id == director.user_id and asked.signature[:16] in page(office, "desk_complaints:opinion", asked.pk)
    send(office, "desk_complaints:opinion", asked.pk, status=409, body="Mejor no.")
    assert "Sí, de la versión 9." in page(desk, "desk_complaints:complaint", complaint.pk)


def test_others_do_not_reach_the_directors_screen(contract, contact, engineer, quality, director, desk, portal):
    """COM-2"""
    asked = opinion(raised(contact, engineer, at=NOW), quality, at=NOW)
    page(desk, "desk_complaints:opinion", asked.pk, status=403)
    page(portal, "desk_complaints:opinion", asked.pk, status=404)


def test_quality_writes_to_the_customer_and_notes_for_itself(contract, contact, engineer, quality, desk, portal):
    """COM-7, SEC-10"""
    complaint = raised(contact, engineer, at=NOW)
    send(desk, "desk_complaints:write", complaint.pk, kind="reply", body="¿En qué caja?", key="a")
    send(desk, "desk_complaints:write", complaint.pk, kind="note", body="Parece cierto.", key="b")
    send(desk, "desk_complaints:write", complaint.pk, status=422, kind="note", body=" ", key="c")
    shown = page(portal, "complaints:complaint", complaint.pk)
    assert "¿En qué caja?" in shown and "Parece cierto." not in shown
    assert "Parece cierto." in page(desk, "desk_complaints:complaint", complaint.pk)


def test_regions_come_alone(contract, contact, engineer, desk, portal):
    """COM-7"""
    complaint = raised(contact, engineer, at=NOW)
    address = reverse("desk_complaints:complaint", args=[complaint.pk])
    for target in ("complaint-said", "record"):
        html = desk.get(address, headers={"HX-Request": "true", "HX-Target": target}).content.decode()
        assert "<html" not in html and len(html) > 50
    html = portal.get(reverse("complaints:complaint", args=[complaint.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html and complaint.number in html


@pytest.mark.parametrize("entries", [1, 25])
def test_pages_ask_a_fixed_number_of_questions(contract, contact, engineer, quality, desk, portal, entries, django_assert_max_num_queries):
    """COM-7"""
    complaint = raised(contact, engineer, at=NOW)
    for number in range(entries):
        commands.say(complaint, "x", key=f"s{number}", actor=contact, at=NOW)
        raised(contact, engineer, "advisory", at=NOW) if number < 2 else None
    for client, name, args, most in (
        (portal, "complaints:complaints", [], 6), (portal, "complaints:complaint", [complaint.pk], 18),
        (desk, "desk_complaints:complaints", [], 6), (desk, "desk_complaints:complaint", [complaint.pk], 26),
    ):  # fmt: skip
        client.get(reverse(name, args=args))
        with django_assert_max_num_queries(most):
            assert client.get(reverse(name, args=args)).status_code == 200
