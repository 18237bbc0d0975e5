"""The desk's screens of agreements: the documents, the editor, publishing, who accepted what, reading it to a caller."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from amparo.agreements import access, commands, queries, rules
from amparo.agreements.errors import NotInForce, TextMoved
from amparo.agreements.forms import AddForm, ByTelephoneForm, DraftForm, GovernForm, PublishForm
from amparo.agreements.models import Agreement, AgreementVersion
from amparo.agreements.words import LANGUAGES, SERVICES
from amparo.kernel.refusals import Invalid
from amparo.kernel.sheets import as_csv
from amparo.people.access import visible_customers
from amparo.ui import formats
from amparo.ui.views import staff_only

from . import pdf_answer, service_of, tongue

ROWS_MAX = 50_000


def _agreement(request: HttpRequest, code: str) -> Agreement:
    return get_object_or_404(access.agreements_visible_to(request.actor), code=code)


def _open_draft(request: HttpRequest, code: str) -> AgreementVersion:
    drafts = access.visible_to(request.actor).filter(published_at__isnull=True)
    return get_object_or_404(drafts, agreement__code=code)


def _beside(form: Any, wrong: Invalid) -> None:
    form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))


@staff_only()
@require_http_methods(["GET", "HEAD", "POST"])
def documents(request: HttpRequest) -> HttpResponse:
    """List the documents with what is in force, what comes, and the drafts; an administrator adds others."""
    may_edit = access.may_edit(request.actor)
    form = AddForm(request.POST or None) if may_edit else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = commands.add_agreement(given["code"], given["title_es"], given["title_en"], actor=request.actor, at=request.now)
            except Invalid as wrong:
                _beside(form, wrong)
            else:
                return redirect("desk_agreements:draft", made.agreement.code)
    rows = [row for row in queries.documents(request.now) if may_edit or row.current or row.coming]
    page = {"rows": rows, "form": form, "services": SERVICES, "may_edit": may_edit}
    return render(request, "agreements/desk/document_list.html", page, status=422 if form and form.errors else 200)


@staff_only()
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, code: str) -> HttpResponse:
    """One document: its versions, what it governs, and since when it is asked for."""
    agreement = _agreement(request, code)
    form = None
    if access.may_edit(request.actor):
        form = GovernForm(request.POST or None, initial=GovernForm.of(agreement, request.zone), labels=SERVICES)
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            asked_from = form.asked_from(request.zone, request.now, agreement.asked_from)
            commands.govern(
                agreement, form.cleaned_data["services"], asked_from=asked_from, actor=request.actor, at=request.now
            )
            messages.success(request, _("Kept."))
            return redirect("desk_agreements:document", code)
    versions = queries.versions_of(agreement, request.actor)
    page = {
        "agreement": agreement,
        "versions": versions,
        "current": queries.in_force(code, request.now),
        "draft": next((one for one in versions if one.is_draft), None),
        "shown": versions[0],
        "form": form,
        "services": SERVICES,
    }
    return render(request, "agreements/desk/document.html", page, status=422 if form and form.errors else 200)


@staff_only("administrator")
@require_POST
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begin the next version as a copy of the last one."""
    commands.draft_version(_agreement(request, code), actor=request.actor, at=request.now)
    return redirect("desk_agreements:draft", code)


@staff_only("administrator")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """Write both languages side by side, with what it will look like; kept while it is written."""
    found = _open_draft(request, code)
    if request.method != "POST":
        return _editor(request, found)
    form = DraftForm(request.POST)
    seen = request.POST.get("seen", "")
    if form.is_valid() and seen.isdecimal():
        found = commands.revise(found, form.cleaned_data, seen=int(seen[:9]), actor=request.actor, at=request.now)
        if request.htmx:
            return render(request, "agreements/desk/_kept.html", {"version": found, "swap": True})
        messages.success(request, _("The draft is kept."))
        return redirect("desk_agreements:draft", code)
    if request.htmx:
        return HttpResponse(status=422)
    return _editor(request, found, form=form, status=422)


@staff_only("administrator")
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the draft, after its word was typed; it is never changed after that."""
    found = _open_draft(request, code)
    form = PublishForm(request.POST)
    if request.POST.get("confirmation", "").strip() != word_of(found):
        form.add_error(None, _("Type the word to confirm that you publish."))
    if form.is_valid():
        seen = request.POST.get("seen", "")
        try:
            commands.publish(
                found, starts_at=form.moment(request.zone, request.now), seen=int(seen[:9]) if seen.isdecimal() else None,
                actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as wrong:
            _beside(form, wrong)
        else:
            messages.success(request, _("Published. It does not change any more."))
            return redirect("desk_agreements:document", code)
    return _editor(request, found, publishing=form, status=422)


def word_of(version: AgreementVersion) -> str:
    """What is typed to publish: the document and the number."""
    return f"{version.agreement.code} {version.number}"


@staff_only("administrator")
@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Drop the draft."""
    commands.discard(_open_draft(request, code), actor=request.actor, at=request.now)
    messages.success(request, _("The draft was dropped."))
    return redirect("desk_agreements:documents")


def _editor(
    request: HttpRequest, found: AgreementVersion, *, form: DraftForm | None = None, publishing: PublishForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    before = queries.before(found)
    compared = {}
    if before is not None:
        compared = {
            code: rules.compare(before.text_in(code), found.text_in(code), around=1) for code in rules.LANGUAGES
        }
    page = {
        "version": found,
        "form": form or DraftForm(initial=DraftForm.of(found)),
        "publishing": publishing or PublishForm(),
        "word": word_of(found),
        "before": before,
        "compared": compared,
        "languages": LANGUAGES,
        "ready": all((found.title_es, found.title_en, found.text_es, found.text_en)),
    }
    return render(request, "agreements/desk/draft.html", page, status=status)


@staff_only()
@require_GET
def acceptances(request: HttpRequest) -> HttpResponse:
    """Who accepted what: by document, version, customer; as CSV too. SEC-56."""
    asked = _asked(request)
    if request.GET.get("form") == "csv":
        return _csv(request, asked)
    page = queries.acceptances_page(request.actor, **asked, after=request.GET.get("after", "")[:200])
    context = {
        "may_record": access.may_record_by_telephone(request.actor), "page": page, "asked": asked, "rows": queries.documents(request.now),
        "query": "&".join(f"{name}={value}" for name, value in request.GET.items() if name in ("code", "version", "customer")),
    }  # fmt: skip
    return render(request, "agreements/desk/acceptance_list.html", context)


def _asked(request: HttpRequest) -> dict[str, Any]:
    version = request.GET.get("version", "")
    customer = request.GET.get("customer", "")
    return {
        "customer_id": int(customer) if customer.isdecimal() and len(customer) < 19 else None,
        "code": request.GET.get("code", "")[:40], "version": int(version) if version.isdecimal() and len(version) < 6 else None,
        "words": request.GET.get("q", "")[:80],
    }  # fmt: skip


def _csv(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    head = [
        _("When"), _("Document"), _("Version"), _("NIC"), _("Customer"), _("Accepted by"), _("Capacity"), _("How"),
        _("Read by"), _("Language"), "SHA-256",
    ]  # fmt: skip
    rows = [
        [
            formats.moment_full(one.accepted_at, zone=request.zone), one.version.title_in(tongue(request)), one.version.number,
            one.customer.nic_shown, one.customer.name, one.person_name, one.capacity, one.how_shown,
            one.recorded_by.get_full_name() if one.recorded_by else "", one.language, one.text_hash,
        ]
        for one in queries.filtered(request.actor, **asked)[:ROWS_MAX]
    ]  # fmt: skip
    response = HttpResponse(as_csv([head, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="agreements.csv"'
    return response


@staff_only()
@require_safe
def copy(request: HttpRequest, acceptance_id: int) -> HttpResponse:
    """The accepted text with who accepted it, as PDF."""
    said = get_object_or_404(access.acceptances_visible_to(request.actor), pk=acceptance_id)
    content = queries.paper(said.version, said.language, acceptance=said, at=request.now)
    return pdf_answer(content, f"{said.version.agreement.code}-{said.version.number}-{said.pk}")


@staff_only("operator", "engineer", "sales")
@require_http_methods(["GET", "HEAD", "POST"])
def by_telephone(request: HttpRequest) -> HttpResponse:
    """Read to a caller what a service asks for, and note down the yes. AGR-1, TEL-2."""
    number = request.POST.get("customer") or request.GET.get("customer", "")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    customer = get_object_or_404(visible_customers(request.actor), pk=int(number))
    service = service_of(request)
    waits = queries.waiting_for(customer.pk, service, request.now) if service else queries.waiting(customer.pk, request.now)
    roles = [role for role in ("administrator", "member") if access.may_bind(role, at=request.now)]
    contacts = queries.who_may_bind(customer.pk, roles)
    found = waits[0] if waits else None
    form, error, status = ByTelephoneForm(contacts=contacts), "", 200
    if request.method == "POST" and found is not None:
        form = ByTelephoneForm(request.POST, contacts=contacts)
        status = 422
        if request.POST.get("version") != str(found.pk):
            error, status = str(NotInForce.message), 409
        elif form.is_valid():
            try:
                commands.accept_by_telephone(
                    found, customer.pk, contact_id=form.cleaned_data.get("contact") or None,
                    caller_name=form.cleaned_data.get("caller_name", ""), capacity=form.cleaned_data["capacity"],
                    language=tongue(request), seen=request.POST.get("seen", ""), actor=request.actor, at=request.now,
                )  # fmt: skip
            except (NotInForce, TextMoved) as moved:
                error, status = str(moved), 409
            except Invalid as wrong:
                _beside(form, wrong)
            else:
                messages.success(request, _("It is on record that the customer accepted."))
                return redirect(f"{request.path}?customer={customer.pk}&service={service}")
    page = {
        "customer": customer, "version": found, "waits": waits, "form": form, "service": service, "tongue": tongue(request),
        "languages": LANGUAGES, "error": error,
    }  # fmt: skip
    return render(request, "agreements/desk/by_telephone.html", page, status=status)
