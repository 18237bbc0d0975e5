"""A world in which everything that an address can name exists once, for the table of who may what."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.cases import commands as cases
from amparo.charging.commands import draft_tariff
from amparo.charging.rules import Need
from amparo.chat import commands as chats
from amparo.conftest import *  # noqa: F403 (the shared small world)
from amparo.conftest import NOON, make_contact, make_customer, make_staff, make_user
from amparo.contracts import commands as contracts
from amparo.files import commands as files
from amparo.history.models import Fact
from amparo.kernel.actor import ROLES
from amparo.live import commands as live
from amparo.people import commands as people
from amparo.people.models import Contact
from amparo.people.queries import actor_by_id
from amparo.products import commands as products
from amparo.threads.commands import add_template
from amparo.tickets import commands as tickets

ZONE_DAY = (NOON - timedelta(days=30)).date()


@pytest.fixture
def whole_world(db, settings, tmp_path):
    settings.MEDIA_ROOT, settings.EXPORTS_ROOT, settings.RECORDINGS_ROOT = tmp_path, tmp_path / "exports", tmp_path / "recordings"
    return build_whole_world()


def build_whole_world():
    """One of each thing, of «Abarrotes Lupita»; «Ferretería Sur» is the other tenant, with the same."""
    staff = {role: make_staff(f"Persona {role}", role) for role in ROLES}
    admin, engineer, sales = staff["administrator"], staff["engineer"], staff["sales"]
    product = products.add_product("POS", "Mostrador POS", actor=admin, at=NOON - timedelta(days=90))
    release = products.add_release(product, "10.1", ZONE_DAY, actor=admin, at=NOON - timedelta(days=30))
    products.make_current(release, actor=admin, at=NOON - timedelta(days=30))
    plan = contracts.add_plan("Plus", events=12, incidents=4, credits=40, months=12, price=100, currency="MXN", actor=sales, at=NOON)
    batch, codes = contracts.issue_batch("Tarjetas", 20, 3, actor=sales, at=NOON)
    template = add_template(title="Saludo", language="es-mx", body="Buenos días", actor=engineer, at=NOON)
    draft_tariff(actor=admin, at=NOON)
    people_of = {}
    for name, word in (("Abarrotes Lupita", "CANARIO-A"), ("Ferretería Sur", "CANARIO-B")):
        people_of[word] = _tenant(name, word, product, release, plan, staff)
    mine, other = people_of["CANARIO-A"], people_of["CANARIO-B"]
    return SimpleNamespace(
        staff=staff, product=product, release=release, plan=plan, batch=batch, codes=codes, card=batch.cards.first(),
        template=template, mine=mine, other=other, registered=actor_by_id(make_user("Rita Libre").pk),
    )  # fmt: skip


def _tenant(name, word, product, release, plan, staff):
    engineer, operator = staff["engineer"], staff["operator"]
    customer = make_customer(name, phone="+525555123456", notes=f"nota del personal {word}-NOTA")
    admin = make_contact(customer, f"Admin {word}")
    member = make_contact(customer, f"Miembro {word}", "member")
    own = make_contact(customer, f"Propio {word}", "own")
    licence = products.register_licence(f"SER-{word}-0001", product, customer, terminals=3, installed=release,
                                        actor=staff["operator"], at=NOON)  # fmt: skip
    terminal = products.bind_terminal(licence, f"Caja {word}", f"F-{word}", actor=admin, at=NOON)
    contract = contracts.sell_contract(customer, plan, ZONE_DAY, actor=staff["sales"], at=NOON)
    upload = SimpleUploadedFile("nota.txt", f"{word} adjunto".encode(), "text/plain")
    stored = files.store(upload, draft_key=f"ticket:new:{admin.user_id}", actor=admin, at=NOON)
    ticket = tickets.open_ticket(f"Pregunta {word}", f"Texto {word}", product.pk, licence_id=licence.pk, is_fault=True,
                                 files=[stored.public_id], draft_key=f"ticket:new:{admin.user_id}", actor=admin, at=NOON)  # fmt: skip
    from amparo.threads.commands import note

    note(ticket.thread, f"Interno {word}-INTERNO", actor=engineer, at=NOON)
    tickets.mark_defect(ticket, title=f"Defecto {word}", actor=engineer, at=NOON)
    ticket.refresh_from_db()
    case = cases.open_case(f"Caso {word}", f"Problema {word}", key=f"case-{word}", actor=admin, at=NOON)
    note(case.thread, f"Interno {word}-INTERNO", actor=engineer, at=NOON)
    cases.classify(case, kind="incident", explanation=f"Se atiende como incidente {word}", key="c1", actor=engineer, at=NOON)
    case.refresh_from_db()
    cases.consent(case, seen=case.classification, actor=admin, at=NOON)
    case.refresh_from_db()
    need = cases.propose_further(case, f"Otra caja {word}", [Need("incident")], key="n1", actor=engineer, at=NOON)
    call = live.start_call("5555123456", key=f"call-{word}-0001", customer_id=customer.pk, actor=operator, at=NOON)
    chats.set_duty(True, actor=engineer, at=NOON)
    chat = chats.take(chats.open_chat(f"Charla {word}", key=f"chat-{word}", actor=admin, at=NOON), actor=engineer, at=NOON)
    chats.whisper(chat, f"Interno {word}-INTERNO", key="w", actor=engineer, at=NOON)
    invitation = people.invite_contact(customer, f"nuevo.{word.lower()}@ejemplo.mx", "Nuevo", "member", actor=admin, at=NOON)
    return SimpleNamespace(
        customer=customer, admin=admin, member=member, own=own, licence=licence, terminal=terminal, contract=contract,
        stored=stored, ticket=ticket, case=case, chat=chat, need=need, call=call, invitation=invitation, word=word,
        contact=Contact.objects.get(user=member.user_id, customer=customer),
        facts=Fact.objects.filter(customer_id=customer.pk),
    )  # fmt: skip
