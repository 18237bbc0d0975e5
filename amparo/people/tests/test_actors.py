"""Who acts, as the one statement of every request tells it."""

from __future__ import annotations

from amparo.conftest import NOON, make_contact, make_user
from amparo.people.models import Contact, User
from amparo.people.queries import person, with_rights


def test_the_statement_of_each_request_tells_what_the_query_tells(customer, other_customer, contact, engineer):
    """ACC-11: rights of this moment, in one statement, companies by name."""
    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="own", created_at=NOON)
    gone = make_contact(other_customer, "Se Fue")
    Contact.objects.filter(user_id=gone.user_id).update(removed_at=NOON)
    nobody = make_user("Nadie")
    for pk in (contact.user_id, engineer.user_id, gone.user_id, nobody.pk):
        told, asked = person(pk), with_rights(User.objects.filter(pk=pk)).get()
        for name in ("pk", "email", "password", "language", "acting_customer_id", "role_list", "company_list", "has_factor"):
            assert getattr(told, name) == getattr(asked, name), name
    assert len(person(contact.user_id).company_list) == 2


def test_who_is_switched_off_is_nobody(contact, django_assert_num_queries):
    """ACC-11"""
    with django_assert_num_queries(1):
        assert person(contact.user_id) is not None
    User.objects.filter(pk=contact.user_id).update(is_active=False)
    assert person(contact.user_id) is None
