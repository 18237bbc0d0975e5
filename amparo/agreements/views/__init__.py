"""What the pages of agreements share."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation

from amparo.agreements import access, rules
from amparo.agreements.models import AgreementVersion
from amparo.kernel.paths import own_path


def tongue(request: HttpRequest) -> str:
    """The language of the text: as asked for, else that of the page."""
    asked = request.POST.get("language") or request.GET.get("lang", "")
    return asked if asked in rules.LANGUAGES else rules.language_of(translation.get_language())


def back_to(request: HttpRequest) -> str:
    """Where the person was going: an address of our own, else nothing. SEC-60."""
    return own_path(request.POST.get("next") or request.GET.get("next") or "")


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
