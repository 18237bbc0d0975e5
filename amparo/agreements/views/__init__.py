"""What the pages of agreements share."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme

from amparo.agreements import access, rules
from amparo.agreements.models import AgreementVersion


def tongue(request: HttpRequest) -> str:
    """The language of the text: as asked for, else that of the page."""
    asked = request.POST.get("language") or request.GET.get("lang", "")
    return asked if asked in rules.LANGUAGES else rules.language_of(translation.get_language())


def back_to(request: HttpRequest) -> str:
    """Where the person was going: an address of our own, else nothing. SEC-60."""
    target = (request.POST.get("next") or request.GET.get("next") or "")[:400]
    right = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if right else ""


def service_of(request: HttpRequest) -> str:
    """The service that asked, if it is one."""
    asked = request.POST.get("service") or request.GET.get("service", "")
    return asked if asked in rules.GOVERNABLE else ""


def one_version(request: HttpRequest, code: str, version: int) -> AgreementVersion:
    return get_object_or_404(access.visible_to(request.actor), agreement__code=code, number=version)


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
