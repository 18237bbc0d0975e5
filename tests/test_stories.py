"""The main story, as people play it: five of them, in real browsers, over the service's own processes and real mail.

Elements are found by what they do (form, field, role), words are checked in the language of who reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from amparo.conftest import PASSWORD, make_user
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.project import testreset

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .mailbox import mail_server

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium]
NEW_PASSWORD = "cuatro palabras para entrar"


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what they read."""

    language: str
    company: str
    reference: str
    phone: str
    typed: str
    person: str
    email: str
    headings: dict[str, str]
    incident: str
    one_incident: str
    why_incident: str
    why_credits: str
    cheapest: str
    four_credits: str
    running: str
    invitation: str
    closing_letter: str
    summary_letter: str
    charged: str


CASTS = {
    "es-mx": Cast(
        "es-mx", "Abarrotes El Canario", "CAN-01", "+525551234567", "55 5123 4567", "Lupita Romero", "lupita@abarrotes.mx",
        {"customers": "Referencia;Nombre;Teléfono", "contacts": "Cliente;Correo;Nombre;Papel;Idioma", "licences": "Serie;Cliente;Producto;Terminales;Versión",
         "contracts": "Número;Cliente;Plan;Inicio"},
        "Incidente", "1 incidente", "Se paga con lo que su póliza incluye para esto", "No le quedan incidentes, así que se cambia por 4 créditos",
        "Ninguna forma permitida le cuesta menos", "4 créditos", "corriendo", "invita", "Revise el cierre de C-", "Cerrado: C-", "Cerrado y cobrado",
    ),
    "en": Cast(
        "en", "Canary Corner Shop", "CAN-02", "+525559876543", "55 5987 6543", "Lucy Rowe", "lucy@cornershop.mx",
        {"customers": "Reference;Name;Phone", "contacts": "Customer;E-mail;Name;Role;Language", "licences": "Serial;Customer;Product;Terminals;Version",
         "contracts": "Number;Customer;Plan;Starts on"},
        "Incident", "1 incident", "It is paid with what your contract includes for it", "You have no incidents left, so it is exchanged for 4 credits",
        "No lawful way costs you less", "4 credits", "running", "invit", "Review the closing of C-", "Closed: C-", "Closed and charged",
    ),
}  # fmt: skip


def _world():
    """What the story finds: staff who can sign in, a product, a plan with one incident, cards; nobody sleeps."""
    now = timezone.now()
    for key in ("notifications.quiet_from_hour", "notifications.quiet_until_hour"):
        set_value(key, 0, from_at=now, actor=SYSTEM, at=now)
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        staff = {
            (role, language): make_user(
                f"{role} {language}", f"{role}.{language}@vendor.mx", roles=(role,), language=language
            )
            for role in ("administrator", "operator", "engineer")
            for language in CASTS
        }
    admin = actor_by_id(staff["administrator", "en"].pk)
    before = now - timedelta(days=40)
    product = products.add_product("POS", "Mostrador POS", actor=admin, at=before)
    release = products.add_release(product, "10.1", before.date(), actor=admin, at=before)
    products.make_current(release, actor=admin, at=before)
    contracts.add_plan(
        "Uno", events=0, incidents=1, credits=0, months=12, price=100, currency="MXN", actor=admin, at=now
    )
    _batch, codes = contracts.issue_batch("Tarjetas", 10, len(CASTS), actor=admin, at=now)
    return SimpleNamespace(codes=dict(zip(CASTS, codes, strict=True)))


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    """One service for both languages: web, stream, worker, and a mail server with a mailbox."""
    folder = tmp_path_factory.mktemp("story")
    with django_db_blocker.unblock():
        world = _world()
        try:
            with mail_server(folder / "maildir") as box, service(folder, smtp_port=box.port) as running:
                stream = running.stream_url.rsplit("/", 1)[0]
                yield SimpleNamespace(world=world, box=box, url=running.url, own=(running.url, stream))
        finally:
            testreset.reset()


class Player:
    """A person at a browser."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.url + path)

    def submit(self, action: str) -> None:
        """Send the form with this action, and see the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(f'form[action="{action}"] button[type=submit]').first.click()

    def send(self) -> None:
        """Send the form of this very page."""
        with self.page.expect_navigation():
            self.page.locator("main form[method=post] .form-actions button[type=submit]").first.click()

    def sign_in(self, email: str, password: str) -> None:
        self.go("/account/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", password)
        self.submit("/account/login/")
        assert "/account/login/" not in self.page.url, self.page.inner_text("main")

    def reads(self, words: str) -> None:
        self.page.wait_for_function(
            "words => document.body?.innerText.toLowerCase().includes(words.toLowerCase())", arg=words
        )

    def digits(self) -> str:
        return self.page.inner_text("[role=timer].is-running [data-digits]")

    def path(self) -> str:
        return self.page.url.removeprefix(self.url)


@pytest.fixture(params=list(CASTS))
def stage(request, playing, open_page):  # noqa: F811
    cast = CASTS[request.param]

    def enter(role: str = "") -> Player:
        player = Player(open_page(playing.own, language=cast.language), playing.url)
        if role:
            player.sign_in(f"{role}.{cast.language}@vendor.mx", PASSWORD)
        return player

    return SimpleNamespace(cast=cast, enter=enter, box=playing.box, code=playing.world.codes[cast.language])


def test_a_covered_incident_from_the_call_to_the_accepted_charge(stage):
    """ACC-1, ACC-7, CAS-1, CAS-3, CAS-4, CAS-5, CHG-1, CHG-6, CHG-8, CTR-1, CRD-1, LED-4, TEL-1, TEL-2, TAR-1, SEC-60"""
    cast = stage.cast
    _import(stage.enter("administrator"), cast)
    customer = _customer_enters(stage, cast)
    operator, engineer = stage.enter("operator"), stage.enter("engineer")

    first = _caller_is_found(operator, cast, "El cajón no abre")
    case = _classified(engineer, first, cast)
    _consents(customer, first, cast, cast.why_incident, cast.one_incident)
    _clock_runs_on_both_screens(engineer, customer, case, cast)
    _closed(
        stage, engineer, customer, first, cast.one_incident, "Se cambió el cable del cajón y quedó probado."
    )
    _statement(customer, cast, cast.one_incident, times=1)

    customer.go("/contracts/redeem/")
    customer.page.fill("[name=code]", stage.code)
    customer.send()
    second = _caller_is_found(operator, cast, "La impresora no imprime")
    case = _classified(engineer, second, cast)
    _consents(customer, second, cast, cast.why_credits, cast.four_credits)
    _clock_runs_on_both_screens(engineer, customer, case, cast)
    _closed(stage, engineer, customer, second, cast.four_credits, "Se limpió el cabezal de la impresora.")
    _statement(customer, cast, cast.four_credits, times=1)


def _import(admin: Player, cast: Cast) -> None:
    """Upload, look, apply: each of the four files in its order."""
    language = cast.language[:2]
    today = timezone.localdate().isoformat()
    rows = {
        "customers": f"{cast.reference};{cast.company};{cast.phone}",
        "contacts": f"{cast.reference};{cast.email};{cast.person};administrator;{language}",
        "licences": f"CAJA-{cast.reference}-0001;{cast.reference};POS;2;10.1",
        "contracts": f"P-{cast.reference};{cast.reference};Uno;{today}",
    }
    for kind, row in rows.items():
        admin.go(f"/desk/contracts/import/?kind={kind}")
        admin.page.select_option("select[name=kind]", kind) if admin.page.locator(
            "select[name=kind]"
        ).count() else admin.page.check(f"[name=kind][value={kind}]")
        text = f"{cast.headings[kind]}\n{row}\n"
        admin.page.set_input_files(
            "[name=file]", {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        admin.send()
        assert re.search(r"/desk/contracts/import/\d+/$", admin.page.url), admin.page.inner_text("main")
        admin.reads(cast.reference if kind != "contacts" else cast.person)
        if kind == "contacts":
            admin.page.check("[name=letters]")
        admin.submit(admin.path() + "apply/")
        assert not admin.page.locator('form[action$="/apply/"]').count(), admin.page.inner_text("main")


def _customer_enters(stage, cast: Cast) -> Player:
    """The imported contact is invited by letter, chooses a password, and signs in by the form on another device."""
    letter = stage.box.wait_for(cast.email, "/people/invitation/")
    assert cast.invitation in letter.subject.lower() and cast.person not in letter.link("/people/invitation/")
    first = stage.enter()
    first.go(letter.link("/people/invitation/"))
    first.page.fill("[name=password]", NEW_PASSWORD)
    first.send()
    customer = stage.enter()
    customer.sign_in(cast.email, NEW_PASSWORD)
    customer.page.wait_for_selector(".meter.unit-incident")
    return customer


def _caller_is_found(operator: Player, cast: Cast, title: str) -> str:
    """Find the caller by the number, as it is spoken; open the case on the same screen. Returns its number."""
    operator.go("/desk/phone/")
    operator.page.fill("main [name=q]", cast.typed)
    operator.page.wait_for_selector(f"#callers a.matter:has-text('{cast.company}')")
    with operator.page.expect_navigation():
        operator.page.click("#callers a.matter")
    operator.reads(cast.company)
    form = operator.page.locator('form[action$="/case/"]')
    operator.page.locator('details:has(form[action$="/case/"]) > summary').click()
    form.locator("[name=title]").fill(title)
    form.locator("[name=body]").fill("Desde ayer, en la caja uno.")
    form.locator("[name=kind]").select_option("incident")
    with operator.page.expect_navigation():
        form.locator("button[type=submit]").click()
    return re.search(r"/desk/cases/(\d+)/$", operator.page.url).group(1)


def _classified(engineer: Player, number: str, cast: Cast) -> str:
    case = f"/desk/cases/{number}/"
    engineer.go(case + "classify/")
    engineer.page.check("[name=kind][value=incident]")
    engineer.send()
    assert engineer.path() == case, engineer.page.inner_text("main")
    engineer.reads(cast.incident)
    return case


def _consents(customer: Player, number: str, cast: Cast, why: str, cost: str) -> None:
    """The page says what, how much, and why no lawful way costs less; then the customer says yes."""
    customer.go(f"/cases/{number}/")
    card = customer.page.locator(".decision-consent")
    said = card.inner_text()
    assert cast.incident in said and cost in said, said
    assert why in said and cast.cheapest in said, said
    customer.submit(f"/cases/{number}/consent/")
    customer.page.wait_for_selector("[role=timer]")


def _clock_runs_on_both_screens(engineer: Player, customer: Player, case: str, cast: Cast) -> None:
    """The engineer starts the clock; the customer's page, left alone, shows it running, and then stopped."""
    engineer.go(case)
    until(lambda: customer.page.evaluate("document.readyState") == "complete")
    customer.page.evaluate("window.leftAlone = true")
    engineer.submit(case + "clock/start/")
    customer.page.wait_for_selector("[role=timer].is-running")
    assert cast.running in customer.page.inner_text("[role=timer].is-running").lower()
    for player in (engineer, customer):
        shown = player.digits()
        player.page.wait_for_function(
            "before => document.querySelector('[role=timer].is-running [data-digits]').innerText !== before",
            arg=shown,
        )
    engineer.submit(case + "clock/stop/")
    customer.page.wait_for_selector("[role=timer]:not(.is-running)")
    assert customer.page.evaluate("window.leftAlone") is True, (
        "the page changed by itself, without being loaded again"
    )


def _closed(stage, engineer: Player, customer: Player, number: str, cost: str, summary: str) -> None:
    """Proposed with a summary, told by letter, accepted on the page, and confirmed by letter in the reader's language."""
    cast = stage.cast
    engineer.go(f"/desk/cases/{number}/closing/")
    engineer.page.fill("[name=summary]", summary)
    engineer.send()
    assert engineer.path() == f"/desk/cases/{number}/", engineer.page.inner_text("main")
    proposal = stage.box.wait_for(cast.email, f"{cast.closing_letter}{number}")
    assert summary in proposal.text and f"/cases/{number}/" in proposal.text and proposal.html
    customer.page.wait_for_selector(".decision-closing")  # by itself, through the stream
    assert summary in customer.page.inner_text(".decision-closing")
    customer.submit(f"/cases/{number}/closing/accept/")
    customer.reads(f"{cast.charged}: {cost}")
    final = stage.box.wait_for(cast.email, f"{cast.summary_letter}{number}")
    assert summary in final.text and cost in final.text and summary in final.html, final.text


def _statement(customer: Player, cast: Cast, cost: str, *, times: int) -> None:
    """The statement shows exactly this much used, once, with its reason."""
    customer.go("/statements/")
    used = [
        row
        for row in customer.page.locator("table tbody tr").all_inner_texts()
        if re.search(rf"[-−–]\s?{cost}", row)
    ]
    assert len(used) == times, customer.page.inner_text("main")
