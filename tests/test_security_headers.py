"""What every answer says about itself, over every address: what may run, who may keep it, whom it believes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from . import judges, matrix
from .kept import kept_world, whole_world  # noqa: F401 (fixtures)
from .source import ROOT

EVIL = (
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "\t//evil.example",
)


@pytest.mark.django_db
def test_what_is_not_there_or_not_allowed_says_so_too(whole_world):  # noqa: F811
    """SEC-12, SEC-60: what every address answers is judged in tests/test_matrix.py; here what is none."""
    found = []
    for actor in (None, whole_world.mine.admin, whole_world.staff["administrator"]):
        client = matrix.client_of(actor)
        for method, url in (("get", "/nothing/at/all/"), ("get", "/tickets/%00/"), ("delete", "/tickets/")):
            answer = getattr(client, method)(url, HTTP_ORIGIN="https://evil.example")
            assert answer.status_code >= 400 or actor is None
            found += judges.complaints(url, answer, used_session=actor is not None)
    assert not found, "\n".join(found)


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
