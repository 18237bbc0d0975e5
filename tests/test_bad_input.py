"""What comes at the wrong moment: a database that goes away, a clock that is set back, prices that move, the back button.

Each ends as it should: nothing half done, nothing twice, and who acted is told what holds now.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.test.utils import override_settings

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.cases.tests.world import (
    accepted,
    attended,
    classified,
    closing_of,
    contract_for,
    fresh,
    key,
    left,
    proposed,
    reserved,
    run_clock,
)
from amparo.charging import commands as charging
from amparo.charging.errors import PriceChanged
from amparo.charging.models import Charge
from amparo.charging.queries import tariff_at
from amparo.conftest import NOON, PASSWORD, make_contact, make_customer, make_staff
from amparo.deadlines import commands as deadlines
from amparo.deadlines.queries import open_promises
from amparo.history.queries import facts as facts_of
from amparo.history.queries import faults_of_chain
from amparo.kernel import clock
from amparo.ledger import queries as ledger
from amparo.project import views
from amparo.threads import commands as threads

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until

HOUR = timedelta(hours=1)
CASES = 24


# -- the database goes away --------------------------------------------------------------------------------------------


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


class Visitor:
    """Somebody at a browser who sends a form again when it did not go through."""

    def __init__(self, url: str, email: str) -> None:
        self.url, self.cookies, self.answers = url, CookieJar(), []
        self.net = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(self.cookies))
        self.ask("/account/login/")
        self.send("/account/login/", {"login": email, "password": PASSWORD})

    def ask(self, path: str, form: dict[str, str] | None = None) -> int:
        """Return the status of one request; 0 where there was no answer at all."""
        request = urllib.request.Request(self.url + path, urlencode(form).encode() if form else None)
        try:
            with self.net.open(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def send(self, path: str, form: dict[str, str]) -> None:
        """Send the very same form until it is answered by what is no fault of ours."""

        def sent() -> bool:
            token = next(cookie.value for cookie in self.cookies if cookie.name == "amparo-csrf")
            self.answers.append(self.ask(path, form | {"csrfmiddlewaretoken": token}))
            return 0 < self.answers[-1] < 500

        until(sent, 60, 0.1)


@pytest.fixture(scope="module")
def served(django_db_setup, tmp_path_factory):
    """The pages over their pool of connections, as in earnest."""
    with service(tmp_path_factory.mktemp("served"), parts=("web", "stream")) as made:
        yield made


@pytest.fixture
def running(served, transactional_db):
    """A contact whose cases all wait for its word."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        customer, engineer = make_customer("Abarrotes Lupita"), make_staff("Elena", "engineer")
        contact = make_contact(customer, "Lupita Romero")
    now = clock.now()
    contract_for(customer.pk, events=0, incidents=CASES + 1, credits=0, starts_on=now.date() - timedelta(days=2))
    waiting = [proposed(attended(contact, engineer, "incident", at=now), engineer, "solved", at=now) for _ in range(CASES)]
    return SimpleNamespace(url=served.url, stream=served.stream_url, email=contact.email, customer=customer, contact=contact, waiting=waiting)


def _cut_all() -> int:
    """End every other connection to the database, in whatever it is: what a restart does to its clients."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.mark.operations
def test_a_database_that_restarts_in_the_middle_of_requests_leaves_nothing_half_done(running):
    """CHG-10, LED-2, SEC-48: forms sent again charge once and open once; each fact has its effect, each effect its fact."""
    visitors = [Visitor(running.url, running.email) for _ in range(4)]
    forms = [
        [(f"/cases/{case.pk}/closing/accept/", {"seen": str(closing_of(case).pk)}) for case in running.waiting[n::4]]
        + [("/cases/new/", {"key": f"nuevo-{n}-{i}", "title": f"Caso {n}-{i}", "body": "No imprime."}) for i in range(3)]
        for n in range(4)
    ]
    people = [
        threading.Thread(target=lambda v=v, of=of: [v.send(*form) for form in of]) for v, of in zip(visitors, forms, strict=True)
    ]
    for one in people:
        one.start()
    cut = 0
    for pause in (0.3, 0.5, 0.2, 0.7, 0.4) * 3:
        time.sleep(pause)
        cut += _cut_all()
    for one in people:
        one.join(120)
    answers = [status for visitor in visitors for status in visitor.answers]
    assert cut and {status for status in answers if 0 < status < 500} == {302}, answers
    for case in running.waiting:
        case = fresh(case)
        facts = [fact.name for fact in facts_of(case.subject)]
        assert case.state == "closed" and case.charge.state == "final" and not list(faults_of_chain(case.subject))
        assert facts.count("case.closed") == facts.count("charge.final") == 1
    opened = Case.objects.exclude(pk__in=[case.pk for case in running.waiting])
    assert sorted(opened.values_list("thread__title", flat=True)) == sorted(f"Caso {n}-{i}" for n in range(4) for i in range(3))
    assert all(len(open_promises(case.subject)) == 1 for case in opened)
    assert left(running.customer.pk, clock.now())["incident"] == 1 and reserved(running.customer.pk, clock.now())["incident"] == 0
    assert not ledger.check()["differences"]
    until(lambda: visitors[0].ask("/cases/") == 200)  # and pages come back by themselves


def test_what_the_database_interrupts_is_asked_to_be_sent_again():
    """A page of its own with 503 and when to try again, without session or database; any other fault is ours."""
    request = RequestFactory().post("/cases/new/")
    for error, status in ((OperationalError("the connection is lost"), 503), (KeyError("ours"), 500)):
        try:
            raise error
        except (OperationalError, KeyError):
            answer = views.fault(request)
        assert answer.status_code == status and b"<h1>" in answer.content
        assert answer.has_header("Retry-After") is (status == 503)


# -- clocks that are set back ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_clock_change_moves_no_promise_and_adds_no_minute(customer, contact, engineer, administrator):
    """TIM-11, CAS-5: Tijuana sets its clocks back on Sunday 1 November 2026 at 2:00; the customer is served all week."""
    before = datetime(2026, 10, 20, 18, 0, tzinfo=UTC)
    always = deadlines.add_calendar(
        "Tijuana", zone="America/Tijuana", weekly=(((0, 1440),),) * 7, country="", actor=administrator, at=before
    )
    deadlines.assign_calendar(customer.pk, always, actor=administrator, at=before)
    contract_for(customer.pk, starts_on=before.date())
    half_past_one = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)  # 1:30 in summer time
    case = attended(contact, engineer, "incident", at=half_past_one)
    case = run_clock(case, engineer, 20, at=half_past_one + timedelta(minutes=20))  # 1:50 to 1:10, by the wall
    assert case.clock_seconds == 20 * 60
    threads.say(case.thread, "¿Y ahora?", key=key(), actor=contact, at=half_past_one)
    owed = deadlines.promise("answer.ticket", subject="ticket:1", customer_id=customer.pk, actor=contact, at=half_past_one)
    # 48 business hours are two business days; by the wall 1:30 on Tuesday, which is 49 hours of a watch
    assert owed.due_at == datetime(2026, 11, 3, 8, 30, tzinfo=UTC)
    case = proposed(case, engineer, "solved", at=half_past_one + 2 * HOUR)
    assert [step.hour for step in closing_of(case).steps()] == [8, 8, 8]  # midnight in winter time


# -- prices that move --------------------------------------------------------------------------------------------------


def _dearer(incident: int, starts_at: datetime, administrator) -> None:
    draft = charging.draft_tariff(actor=administrator, at=starts_at - HOUR)
    charging.revise_tariff(draft, {"incident": incident}, note="Alza", actor=administrator, at=starts_at - HOUR)
    charging.publish_tariff(draft, starts_at=starts_at, actor=administrator, at=starts_at - HOUR)


@pytest.mark.django_db
def test_a_tariff_that_starts_between_quote_and_charge_costs_what_was_consented_to(customer, contact, engineer, administrator):
    """TAR-1, CHG-1, CHG-4: before the consent it is asked again; after it, nothing moves."""
    contract_for(customer.pk, events=0, incidents=0, credits=20)
    case = classified(contact, engineer, "incident")
    _dearer(5, NOON + 2 * HOUR, administrator)
    with pytest.raises(PriceChanged):
        cases.consent(case, seen=case.classification, actor=contact, at=NOON + 3 * HOUR)
    assert reserved(customer.pk, NOON + 3 * HOUR)["credit"] == 0
    case = cases.requote(case, actor=contact, at=NOON + 3 * HOUR)
    cases.consent(case, seen=case.classification, actor=contact, at=NOON + 3 * HOUR)
    _dearer(9, NOON + 5 * HOUR, administrator)
    accepted(proposed(fresh(case), engineer, "solved", at=NOON + 6 * HOUR), contact, at=NOON + 7 * HOUR)
    charge = Charge.objects.get(pk=fresh(case).charge_id)
    assert charge.amounts == {"credit": 5} and charge.tariff_version == 2
    assert tariff_at(NOON + 7 * HOUR).number == 3 and left(customer.pk, NOON + 7 * HOUR)["credit"] == 15


# -- the back button ---------------------------------------------------------------------------------------------------


@pytest.mark.operations
@pytest.mark.browser
@needs_chromium
def test_who_goes_back_after_accepting_sees_what_holds_and_charges_nothing_twice(running, open_page):  # noqa: F811
    """CAS-4, CHG-10: a page of a session is not kept, so that going back shows the new state."""
    case = running.waiting[0]
    page = open_page((running.url, running.stream))
    page.goto(running.url + "/account/login/")
    page.fill("[name=login]", running.email)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.click('form[action="/account/login/"] button[type=submit]')
    accept = f'form[action="/cases/{case.pk}/closing/accept/"] button[type=submit]'
    page.goto(f"{running.url}/cases/{case.pk}/")
    with page.expect_navigation():
        page.locator(accept).first.click()
    page.goto(running.url + "/cases/")
    page.go_back()
    page.go_back()
    page.wait_for_load_state()
    assert page.url.endswith(f"/cases/{case.pk}/") and not page.locator(accept).count()
    assert left(running.customer.pk, clock.now())["incident"] == 1
    assert [fact.name for fact in facts_of(case.subject)].count("charge.final") == 1
