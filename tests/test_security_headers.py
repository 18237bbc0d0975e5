"""What every answer says about itself, over every address: what may run, who may keep it, whom it believes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from . import matrix
from .kept import kept_world, whole_world  # noqa: F401 (fixtures)
from .source import ROOT
from .test_matrix import values  # noqa: F401 (the fixture)

EVIL = (
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "\t//evil.example",
)


def visited(values_of):
    """Return every address that is read, with the ids of one tenant."""
    for route in matrix.routes():
        given = values_of(route)
        if None not in given.values():
            yield (
                route.name,
                f"/{route.pattern}" if route.name == "unnamed" else reverse(route.name, kwargs=given),
            )


def complaints(name, answer, *, used_session):
    """Yield what an answer lacks. SEC-12, SEC-60."""
    head = answer.headers
    policy = head.get("Content-Security-Policy", "")
    html = head.get("Content-Type", "").startswith("text/html")
    framed_by = FRAMED.get(name, "'none'") if answer.status_code == 200 else "'none'"
    if f"frame-ancestors {framed_by}" not in policy.split("; ") and "sandbox" not in policy:
        yield f"{name}: may be framed: {policy!r}"
    if "unsafe" in policy or "*" in policy.replace("'nonce-", ""):
        yield f"{name}: the policy is loose: {policy}"
    if html and answer.status_code == 200 and not answer.streaming:
        scripts = re.findall(r"<script\b[^>]*>", answer.content.decode())
        nonces = re.findall(r"'nonce-([\w-]{16,})'", policy)
        if bare := [
            tag
            for tag in scripts
            if "src=" not in tag and "application/json" not in tag and not any(n in tag for n in nonces)
        ]:
            yield f"{name}: a script without the nonce: {bare}"
    if head.get("X-Content-Type-Options") != "nosniff":
        yield f"{name}: may be sniffed"
    if head.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        yield f"{name}: tells where one comes from"
    if any(one.lower().startswith("access-control-") for one in head):
        yield f"{name}: lets other origins read"
    if used_session or answer.status_code >= 400:
        kept = head.get("Cache-Control", "")
        if not ("no-store" in kept and "private" in kept) and not ("public" in kept and name in PUBLIC):
            yield f"{name}: may be kept by a proxy: {kept!r} ({answer.status_code})"
    for cookie in answer.cookies.values():
        if cookie["max-age"] == 0:
            continue  # taken away
        if not cookie["httponly"] and cookie.key not in ("amparo-csrf",):
            yield f"{name}: script may read {cookie.key}"
        if cookie["samesite"] not in ("Lax", "Strict"):
            yield f"{name}: {cookie.key} goes along from foreign pages"


# The one page made to stand in others: in those of the sites that an administrator named, exactly.
FRAMED = {"chat:widget": "https://www.example.com"}
# What says the same to everybody: its address holds all that it says. Health and figures are asked by machines.
PUBLIC = {
    "ui:accent_css", "policies:logo", "health", "metrics", "web:sitemap", "web:sitemap_part", "web:robots",
    "blog:feed", "blog:product_feed", "blog:tag_feed",
    # Read by programs and by other sites' pages: signed, or the key to verify with, and the same to all.
    "activation:v1_keys", "downloads:updates", "downloads:updates_signature", "downloads:key_file", "chat:widget_script",
}  # fmt: skip


@pytest.mark.django_db
def test_every_answer_says_what_may_be_done_with_it(whole_world, values):  # noqa: F811
    """SEC-12, SEC-60: as visitor, contact and administrator, also not found, not allowed, and no such method."""
    people = {"visitor": None, "contact": whole_world.mine.admin, "staff": whole_world.staff["administrator"]}
    found = []
    for who, actor in people.items():
        client = matrix.client_of(actor)
        for name, url in [
            *visited(values),
            ("nothing", "/nothing/at/all/"),
            ("odd", "/tickets/%00/"),
            ("method", "/tickets/"),
        ]:
            with matrix.undone():
                answer = (
                    client.delete(url)
                    if name == "method"
                    else client.get(url, HTTP_ORIGIN="https://evil.example")
                )
                if name in PUBLIC and answer.status_code == 200:
                    continue
                found += [
                    f"{who} {line}" for line in complaints(name, answer, used_session=actor is not None)
                ]
                client.cookies = matrix.SimpleCookie(client.kept)
    assert not found, "\n".join(found)


@pytest.mark.django_db
def test_reading_as_a_visitor_makes_no_session(whole_world, values):  # noqa: F811
    """SEC-60: robots fill no table."""
    before = Session.objects.count()
    for _name, url in visited(values):
        client = Client(raise_request_exception=False)
        client.get(url)
        client.head(url)
    assert Session.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("target", EVIL)
def test_no_way_leads_off_the_site(whole_world, target):  # noqa: F811
    """SEC-60: `next` and the page one came from stay home."""
    from amparo.conftest import PASSWORD

    mine = whole_world.mine.admin
    answers = [
        Client().post("/account/login/", {"login": mine.email, "password": PASSWORD, "next": target}),
        matrix.client_of(mine).get("/account/login/", {"next": target}),
        matrix.client_of(mine).post("/people/language/", {"language": "en", "next": target}),
        matrix.client_of(mine).post("/people/theme/", {"theme": "dark", "next": target}),
        matrix.client_of(mine).post(
            "/people/act-for/", {"customer": whole_world.mine.customer.pk, "next": target}
        ),
        matrix.client_of(mine).post("/account/logout/", {"next": target}),
    ]
    for answer in answers:
        where = answer.headers.get("Location", "/")
        assert "evil" not in where and not where.startswith(("//", "/\\", "javascript", "http:")), where


@pytest.mark.django_db
def test_a_foreign_host_gets_nothing(whole_world):  # noqa: F811
    """SEC-3, SEC-60"""
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "evil.example:80"):
        answer = Client().get("/account/login/", HTTP_HOST=host)
        assert answer.status_code == 400 and b"evil" not in answer.content
    assert b"evil" not in Client().get("/account/login/", HTTP_X_FORWARDED_HOST="evil.example").content


@pytest.mark.django_db
def test_a_forged_client_address_opens_nothing(whole_world):  # noqa: F811
    """SEC-60: headers of a client are no address, and no sign of somebody who sits at the machine."""
    forged = {
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_REAL_IP": "127.0.0.1",
        "HTTP_FORWARDED": "for=127.0.0.1",
    }
    assert Client().get("/metrics", REMOTE_ADDR="203.0.113.9", **forged).status_code == 404
    for header in (
        "HTTP_REMOTE_USER",
        "HTTP_X_REMOTE_USER",
        "HTTP_X_FORWARDED_USER",
        "HTTP_X_AUTH_REQUEST_EMAIL",
    ):
        answer = Client().get("/desk/", **{header: whole_world.staff["administrator"].email})
        assert answer.status_code in (302, 303) and "login" in answer["Location"], "SEC-5"


def test_under_tls_cookies_are_bound_to_the_host(tmp_path):
    """SEC-60: `__Host-`, Secure, HSTS where the address is https."""
    say = (
        "import json, django; django.setup(); from django.conf import settings as s; "
        "print(json.dumps([s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, "
        "s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH]))"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "amparo.project.settings", "AMPARO_BUILD": "1", "AMPARO_URL": "https://help.example",
           "AMPARO_DATA": str(tmp_path)}  # fmt: skip
    told = json.loads(
        subprocess.run(
            [sys.executable, "-c", say], env=env, cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout
    )
    assert told == ["__Host-amparo", True, "__Host-amparo-csrf", True, 31_536_000, True, "Lax", None, "/"]


@pytest.mark.parametrize("secret", [None, "", "{}", '{"secret_key": ""}'])
def test_without_its_secrets_nothing_starts(tmp_path, secret):
    """SEC-57: a missing or empty key stops the start; there is no default."""
    kept = tmp_path / "secrets.json"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AMPARO_", "DJANGO_"))}
    env |= {"DJANGO_SETTINGS_MODULE": "amparo.project.settings", "AMPARO_DATA": str(tmp_path)}
    if secret is not None:
        kept.write_text(secret, encoding="utf-8")
        env["AMPARO_SECRETS_FILE"] = str(kept)
    done = subprocess.run([sys.executable, "-c", "import django; django.setup(); from django.conf import settings; settings.SECRET_KEY"], env=env,
                          cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert done.returncode != 0 and (
        "AMPARO_SECRETS_FILE" in done.stderr or "secret" in done.stderr.lower()
    ), done.stderr[-300:]
