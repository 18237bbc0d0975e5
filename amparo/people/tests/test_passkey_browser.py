"""A passkey in a real browser: added, used alone, used as the second factor; no script is blocked."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from amparo.conftest import NOON, PASSWORD
from amparo.kernel.actor import SYSTEM
from amparo.policies.commands import set_value
from amparo.project import debian

CHROMIUM = debian.headless_shell() or debian.chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium"),
]


@pytest.fixture
def page(monkeypatch):
    """A page of a Chromium that has a security key of its own; what it complains of is in `page.complaints`."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="es-MX").new_page()
        page.set_default_timeout(60_000)
        page.complaints = []
        # The stream is no part of this server: it answers 404, or 401 while the factor is missing.
        page.on("console", lambda m: page.complaints.append(f"{m.text} {m.location}") if m.type == "error" and "/events" not in m.location["url"] else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        wire = page.context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
        wire.send("WebAuthn.addVirtualAuthenticator", {"options": key})
        yield page
        browser.close()


def sign_in(page, base: str, email: str) -> None:
    page.goto(f"{base}/account/login/")
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()


def sign_out(page) -> None:
    page.context.clear_cookies()
    cache.clear()


def test_a_passkey_is_added_and_opens_the_door(live_server, page, operator):
    """SEC-1: staff whom the policy asks for a factor add a passkey, and sign in with it from then on."""
    set_value("people.mfa_required_for_staff", True, from_at=NOON, actor=SYSTEM, at=NOON)
    base = live_server.url.replace("127.0.0.1", "localhost")
    sign_in(page, base, operator.email)
    page.wait_for_url("**/account/2fa/")
    page.get_by_role("link", name="Agregar una llave de acceso").click()
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Continuar").click()
    page.get_by_label("Nombre").fill("Mi teléfono")
    page.get_by_label("Entra por sí sola, sin la contraseña").check()
    page.get_by_role("button", name="Agregar la llave").click()
    page.wait_for_url("**/recovery-codes/")
    assert page.locator("pre.codes").inner_text().count("\n") >= 8
    assert Authenticator.objects.get(type="webauthn").wrap().is_passwordless
    page.goto(f"{base}/desk/people/")
    page.get_by_role("heading", name="Clientes").wait_for()
    page.goto(f"{base}/account/2fa/webauthn/")
    assert page.get_by_text("Mi teléfono").is_visible()

    sign_out(page)
    page.goto(f"{base}/account/login/?next=/desk/people/")
    page.get_by_role("button", name="Entrar con llave de acceso").click()
    page.wait_for_url("**/desk/people/")
    page.get_by_role("heading", name="Clientes").wait_for()

    sign_out(page)
    sign_in(page, base, operator.email)
    page.wait_for_url("**/2fa/authenticate/")
    page.get_by_role("button", name="Usar una llave de acceso").click()
    page.wait_for_url(lambda url: "/2fa/" not in url and "/login/" not in url)
    page.goto(f"{base}/desk/people/")
    page.get_by_role("heading", name="Clientes").wait_for()

    page.goto(f"{base}/account/2fa/webauthn/")
    page.get_by_role("link", name="Quitar").click()
    page.wait_for_url("**/reauthenticate/**")
    page.goto(f"{base}/account/2fa/webauthn/reauthenticate/?next=/account/2fa/webauthn/")
    page.get_by_role("button", name="Usar una llave de acceso").click()
    page.wait_for_url(lambda url: url.endswith("/account/2fa/webauthn/"))
    page.get_by_role("link", name="Quitar").click()
    page.get_by_role("button", name="Quitar").click()
    page.wait_for_url("**/2fa/**")
    assert not Authenticator.objects.filter(type="webauthn").exists()
    assert page.complaints == []
