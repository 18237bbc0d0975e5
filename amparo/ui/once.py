"""A secret that is shown once, after a POST and its redirect: reload shows it no more, and makes no other. SEC-42.

Between the two it lies in a cookie of that one page, encrypted, for its maker in that very session, two minutes at most; nothing is
stored with us.
"""

from __future__ import annotations

from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

COOKIE: Final = "amparo-once"
SECONDS: Final = 120


def show_at(request: HttpRequest, name: str, number: int, text: str) -> HttpResponse:
    """Lead on to the page of a thing, which shows the text once."""
    path = reverse(name, args=[number])
    answer = redirect(path)
    sealed = _cipher().encrypt("|".join((*_reader(request), path, text)).encode()).decode()
    answer.set_cookie(COOKIE, sealed, max_age=SECONDS, path=path, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict")
    return answer


def shown(request: HttpRequest) -> str:
    """Return what this page is to show this once, nothing where there is none or it is not the reader's."""
    try:
        text = _cipher().decrypt(request.COOKIES.get(COOKIE, "").encode(), ttl=SECONDS).decode()
    except (InvalidToken, UnicodeError):
        return ""
    *reader, path, secret = text.split("|", 3)
    return secret if (*reader, path) == (*_reader(request), request.path) else ""


def _reader(request: HttpRequest) -> tuple[str, str]:
    """Return who reads, and in which session; of this no more than tells it from others."""
    return str(request.actor.user_id), salted_hmac("ui.once", request.session.session_key or "").hexdigest()  # type: ignore[attr-defined]


def forget(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Take it away with the answer that showed it."""
    if COOKIE in request.COOKIES:
        answer.delete_cookie(COOKIE, path=request.path, samesite="Strict")
    return answer


def _cipher() -> Fernet:
    return Fernet(settings.SECRETS["field_key"])
