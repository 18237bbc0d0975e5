"""A customer's licences: which version is installed, and on which computers. LIC-2, LIC-3."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.products import access, commands, forms, queries
from amparo.products.models import Licence, Release
from amparo.ui.views import contact_only

from . import attempt


@require_safe
@contact_only
def licences(request: HttpRequest) -> HttpResponse:
    rows = queries.licences_of(request.actor.customer_id, request.now)
    releases: dict[int, list[Release]] = {}
    products = {row.licence.product_id for row in rows}
    for release in queries.newest_first(list(Release.objects.filter(product__in=products))):
        releases.setdefault(release.product_id, []).append(release)
    page = {
        "rows": rows,
        "releases": releases,
        "may_read": lambda licence: access.may_read_serial(request.actor, licence),
    }
    return render(request, "products/portal/licence_list.html", page)


def _loaded(request: HttpRequest, licence_id: int) -> Licence:
    return get_object_or_404(access.visible_to(request.actor).select_related("product"), pk=licence_id)


@require_POST
@contact_only
def declare(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Say which version is installed, until the installation reports it. LIC-3."""
    found = _loaded(request, licence_id)
    form = forms.VersionForm(request.POST, product=found.product)
    if attempt(form, lambda given: commands.declare_version(found, given["version"], actor=request.actor, at=request.now)):
        messages.success(request, _("Thank you. The version was written down."))
    else:
        messages.error(request, _("Choose one of the versions in the list."))
    return redirect("products:licences")


@require_safe
@contact_only
def licence(request: HttpRequest, licence_id: int) -> HttpResponse:
    """One licence: its version and its terminals, which activation keeps."""
    found = get_object_or_404(queries.with_installed(access.visible_to(request.actor)), pk=licence_id)
    page = {
        "licence": found,
        "row": queries.licence_row(found, request.now),
        "terminals": list(found.bindings.filter(released_at__isnull=True).order_by("-bound_at")),
        "whole": access.may_read_serial(request.actor, found),
    }
    return render(request, "products/portal/licence.html", page)
