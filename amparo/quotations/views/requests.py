"""The general development request: written with help, kept while one writes, sent, compared, printed. QUO-4, CAS-6."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.contracts.access import standing
from amparo.kernel.documents import pdf
from amparo.policies.queries import value
from amparo.products.models import Product
from amparo.quotations import access, commands, queries
from amparo.quotations.errors import NothingNew, RequestMissing
from amparo.quotations.forms import TEACHING, RequestForm
from amparo.quotations.models import RequestVersion, ServiceRequest
from amparo.ui.views import contact_only, staff_only

from .shared import key_of, seen, waiting_files


@require_safe
@contact_only
def requests(request: HttpRequest) -> HttpResponse:
    """The company's requests, drafts too. ACC-11."""
    page = queries.requests_list(request.actor, after=request.GET.get("after", "")[:200])
    return render(request, "quotations/portal/request_list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def new(request: HttpRequest) -> HttpResponse:
    """What a request is, and its beginning; who lacks the standing is told what is missing and how to get it. ACC-8, ACC-9."""
    if request.method == "POST":
        made = commands.begin_request(
            title=request.POST.get("title", "")[:400], key=key_of(request), actor=request.actor, at=request.now
        )
        return redirect("quotations:request", made.pk)
    found = standing(request.actor, "development", at=request.now)
    context = {"standing": found, "teaching": TEACHING, "key": uuid4().hex}
    return render(request, "quotations/portal/request_new.html", context, status=200 if found.allowed else 403)


def loaded_request(request: HttpRequest, request_id: int) -> ServiceRequest:
    """The request, for who may write it: whoever else asks finds nothing."""
    found = get_object_or_404(access.requests_visible_to(request.actor), pk=request_id)
    if not access.may_write_request(request.actor, found):
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def one(request: HttpRequest, request_id: int) -> HttpResponse:
    """Write a request; it is kept on the server while one writes. Frozen by its order it is only read. QUO-4."""
    found = loaded_request(request, request_id)
    if request.method != "POST":
        return page(request, found)
    form = bound(request)
    if not form.is_valid():
        return HttpResponse(status=422) if request.htmx else page(request, found, form=form, status=422)
    found = keep(request, found, form)
    if request.htmx:
        return render(request, "quotations/portal/_request_kept.html", {"request_": found})
    messages.success(request, _("Kept. Nobody but your company sees it before you send it.") if found.is_draft else _("Kept. We see it once you send it."))
    return redirect("quotations:request", request_id)


def bound(request: HttpRequest) -> RequestForm:
    """The form as it was posted."""
    return RequestForm(request.POST, products=_products())


def _products() -> list[tuple[int, str]]:
    return list(Product.objects.order_by("name").values_list("pk", "name"))


def keep(request: HttpRequest, found: ServiceRequest, form: RequestForm) -> ServiceRequest:
    """Keep what was posted; new files only with a button, since what one drops may still be taken out again."""
    given = dict(form.cleaned_data)
    title, product, version = given.pop("title"), given.pop("product"), given.pop("product_version")
    add = [] if request.htmx else request.POST.getlist("files")
    kept = request.POST.getlist("keep") if "keeps" in request.POST else None
    return commands.keep_request(
        found, given, title=title, product_id=product, product_version=version, keep=kept, add=add,
        draft_key=request.POST.get("draft_key", "")[:40], seen=seen(request), actor=request.actor, at=request.now,
    )  # fmt: skip


@require_POST
@contact_only
def amend(request: HttpRequest, request_id: int) -> HttpResponse:
    """Send what was changed as the next version. CAS-6."""
    found, form = loaded_request(request, request_id), bound(request)
    if not form.is_valid():
        return page(request, found, form=form, status=422)
    found = keep(request, found, form)
    try:
        sent = commands.amend_request(found, actor=request.actor, at=request.now)
    except RequestMissing as lacking:
        return page(request, found, lacking=lacking, status=422)
    except NothingNew as nothing:
        messages.info(request, str(nothing))
        return redirect("quotations:request", request_id)
    messages.success(request, _("Version %(number)s is sent.") % {"number": sent.number})
    return redirect("quotations:request", request_id)


@require_POST
@contact_only
def discard(request: HttpRequest, request_id: int) -> HttpResponse:
    """Drop a draft with what was written in it."""
    commands.discard_request(loaded_request(request, request_id), actor=request.actor, at=request.now)
    messages.success(request, _("The draft was dropped."))
    return redirect("quotations:requests")


def page(
    request: HttpRequest, found: ServiceRequest, *, form: RequestForm | None = None, lacking: RequestMissing | None = None, status: int = 200
) -> HttpResponse:
    """Show a request as it stands: the form while it may be written, else what was sent."""
    shown = queries.request_page(request.actor, found.pk)
    if shown is None:
        raise Http404
    versions = queries.versions_of(shown)
    form = form or RequestForm(initial=RequestForm.of(shown), products=_products())
    context = {
        "request_": shown,
        "form": form,
        "teaching": TEACHING,
        "lacking": lacking.context.get("fields", []) if lacking else [],
        "lacking_text": str(lacking) if lacking else "",
        "changed": queries.is_changed(shown, versions[0] if versions else None),
        **_told(request, versions),
        **waiting_files(request, shown.subject),
        "megabytes": value("files.megabytes_max", at=request.now),
    }
    return render(request, "quotations/portal/request.html", context, status=status)


def _told(request: HttpRequest, versions: list[RequestVersion]) -> dict[str, Any]:
    """What was sent: the version that is asked for, else the last, beside the one before it."""
    asked = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.number) == asked), versions[0] if versions else None)
    before = next((one for one in versions if shown and one.number == shown.number - 1), None)
    return {
        "versions": versions, "shown": shown, "before": before,
        "parts": queries.parts_in_words(shown.content) if shown else [],
        "differences": queries.changes(before, shown) if before and shown else [],
    }  # fmt: skip


@require_safe
@staff_only()
def desk_one(request: HttpRequest, request_id: int) -> HttpResponse:
    """What a customer specified, with its versions. QUO-4."""
    found = queries.request_page(request.actor, request_id)
    if found is None:
        raise Http404
    return render(request, "quotations/desk/request.html", {"request_": found, **_told(request, queries.versions_of(found))})


def _paper(request: HttpRequest, request_id: int) -> HttpResponse:
    found = queries.request_page(request.actor, request_id)
    if found is None:
        raise Http404
    versions = queries.versions_of(found)
    shown = versions[0] if versions else None
    content = pdf("quotations/request_paper.html", {
        "request_": found, "shown": shown, "parts": queries.parts_in_words(shown.content if shown else found.content),
        "title": shown.title if shown else found.title, "files": shown.files if shown else found.files, "at": request.now,
        "product": f"{found.product.name if found.product else '—'} {found.product_version}",
        "language": translation.get_language() or "es-mx",
    })  # fmt: skip
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response


@require_safe
@contact_only
def paper(request: HttpRequest, request_id: int) -> HttpResponse:
    """The request as PDF."""
    return _paper(request, request_id)


@require_safe
@staff_only()
def desk_paper(request: HttpRequest, request_id: int) -> HttpResponse:
    """The same for staff."""
    return _paper(request, request_id)
