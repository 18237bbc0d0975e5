"""The first run of a service that has nobody yet."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.conftest import NOON
from amparo.kernel.actor import VISITOR
from amparo.people import commands, errors
from amparo.people.models import StaffRole, User
from amparo.policies.queries import value

pytestmark = pytest.mark.django_db
FORM = {
    "code": "K7QX-9M2P", "name": "Ada Ruiz", "email": "ada@caja.mx", "password": "una clave bien larga",
    "vendor_name": "Caja Fácil", "vendor_telephone": "55 1234 5678", "vendor_mail_from": "soporte@caja.mx",
}  # fmt: skip


@pytest.fixture
def code(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    path = tmp_path / "setup-code"
    path.write_text("K7QX-9M2P\n")
    return path


def test_every_page_leads_to_the_set_up(client, code):
    for url in ("/account/login/", "/desk/people/", "/people/profile/", "/nowhere/"):
        assert client.get(url)["Location"] == reverse("account_first_run"), url
    assert client.get(reverse("account_first_run")).status_code == 200
    assert client.get("/health").status_code == 200


def test_the_first_administrator_says_whose_service_it_is(client, code):
    response = client.post(reverse("account_first_run"), FORM)
    assert response.status_code == 302, response.content.decode()
    user = User.objects.get()
    assert set(user.staff_roles.values_list("role", flat=True)) == {"administrator"}
    assert value("identity.name", at=timezone.now()) == "Caja Fácil"
    assert value("identity.mail_from", at=timezone.now()) == "soporte@caja.mx"
    assert client.get(reverse("desk_people:staff")).status_code == 200, "signed in"


def test_the_set_up_is_closed_for_ever(client, code, client_for, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("account_first_run"), FORM)
    assert not code.exists()
    code.write_text("K7QX-9M2P")
    client.logout()
    assert client.get(reverse("account_login")).status_code == 200
    assert client.get(reverse("account_first_run")).status_code == 404
    assert client.post(reverse("account_first_run"), {**FORM, "email": "b@caja.mx"}).status_code == 404
    assert StaffRole.objects.count() == 1


@pytest.mark.parametrize(
    "bad", [{"code": "K7QX-9M2Q"}, {"code": ""}, {"password": "corta"}, {"email": "no es"}, {"vendor_name": ""}, {"vendor_telephone": "55\n12"}, {"vendor_mail_from": "a@b.mx\nBcc: c@d.mx"}]
)
def test_errors_stand_beside_their_field_and_nothing_is_done(client, code, bad):
    response = client.post(reverse("account_first_run"), {**FORM, **bad})
    assert response.status_code == 422
    assert ("field-error" in response.content.decode() and "Caja" in response.content.decode()) or "vendor_name" in bad
    assert not User.objects.exists()


def test_without_a_code_there_is_no_set_up(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert client.get(reverse("account_first_run")).status_code == 404
    assert client.get(reverse("account_login")).status_code == 200
    with pytest.raises(errors.FirstRunClosed):
        commands.set_up("", name="A", email="a@b.mx", password="x" * 12, identity={}, actor=VISITOR, at=NOON)


def test_the_code_is_made_once_and_only_the_owner_reads_it(settings, tmp_path, client):
    settings.DATA_DIR = tmp_path / "new"
    code = commands.open_set_up()
    path = settings.DATA_DIR / "setup-code"
    assert path.read_text() == code == commands.open_set_up() and len(code) == 14
    assert path.stat().st_mode & 0o777 == 0o600
    assert client.post(reverse("account_first_run"), {**FORM, "code": code.lower()}).status_code == 302
    assert commands.open_set_up() == "" and not path.exists()


def test_guessing_the_code_is_slowed(client, code):
    """SEC-4"""
    for _number in range(10):
        client.post(reverse("account_first_run"), {**FORM, "code": "MALO-MALO"})
    assert client.post(reverse("account_first_run"), FORM).status_code == 429
    assert not User.objects.exists()
