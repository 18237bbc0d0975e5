"""A SCORM package in a real browser: it runs at its own origin, cannot reach the page, saves, resumes, completes. SRC-4, SEC-28."""

from __future__ import annotations

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
from .live import service, until

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


@pytest.fixture(scope="module")
def house(django_db_setup, tmp_path_factory):
    """The pages and, at another origin, the packages."""
    folder = tmp_path_factory.mktemp("scorm")
    with service(folder, parts=("web", "scorm")) as running:
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
