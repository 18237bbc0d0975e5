"""What is told of faults of the product. TKT-5, TIM-5."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.cases import commands as cases
from amparo.conftest import NOON, make_staff
from amparo.contracts import commands as contracts
from amparo.deadlines import tasks as deadlines
from amparo.defects import commands as defects
from amparo.files import commands as files
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.notifications.models import Letter, Notice
from amparo.products import commands as products
from amparo.tickets import commands as tickets


@pytest.fixture
def developer(db):
    return make_staff("Dora Desarrolladora", "developer")


@pytest.fixture
def product(customer):
    made = products.add_product("POS", "Mostrador", actor=SYSTEM, at=NOON - timedelta(days=90))
    release = products.add_release(made, "10.1", NOON.date() - timedelta(days=30), actor=SYSTEM, at=NOON - timedelta(days=30))
    products.make_current(release, actor=SYSTEM, at=NOON - timedelta(days=30))
    products.register_licence("S-0001-AAAA", made, customer, installed=release, actor=SYSTEM, at=NOON)
    plan = contracts.add_plan("Plus", events=5, incidents=1, credits=10, months=12, price=1, actor=SYSTEM, at=NOON - timedelta(days=90))
    contracts.sell_contract(customer, plan, date(2026, 10, 1), actor=SYSTEM, at=NOON - timedelta(days=30))
    return made


def letters(actor, kind):
    return [(one.words["title"], one.words) for one in Letter.objects.filter(user_id=actor.user_id, kind=kind).order_by("pk")]


@pytest.mark.django_db
def test_all_followers_are_told_of_promise_and_correction(product, contact, member, engineer, developer, deliver):
    """TIM-5, UPD-1: a ticket and a case that report one defect; each of those who asked gets his own letter."""
    ticket = tickets.open_ticket("El corte sale en ceros", "Siempre", product.pk, key="t-1-key", actor=contact, at=NOON)
    case = cases.open_case("El corte", "En ceros", product_id=product.pk, key="c-1-key", actor=member, at=NOON)
    tickets.mark_defect(ticket, title="Corte en ceros", actor=engineer, at=NOON + timedelta(hours=1))
    ticket.refresh_from_db()
    defect = ticket.defect_report.defect
    cases.mark_defect(case, product_id=product.pk, title="", defect=defect, actor=engineer, at=NOON + timedelta(hours=1))
    deliver()
    for reader in (contact, member):
        [(title, words)] = letters(reader, "defect")
        assert title.startswith("Estamos corrigiendo lo que reportó en")
        assert [label for label, _value in words["figures"]] == ["Se corrige a más tardar"]
    told = [title for title, _words in letters(developer, "defect_staff")]
    assert told == [f"Una falla por corregir: D-{defect.pk} · Corte en ceros"] * 2 and letters(engineer, "defect_staff") == []
    patch = files.store(SimpleUploadedFile("parche.txt", b"uno"), draft_key="k", actor=engineer, at=clock.now())
    release = products.add_release(product, "10.2", NOON.date(), actor=SYSTEM, at=NOON)
    defects.correct(
        defect, answer="Instale la **10.2**.", release_id=release.pk, files=[patch.public_id], draft_key="k", actor=engineer,
        at=NOON + timedelta(hours=5),
    )  # fmt: skip
    deliver()
    for reader in (contact, member):
        title, words = letters(reader, "defect")[-1]
        assert title.startswith("Corregido:") and words["url"] == f"/defects/{defect.pk}/" and "Instale la 10.2" in words["paragraphs"][0]
        assert words["figures"] == [["Corregida en la versión", "10.2"], ["Para descargar", "parche.txt"]]
        assert Notice.objects.filter(user_id=reader.user_id, kind="defect").count() == 2


@pytest.mark.django_db
def test_not_a_defect_is_told_with_its_reason(product, contact, engineer, deliver):
    """TIM-5"""
    ticket = tickets.open_ticket("El corte sale en ceros", "Siempre", product.pk, key="t-1-key", actor=contact, at=NOON)
    tickets.mark_defect(ticket, title="Corte", actor=engineer, at=NOON + timedelta(hours=1))
    ticket.refresh_from_db()
    defects.reject(ticket.defect_report.defect, reason="Se toma antes de abrir turno.", actor=engineer, at=NOON + timedelta(hours=2))
    deliver()
    title, words = letters(contact, "defect")[-1]
    assert "no es una falla" in title.lower() and "Se toma antes de abrir turno." in words["paragraphs"][0]


@pytest.mark.django_db
def test_who_corrects_is_warned_before_the_guarantee_lapses(product, contact, engineer, developer, deliver):
    """TIM-5, TIM-10"""
    ticket = tickets.open_ticket("El corte sale en ceros", "Siempre", product.pk, key="t-1-key", actor=contact, at=NOON)
    tickets.mark_defect(ticket, title="Corte", actor=engineer, at=NOON + timedelta(hours=1))
    ticket.refresh_from_db()
    due = ticket.defect_report.promise.due_at
    deadlines.tick(at=due - timedelta(minutes=1))
    deadlines.tick(at=due + timedelta(minutes=1))
    deliver()
    assert letters(developer, "promise_warned") and letters(developer, "promise_lapsed")
