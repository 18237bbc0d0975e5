"""The pages of sign-in: each of them ours, each renders, in both languages."""

from __future__ import annotations

import inspect
import re

import pytest
from allauth.account import views as account_views
from allauth.account.models import EmailAddress
from allauth.mfa.base import views as mfa_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions import views as sessions_views
from django.template import engines
from django.test import Client
from django.urls import reverse

from amparo.conftest import NOON, PASSWORD, make_user
from amparo.people import commands as people
from amparo.people import words
from amparo.people.models import User

pytestmark = pytest.mark.django_db
MODULES = (account_views, mfa_views, recovery_views, totp_views, webauthn_views, sessions_views)


def template_names() -> set[str]:
    found = {
        member.template_name
        for module in MODULES
        for _name, member in inspect.getmembers(module, inspect.isclass)
        if isinstance(getattr(member, "template_name", None), str)
    }
    return {name for name in found if name.endswith(".html") and name.startswith(("account/", "mfa/", "usersessions/"))} | {
        "account/verified_email_required.html", "429.html",
    }  # fmt: skip


def test_every_page_that_the_library_may_show_is_ours():
    """A page that we forgot would show in another look: each name is found among our own templates."""
    names = template_names()
    assert len(names) >= 25
    for name in sorted(names):
        template = engines["jinja2"].get_template(name)
        assert "/amparo/people/" in template.template.filename, name


def test_every_letter_and_message_of_the_library_is_ours():
    """Each letter that the library knows has our words; each message that can come, too."""
    from pathlib import Path

    import allauth

    root = Path(allauth.__file__).parent / "templates"
    letters = {str(p.relative_to(root)).removesuffix("_message.txt") for p in root.glob("*/email/*_message.txt")}
    off = {"account/email/login_code", "account/email/password_reset_code", "account/email/base"}  # kinds of sign-in that we do not offer
    assert {x for x in letters if not x.startswith("socialaccount/")} - off == set(words.LETTERS)
    off = {"account/messages/login_code_sent.txt", "account/messages/phone_verification_sent.txt", "account/messages/phone_verified.txt"}
    for path in root.glob("*/messages/*.txt"):
        name = str(path.relative_to(root))
        if name.startswith("socialaccount/") or name in off:
            continue
        text = words.message(name, {"email": "a@b.mx"})
        assert text or name.endswith("logged_in.txt"), name


VISITOR_PAGES = [
    "account_login", "account_signup", "account_reset_password", "account_reset_password_done",
    "account_email_verification_sent", "account_inactive", "account_reset_password_from_key_done",
]  # fmt: skip
OWN_PAGES = [
    "people:profile", "people:security", "people:sessions", "account_email", "account_change_password",
    "account_logout", "account_reauthenticate", "mfa_index", "mfa_list_webauthn",
]  # fmt: skip


@pytest.mark.parametrize("language", ["es-mx", "en"])
@pytest.mark.parametrize("name", VISITOR_PAGES)
def test_pages_for_visitors(name, language):
    client = Client(headers={"accept-language": language})
    response = client.get(reverse(name))
    assert response.status_code == 200, response
    assert f'lang="{language[:2]}"' in response.content.decode()
    assert client.cookies.get("amparo") is None, "a visitor's look makes no session"


def test_dead_links_of_letters(client):
    """SEC-4: said alike, with the way out."""
    reset = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "abc-def"}), follow=True)
    assert reset.status_code == 200 and reverse("account_reset_password") in reset.content.decode()
    confirm = client.get(reverse("account_confirm_email", args=["nothing"]))
    assert confirm.status_code in (200, 404)
    assert reverse("account_login") in confirm.content.decode()


@pytest.mark.parametrize("language", ["es-mx", "en"])
@pytest.mark.parametrize("who", ["registered", "contact", "administrator"])
@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_of_ones_own(name, who, language, client_for, request):
    actor = request.getfixturevalue(who)
    User.objects.filter(pk=actor.user_id).update(language=language)
    response = client_for(actor).get(reverse(name))
    assert response.status_code == 200
    assert "private" in response["Cache-Control"] or "no-cache" in response["Cache-Control"]


def recent(client: Client) -> Client:
    """Let a signed-in client have confirmed its password just now."""
    response = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert response.status_code == 302, response.content.decode()[-3000:]
    return client


def test_pages_of_second_factors(client_for, registered, monkeypatch):
    """Each page of TOTP, recovery codes and passkeys, by walking through them."""
    from .factors import totp_code

    client = recent(client_for(registered))
    page = client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    bad = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert bad.status_code == 200 and "field-error" in bad.content.decode()
    done = client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    assert done.status_code == 302
    for name in ("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_deactivate_totp", "mfa_reauthenticate", "mfa_index"):
        response = client.get(reverse(name))
        assert response.status_code == 200, name
    assert client.get(reverse("mfa_download_recovery_codes"))["Content-Disposition"].startswith("attachment")
    monkeypatch.setattr(WebAuthn, "is_passwordless", property(lambda self: True))
    key = Authenticator.objects.create(user_id=registered.user_id, type="webauthn", data={"name": "Mi llave", "credential": {}})
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        response = client.get(reverse(name, args=[key.pk]))
        assert response.status_code == 200 and "Mi llave" in response.content.decode(), name
    assert "Mi llave" in client.get(reverse("mfa_list_webauthn")).content.decode()


def test_nobody_learns_who_is_registered(client, mailoutbox):
    """SEC-3: same answer for known and unknown, on reset and on registration."""
    known = make_user("Ana Conocida")
    answers = []
    for email in (known.email, "nadie@ejemplo.mx"):
        response = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        answers.append(re.sub(r'nonce="[^"]+"|"X-CSRFToken": "[^"]+"|value="[^"]{64}"|data-now="[^"]+"|[0-9T:-]+\.[0-9]{6}\+00:00', "", response.content.decode()))
    assert answers[0] == answers[1]
    assert [m.to for m in mailoutbox] == [[known.email], ["nadie@ejemplo.mx"]]
    targets = []
    for email in (known.email, "nueva@ejemplo.mx"):
        response = Client().post(reverse("account_signup"), {"name": "Ana", "email": email, "password1": PASSWORD})
        targets.append((response.status_code, response["Location"]))
    assert targets[0] == targets[1]


@pytest.mark.parametrize("email", ["a@b.mx,c@d.mx", '["a@b.mx","c@d.mx"]', "a@b.mx\r\nBcc: c@d.mx"])
def test_a_reset_goes_to_one_stored_address(client, mailoutbox, email):
    """SEC-3: lists, JSON and line breaks send nothing."""
    client.post(reverse("account_reset_password"), {"email": email})
    assert mailoutbox == []


def test_links_in_letters_carry_our_host(mailoutbox, settings):
    """SEC-3, SEC-60: a foreign Host neither gets an answer nor into a letter."""
    user = make_user("Ana Conocida")
    assert Client(headers={"host": "evil.example"}).post(reverse("account_reset_password"), {"email": user.email}).status_code == 400
    Client(headers={"host": "localhost:8000"}).post(reverse("account_reset_password"), {"email": user.email.upper()})
    (message,) = mailoutbox
    assert message.to == [user.email]
    assert settings.PUBLIC_URL + "/account/password/reset/key/" in message.body
    assert settings.PUBLIC_URL in message.alternatives[0][0]


def test_a_reset_ends_every_session(client_for, registered, mailoutbox):
    """SEC-6"""
    inside = client_for(registered)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": registered.email})
    path = next(line for line in mailoutbox[0].body.splitlines() if "/reset/key/" in line).partition("8000")[2]
    form = client.get(path)
    response = client.post(form["Location"], {"password1": "otra clave bien larga"})
    assert response.status_code == 302, response.content.decode()
    assert inside.get(reverse("people:profile")).status_code == 302
    again = client.get(path)
    assert "token" not in again.headers.get("Location", "") or again.status_code == 302
    assert User.objects.get(pk=registered.user_id).check_password("otra clave bien larga")


def reset_through_letter(mailoutbox, email, password="otra clave bien larga"):
    client = Client()
    client.post(reverse("account_reset_password"), {"email": email})
    path = next(line for line in mailoutbox[-1].body.splitlines() if "/reset/key/" in line).partition("8000")[2]
    client.post(client.get(path)["Location"], {"password1": password})
    return client


def test_who_was_imported_and_resets_the_password_gets_no_second_letter(mailoutbox, customer, operator, facts):
    """SEC-3: the link came to the address, which proves it; he signs in at once."""
    people.add_contact(customer, "nuevo@ejemplo.mx", "Nuevo Contacto", actor=operator, at=NOON)
    user = User.objects.get(email="nuevo@ejemplo.mx")
    assert not EmailAddress.objects.get(user=user).verified
    reset_through_letter(mailoutbox, user.email)
    assert EmailAddress.objects.get(user=user).verified and "user.address_proved" in facts(user)
    letters, client = len(mailoutbox), Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": "otra clave bien larga"})
    assert answer.status_code == 302 and "confirm" not in answer["Location"] and len(mailoutbox) == letters
    assert client.get(reverse("people:profile")).status_code == 200


def test_with_several_addresses_a_reset_proves_none(mailoutbox):
    """SEC-3: nobody knows to which of them the link went."""
    user = make_user("Ana Conocida")
    EmailAddress.objects.create(user=user, email="otra@ejemplo.mx", verified=False)
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=False)
    reset_through_letter(mailoutbox, user.email)
    assert User.objects.get(pk=user.pk).check_password("otra clave bien larga")
    assert not EmailAddress.objects.filter(user=user, verified=True).exists()


def test_signing_in_changes_the_session_and_goes_only_to_us(client):
    """SEC-5, SEC-60: a planted session id is dropped; no way leads off the site."""
    user = make_user("Ana Conocida")
    client.post(reverse("account_login"), {"login": user.email, "password": "no es esta clave"})
    planted = client.session.session_key
    response = client.post(
        reverse("account_login") + "?next=//evil.example/", {"login": user.email, "password": PASSWORD}
    )
    assert response.status_code == 302 and response["Location"] == "/"
    assert client.session.session_key and client.session.session_key != planted
    assert client.get(reverse("people:profile"), headers={"remote-user": "otra@ejemplo.mx"}).status_code == 200


def test_guessing_is_slowed_by_account_and_not_only_by_address(client):
    """SEC-2: from many addresses, too."""
    user = make_user("Ana Conocida")
    for number in range(6):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(reverse("account_login"), {"login": user.email, "password": "mala clave"})
    right = Client(REMOTE_ADDR="198.51.100.7").post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert right.status_code == 200, "even the right password waits"


def test_registration_asks_for_a_confirmed_address(client, mailoutbox, deliver):
    """ACC-2: registered means verified."""
    form = {"name": "Ana Nueva", "email": "Ana.Nueva@ejemplo.mx", "password1": PASSWORD}
    assert client.post(reverse("account_signup"), form)["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get(email="ana.nueva@ejemplo.mx")
    assert user.name == "Ana Nueva"
    login = Client().post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert login["Location"] == reverse("account_email_verification_sent")
    (message, *_more) = mailoutbox
    assert message.subject == "Confirme su dirección"
    path = next(line for line in message.body.splitlines() if "/confirm-email/" in line).partition("8000")[2]
    assert client.get(path).status_code == 200, "looking changes nothing"
    assert client.post(path).status_code == 302
    again = Client().post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert again["Location"] == "/"
