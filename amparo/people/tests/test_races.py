"""People at once: threads on real PostgreSQL, behind a barrier."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from amparo.conftest import NOON, PASSWORD, make_contact, make_staff
from amparo.kernel.actor import VISITOR
from amparo.kernel.refusals import Refusal
from amparo.people import commands, errors
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.rules import unseal

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start together; return what each returned or was refused with."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Refusal as refusal:
            answers[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_a_nic_is_never_given_twice(operator):
    """Rule: one NIC, never reused. Eight at once, one of them undone."""
    def register(number):
        return commands.register_customer(f"Cliente {number}", actor=operator, at=NOON)

    made = at_once(*(lambda n=n: register(n) for n in range(8)))
    with pytest.raises(errors.NameMissing):
        register("").pk and commands.register_customer("", actor=operator, at=NOON)
    nics = [customer.nic for customer in made] + [register("después").nic]
    assert len(set(nics)) == 9


def test_one_form_sent_twice_at_once_registers_once(operator):
    """CHG-10 for people: the same key."""
    made = at_once(*(lambda: commands.register_customer("A", key="k", external_ref="R", actor=operator, at=NOON) for _ in range(4)))
    assert len({customer.pk for customer in made}) == 1
    assert Customer.objects.count() == 1


def test_an_invitation_accepted_twice_at_once_lets_one_in(customer, contact):
    """SEC-4: the link works once."""
    invitation = commands.invite_contact(customer, "nuevo@ejemplo.mx", "Nuevo", actor=contact, at=NOON)
    token = unseal(invitation.token_sealed, settings.SECRETS["field_key"])

    def accept(name):
        return commands.accept_invitation(token, name=name, password=PASSWORD, actor=VISITOR, at=NOON)

    answers = at_once(*(lambda n=n: accept(f"N{n}") for n in range(4)))
    refused = [a for a in answers if isinstance(a, errors.InvitationNotValid)]
    assert len(refused) == 3
    assert User.objects.filter(email="nuevo@ejemplo.mx").count() == 1
    assert Contact.objects.filter(customer=customer, removed_at=None).count() == 2


def test_two_administrators_who_remove_each_other_leave_one(db):
    """SEC-53: the last administrator stays, also in a race."""
    ada, bea = make_staff("Ada", "administrator"), make_staff("Bea", "administrator")

    def demote(who, by):
        return commands.set_roles(User.objects.get(pk=who.user_id), ["sales"], actor=by, at=NOON)

    answers = at_once(lambda: demote(bea, ada), lambda: demote(ada, bea))
    assert sum(isinstance(a, errors.LastAdministrator) for a in answers) == 1
    assert StaffRole.objects.filter(role="administrator").count() == 1


def test_two_administrators_of_a_company_who_leave_at_once_leave_one(customer):
    """ACC-11"""
    ada, bea = make_contact(customer, "Ada"), make_contact(customer, "Bea")

    def leave(who):
        return commands.remove_contact(Contact.objects.get(pk=who.contact_id), actor=who, at=NOON)

    answers = at_once(lambda: leave(ada), lambda: leave(bea))
    assert sum(isinstance(a, errors.LastCompanyAdministrator) for a in answers) == 1


def test_a_person_becomes_a_contact_once(customer, operator, registered):
    answers = at_once(*(lambda: commands.add_contact(customer, registered.email, "R", actor=operator, at=NOON) for _ in range(4)))
    assert sum(isinstance(a, errors.AlreadyContact) for a in answers) == 3
    assert Contact.objects.filter(customer=customer).count() == 1
