"""The catalogue at the desk: items, the editor of a version with its worked examples, publishing. QUO-2."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.charging.queries import tariff_at
from amparo.kernel.refusals import Invalid, Refusal
from amparo.quotations import access, commands, forms, queries, words
from amparo.quotations.models import CatalogueItem, ItemVersion
from amparo.quotations.rules.catalogue import USUAL, check_terms
from amparo.ui.views import staff_only

from .shared import beside, seen


def _item(item_id: int) -> CatalogueItem:
    return get_object_or_404(CatalogueItem.objects.select_related("current"), pk=item_id)


def _version(version_id: int) -> ItemVersion:
    return get_object_or_404(ItemVersion.objects.select_related("item"), pk=version_id)


@require_safe
@staff_only()
def items(request: HttpRequest) -> HttpResponse:
    """Every item, offered or not, with its price and delivery."""
    rows = queries.catalogue(request.actor, words=request.GET.get("q", "")[:80])
    context = {"rows": rows, "says": words, "may_edit": access.may_edit_catalogue(request.actor), "sought": request.GET.get("q", "")[:80]}
    return render(request, "quotations/desk/items.html", context)


@require_safe
@staff_only()
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """An item: its current version with worked examples, and those before."""
    found = _item(item_id)
    versions = list(found.versions.select_related("published_by", "drafted_by").order_by("-number"))
    shown = found.current or next(iter(versions), None)
    if shown is None:
        raise Http404
    language = translation.get_language() or "es"
    context = {
        "item": found, "version": shown, "versions": versions, "says": words, "language": language,
        "examples": queries.worked_examples(shown.terms, tariff_at(request.now), language),
        "may_edit": access.may_edit_catalogue(request.actor),
    }  # fmt: skip
    return render(request, "quotations/desk/item.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def new(request: HttpRequest) -> HttpResponse:
    """Add a standard service: kept as a draft once it is proved."""
    given = request.POST if request.method == "POST" else None
    form = forms.ItemForm(given, initial={"pricing": "fixed", "kind": "general"})
    if given is not None and form.is_valid():
        try:
            made = commands.add_item(
                form.cleaned_data["kind"], texts=form.texts(), terms=form.terms(given), actor=request.actor, at=request.now
            )
        except Invalid as wrong:
            beside(form, wrong)
        else:
            messages.success(request, _("The draft is kept. Look at its worked examples and publish it."))
            return redirect("desk_quotations:item_edit", made.pk)
    return _editor(request, form, None, given)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def edit(request: HttpRequest, version_id: int) -> HttpResponse:
    """Change a draft; what cannot be trusted is refused with its place."""
    version = _version(version_id)
    if not version.is_draft:
        return redirect("desk_quotations:item", version.item_id)
    given = request.POST if request.method == "POST" else None
    form = forms.ItemForm(given, initial=forms.ItemForm.initial_of(version))
    if given is not None and form.is_valid():
        try:
            commands.revise_version(
                version, texts=form.texts(), terms=form.terms(given), seen=seen(request), actor=request.actor, at=request.now
            )
        except Invalid as wrong:
            beside(form, wrong)
        else:
            messages.success(request, _("The draft is kept. Look at its worked examples and publish it."))
            return redirect("desk_quotations:item_edit", version_id)
    return _editor(request, form, version, given)


def _editor(request: HttpRequest, form: forms.ItemForm, version: ItemVersion | None, given: Any) -> HttpResponse:
    context = {
        "form": form, "version": version, "parameters": forms.parameter_rows(given, version), "lines": forms.tariff_rows(given, version),
        "usual": USUAL, "tariff": words.TARIFF, "prices": tariff_at(request.now).prices, "says": words,
        **_worked(request, version),
    }  # fmt: skip
    return render(request, "quotations/desk/item_edit.html", context, status=422 if form.errors else 200)


def _worked(request: HttpRequest, version: ItemVersion | None) -> dict[str, Any]:
    """Return worked examples of what is typed, or of what is kept; or why there are none, with the place."""
    tariff = tariff_at(request.now)
    try:
        if request.method == "POST":
            form = forms.ItemForm(request.POST)
            if not form.is_valid():
                return {"examples": [], "problem": ""}
            terms = form.terms(request.POST)
        elif version is not None:
            terms = version.terms
        else:
            return {"examples": [], "problem": ""}
        check_terms(terms, tariff)
    except Refusal as wrong:
        return {"examples": [], "problem": str(wrong)}
    return {"examples": queries.worked_examples(terms, tariff, translation.get_language() or "es"), "problem": ""}


@require_POST
@staff_only("administrator")
def examples(request: HttpRequest) -> HttpResponse:
    """Worked examples of what stands in the form now. Nothing is kept."""
    return render(request, "quotations/desk/_examples.html", {"says": words, **_worked(request, None)})


@require_POST
@staff_only("administrator")
def publish(request: HttpRequest, version_id: int) -> HttpResponse:
    """Publish a draft: it is what is quoted from now on."""
    version = commands.publish_version(_version(version_id), seen=seen(request), actor=request.actor, at=request.now)
    messages.success(request, _("Published. It is quoted from now on; quotes made before keep their terms."))
    return redirect("desk_quotations:item", version.item_id)


@require_POST
@staff_only("administrator")
def discard(request: HttpRequest, version_id: int) -> HttpResponse:
    """Drop a draft."""
    version = _version(version_id)
    item_id, has_current = version.item_id, version.item.current_id is not None
    commands.discard_version(version, actor=request.actor, at=request.now)
    return redirect("desk_quotations:item", item_id) if has_current else redirect("desk_quotations:catalogue")


@require_POST
@staff_only("administrator")
def draft(request: HttpRequest, item_id: int) -> HttpResponse:
    """Draft a new version of an item."""
    version = commands.draft_version(_item(item_id), actor=request.actor, at=request.now)
    return redirect("desk_quotations:item_edit", version.pk)


@require_POST
@staff_only("administrator")
def offer(request: HttpRequest, item_id: int) -> HttpResponse:
    """Offer an item, or offer it no longer."""
    verb = commands.offer_item if request.POST.get("offer") == "on" else commands.withdraw_item
    verb(_item(item_id), actor=request.actor, at=request.now)
    return redirect("desk_quotations:item", item_id)
