"""Notices and letters: who is told what, when, by which way."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from amparo.cases import commands as cases
from amparo.conftest import NOON, make_contact
from amparo.contracts import commands as contracts
from amparo.kernel.refusals import Invalid
from amparo.notifications import access, commands, queries, rules
from amparo.notifications.models import Letter, Notice
from amparo.products import commands as products
from amparo.tickets import commands as tickets

NIGHT = datetime(2026, 11, 12, 5, 0, tzinfo=UTC)  # 23:00 in Mexico City
DAY = (NOON - timedelta(days=30)).date()


@pytest.fixture
def covered(customer, administrator, sales):
    """A customer with a current licence and a contract."""
    product = products.add_product("POS", "Mostrador", actor=administrator, at=NOON - timedelta(days=90))
    release = products.add_release(product, "10.1", DAY, actor=administrator, at=NOON - timedelta(days=30))
    products.make_current(release, actor=administrator, at=NOON - timedelta(days=30))
    products.register_licence("S-0001-AAAA", product, customer, installed=release, actor=administrator, at=NOON)
    plan = contracts.add_plan("Plus", events=5, incidents=1, credits=10, months=12, price=1, currency="MXN", actor=sales, at=NOON)
    contracts.sell_contract(customer, plan, DAY, actor=sales, at=NOON)
    return product


def open_ticket(product, contact, at=NOON):
    return tickets.open_ticket("No imprime", "Desde ayer", product.pk, key=f"t-{at}", actor=contact, at=at)


def told(actor, kind):
    return Notice.objects.filter(user_id=actor.user_id, kind=kind).count(), Letter.objects.filter(user_id=actor.user_id, kind=kind).count()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 23), st.integers(0, 23),
       st.sampled_from(["America/Mexico_City", "America/Tijuana", "Europe/Madrid"]))  # fmt: skip
def test_a_letter_never_goes_out_in_the_quiet_hours(at, start, end, zone):
    """Never at night by the customer's calendar."""
    from zoneinfo import ZoneInfo

    at = at.replace(tzinfo=UTC)
    when = rules.not_before(at, zone=zone, quiet_from=start, quiet_until=end)
    assert when >= at and when - at < timedelta(hours=26)
    assert not rules.is_quiet(when.astimezone(ZoneInfo(zone)).hour, start, end) or start == end
    if not rules.is_quiet(at.astimezone(ZoneInfo(zone)).hour, start, end):
        assert when == at


@pytest.mark.django_db
def test_an_answer_is_told_to_who_asked_and_not_to_who_answered(covered, contact, member, engineer, deliver):
    ticket = open_ticket(covered, contact)
    tickets.write(ticket, "Reinicie la impresora", key="a", via="desk", actor=engineer, at=NOON)
    deliver()
    assert told(contact, "answer") == (1, 1) and told(member, "answer") == (0, 0) and told(engineer, "answer") == (0, 0)
    letter = Letter.objects.get(kind="answer")
    assert "Reinicie la impresora" in str(letter.words) and letter.words["url"].startswith(f"/tickets/{ticket.pk}/")


@pytest.mark.django_db
def test_letters_to_customers_rest_at_night_and_warnings_to_staff_do_not(covered, contact, engineer, deliver):
    """TIM-10"""
    ticket = open_ticket(covered, contact, NIGHT)
    tickets.write(ticket, "Respuesta nocturna", key="a", via="desk", actor=engineer, at=NIGHT)
    deliver(NIGHT)
    letter = Letter.objects.get(kind="answer")
    assert letter.not_before == datetime(2026, 11, 12, 14, 0, tzinfo=UTC)  # 08:00 in Mexico City
    commands.send_due(at=NIGHT)
    assert [m for m in mail.outbox if m.to == [contact.email]] == []
    commands.send_due(at=letter.not_before)
    assert letter.words["title"] in [m.subject for m in mail.outbox if m.to == [contact.email]]


@pytest.mark.django_db
def test_a_proposal_of_closing_is_told_explicitly_with_summary_and_charge(covered, contact, engineer, deliver):
    """CAS-4, CHG-7: to who opened it and to the company's administrators, whatever they chose."""
    other_admin = make_contact(contact_customer(contact), "Otra Administradora")
    commands.choose({"closing": (False, False)}, actor=contact, at=NOON)
    case = cases.open_case("No abre", "La caja 3", key="c1-notice", actor=contact, at=NOON)
    cases.classify(case, kind="incident", explanation="Es un incidente", key="k", actor=engineer, at=NOON)
    case.refresh_from_db()
    cases.consent(case, seen=case.classification, actor=contact, at=NOON)
    case.refresh_from_db()
    cases.propose_closing(case, reason="solved", summary="Se restableció la conexión", key="p", actor=engineer, at=NOON)
    deliver()
    commands.send_due(at=NOON)
    letters = [m for m in mail.outbox if "cierre" in m.subject.lower()]
    assert sorted(m.to[0] for m in letters) == sorted([contact.email, other_admin.email])
    text = letters[0].body
    assert "Se restableció la conexión" in text and "1 incidente" in text and f"/cases/{case.pk}/" in text
    assert letters[0].extra_headers["Auto-Submitted"] == "auto-generated"
    assert told(contact, "closing") == (0, 1)


def contact_customer(actor):
    from amparo.people.models import Customer

    return Customer.objects.get(pk=actor.customer_id)


@pytest.mark.django_db
def test_the_same_fact_tells_a_person_once(covered, contact, engineer, deliver):
    """CHG-10 of notices: at least once becomes once."""
    from amparo.history.models import Fact
    from amparo.history.queries import row
    from amparo.notifications.reactions import matters as reactions

    ticket = open_ticket(covered, contact)
    tickets.write(ticket, "Hola", key="a", via="desk", actor=engineer, at=NOON)
    deliver()
    fact = row(Fact.objects.get(name="ticket.answered"))
    reactions.answered(fact)
    reactions.answered(fact)
    assert told(contact, "answer") == (1, 1)


@pytest.mark.django_db
def test_people_choose_page_and_mail_for_each_kind(covered, contact, engineer, deliver):
    commands.choose({"answer": (True, False)}, actor=contact, at=NOON)
    tickets.write(open_ticket(covered, contact), "Hola", key="a", via="desk", actor=engineer, at=NOON)
    deliver()
    assert told(contact, "answer") == (1, 0)
    with pytest.raises(Invalid):
        commands.choose({"promise_lapsed": (True, True)}, actor=contact, at=NOON)
    assert all(choice.mail for choice in queries.choices(contact) if choice.kind.must_mail)


@pytest.mark.django_db
def test_a_letter_that_fails_is_tried_again_and_then_given_up(covered, contact, engineer, deliver, monkeypatch):
    """An outage is retried, never inside a transaction; nothing else waits for it."""
    from django.core.mail import EmailMultiAlternatives

    tickets.write(open_ticket(covered, contact), "Hola", key="a", via="desk", actor=engineer, at=NOON)
    deliver()

    def down(self, fail_silently=False):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMultiAlternatives, "send", down)
    letter, at, tried = Letter.objects.get(kind="answer"), NOON, []
    while letter.state == "waiting":
        commands.send_due(at=at)
        letter.refresh_from_db()
        tried.append(letter.attempts)
        at = letter.not_before
    assert sorted(set(tried)) == list(range(1, len(rules.RETRY_SECONDS) + 2))
    assert letter.state == "given_up" and letter.error == "ConnectionRefusedError"


@pytest.mark.django_db
def test_words_of_people_add_no_header(covered, contact, engineer, deliver):
    """SEC-18, SEC-19: a line break in a title is a space, and template signs are text."""
    ticket = tickets.open_ticket("Hola\r\nBcc: otro@ejemplo.mx {{ 7*7 }} <b>x</b>", "x", covered.pk, key="t", actor=contact, at=NOON)
    tickets.write(ticket, "<script>alert(1)</script> {{ 7*7 }}", key="a", via="desk", actor=engineer, at=NOON)
    deliver()
    commands.send_due(at=NOON)
    message = next(m for m in mail.outbox if m.to == [contact.email] and "Hola" in m.subject)
    assert "\n" not in message.subject and message.recipients() == [contact.email]
    html = message.alternatives[0][0]
    assert "<script>alert" not in html and "{{ 7*7 }}" in html and "49" not in message.subject


@pytest.mark.django_db
def test_staff_are_warned_and_told_of_a_lapse(covered, contact, engineer, deliver):
    """TIM-10: before at 50, 75 and 90 per cent; once when it lapses."""
    from amparo.deadlines import commands as deadlines

    ticket = open_ticket(covered, contact)
    from amparo.threads.commands import assign

    assign(ticket.thread, engineer.user_id, actor=engineer, at=NOON)
    ticket.thread.refresh_from_db()
    due = ticket.thread.due_at
    deadlines.warn_due(at=due - timedelta(minutes=1), limit=100)
    deadlines.lapse_due(at=due + timedelta(hours=1), limit=100)
    deadlines.lapse_due(at=due + timedelta(hours=2), limit=100)
    deliver(due + timedelta(hours=1))
    assert told(engineer, "promise_warned")[0] >= 1 and told(engineer, "promise_lapsed") == (1, 1)


@pytest.mark.django_db
def test_pages_of_notices(client_for, covered, contact, engineer, deliver, django_assert_max_num_queries):
    tickets.write(open_ticket(covered, contact), "Hola", key="a", via="desk", actor=engineer, at=NOON)
    deliver()
    client = client_for(contact)
    with django_assert_max_num_queries(6):
        page = client.get("/notifications/")
    assert "No imprime" in page.content.decode()
    assert queries.unread_count(contact) == 2  # the contract, and the answer
    assert client.post("/notifications/read/").status_code == 302
    assert queries.unread_count(contact) == 0
    assert client.post("/notifications/choices/", {"page-answer": "on"}).status_code == 302
    assert [(c.page, c.mail) for c in queries.choices(contact) if c.kind.code == "answer"] == [(True, False)]


@pytest.mark.django_db
def test_night_is_where_the_customer_is_unless_the_person_said_otherwise(covered, contact, engineer, administrator, deliver):
    """Never at night by the customer's calendar: 22:00 in Mexico City is 5:00 in Madrid and 21:00 in Tijuana."""
    from amparo.deadlines.commands import add_calendar, assign_calendar
    from amparo.people.models import User

    at = datetime(2026, 11, 13, 4, 0, tzinfo=UTC)
    for number, (zone, own, goes_at) in enumerate([
        ("Europe/Madrid", "", datetime(2026, 11, 13, 7, 0, tzinfo=UTC)),
        ("Europe/Madrid", "Asia/Tokyo", at),
        ("Asia/Tokyo", "", at),
    ]):  # fmt: skip
        week = (((540, 1080),),) * 7
        calendar = add_calendar(f"Zona {number}", zone=zone, weekly=week, country="", actor=administrator, at=NOON)
        assign_calendar(contact.customer_id, calendar, actor=administrator, at=NOON)
        User.objects.filter(pk=contact.user_id).update(time_zone=own)
        tickets.write(open_ticket(covered, contact, at + timedelta(seconds=number)), "Hola", key=f"n{number}", via="desk", actor=engineer, at=at)
        deliver(at)
        letter = Letter.objects.filter(kind="answer").latest("pk")
        assert letter.not_before == goes_at, zone
    commands.send_due(at=at)
    assert Letter.objects.filter(kind="answer", state="sent").count() == 2


@pytest.mark.django_db
def test_who_has_a_case_is_told_of_the_customers_yes_and_not_of_his_own_note(covered, contact, engineer, operator, deliver):
    """CHG-1: it is attended as soon as it may be."""
    from amparo.threads.commands import assign

    for who, said in ((contact, {}), (engineer, {"how": "telephone", "given_by": "Lupita"})):
        case = cases.open_case("No abre", "La caja 3", key=f"d{who.user_id}", actor=contact, at=NOON)
        assign(case.thread, engineer.user_id, actor=engineer, at=NOON)
        case = cases.classify(case, kind="incident", explanation="Es un incidente", key="k", actor=engineer, at=NOON)
        cases.consent(case, seen=case.classification, actor=who, at=NOON, **said)
        deliver()
        assert told(engineer, "decided") == (1, 0) and told(operator, "decided") == (0, 0)


@pytest.mark.django_db
def test_guessing_of_cards_is_reported_to_sales_and_administrators(contact, sales, administrator, engineer, deliver):
    """CRD-1, SEC-45: once for each window, not for each try."""
    from amparo.contracts.errors import CardNotTaken, TooManyCodes

    refused = 0
    for number in range(30):
        try:
            contracts.redeem_card(f"AAAA-AAAA-AAAA-{number:04}", contact.customer_id, key=f"g{number}", actor=contact, at=NOON, address="192.0.2.7")
        except CardNotTaken:
            continue
        except TooManyCodes:
            refused += 1
    deliver()
    assert refused > 1
    assert told(sales, "guessing") == told(administrator, "guessing") == (1, 1) and told(engineer, "guessing") == (0, 0)


def test_a_letter_for_staff_goes_to_nobody_who_left_the_staff(engineer):
    """SEC-6, SEC-20: of no customer, so that no company's door stands before it; asked again when it goes."""
    from amparo.people.models import StaffRole

    letter = Letter.objects.create(user_id=engineer.user_id, kind="remote_guessed", subject_ref="service:remote", words={}, fact_id=1, created_at=NOON, not_before=NOON)
    assert access.may_still_read(letter)
    StaffRole.objects.filter(user=engineer.user_id).delete()
    assert not access.may_still_read(letter)
