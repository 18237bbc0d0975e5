"""Releases for the staff: prepare, upload, publish, withdraw, look after who has it. UPD-1, UPD-2, UPD-3."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.downloads import access, commands, forms, queries
from amparo.downloads.models import ASK_LABELS, KINDS, PLATFORMS, Artifact, Publication, RecallTask, Upload
from amparo.people.access import visible_customers
from amparo.policies.queries import value
from amparo.products.models import Product
from amparo.products.views import attempt
from amparo.ui.views import staff_only


def _loaded(release_id: int) -> Publication:
    return get_object_or_404(Publication.objects.select_related("release__product", "published_by", "yanked_by"), release_id=release_id)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@require_safe
@staff_only()
def releases(request: HttpRequest) -> HttpResponse:
    product_id = _number(request.GET.get("product", ""))
    page = {
        "rows": queries.releases(product_id=product_id), "products": list(Product.objects.all()), "product_id": product_id,
        "may_keep": access.may_keep(request.actor),
    }  # fmt: skip
    return render(request, "downloads/desk/releases.html", page)


@staff_only(*access.KEEPING)
def add(request: HttpRequest) -> HttpResponse:
    """Begin a release; nobody outside knows of it before it is published."""
    first = {"released_on": request.now.astimezone(request.zone).date(), "product": _number(request.GET.get("product", "")),
             "version": request.GET.get("version", "")[:30]}  # fmt: skip
    form = forms.AddForm(request.POST or None, initial=first)
    if request.method == "POST":
        made = attempt(form, lambda given: commands.prepare(
            given["product"], given["version"], form.sheet(), released_on=given["released_on"], actor=request.actor, at=request.now,
        ))  # fmt: skip
        if made:
            return redirect("desk_downloads:release", made.release_id)
    return render(request, "downloads/desk/release_add.html", {"form": form}, status=422 if form.errors else 200)


def _page(request: HttpRequest, one: Publication, status: int = 200, **more: Any) -> HttpResponse:
    page = {
        "one": one, **_files_region(request, one), "form": forms.SheetForm(initial=forms.sheet_of(one)), "yank_form": forms.YankForm(),
        "recalls": queries.recalls(publication=one) if one.yanked_at else [], "note_form": forms.NoteForm(),
        "may_recall": access.may_recall(request.actor), **more,
    }  # fmt: skip
    return render(request, "downloads/desk/release.html", page, status=status)


def _files_region(request: HttpRequest, one: Publication) -> dict[str, Any]:
    return {
        "artifacts": list(one.artifacts.order_by("kind", "platform", "name")), "counts": queries.counts_of(one), "uploads": queries.uploads_of(one),
        "kinds": KINDS, "platforms": PLATFORMS, "asks": ASK_LABELS, "may_keep": access.may_keep(request.actor),
        "megabytes": value("downloads.upload_megabytes_max", at=request.now), "own": request.actor.user_id,
    }  # fmt: skip


@require_safe
@staff_only()
def release(request: HttpRequest, release_id: int) -> HttpResponse:
    return _page(request, _loaded(release_id))


@require_safe
@staff_only()
def files(request: HttpRequest, release_id: int) -> HttpResponse:
    """The region of the files, drawn anew when an upload was taken in."""
    one = _loaded(release_id)
    return render(request, "downloads/desk/_files.html", {"one": one, **_files_region(request, one)})


@require_POST
@staff_only(*access.KEEPING)
def change(request: HttpRequest, release_id: int) -> HttpResponse:
    one, form = _loaded(release_id), forms.SheetForm(request.POST)
    seen = _number(request.POST.get("seen", ""))
    if attempt(form, lambda _given: commands.change(one, form.sheet(), seen=seen, actor=request.actor, at=request.now)):
        messages.success(request, _("Saved."))
        return redirect("desk_downloads:release", release_id)
    return _page(request, one, 422, form=form)


@require_POST
@staff_only(*access.KEEPING)
def publish(request: HttpRequest, release_id: int) -> HttpResponse:
    commands.publish(_loaded(release_id), seen=_number(request.POST.get("seen", "")), actor=request.actor, at=request.now)
    messages.success(request, _("The version is out. Make it current when the developments have been looked at."))
    return redirect("desk_downloads:release", release_id)


@require_POST
@staff_only(*access.KEEPING)
def yank(request: HttpRequest, release_id: int) -> HttpResponse:
    one, form = _loaded(release_id), forms.YankForm(request.POST)
    seen = _number(request.POST.get("seen", ""))
    if attempt(form, lambda given: commands.yank(one, given["reason"], seen=seen, actor=request.actor, at=request.now)):
        messages.success(request, _("The version was withdrawn; those who have it are being told."))
        return redirect("desk_downloads:release", release_id)
    return _page(request, one, 422, yank_form=form)


@require_POST
@staff_only(*access.KEEPING)
def remove_file(request: HttpRequest, artifact_id: int) -> HttpResponse:
    artifact = get_object_or_404(Artifact.objects.select_related("publication"), pk=artifact_id)
    commands.remove_file(artifact, actor=request.actor, at=request.now)
    return redirect("desk_downloads:release", artifact.publication.release_id)


@require_POST
@staff_only(*access.KEEPING)
def cancel_upload(request: HttpRequest, public_id: str) -> HttpResponse:
    upload = get_object_or_404(Upload.objects.select_related("publication"), public_id=public_id)
    commands.cancel_upload(upload, actor=request.actor, at=request.now)
    return redirect("desk_downloads:release", upload.publication.release_id)


@require_safe
@staff_only()
def recalls(request: HttpRequest) -> HttpResponse:
    """What is to be done with customers of withdrawn versions. UPD-2."""
    done = request.GET.get("view") == "done"
    page = {"rows": queries.recalls(is_open=not done), "view": "done" if done else "open", "may_recall": access.may_recall(request.actor),
            "note_form": forms.NoteForm()}  # fmt: skip
    return render(request, "downloads/desk/recalls.html", page)


@require_POST
@staff_only("operator", "engineer", "developer", "sales")
def finish_recall(request: HttpRequest, recall_id: int) -> HttpResponse:
    task, form = get_object_or_404(RecallTask, pk=recall_id), forms.NoteForm(request.POST)
    if not attempt(form, lambda given: commands.finish_recall(task, given["note"], actor=request.actor, at=request.now)):
        messages.error(request, _("Write what was done with the customer."))
    return redirect("desk_downloads:recalls")


@require_safe
@staff_only("developer", "sales", "operator")
def shared(request: HttpRequest) -> HttpResponse:
    """Links that others used, or that were used from too many places. SEC-25."""
    return render(request, "downloads/desk/shared.html", {"rows": queries.shared_links()})


@require_safe
@staff_only()
def of_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What a customer may download and why, as it is told on the telephone, and what it took. ACC-9, TEL-2."""
    found = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    who = access.holder(request.actor, at=request.now, customer_id=found.pk)
    names = {one.product_id: one.product_name for one in who.owned}
    page = {
        "customer": found, "taken": queries.history_of_customer(found.pk),
        "groups": [
            (name, queries.product_rows(number, who, at=request.now, customer_id=found.pk)) for number, name in sorted(names.items(), key=lambda one: one[1])
        ],
    }  # fmt: skip
    return render(request, "downloads/desk/of_customer.html", page)
