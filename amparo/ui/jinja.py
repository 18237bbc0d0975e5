"""The Jinja2 environment of every page, what each template may call, and the renderer of forms."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property, lru_cache
from pathlib import Path
from secrets import token_bytes
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.forms.renderers import Jinja2 as WidgetsOfDjango
from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, get_token
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import json_script
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django_htmx.jinja import htmx_script
from jinja2 import Environment, FileSystemBytecodeCache, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from amparo.kernel import markdown

from . import formats, meta, pieces
from .frame import Frame, Shown

_at: ContextVar[tuple[datetime, tzinfo] | None] = ContextVar("ui_at", default=None)

SCRIPTS = tuple(sorted(path.stem for path in (Path(__file__).parent / "static/ui/js").glob("*.js")))


class Renderer(TemplatesSetting):
    """Forms draw themselves with our label, help, error and field."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def get_template(self, template_name: str) -> Any:
        """Django's own widgets count on missing values being empty; ours are refused (StrictUndefined)."""
        if template_name.startswith("django/forms/"):
            return _widgets().get_template(template_name)
        if template_name.startswith("wagtail"):
            return _widgets_of_editor().get_template(template_name)
        return super().get_template(template_name)


@lru_cache(maxsize=1)
def _widgets() -> WidgetsOfDjango:
    return WidgetsOfDjango()


@lru_cache(maxsize=1)
def _widgets_of_editor() -> DjangoTemplates:
    return DjangoTemplates()


@contextmanager
def at_moment(now: datetime, zone: tzinfo) -> Iterator[None]:
    """Let components draw times as seen at `now` in `zone`: for mail and documents, which have no request."""
    token = _at.set((now, zone))
    try:
        yield
    finally:
        _at.reset(token)


def _seen_from() -> tuple[datetime, tzinfo]:
    return _at.get() or (timezone.now(), timezone.get_current_timezone())


def now() -> datetime:
    """The moment the page is drawn for: the request's, read once."""
    return _seen_from()[0]


def local(at: datetime) -> datetime:
    """The same moment in the reader's zone."""
    return at.astimezone(_seen_from()[1])


def idempotency_field() -> SafeString:
    """Return the hidden field that makes a repeated post of the same page one act. CHG-10."""
    return mark_safe(f'<input type="hidden" name="key" value="{uuid.uuid4()}">')  # noqa: S308 (a number of our own making)


def url(name: str, /, *args: Any, **kwargs: Any) -> str:
    return _url(name, args, tuple(sorted(kwargs.items())), settings.ROOT_URLCONF)


@lru_cache(maxsize=4096)
def _url(name: str, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...], _urlconf: str) -> str:
    return reverse(name, args=args, kwargs=dict(kwargs))


def url_if(*names: str) -> str:
    """Return the address of the first name that exists, or nothing."""
    return _known_url(names, settings.ROOT_URLCONF)


@lru_cache(maxsize=256)
def _known_url(names: tuple[str, ...], _urlconf: str) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@lru_cache(maxsize=256)
def asset(path: str) -> str:
    """Return the address of a file of ours or of a fetched package: `asset("vendor/icons.svg")`."""
    return static(path)


@lru_cache(maxsize=64)
def icon_url(name: str) -> str:
    return f"{static('vendor/icons.svg')}#{name}"


@lru_cache(maxsize=1)
def import_map() -> Markup:
    """Return the map that lets modules name each other whatever their published address, as JSON for a script element."""
    ours = {f"ui/{name}": static(f"ui/js/{name}.js") for name in SCRIPTS}
    return htmlsafe_json_dumps({"imports": ours | {"ui/idiomorph": static("vendor/idiomorph.esm.js")}})


@lru_cache(maxsize=8)
def _door(setting: str) -> Any:
    """Return the function that a setting names, None where it names none.

    ui is the lowest rung: who the vendor is and what waits is told to it by the project through these doors.
    """
    path = getattr(settings, setting, "")
    return import_string(path) if path else None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the vendor is, as far as a page shows it. Missing values are empty."""

    name: str = "Amparo"
    telephone: str = ""
    hours: str = ""
    accent: str = ""
    logo: str = ""
    web: str = ""
    legal_name: str = ""
    address: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Identity:
        """Make one of a mapping of policies, whatever group its keys name."""
        given = {key.rsplit(".", 1)[-1]: value for key, value in values.items() if value}
        return cls(**{name: given[name] for name in cls.__slots__ if name in given})


def identity() -> Identity:
    """Return the vendor's identity from the function that settings.UI_IDENTITY names (a mapping of the policies)."""
    door = _door("UI_IDENTITY")
    return Identity.of(door()) if door else Identity()


def rail_counts(actor: Any) -> Mapping[str, int]:
    """Return the live counts of the rail from the function that settings.UI_COUNTS names."""
    door = _door("UI_COUNTS")
    return door(actor) if door else {}


def theme_of(request: HttpRequest) -> str:
    """Return light, dark or auto: chosen in this browser, else in the profile."""
    user = getattr(request, "user", None) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    theme = request.COOKIES.get("theme", "") or getattr(user, "theme", "")
    return theme if theme in ("light", "dark") else "auto"


_LETTERS = CSRF_ALLOWED_CHARS
_PLACES = {letter: place for place, letter in enumerate(_LETTERS)}


def masked(secret: str) -> str:
    """Return the secret of forms as Django's middleware takes it, behind a mask of its own: no two pages show the same
    letters. Django draws the letters of a mask one by one, at twenty times the price. SEC-12."""
    number, mask = int.from_bytes(token_bytes(len(secret))), []
    for _letter in secret:
        number, place = divmod(number, len(_LETTERS))
        mask.append(place)
    cipher = (_LETTERS[(_PLACES[letter] + place) % len(_LETTERS)] for letter, place in zip(secret, mask, strict=True))
    return "".join(_LETTERS[place] for place in mask) + "".join(cipher)


def needs_token(request: HttpRequest) -> bool:
    """True where a page's forms carry a token: for who is or signs in. The forms of other visitors are told from foreign
    ones by their origin (ui.middleware.Forms), so that what a visitor only reads sets no cookie. SEC-60."""
    actor, cookies = getattr(request, "actor", None), request.COOKIES
    return (
        (actor is not None and actor.is_signed_in) or request.path.startswith("/account/")
        or settings.SESSION_COOKIE_NAME in cookies or settings.CSRF_COOKIE_NAME in cookies
    )  # fmt: skip


class _Token:
    """The token of forms, masked once for a page however many forms it has; nothing where none is needed. SEC-12."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _token(self) -> str:
        if not needs_token(self._request):
            return ""
        secret = self._request.META.get("CSRF_COOKIE")
        if secret is None or settings.SESSION_COOKIE_NAME not in self._request.COOKIES:
            return get_token(self._request)  # makes the secret, sends the cookie, and says that the page varies by it
        return masked(secret)

    def __str__(self) -> str:
        return self._token


class _TokenField(_Token):
    def __html__(self) -> str:
        return f'<input type="hidden" name="csrfmiddlewaretoken" value="{self._token}">' if self._token else ""

    __str__ = __html__


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what every page knows. Costs no query: what needs one is called only where it is shown."""
    moment = getattr(request, "now", None)
    zone = getattr(request, "zone", None)
    _at.set((moment or timezone.now(), zone or timezone.get_current_timezone()))
    actor = getattr(request, "actor", None)
    language = (translation.get_language() or "es").split("-")[0]
    theme, token, token_field = theme_of(request), _Token(request), _TokenField(request)

    def nonce() -> str:
        return request.csp_nonce() if hasattr(request, "csp_nonce") else ""

    shown = Shown(theme, language, now(), identity, rail_counts, nonce, token, token_field)
    return {
        "csrf_token": token,
        "csrf_input": token_field,
        "user": getattr(request, "user", None),
        "actor": actor,
        "messages": lambda: messages.get_messages(request),
        "csp_nonce": nonce,
        "theme": theme,
        "language": language,
        "ui": Frame(request, actor, shown),
    }


def literal_pattern(text: str) -> str:
    """Return a pattern of HTML that takes this very text: its regular expressions refuse a needless backslash."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)


def script_words() -> dict[str, str]:
    """Return the words that scripts show, in the reader's language."""
    _ = translation.gettext
    return {
        "left": _("%(left)s left"),
        "late": _("late by %(late)s"),
        "minute": _("%(count)s min"),
        "hour": _("%(count)s h"),
        "day": _("%(count)s day"),
        "days": _("%(count)s days"),
        "moment": _("less than 1 min"),
        "draft_saved": _("Draft saved"),
        "draft_failed": _("The draft could not be saved; keep this page open"),
        "draft_barred": _("Your session ended, and what you wrote is not saved. Sign in in another tab and come back here:"),
        "sign_in": _("Sign in"),
        "preview": _("Preview"),
        "write": _("Go on writing"),
        "sending": _("Sending…"),
        "undo": _("Undo"),
        "close": _("Close"),
        "too_large": _("larger than %(size)s MB"),
        "upload_failed": _("could not be uploaded"),
        "remove": _("Remove %(name)s"),
        "offline": _("No connection: what you see may be out of date."),
        "error": _("Something went wrong on our side. Nothing was saved; try again."),
        "refused": _("You may not do this."),
        "busy": _("Too many requests. Wait a moment and try again."),
        "nothing_found": _("Nothing found"),
        "places": _("Places"),
        "results": _("Results"),
        "live": _("Live"),
        "paused": _("Reconnecting"),
        "unsaved": _("What you wrote has not been sent."),
    }


@pass_eval_context
def _said(evaluated: EvalContext, message: str, **values: Any) -> str:
    """Translate as Jinja's new style does; what has no values in it is looked up and marked once for each language."""
    if not values:
        return _said_in(translation.get_language(), message)
    text = translation.gettext(message)
    return (Markup(text) if evaluated.autoescape else text) % values  # noqa: S704 (our own sentences)


@lru_cache(maxsize=8192)
def _said_in(_language: str | None, message: str) -> Markup:
    return Markup(translation.gettext(message)) % {}  # noqa: S704


def _words_attribute() -> Markup:
    return Markup.escape(json.dumps(script_words(), ensure_ascii=False))


def environment(**options: Any) -> Environment:
    if compiled := os.environ.get("AMPARO_COMPILED_TEMPLATES"):  # a folder of our own where several processes share the work
        options["bytecode_cache"] = FileSystemBytecodeCache(compiled)
    env = Environment(**options)  # noqa: S701 (autoescape is among the options)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    env.globals["gettext"] = env.globals["_"] = _said
    env.policies["ext.i18n.trimmed"] = True
    drawn = pieces.drawn(_seen_from)
    env.globals.update(
        pieces=SimpleNamespace(**drawn),
        url=url,
        url_if=url_if,
        static=static,
        asset=asset,
        icon_url=icon_url,
        import_map=import_map,
        script_words=_words_attribute,
        get_locale=translation.get_language,
        htmx_script=htmx_script,
        idempotency_field=idempotency_field,
        identity=identity,
        identity_accent=lambda: identity().accent,
        now=now,
        local=local,
        formats=formats,
        meta=meta,
    )
    env.filters.update(
        json_script=json_script,
        when=pieces.Clocked(_seen_from).when,
        duration=formats.duration,
        number=formats.number,
        safe_lines=safe_lines,
        headed=headed,
        pattern=literal_pattern,
    )
    return env


def headed(html: str, under: int) -> Markup:
    """Return the safe HTML of a text whose headings belong under one of a level."""
    return Markup(markdown.headed(html, under))  # noqa: S704 (rendered by us)


def safe_lines(text: str) -> Markup:
    """Return plain text with its line breaks, escaped."""
    return Markup("<br>").join(Markup.escape(line) for line in text.splitlines())
