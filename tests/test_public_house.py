"""The public pages in a real browser: nothing that axe finds, nothing that sticks out, and help without any script."""

from __future__ import annotations

import pytest

from amparo.conftest import make_contact, make_customer, make_staff
from amparo.contracts import commands as contracts
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.people import commands as people
from amparo.products import commands as products
from amparo.search.commands import index

from .browser import chromium, needs_chromium  # noqa: F401 (the fixture)

pytestmark = [pytest.mark.browser, needs_chromium]
PAGES = ("/", "/products/", "/products/pos/", "/levels/", "/tariff/")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def house(live_server):
    at, staff = clock.now(), make_staff("Ada", "administrator")
    product = products.add_product("POS", "Mostrador POS", "Punto de venta", actor=staff, at=at)
    contracts.add_plan("Plus", events=12, incidents=4, credits=40, months=12, price=11_900, currency="MXN", actor=SYSTEM, at=at)
    index("article:1", kind="article", title="No imprime el corte", url="/knowledge/1/", audience="visitor", product_id=product.pk,
          summary="Revise el papel.", published_at=at)  # fmt: skip
    return live_server.url


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "es-MX"), ("dark", 390, "en")])
def test_public_pages_suit_everybody(house, chromium, theme, width, language):  # noqa: F811
    """ACC-1: both themes, widths and languages."""
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(viewport={"width": width, "height": 844}, bypass_csp=True, locale=language)
    context.add_cookies([{"name": "theme", "value": theme, "url": house}])
    tab = context.new_page()
    for path in PAGES:
        tab.goto(house + path)
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        found = Axe().run(tab, options=RULES)
        assert found.violations_count == 0, (path, found.generate_report())
    context.close()


def test_a_visitor_without_script_reads_changes_the_language_and_searches(house, chromium):  # noqa: F811
    """ACC-1, SEC-12, SEC-60: and is left without a cookie but the choice that he made."""
    context = chromium.new_context(java_script_enabled=False, locale="es-MX")
    tab = context.new_page()
    tab.goto(house + "/")
    assert not context.cookies()
    tab.locator("summary", has_text="Español").click()
    tab.get_by_role("button", name="English").click()
    assert tab.get_by_role("heading", name="What can we help you with?").is_visible()
    assert [one["name"] for one in context.cookies()] == ["amparo-language"]
    tab.get_by_role("searchbox", name="What do you need?").fill("imprime")
    tab.get_by_role("button", name="Search", exact=True).last.click()
    assert "/search/" in tab.url and tab.get_by_role("link", name="No imprime el corte").first.is_visible()
    context.close()


@pytest.mark.parametrize("path", ["/", "/search/"])
def test_the_head_of_who_acts_for_two_companies_fits_and_keeps_its_height(house, chromium, client_for, path):  # noqa: F811
    """ACC-1: the longest head there is, at every width, and no strip stretched where the page is short."""
    admin, at = make_staff("Eva", "administrator"), clock.now()
    contact = make_contact(make_customer("Abarrotes, Vinos y Licores de la Esquina de Todos"), "Guadalupe Romero")
    people.add_contact(make_customer("Ferretería del Sureste"), contact.email, contact.name, "member", actor=admin, at=at)
    kept = client_for(contact).cookies["amparo"]
    context = chromium.new_context(locale="es-MX")
    context.add_cookies([{"name": "amparo", "value": kept.value, "url": house}])
    tab = context.new_page()
    for width in (320, 390, 768, 1280):
        tab.set_viewport_size({"width": width, "height": 1600})
        tab.goto(house + path)
        assert tab.locator(".menu-company").is_visible(), "signed in, and for two"
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert tab.locator(".portal-house").bounding_box()["height"] < 60, width
    context.close()
