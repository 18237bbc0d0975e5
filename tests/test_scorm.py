"""A SCORM package in a real browser: it runs at its own origin, cannot reach the page, saves, resumes, completes. SRC-4, SEC-28."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from amparo.campus import commands
from amparo.campus.models import ScormState
from amparo.campus.tests.packages import package
from amparo.campus.tests.world import drafted, fresh, lesson, lessons_of, started
from amparo.conftest import NOON, make_staff, make_user
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.people.queries import actor_by_id

from .browser import chromium  # noqa: F401 (the fixture)
from .live import answers, free_port, service, until
from .source import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def _cookie(user, url: str) -> dict[str, str]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    kept = SessionStore()
    kept[SESSION_KEY], kept[BACKEND_SESSION_KEY] = str(user.pk), "amparo.people.backends.PeopleBackend"
    kept[HASH_SESSION_KEY] = user.get_session_auth_hash()
    kept.create()
    return {"name": settings.SESSION_COOKIE_NAME, "value": kept.session_key or "", "url": url}


@contextlib.contextmanager
def packages(port: int, url: str, data):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "amparo.project.settings", "AMPARO_BUILD": "1", "AMPARO_URL": url, "AMPARO_DATA": str(data)}
    from django.db import connection

    db = connection.settings_dict
    env["DATABASE_URL"] = f"postgresql://{db['USER']}:{db['PASSWORD']}@localhost:{db['PORT'] or 5432}/{db['NAME']}?host={db['HOST'] or '127.0.0.1'}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
               "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "amparo.project.scorm:application"]  # fmt: skip
    process = subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), 60)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def house(django_db_setup, tmp_path_factory):
    """The pages and, at another origin, the packages."""
    folder, port = tmp_path_factory.mktemp("scorm"), free_port()
    with service(folder, parts=("web",), AMPARO_SCORM_URL=f"http://localhost:{port}") as running, packages(port, running.url, folder):
        yield SimpleNamespace(url=running.url, folder=folder)


@pytest.mark.parametrize("standard", ["1.2", "2004"])
def test_a_package_completes_and_resumes_in_a_browser(standard, settings, house, chromium):  # noqa: F811
    """SRC-4, SEC-28"""
    settings.MEDIA_ROOT = house.folder / "files"
    user = make_user("Rita Libre")
    learner = actor_by_id(user.pk)
    course = drafted(title="Corte de caja")
    made = commands.add_package(course, package(standard), actor=make_staff("Inés", "instructor"), at=NOON)
    lesson(course, "scorm", package=made, title="Interactiva")
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), learner, at=clock.now())
    page_url = f"{house.url}/campus/{mine.pk}/lessons/{lessons_of(mine)[0]}/"
    context = chromium.new_context()
    context.add_cookies([_cookie(user, house.url)])
    page = context.new_page()
    page.goto(page_url)
    inner = page.frame_locator("iframe.scorm-frame").frame_locator("#player")
    inner.locator("#kept").filter(has_text="0").wait_for()
    assert inner.locator("#entry").inner_text() in ("ab-initio", "ab_initio")
    assert inner.locator("#reach").inner_text() == "no-page no-cookie"
    inner.locator("#save").click()
    until(lambda: ScormState.objects.filter(enrolment=mine).exists())
    page.goto(page_url)
    inner.locator("#kept").filter(has_text="70000").wait_for()
    assert inner.locator("#entry").inner_text() == "resume"
    inner.locator("#finish").click()
    until(lambda: fresh(mine).state == "completed")
    context.close()
    assert fresh(mine).certificate.mark == 90
