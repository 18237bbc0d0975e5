"""Agreements for everybody: read, compare, print; and for a customer: accept, and what was accepted. AGR-1."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.agreements import access, commands, queries, rules
from amparo.agreements.errors import CapacityMissing, NotInForce, NotYours, TextMoved
from amparo.agreements.forms import AcceptForm
from amparo.agreements.models import AgreementVersion
from amparo.agreements.words import LANGUAGES
from amparo.people.models import Contact
from amparo.ui.views import contact_only

from . import back_to, one_version, pdf_answer, service_of, tongue


@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    """List the documents in force, for anybody."""
    found = list(queries.versions_in_force(request.now))
    waits: list[int] = []
    if request.actor.is_contact:
        waits = [one.pk for one in queries.waiting(request.actor.customer_id, request.now)]
    return render(request, "agreements/portal/document_list.html", {"versions": found, "waits": waits})


@require_safe
def document(request: HttpRequest, code: str) -> HttpResponse:
    """The version of a document in force; before it has one, the one to come."""
    found = queries.in_force(code, request.now)
    if found is None:
        coming = access.visible_to(request.actor).filter(agreement__code=code, published_at__isnull=False)
        found = coming.order_by("starts_at").first()
    if found is None:
        raise Http404
    return _show(request, found)


@require_safe
def version(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """One version, whether in force, to come, or past."""
    return _show(request, one_version(request, code, version))


def _show(request: HttpRequest, found: AgreementVersion) -> HttpResponse:
    language = tongue(request)
    said = None
    if request.actor.is_contact:
        said = access.acceptances_visible_to(request.actor).filter(version=found).first()
    current = queries.in_force(found.agreement.code, request.now)
    context = {
        "version": found,
        "tongue": language,
        "languages": LANGUAGES,
        "current": current,
        "versions": [one for one in queries.versions_of(found.agreement, request.actor) if not one.is_draft],
        "before": queries.before(found),
        "said": said,
        "may_accept": request.actor.is_contact and said is None and current == found and queries.is_asked(found, request.now),
    }
    return render(request, "agreements/portal/document.html", context)


@require_safe
def version_pdf(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """One version as PDF."""
    found, language = one_version(request, code, version), tongue(request)
    if found.is_draft:
        content = queries.paper(found, language, at=request.now)
    else:
        content = queries.printed(found, language, at=request.now)
    return pdf_answer(content, f"{code}-{version}-{language}")


@require_safe
def changes(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """What a version changes against the one before it, or against the one that is named."""
    found = one_version(request, code, version)
    versions = [one for one in queries.versions_of(found.agreement, request.actor) if one.pk != found.pk]
    asked = request.GET.get("beside", "")
    beside = next((one for one in versions if str(one.number) == asked), None) or queries.before(found)
    language = tongue(request)
    lines: list[rules.Line] = []
    if beside is not None:
        lines = rules.compare(
            f"{beside.title_in(language)}\n{beside.text_in(language)}", f"{found.title_in(language)}\n{found.text_in(language)}",
            around=None if "whole" in request.GET else 2,
        )
    context = {
        "version": found, "beside": beside, "versions": versions, "lines": lines, "tongue": language,
        "languages": LANGUAGES, "whole": "whole" in request.GET,
    }  # fmt: skip
    return render(request, "agreements/portal/changes.html", context)


@require_safe
@contact_only
def accept_next(request: HttpRequest) -> HttpResponse:
    """Go to the first document that a service asks for; where none waits any more, on to where the person was going."""
    return _onward(request)


def _onward(request: HttpRequest) -> HttpResponse:
    service, target = service_of(request), back_to(request)
    actor, now = request.actor, request.now
    waits = queries.waiting_for(actor.customer_id, service, now) if service else queries.waiting(actor.customer_id, now)
    if not waits:
        return redirect(target or reverse("agreements:mine"))
    return redirect(_address(waits[0], service, target))


def _address(found: AgreementVersion, service: str, target: str) -> str:
    asked = urlencode({name: text for name, text in (("service", service), ("next", target)) if text})
    return reverse("agreements:accept_one", args=[found.agreement.code]) + (f"?{asked}" if asked else "")


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def accept_one(request: HttpRequest, code: str) -> HttpResponse:
    """Read one document in force and accept it for the company; then on to the next one, or back. AGR-1."""
    found = queries.in_force(code, request.now)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _ask(request, found)
    form = AcceptForm(request.POST)
    read = str(request.POST.get("version", ""))
    if read != str(found.pk):  # another version came into force meanwhile
        return _ask(request, found, error=str(NotInForce.message), status=409)
    if not form.is_valid():
        return _ask(request, found, form=form, status=422)
    try:
        said = commands.accept(
            found, language=tongue(request), seen=request.POST.get("seen", ""), capacity=form.cleaned_data["capacity"],
            actor=request.actor, at=request.now,
        )  # fmt: skip
    except (NotInForce, TextMoved) as moved:
        fresh = queries.in_force(code, request.now) or found
        return _ask(request, fresh, error=str(moved), status=409)
    except NotYours as refusal:
        return _ask(request, found, error=str(refusal), status=403)
    except CapacityMissing as wrong:
        form.add_error("capacity", str(wrong))
        return _ask(request, found, form=form, status=422)
    if said.user_id == request.actor.user_id:
        messages.success(request, _("Accepted, and on record. We send you a copy."))
    else:
        messages.info(request, _("%(name)s had already accepted it for the company.") % {"name": said.person_name})
    return _onward(request)


def _ask(
    request: HttpRequest, found: AgreementVersion, *, form: AcceptForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    actor, language = request.actor, tongue(request)
    may = access.may_accept(actor, actor.customer_id, at=request.now)
    title = Contact.objects.filter(pk=actor.contact_id).values_list("title", flat=True).first() or queries.capacity_of(
        actor.user_id, actor.customer_id
    )
    context: dict[str, Any] = {
        "version": found,
        "tongue": language,
        "languages": LANGUAGES,
        "said": access.acceptances_visible_to(actor).filter(version=found).first(),
        "may": may,
        "who_may": [] if may else queries.who_may_bind(actor.customer_id, ["administrator"]),
        "before": queries.before(found),
        "form": form or AcceptForm(initial={"capacity": title}),
        "error": error,
        "service": service_of(request),
        "target": back_to(request),
    }
    return render(request, "agreements/portal/accept.html", context, status=status)


@require_safe
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    """What the company accepted, by whom and when, and what waits. ACC-11."""
    said = list(access.acceptances_visible_to(request.actor).select_related("recorded_by").order_by("-accepted_at", "-pk"))
    current = {one.pk for one in queries.versions_in_force(request.now)}
    context = {
        "said": said,
        "current": current,
        "waits": queries.waiting(request.actor.customer_id, request.now),
        "may": access.may_accept(request.actor, request.actor.customer_id, at=request.now),
    }
    return render(request, "agreements/portal/mine.html", context)


@require_safe
@contact_only
def copy(request: HttpRequest, acceptance_id: int) -> HttpResponse:
    """The accepted text with who accepted it, as PDF."""
    said = get_object_or_404(access.acceptances_visible_to(request.actor), pk=acceptance_id)
    content = queries.paper(said.version, said.language, acceptance=said, at=request.now)
    return pdf_answer(content, f"{said.version.agreement.code}-{said.version.number}-{said.pk}")
