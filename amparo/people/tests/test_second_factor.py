"""The second factor of the staff, replays, secrets at rest. SEC-1, SEC-2."""

from __future__ import annotations

import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from amparo.conftest import NOON, PASSWORD
from amparo.kernel.actor import SYSTEM
from amparo.people import queries
from amparo.people.adapters import MFAAdapter
from amparo.people.middleware import WITHOUT_FACTOR
from amparo.people.models import User
from amparo.policies.commands import set_value

from .factors import totp_code

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def required(db):
    set_value("people.mfa_required_for_staff", True, from_at=NOON, actor=SYSTEM, at=NOON)


def give_app(user_id: int) -> None:
    TOTP.activate(User.objects.get(pk=user_id), SECRET)


def signed_in_by_password(actor) -> Client:
    client = Client()
    response = client.post(reverse("account_login"), {"login": actor.email, "password": PASSWORD})
    assert response.status_code == 302
    return client


def paths(patterns=None, prefix="/", space="") -> list[tuple[str, str]]:
    """Return every address of the service that takes no argument or only numbers, with its name."""
    import re

    found = []
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(entry.pattern).lstrip("^").removesuffix("$")
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            found += paths(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            route = re.sub(r"<(?:int|str|slug):[^>]+>", "1", route)
            if "<" not in route and "(?" not in route:
                found.append((f"{space}{entry.name}", route))
    return found


OPEN_TO_ANYBODY = ("/health", "/metrics")


def test_no_path_leads_past_the_second_factor(required, administrator):
    """SEC-1: with the password only, on every address of the service, whatever app it belongs to."""
    client = signed_in_by_password(administrator)
    walked = 0
    for name, path in paths():
        if name in WITHOUT_FACTOR or path.startswith(OPEN_TO_ANYBODY):
            continue
        for method in (client.get, client.post):
            response = method(path)
            assert response.status_code == 302 and response["Location"] == reverse("mfa_index"), (name, path, response.status_code)
        walked += 1
    assert walked > 60
    page = client.get(reverse("mfa_index"))
    assert page.status_code == 200 and administrator.name not in page.content.decode()


def test_a_region_that_is_asked_for_alone_sends_the_page(required, operator):
    """SEC-1: htmx, too."""
    response = signed_in_by_password(operator).get(reverse("desk_people:list"), headers={"hx-request": "true"})
    assert response.status_code == 204 and response["HX-Redirect"] == reverse("mfa_index")


@pytest.mark.parametrize("path", ["/events", "/desk/people/"])
def test_what_a_page_asks_for_behind_itself_is_refused(required, operator, path):
    """SEC-1: a stream or a script would take the page it is led to for its answer."""
    client = signed_in_by_password(operator)
    assert client.get(path, headers={"sec-fetch-mode": "cors"}).status_code == 401
    assert client.get(path, headers={"sec-fetch-mode": "navigate"})["Location"] == reverse("mfa_index")


def test_others_go_on_without_a_second_factor(required, contact, registered):
    for actor in (contact, registered):
        assert signed_in_by_password(actor).get(reverse("people:profile")).status_code == 200


def test_staff_add_a_factor_and_go_on(required, operator):
    """SEC-1, SEC-5: the session in hand goes on under a new id, those opened without the factor end."""
    elsewhere, client = signed_in_by_password(operator), signed_in_by_password(operator)
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    client.get(reverse("mfa_activate_totp"))
    before = client.session.session_key
    client.post(reverse("mfa_activate_totp"), {"code": totp_code(client.session["mfa.totp.secret"])})
    assert client.session.session_key != before
    assert client.get(reverse("desk_people:list")).status_code == 200
    assert elsewhere.get(reverse("desk_people:list"))["Location"].startswith(reverse("account_login"))


def test_a_session_that_never_showed_the_factor_is_held(required, operator, client_for):
    """SEC-1: having a factor is not enough, this session must have passed it."""
    give_app(operator.user_id)
    client = client_for(operator)
    response = client.get(reverse("desk_people:list"))
    assert response["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.get(response["Location"]).status_code == 200
    done = client.post(response["Location"], {"code": totp_code(SECRET)})
    assert done["Location"] == reverse("desk_people:list")
    assert client.get(reverse("desk_people:list")).status_code == 200


def test_the_stream_waits_for_the_second_factor(required, operator):
    """SEC-1, SEC-6: the stream asks the same question, and knows ended sessions."""
    client = signed_in_by_password(operator)

    def streamed():
        return queries.actor_of_session(SessionStore(session_key=client.session.session_key), at=timezone.now())

    assert not streamed().is_signed_in
    now = timezone.now()
    set_value("people.mfa_required_for_staff", False, from_at=now, actor=SYSTEM, at=now)
    assert streamed().user_id == operator.user_id
    User.objects.filter(pk=operator.user_id).update(sessions_version=9)
    assert not streamed().is_signed_in
    User.objects.filter(pk=operator.user_id).update(sessions_version=0)
    assert streamed().is_signed_in
    User.objects.filter(pk=operator.user_id).update(is_active=False)
    assert not streamed().is_signed_in


def test_signing_in_asks_for_the_code_and_takes_each_once(operator):
    """SEC-2: a code that was used opens nothing more; a recovery code likewise."""
    give_app(operator.user_id)
    codes = RecoveryCodes.activate(User.objects.get(pk=operator.user_id)).get_unused_codes()

    def attempt(code: str) -> bool:
        client = signed_in_by_password(operator)
        assert client.get(reverse("desk_people:list")).status_code == 302, "no page before the code"
        assert client.get(reverse("mfa_authenticate")).status_code == 200
        client.post(reverse("mfa_authenticate"), {"code": code})
        return client.get(reverse("desk_people:list")).status_code == 200

    code = totp_code(SECRET)
    assert attempt(code) and not attempt(code)
    assert attempt(codes[0]) and not attempt(codes[0])
    assert not attempt(totp_code(SECRET, later=-3))


def test_guessing_codes_is_slowed_by_account(operator):
    """SEC-2: from many addresses, too."""
    give_app(operator.user_id)
    client = signed_in_by_password(operator)
    for number in range(12):
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"}, REMOTE_ADDR=f"203.0.113.{number}")
    client.post(reverse("mfa_authenticate"), {"code": totp_code(SECRET)})
    assert client.get(reverse("desk_people:list")).status_code == 302


def test_secrets_of_factors_are_sealed(operator):
    """SEC-57: a copy of the database makes no codes."""
    give_app(operator.user_id)
    kept = Authenticator.objects.get(user=operator.user_id).data["secret"]
    assert SECRET not in kept and MFAAdapter().decrypt(kept) == SECRET
    with pytest.raises(ValueError, match="another key"):
        MFAAdapter().decrypt(kept[:-4] + "AAAA")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_a_code_used_by_many_at_once_opens_once(kind, operator, settings):
    """SEC-2: in parallel, with the cache that the service really has."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "amparo_cache"}}
    user = User.objects.get(pk=operator.user_id)
    give_app(user.pk)
    code = totp_code(SECRET) if kind == "totp" else RecoveryCodes.activate(user).get_unused_codes()[0]
    barrier, opened = threading.Barrier(6), []

    def attempt() -> None:
        try:
            wanted = {"totp": "totp", "recovery": "recovery_codes"}[kind]
            factor = Authenticator.objects.get(user=user, type=wanted).wrap()
            barrier.wait()
            opened.append(factor.validate_code(code))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [False] * 5 + [True]
