"""What the verbs of people do and refuse."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from amparo.conftest import NOON, PASSWORD, make_staff
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import NotPermitted
from amparo.people import commands, errors, letters, queries
from amparo.people.models import Contact, Customer, Invitation, StaffRole, User
from amparo.people.rules import token_hash, unseal
from amparo.people.words import Letter

pytestmark = pytest.mark.django_db


def register(actor, name="Papelería Núñez", **fields):
    return commands.register_customer(name, actor=actor, at=NOON, **fields)


def token_of(invitation: Invitation) -> str:
    from django.conf import settings

    invitation.refresh_from_db()
    token = unseal(invitation.token_sealed, settings.SECRETS["field_key"])
    assert token
    return token


def test_a_customer_gets_a_nic_with_check_digits(operator, facts):
    """TEL-2: registered from the telephone screen."""
    first = register(operator, phone="55 1234 5678", email="Compras@Papel.MX")
    second = register(operator, "Otra")
    assert parse_nic(first.nic_shown) == first.nic
    assert int(second.nic[:-2]) == int(first.nic[:-2]) + 1
    assert (first.phone, first.email, first.created_at) == ("+525512345678", "compras@papel.mx", NOON)
    assert facts(first) == ["customer.registered"]


def test_the_same_key_registers_once(operator):
    """CHG-10 for people: a double click gives one customer and uses up one NIC."""
    first = register(operator, key="k-1")
    assert register(operator, key="k-1") == first
    assert Customer.objects.count() == 1
    assert int(register(operator, "B").nic[:-2]) == int(first.nic[:-2]) + 1


def test_a_nic_is_never_changed_and_a_customer_never_removed(operator):
    customer = register(operator)
    for sql in ("UPDATE people_customer SET nic = '9999999' WHERE id = %s", "DELETE FROM people_customer WHERE id = %s"):
        with pytest.raises(DatabaseError, match="NIC"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [customer.pk])


@pytest.mark.parametrize("who", ["contact", "registered", "quality"])
def test_who_may_not_register_customers(who, request):
    """ACC-11"""
    with pytest.raises(NotPermitted):
        register(request.getfixturevalue(who))


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"name": "  "}, errors.NameMissing, "name"),
        ({"name": "A\r\nBcc: x@y.mx"}, errors.NotInOneLine, "name"),
        ({"name": "A", "email": "a@b.mx, c@d.mx"}, errors.EmailNotRight, "email"),
        ({"name": "A", "email": "a@b.mx\nBcc:c@d.mx"}, errors.NotInOneLine, "email"),
        ({"name": "A", "phone": "123"}, errors.PhoneNotRight, "phone"),
    ],
)
def test_what_a_customer_may_not_be_called(operator, fields, refusal, field):
    """SEC-18: nothing that breaks a header is kept."""
    with pytest.raises(refusal) as caught:
        register(operator, **fields)
    assert caught.value.field == field
    assert not Customer.objects.exists()


def test_a_reference_is_given_once(operator):
    register(operator, external_ref="SAP-1")
    with pytest.raises(errors.ReferenceTaken):
        register(operator, "B", external_ref="SAP-1")
    other = register(operator, "B", external_ref="")
    with pytest.raises(errors.ReferenceTaken):
        commands.update_customer(other, external_ref="SAP-1", actor=operator, at=NOON)


def test_a_correction_keeps_what_was(operator, customer, facts):
    commands.update_customer(customer, name="Abarrotes Lupita 2", actor=operator, at=NOON)
    commands.update_customer(customer, name="Abarrotes Lupita 2", actor=operator, at=NOON)
    assert facts(customer) == ["customer.changed"]
    assert Fact.objects.get().data == {"before": {"name": "Abarrotes Lupita"}, "after": {"name": "Abarrotes Lupita 2"}}


def test_the_company_corrects_its_own_address_only(contact, member, customer, other_customer):
    """ACC-11"""
    new = {"phone": "5599887766", "email": "x@y.mx", "address": "Calle 1"}
    assert commands.correct_address(customer, **new, actor=contact, at=NOON).phone == "+525599887766"
    for who, whose in ((member, customer), (contact, other_customer)):
        with pytest.raises(NotPermitted):
            commands.correct_address(whose, **new, actor=who, at=NOON)


def test_contacts_of_a_customer_that_is_switched_off_act_for_nobody(sales, operator, contact, customer):
    """ACC-11, SEC-6"""
    with pytest.raises(NotPermitted):
        commands.deactivate_customer(customer, reason="baja", actor=operator, at=NOON)
    commands.deactivate_customer(customer, reason="baja", actor=sales, at=NOON)
    assert queries.actor_by_id(contact.user_id).kind == "registered"
    with pytest.raises(errors.CustomerInactive):
        commands.update_customer(customer, name="B", actor=operator, at=NOON)
    commands.reactivate_customer(customer, actor=sales, at=NOON)
    assert queries.actor_by_id(contact.user_id).customer_id == customer.pk


# Invitations


def invite(customer, actor, email="nuevo@ejemplo.mx", role="member", **more) -> Invitation:
    return commands.invite_contact(customer, email, "Nuevo Uno", role, actor=actor, at=NOON, **more)


def test_an_invited_person_acts_for_the_company(customer, contact, facts):
    """ACC-11: by letter, once."""
    invitation = invite(customer, contact, title="Cajero")
    user, _same = commands.accept_invitation(
        token_of(invitation), name="Nuevo Uno", password=PASSWORD, actor=VISITOR, at=NOON
    )
    actor = queries.actor_by_id(user.pk)
    assert (actor.customer_id, actor.company_role) == (customer.pk, "member")
    assert EmailAddress.objects.get(user=user).verified
    assert facts(invitation) == ["invitation.sent", "invitation.accepted"]
    assert facts(customer) == ["contact.added"]
    assert Contact.objects.get(user=user).title == "Cajero"


def test_the_secret_of_an_invitation_is_not_on_the_record(customer, contact):
    """SEC-4, SEC-57: hashed for keeping, sealed until sent, never in a fact."""
    token = token_of(invite(customer, contact))
    invitation = Invitation.objects.get()
    assert invitation.token_hash == token_hash(token)
    assert token not in invitation.token_sealed
    assert not Fact.objects.filter(body__contains=token).exists()
    commands.mark_invitation_sent(invitation, actor=SYSTEM, at=NOON)
    assert Invitation.objects.get().token_sealed == ""


def spoil(case: str, invitation: Invitation, token: str, actors) -> str:
    """Return the link's secret after something made it worthless."""
    from datetime import timedelta

    if case == "blank":
        return ""
    if case == "another":
        return token[:-1] + ("A" if token[-1] != "A" else "B")
    if case == "hash":
        return invitation.token_hash
    if case == "used":
        commands.accept_invitation(token, name="N", password=PASSWORD, actor=VISITOR, at=NOON)
    if case == "expired":
        Invitation.objects.update(expires_at=NOON - timedelta(seconds=1))
    if case == "revoked":
        commands.revoke_invitation(invitation, actor=actors["contact"], at=NOON)
    if case == "sent again":
        commands.resend_invitation(invitation, actor=actors["contact"], at=NOON)
    if case == "invited again":
        invite(actors["customer"], actors["contact"])
    if case == "inviter removed":
        commands.remove_contact(Contact.objects.get(pk=actors["contact"].contact_id), actor=actors["operator"], at=NOON)
    return token


SPOILT = ["blank", "another", "hash", "used", "expired", "revoked", "sent again", "invited again", "inviter removed"]


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_link_is_refused_like_any_other(case, customer, contact, operator):
    """SEC-4: blank, wrong, used, expired, withdrawn: one answer."""
    invitation = invite(customer, contact)
    token = spoil(case, invitation, token_of(invitation), {"contact": contact, "customer": customer, "operator": operator})
    users = User.objects.count()
    with pytest.raises(errors.InvitationNotValid) as caught:
        commands.accept_invitation(token, name="N", password=PASSWORD, actor=VISITOR, at=NOON)
    assert str(caught.value) == str(errors.InvitationNotValid())
    assert User.objects.count() == users


def test_an_inviter_who_acts_for_another_company_meanwhile_still_answers(customer, other_customer, contact):
    """ACC-11: the right is asked in the invitation's company."""
    invitation = invite(customer, contact)
    Contact.objects.create(
        user_id=contact.user_id, customer=other_customer, company_role="own", created_at=NOON
    )
    commands.switch_company(other_customer.pk, actor=contact, at=NOON)
    user, _same = commands.accept_invitation(token_of(invitation), name="N", password=PASSWORD, actor=VISITOR, at=NOON)
    assert queries.actor_by_id(user.pk).customer_id == customer.pk


def test_an_invitation_is_for_its_address(customer, contact, registered):
    """SEC-4: whoever is signed in with another address does not take it."""
    with pytest.raises(errors.InvitationForAnother):
        commands.accept_invitation(token_of(invite(customer, contact)), actor=registered, at=NOON)
    mine = invite(customer, contact, email=registered.email)
    with pytest.raises(errors.InvitationForAnother):
        commands.accept_invitation(token_of(mine), password=PASSWORD, actor=VISITOR, at=NOON)
    commands.accept_invitation(token_of(mine), actor=registered, at=NOON)
    assert queries.actor_by_id(registered.user_id).customer_id == customer.pk


def test_a_password_set_by_somebody_who_never_proved_the_address_is_worthless(customer, contact):
    """SEC-5: whoever registers with another's address does not get in when the owner is invited."""
    squatter = commands.register_user("victima@ejemplo.mx", password=PASSWORD, actor=VISITOR, at=NOON)
    user, _invitation = commands.accept_invitation(
        token_of(invite(customer, contact, email="victima@ejemplo.mx")),
        name="Víctima", password="otra clave bien larga", actor=VISITOR, at=NOON,
    )  # fmt: skip
    assert user.pk == squatter.pk
    user.refresh_from_db()
    assert not user.check_password(PASSWORD) and user.check_password("otra clave bien larga")
    assert user.sessions_version > 0


def test_a_squatted_address_that_staff_add_loses_its_password(customer, operator):
    """SEC-5"""
    squatter = commands.register_user("victima@ejemplo.mx", password=PASSWORD, actor=VISITOR, at=NOON)
    commands.add_contact(customer, "victima@ejemplo.mx", "Víctima", actor=operator, at=NOON)
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()


@pytest.mark.parametrize("who", ["member", "own_only", "other_contact", "registered", "quality"])
def test_who_may_not_invite(who, customer, request):
    """ACC-11"""
    with pytest.raises(NotPermitted):
        invite(customer, request.getfixturevalue(who))


def test_a_contact_is_not_invited_twice(customer, contact, member):
    with pytest.raises(errors.AlreadyContact):
        invite(customer, contact, email=member.email)
    first = invite(customer, contact, key="k")
    assert invite(customer, contact, key="k") == first


@pytest.mark.parametrize("email", ["a@b.mx,c@d.mx", "a b@c.mx", "a@b.mx\r\nBcc: x@y.mx", "", "Ana <a@b.mx>"])
def test_an_invitation_goes_to_one_plain_address(email, customer, contact):
    """SEC-3, SEC-18"""
    with pytest.raises(errors.EmailNotRight):
        invite(customer, contact, email=email)


# Contacts


def row(actor) -> Contact:
    return Contact.objects.get(pk=actor.contact_id)


def test_a_removed_contact_sees_nothing_any_more(customer, contact, member, facts):
    """SEC-6, SEC-11: effective at once, the record stays."""
    commands.remove_contact(row(member), actor=contact, at=NOON)
    assert queries.actor_by_id(member.user_id).kind == "registered"
    assert facts(customer) == ["contact.removed"]
    with pytest.raises(errors.ContactGone):
        commands.remove_contact(row(member), actor=contact, at=NOON)
    commands.add_contact(customer, member.email, "Marcos", actor=SYSTEM, at=NOON)
    assert queries.actor_by_id(member.user_id).customer_id == customer.pk


def test_a_company_keeps_an_administrator(customer, contact, member, operator):
    """ACC-11: until staff, who may, or a successor."""
    for act in (
        lambda: commands.remove_contact(row(contact), actor=contact, at=NOON),
        lambda: commands.change_company_role(row(contact), "own", actor=contact, at=NOON),
    ):
        with pytest.raises(errors.LastCompanyAdministrator):
            act()
    commands.change_company_role(row(member), "administrator", actor=contact, at=NOON)
    commands.change_company_role(row(contact), "own", actor=contact, at=NOON)
    assert queries.actor_by_id(contact.user_id).company_role == "own"
    commands.remove_contact(row(member), actor=operator, at=NOON)


@pytest.mark.parametrize("who", ["member", "own_only", "other_contact", "quality"])
def test_who_may_not_manage_contacts(who, contact, request):
    """ACC-11, SEC-53: nobody raises his own role either."""
    actor = request.getfixturevalue(who)
    target = row(actor) if actor.contact_id else row(contact)
    if who == "other_contact":
        target = row(contact)
    with pytest.raises(NotPermitted):
        commands.change_company_role(target, "administrator", actor=actor, at=NOON)
    if target.pk != actor.contact_id:
        with pytest.raises(NotPermitted):
            commands.remove_contact(target, actor=actor, at=NOON)


def test_a_person_acts_for_one_company_at_a_time(contact, customer, other_customer):
    """ACC-11"""
    with pytest.raises(errors.NotYourCompany):
        commands.switch_company(other_customer.pk, actor=contact, at=NOON)
    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="own", created_at=NOON)
    commands.switch_company(other_customer.pk, actor=contact, at=NOON)
    acting = queries.actor_by_id(contact.user_id)
    assert (acting.customer_id, acting.company_role) == (other_customer.pk, "own")
    assert not acting.sees_customer(customer.pk)


# Staff


def test_only_administrators_let_people_into_the_staff(administrator, engineer, registered):
    """SEC-53: nobody grants what he lacks."""
    user = User.objects.get(pk=registered.user_id)
    for roles in (["engineer"], ["administrator"]):
        with pytest.raises(NotPermitted):
            commands.add_staff(user, roles, actor=engineer, at=NOON)
        with pytest.raises(NotPermitted):
            commands.set_roles(User.objects.get(pk=engineer.user_id), roles, actor=engineer, at=NOON)
        with pytest.raises(NotPermitted):
            commands.invite_staff("a@b.mx", "A", roles, actor=engineer, at=NOON)
    commands.add_staff(user, ["sales"], actor=administrator, at=NOON)
    assert queries.actor_by_id(user.pk).roles == {"sales"}
    with pytest.raises(errors.UnknownRole):
        commands.set_roles(user, ["god"], actor=administrator, at=NOON)


def test_the_last_administrator_stays(administrator):
    """SEC-53"""
    me = User.objects.get(pk=administrator.user_id)
    with pytest.raises(errors.LastAdministrator):
        commands.set_roles(me, [], actor=administrator, at=NOON)
    with pytest.raises(errors.YourOwnRights):
        commands.deactivate_user(me, actor=administrator, at=NOON)
    with pytest.raises(errors.LastAdministrator):
        commands.deactivate_user(me, actor=SYSTEM, at=NOON)
    other = make_staff("Otra", "administrator")
    commands.set_roles(me, ["engineer"], actor=administrator, at=NOON)
    assert set(StaffRole.objects.filter(role="administrator").values_list("user_id", flat=True)) == {other.user_id}


def test_an_administrator_who_is_switched_off_does_not_count(administrator):
    """SEC-53"""
    other = make_staff("Otra", "administrator")
    commands.deactivate_user(User.objects.get(pk=other.user_id), actor=administrator, at=NOON)
    with pytest.raises(errors.LastAdministrator):
        commands.set_roles(User.objects.get(pk=administrator.user_id), [], actor=administrator, at=NOON)


def test_who_joins_the_staff_by_letter(administrator, facts):
    """SEC-53: the inviter's right is asked again when the letter is answered."""
    letter = commands.invite_staff("nuevo@ejemplo.mx", "Nuevo", ["engineer"], actor=administrator, at=NOON)
    late = commands.invite_staff("tarde@ejemplo.mx", "Tarde", ["engineer"], actor=administrator, at=NOON)
    user, _same = commands.accept_invitation(token_of(letter), name="N", password=PASSWORD, actor=VISITOR, at=NOON)
    assert queries.actor_by_id(user.pk).roles == {"engineer"}
    assert "staff.roles_set" in facts(user)
    make_staff("Otra", "administrator")
    commands.set_roles(User.objects.get(pk=administrator.user_id), ["engineer"], actor=administrator, at=NOON)
    with pytest.raises(errors.InvitationNotValid):
        commands.accept_invitation(token_of(late), name="N", password=PASSWORD, actor=VISITOR, at=NOON)


# Persons


def test_free_registration(facts):
    """ACC-2: registered, verified e-mail."""
    user = commands.register_user("Rita@Ejemplo.MX", name="Rita", password=PASSWORD, actor=VISITOR, at=NOON)
    assert user.email == "rita@ejemplo.mx"
    assert not EmailAddress.objects.get(user=user).verified
    assert queries.actor_by_id(user.pk).kind == "registered"
    assert facts(user) == ["user.registered"]
    with pytest.raises(errors.EmailTaken):
        commands.register_user("rita@ejemplo.mx", password=PASSWORD, actor=VISITOR, at=NOON)
    with pytest.raises(NotPermitted):
        commands.register_user("b@ejemplo.mx", email_verified=True, actor=VISITOR, at=NOON)


@pytest.mark.parametrize("password", ["corta", "123456789", "password123", "1234567890"])
def test_a_password_has_ten_characters_and_is_not_common(password):
    with pytest.raises(errors.PasswordNotTaken):
        commands.register_user("a@b.mx", password=password, actor=VISITOR, at=NOON)


def test_a_profile_is_ones_own(registered, contact, administrator):
    user = User.objects.get(pk=registered.user_id)
    changes = {"name": "Rita L.", "language": "en", "time_zone": "America/Tijuana", "phone": "6641234567", "theme": "dark"}
    user = commands.update_profile(user, **changes, actor=registered, at=NOON)
    assert (user.language, user.phone, user.theme) == ("en", "+526641234567", "dark")
    with pytest.raises(NotPermitted):
        commands.update_profile(user, name="X", actor=contact, at=NOON)
    with pytest.raises(errors.UnknownZone):
        commands.update_profile(user, time_zone="../../etc/passwd", actor=registered, at=NOON)
    assert "Rita L." not in str(list(Fact.objects.values_list("body", flat=True)))
    commands.update_profile(user, name="Rita", actor=administrator, at=NOON)


def test_cards_and_recipients_know_only_who_is_in_force(customer, contact, member, other_contact):
    """SEC-20: asked when sent."""
    assert [r.user_id for r in queries.recipients(customer.pk)] == [contact.user_id, member.user_id]
    commands.remove_contact(row(member), actor=contact, at=NOON)
    assert [r.user_id for r in queries.recipients(customer.pk)] == [contact.user_id]
    card = queries.customer_card(customer.pk)
    assert (card.name, card.contacts_count, card.nic_shown) == (customer.name, 1, customer.nic_shown)
    assert queries.customer_card(0) is None


RIGHTS = {
    "contact removed": lambda w: commands.remove_contact(row(w.member), actor=w.contact, at=NOON),
    "role changed": lambda w: commands.change_company_role(row(w.member), "own", actor=w.contact, at=NOON),
    "company switched off": lambda w: commands.deactivate_customer(w.customer, reason="", actor=SYSTEM, at=NOON),
    "person switched off": lambda w: commands.deactivate_user(w.user, actor=SYSTEM, at=NOON),
    "roles set": lambda w: commands.set_roles(w.user, ["sales"], actor=SYSTEM, at=NOON),
    "sessions ended": lambda w: commands.end_sessions(w.user, actor=SYSTEM, at=NOON),
    "password set": lambda w: commands.change_password_of_person(w.user, "otra clave larga", actor=SYSTEM, at=NOON),
    "second factor added": lambda w: commands.note_second_factor(w.user, actor=w.member, at=NOON),
}


@pytest.mark.parametrize("case", RIGHTS)
def test_who_loses_rights_loses_the_streams_at_once(case, customer, contact, member):
    """SEC-6: the stream is told the person, and asks anew."""
    world = SimpleNamespace(customer=customer, contact=contact, member=member, user=User.objects.get(pk=member.user_id))
    with CaptureQueriesContext(connection) as captured:
        RIGHTS[case](world)
    told = [q["sql"] for q in captured if "pg_notify('amparo_stream', topic" in q["sql"]]
    assert any(f"rights:{member.user_id}" in sql for sql in told), case


@pytest.mark.parametrize("to", ["a@b.mx, c@d.mx", "a@b.mx\nBcc: c@d.mx", "Ana <a@b.mx>", ""])
def test_a_letter_goes_to_one_address(to):
    """SEC-3, SEC-18"""
    with pytest.raises(errors.EmailNotRight):
        letters.write(Letter("Asunto", ("Texto",)), to=to, language="es-mx", at=NOON)


def test_a_subject_stays_one_line():
    """SEC-18: what a name holds makes no header."""
    message = letters.write(Letter("Hola\r\nBcc: x@y.mx", ("Texto",)), to="a@b.mx", language="es-mx", at=NOON)
    assert message.subject == "Hola Bcc: x@y.mx"
    assert message.message()["Bcc"] is None and message.recipients() == ["a@b.mx"]
