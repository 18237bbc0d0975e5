"""The public house: what anybody reads, what machines are told, and what no shared cache may hold."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from amparo.charging.queries import tariff_version_at
from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.deadlines.commands import set_kind
from amparo.deadlines.rules import Counting
from amparo.kernel import clock
from amparo.products import commands as products
from amparo.search.commands import index
from amparo.web import public

pytestmark = pytest.mark.django_db
PAGES = ("/", "/products/", "/products/pos/", "/levels/", "/tariff/")


@pytest.fixture
def house(administrator, sales):
    product = products.add_product("POS", "Mostrador POS", "Punto de venta", actor=administrator, at=NOON - timedelta(days=90))
    release = products.add_release(product, "10.1", (NOON - timedelta(days=30)).date(), actor=administrator, at=NOON - timedelta(days=30))
    products.make_current(release, actor=administrator, at=NOON - timedelta(days=30))
    contracts.add_plan("Plus", events=12, incidents=4, credits=40, months=12, price=11_900, currency="MXN", actor=sales, at=NOON)
    for number, (kind, audience) in enumerate((("article", "visitor"), ("release", "covered"), ("post", "visitor"), ("topic", "visitor"))):
        index(f"{kind}:{number + 1}", kind=kind, title=f"Texto {kind} {audience}", url=f"/{kind}/{number + 1}/", audience=audience,
              product_id=product.pk, summary="Resumen", published_at=NOON)  # fmt: skip
    return product


def data_of(page):
    """What the page tells machines."""
    return [json.loads(found) for found in re.findall(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page)]


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_reads_with_no_cookie_no_session_and_few_statements(house, path, django_assert_max_num_queries):
    """SEC-12, SEC-60, ACC-1"""
    Client().get(path)
    client = Client()
    with django_assert_max_num_queries(2):
        answer = client.get(path)
    assert answer.status_code == 200
    assert not answer.cookies and not Session.objects.exists()
    assert answer["Cache-Control"].startswith("public") and "s-maxage=60" in answer["Cache-Control"]
    assert {"Cookie", "Accept-Language"} <= {one.strip() for one in answer["Vary"].split(",")}
    page = answer.content.decode()
    assert 'name="description"' in page and 'rel="canonical"' in page and "csrfmiddlewaretoken" not in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize("path", PAGES[1:])
def test_what_used_a_session_is_kept_by_nobody(house, path, contact, client_for):
    """SEC-12"""
    answer = client_for(contact).get(path)
    assert answer.status_code == 200 and answer["Cache-Control"] == "private, no-store"


def test_a_visitor_with_any_other_cookie_gets_a_page_of_his_own(house):
    """SEC-12: a message for the next page, or a token of forms, is nobody else's."""
    for name in ("messages", "amparo-csrf", "other"):
        client = Client()
        client.cookies[name] = "x"
        assert not client.get("/levels/").get("Cache-Control", "").startswith("public"), name
    client.cookies.clear()
    client.cookies["theme"] = "dark"
    assert client.get("/levels/")["Cache-Control"].startswith("public")


def test_help_is_one_step_away(house):
    """ACC-1: the first thing on the home is the search; a form that needs no script."""
    page = Client().get("/").content.decode()
    assert re.search(r'<form class="search search-large" role="search" method="get" action="/search/">', page)
    assert page.index('name="q"') < page.index("Mostrador POS") < page.index("55" if "tel:" in page else "Dos niveles")
    assert "Texto article visitor" in page and "covered" not in page


def test_a_product_shows_what_its_reader_may_see(house, contact, engineer, client_for):
    """SEC-29, ACC-3"""
    for client, sees in ((Client(), False), (client_for(contact), False), (client_for(engineer), True)):
        page = client.get("/products/pos/").content.decode()
        assert "Texto article visitor" in page and ("Texto release covered" in page) is sees
    assert Client().get("/products/nada/").status_code == 404


def test_levels_and_times_are_what_the_rules_and_settings_say(house, administrator):
    """ACC-5, ACC-7, ACC-9, ACC-10, TIM-4, TIM-5, TIM-6, TIM-7"""
    told = {one.code: one.level for one in public.offered()}
    assert told["ticket"] == "licensed" and told["case"] == told["development"] == "covered" and told["phone_limited"] == "customer"
    assert public.level_of("forum") == public.level_of("downloads") == "registered" and public.level_of("knowledge") == "visitor"
    now = clock.now()
    page = Client().get("/levels/").content.decode()
    assert "48 horas hábiles" in page and "72 horas hábiles" in page and "Lo antes posible" in page and "3 días hábiles" in page
    set_kind("answer.ticket", counting=Counting.BUSINESS_HOURS, amount=Decimal(24), priority=2, warn_percents=[50],
             from_at=now, actor=administrator, at=now)  # fmt: skip
    assert "24 horas hábiles" in Client().get("/levels/").content.decode()


def test_the_tariff_is_the_one_in_force(house):
    """TAR-1, TAR-2, TAR-3, TAR-4, CTR-1"""
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", Client().get("/tariff/").content.decode()))
    version = tariff_version_at(clock.now())
    assert f"Incidente {version.incident} créditos" in page and "Plus" in page and "11,900" in page
    assert f"hasta {version.terminals_per_incident}" in page


def test_machines_are_told_what_the_page_is(house):
    told = data_of(Client().get("/products/pos/").content.decode())
    assert [one["@type"] for one in told] == ["SoftwareApplication", "BreadcrumbList"]
    assert told[0]["softwareVersion"] == "10.1" and told[0]["url"].endswith("/products/pos/")
    assert "SearchAction" in json.dumps(data_of(Client().get("/").content.decode()))


def test_the_sitemap_names_what_anybody_reads_and_nothing_else(house, engineer, client_for):
    """SEC-29: whoever asks, staff too."""
    for client in (Client(), client_for(engineer)):
        index_page = ElementTree.fromstring(client.get("/sitemap.xml").content)
        parts = [one.text.replace("http://127.0.0.1:8000", "") for one in index_page.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert parts[0].endswith("/sitemap-pages.xml") and len(parts) == 7
        for part in parts:
            answer = client.get(part[part.index("/sitemap-"):])
            ElementTree.fromstring(answer.content)
            assert b"/release/2/" not in answer.content and answer["Cache-Control"] == "public, max-age=3600"
    assert b"/products/pos/" in Client().get("/sitemap-pages.xml").content
    assert Client().get("/sitemap-secrets.xml").status_code == 404


def test_robots_and_browsers_get_what_they_ask_for(house):
    robots = Client().get("/robots.txt").content.decode()
    assert "Disallow: /desk/" in robots and "Disallow: /account/" in robots and "/sitemap.xml" in robots
    found = ElementTree.fromstring(Client().get("/opensearch.xml").content)
    where = found.find("{http://a9.com/-/spec/opensearch/1.1/}Url").get("template")
    assert where.endswith("/search/?q={searchTerms}")
    assert "Mostrador POS" in Client().get("/llms.txt").content.decode()


def test_a_form_of_a_visitor_is_told_by_its_origin(house):
    """SEC-12, SEC-60: from our own pages without a token; from elsewhere, or from nowhere, not."""
    def choose(**headers):
        return Client(enforce_csrf_checks=True).post("/people/theme/", {"theme": "dark", "next": "/"}, **headers)

    assert choose(HTTP_ORIGIN="http://testserver").status_code == 302
    for origin in ("https://evil.example", "null", "http://testserver.evil.example", "http://testserver:81"):
        assert choose(HTTP_ORIGIN=origin).status_code == 403, origin
    assert choose().status_code == 403


def test_who_has_a_session_still_needs_the_token(house, contact, client_for):
    """SEC-12: the origin alone lets in nobody who is signed in, nor anybody who signs in."""
    client = client_for(contact, enforce_csrf_checks=True)
    assert client.post("/people/theme/", {"theme": "dark"}, HTTP_ORIGIN="http://testserver").status_code == 403
    sign_in = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@b.mx", "password": "x"}, HTTP_ORIGIN="http://testserver")
    assert sign_in.status_code == 403


@pytest.mark.django_db
def test_whoever_acts_for_no_customer_is_told_how_to(client_for, registered):
    """ACC-9: a page of customers says whose it is and the way out; its places are not drawn."""
    client = client_for(registered)
    answer = client.get("/matters/")
    page = answer.content.decode()
    assert answer.status_code == 403 and "Esta página es para clientes" in page and 'href="/contracts/plans/"' in page
    home = client.get("/").content.decode()
    assert 'href="/help/"' in home and 'href="/matters/"' not in home and 'href="/statements/"' not in home
