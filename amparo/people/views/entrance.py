"""Coming in: an invitation's link, the first run of an empty service, language and theme of a reader."""

from __future__ import annotations

from functools import partial
from typing import Any

from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from amparo.kernel.refusals import Invalid, LimitReached
from amparo.people import commands, queries
from amparo.people.errors import FirstRunClosed, InvitationNotValid
from amparo.people.forms import AcceptForm, FirstRunForm
from amparo.people.middleware import keep_session
from amparo.people.models import User

from . import beside_field

YEAR_SECONDS = 365 * 24 * 3600
THEMES = ("light", "dark", "auto")


def _limit(request: HttpRequest, action: str, rate: str) -> None:
    """Refuse who tries too often from one address. SEC-4. Raises LimitReached."""
    if not ratelimit.consume(request, app="amparo.people", action=action, config={action: rate}, limit_get=True):
        raise LimitReached()


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign a person in whom a letter or the set-up code has proved; a second factor is asked for as ever."""
    return perform_login(request, user, email_verification="none", redirect_url="/")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and let it be accepted. Looking changes nothing; every dead link gets one answer. SEC-4."""
    _limit(request, "invitation", "60/m/ip")
    found = queries.invitation_of_link(token, at=request.now)
    if found is None:
        raise InvitationNotValid()
    actor = request.actor
    known = queries.person_is_known(found.email)
    fits = actor.is_signed_in and queries.owns_email(actor.user_id, found.email)
    form = None if actor.is_signed_in or known else AcceptForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and (fits or form is not None) and (form is None or form.is_valid()):
        fields = form.cleaned_data if form else {}
        try:
            user, _invitation = commands.accept_invitation(token, **fields, actor=actor, at=request.now)
        except Invalid as refusal:
            if form is None:
                raise
            beside_field(form, refusal)
        else:
            if not actor.is_signed_in:
                return _enter(request, user)
            keep_session(request, user)
            return redirect("/")
    context = {
        "invitation": found, "form": form, "fits": fits, "known": known,
        "sign_in_url": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.path})}",
    }  # fmt: skip
    return render(request, "people/invitation.html", context, status=422 if form and form.errors else 200)


@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Ask for the first administrator and the vendor's identity; closed for ever once there is one."""
    if not queries.set_up_code() or queries.administrators_exist():
        raise FirstRunClosed()
    if request.method == "POST":
        _limit(request, "first_run", "10/m/ip")
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        identity = {key.removeprefix("vendor_"): text for key, text in fields.items() if key.startswith("vendor_")}
        own = {key: fields[key] for key in ("name", "email", "password")}
        try:
            user = commands.set_up(fields["code"], **own, identity=identity, actor=request.actor, at=request.now)
        except Invalid as refusal:
            beside_field(form, refusal)
        else:
            return _enter(request, user)
    return render(request, "people/first_run.html", {"form": form}, status=422 if form.errors else 200)


def _back(request: HttpRequest, cookie: tuple[str, str] | None) -> HttpResponse:
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    quiet = request.headers.get("HX-Request") == "true" or request.headers.get("Accept") == "application/json"
    response = HttpResponse(status=204) if quiet else redirect(target)
    if cookie:
        keep = partial(response.set_cookie, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
        keep(*cookie, secure=request.is_secure())
    return response


def _remember(request: HttpRequest, **change: str) -> None:
    if request.actor.is_signed_in:
        person: Any = request.user
        commands.update_profile(person, **change, actor=request.actor, at=request.now)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages: in a cookie, and in the profile of whoever is signed in."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return _back(request, None)
    _remember(request, language=language)
    return _back(request, (settings.LANGUAGE_COOKIE_NAME, language))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Change the appearance of the pages: in a cookie, and in the profile of whoever is signed in."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return _back(request, None)
    _remember(request, theme=theme)
    return _back(request, ("theme", theme))
