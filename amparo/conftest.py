"""The small named world that tests share: one vendor, two customers, people of every standing.

Anything else a test makes itself. Times are fixed: NOON is a Wednesday at noon in Mexico City, inside
business hours, in a week without a holiday.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, TransactionTestCase

from amparo.history import queries as history_queries
from amparo.history.commands import deliver_pending
from amparo.kernel.actor import Actor
from amparo.kernel.ids import make_nic
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.queries import actor_by_id
from amparo.project import testreset

NOON = datetime(2026, 11, 11, 18, 0, tzinfo=UTC)
PASSWORD = "una clave larga de prueba"  # noqa: S105 (of tests only)
_numbers = itertools.count(20_000)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let tests that commit leave the database as migrations made it."""
    with django_db_blocker.unblock():
        testreset.keep()
    plain = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: testreset.reset()
    yield
    TransactionTestCase._fixture_teardown = plain


@pytest.fixture(autouse=True)
def fresh_policies():
    """Let no test know of the figures that another one set; named without a mark of its own, so that `import *` brings it."""
    from amparo.policies import queries

    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def noon() -> datetime:
    return NOON


def make_user(name: str, email: str | None = None, *, roles: tuple[str, ...] = (), language: str = "es-mx") -> User:
    from allauth.account.models import EmailAddress

    email = email or f"{name.lower().replace(' ', '.')}.{next(_numbers)}@ejemplo.mx"
    user = User.objects.create_user(email, PASSWORD, name=name, language=language)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    for role in roles:
        StaffRole.objects.create(user=user, role=role)
    return user


def make_customer(name: str, **fields: object) -> Customer:
    return Customer.objects.create(nic=make_nic(next(_numbers)), name=name, created_at=NOON - timedelta(days=400), **fields)


def make_contact(customer: Customer, name: str, company_role: str = "administrator", **fields: object) -> Actor:
    user = make_user(name, **fields)  # type: ignore[arg-type]
    Contact.objects.create(user=user, customer=customer, company_role=company_role, created_at=NOON)
    return actor_by_id(user.pk)


def make_staff(name: str, *roles: str) -> Actor:
    return actor_by_id(make_user(name, roles=roles).pk)


@pytest.fixture
def customer(db) -> Customer:
    return make_customer("Abarrotes Lupita", phone="+525555123456")


@pytest.fixture
def other_customer(db) -> Customer:
    return make_customer("Ferretería Sur", phone="+525555654321")


@pytest.fixture
def contact(customer) -> Actor:
    """The administrator of Abarrotes Lupita."""
    return make_contact(customer, "Lupita Romero")


@pytest.fixture
def member(customer) -> Actor:
    return make_contact(customer, "Marcos Peña", "member")


@pytest.fixture
def own_only(customer) -> Actor:
    return make_contact(customer, "Olga Ruiz", "own")


@pytest.fixture
def other_contact(other_customer) -> Actor:
    return make_contact(other_customer, "Sergio Díaz")


@pytest.fixture
def registered(db) -> Actor:
    return actor_by_id(make_user("Rita Libre").pk)


@pytest.fixture
def operator(db) -> Actor:
    return make_staff("Oscar Operador", "operator")


@pytest.fixture
def engineer(db) -> Actor:
    return make_staff("Elena Ingeniera", "engineer")


@pytest.fixture
def quality(db) -> Actor:
    return make_staff("Quirino Calidad", "quality")


@pytest.fixture
def sales(db) -> Actor:
    return make_staff("Sara Ventas", "sales")


@pytest.fixture
def administrator(db) -> Actor:
    return make_staff("Ada Administradora", "administrator")


@pytest.fixture
def client_for():
    """A browser-less client that is signed in as an actor."""

    def signed_in(actor: Actor, **extra: object) -> Client:
        client = Client(**extra)  # type: ignore[arg-type]
        if actor.user_id is not None:
            client.force_login(User.objects.get(pk=actor.user_id), backend="amparo.people.backends.PeopleBackend")
        return client

    return signed_in


@pytest.fixture
def facts():
    """The names of a subject's facts, oldest first."""
    return lambda subject: [
        fact.name for fact in history_queries.facts(subject if isinstance(subject, str) else subject.subject)
    ]


@pytest.fixture
def deliver():
    """Run every pending reaction, and those that they cause."""

    def run(at: datetime = NOON) -> int:
        total = 0
        while done := deliver_pending(at=at):
            total += done
        return total

    return run
