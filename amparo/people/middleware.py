"""The doors before every page: the first run of an empty service, and the second factor of the staff."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from amparo.kernel.actor import VISITOR
from amparo.ui.views import lead

from . import commands
from .models import User
from .queries import actor_of, administrators_exist, second_factor_is_missing, set_up_code_path
from .queries.actors import RECORDS_KEY

GetResponse = Callable[[HttpRequest], HttpResponse]
FIRST_RUN = "account_first_run"
ALWAYS_OPEN = frozenset({"health", "metrics", "ui:identity_css", "ui:choose", "people:choose_language", "people:choose_theme"})
# What staff without a second factor may open: the way to one, and the way out.
WITHOUT_FACTOR = ALWAYS_OPEN | {
    "mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_view_recovery_codes",
    "mfa_download_recovery_codes", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_reauthenticate",
    "account_logout", "policies:logo",
}  # fmt: skip
ADDS_FACTOR = frozenset({"mfa_activate_totp", "mfa_add_webauthn"})


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def keep_session(request: HttpRequest, user: User) -> None:
    """Let the session in hand live on under a new id while the person's other ones end. SEC-5."""
    old = request.session.session_key or ""
    update_session_auth_hash(request, user)
    commands.follow_session(old, request.session.session_key or "")


class FirstRun:
    """Leads every page to the set-up while the service has no administrator and a set-up code waits.

    The code's file is looked for on every request until somebody is administrator; that costs no query.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        waits = set_up_code_path().exists() and _name(request) not in ALWAYS_OPEN | {FIRST_RUN, "policies:logo"}
        if waits and not administrators_exist():
            return lead(request, reverse(FIRST_RUN))
        return self.get_response(request)


class SecondFactor:
    """Holds staff at the second factor where the policy asks for one: on every path, not only on the desk. SEC-1.

    It stands after Acting. Until the factor is passed nobody acts: `request.actor` is a visitor.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = request.actor  # type: ignore[attr-defined]
        if not actor.is_signed_in:
            return self.get_response(request)
        if actor.is_staff and second_factor_is_missing(request.user, request.session, at=request.now):  # type: ignore[attr-defined]
            request.actor = VISITOR  # type: ignore[attr-defined]
            if _name(request) not in WITHOUT_FACTOR:
                return lead(request, self._way(request))
        had_factor = request.user.has_factor  # type: ignore[union-attr]
        response = self.get_response(request)
        if not had_factor and request.method == "POST" and response.status_code == 302:
            self._note_new_factor(request)
        return response

    def _way(self, request: HttpRequest) -> str:
        """Where the missing factor is given: by passing the one there is, or by adding one."""
        if not request.user.has_factor:  # type: ignore[union-attr]
            return reverse("mfa_index")
        target = request.get_full_path() if request.method == "GET" else "/"
        return f"{reverse('mfa_reauthenticate')}?{urlencode({'next': target})}"

    def _note_new_factor(self, request: HttpRequest) -> None:
        """End the sessions that were opened without the factor; the one in hand has just shown it. SEC-1, SEC-5."""
        match = request.resolver_match
        if match is None or match.view_name not in ADDS_FACTOR:
            return
        user = User.objects.get(pk=request.user.pk or 0)
        user = commands.note_second_factor(user, actor=actor_of(user), at=request.now)  # type: ignore[attr-defined]
        passed = {"method": "mfa", "at": time.time()}
        request.session[RECORDS_KEY] = [*request.session.get(RECORDS_KEY, ()), passed]
        keep_session(request, user)
