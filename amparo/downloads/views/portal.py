"""What there is to download, why it is included or not, and what is due for one's own licences. ACC-3, ACC-9, UPD-1, UPD-2."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe

from amparo.contracts.access import reader
from amparo.downloads import access, queries
from amparo.products.models import Product
from amparo.ui.views import contact_only

MINE_MAX = 30


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The products that have something to download."""
    rows = queries.products(reader(request.actor, at=request.now))
    return render(request, "downloads/portal/home.html", {"rows": rows})


@require_safe
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    """A product's releases, each file with why it is included or not; `since` keeps what came after a version. UPD-1, UPD-2."""
    found = get_object_or_404(Product, pk=product_id)
    who = access.holder(request.actor, at=request.now)
    rows = queries.product_rows(found.pk, who, at=request.now, price=cache(queries.cheapest_contract))
    if not rows:
        raise Http404
    version = request.GET.get("since", "")[:30]
    page: dict[str, Any] = {
        "product": found, "rows": queries.since(rows, version) if version else rows, "version": version, "versions": [row.version for row in rows],
        "language": translation.get_language() or "es-mx",
    }  # fmt: skip
    return render(request, "downloads/portal/product.html", page)


@require_safe
def release(request: HttpRequest, release_id: int) -> HttpResponse:
    """One release: its notes, its files with size, hash and signature, and why each is included or not. ACC-9, UPD-2."""
    who = access.holder(request.actor, at=request.now)
    found = queries.whole(request.actor, release_id, who, at=request.now)
    if found is None or (found.published_at is None and not request.actor.is_staff):
        raise Http404
    row = queries.release_row(found, who, at=request.now, price=cache(queries.cheapest_contract))
    page = {"row": row, "one": found, "language": translation.get_language() or "es-mx", "own_link": request.actor.is_signed_in}
    return render(request, "downloads/portal/release.html", page)


@require_safe
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    """My products: which version is installed, which update is due, whether it is included, and the way to it. UPD-2, TKT-4."""
    who = access.holder(request.actor, at=request.now)
    assert request.actor.user_id is not None
    page = {
        "rows": queries.mine(request.actor, who, at=request.now),
        "taken": queries.history_of(request.actor.user_id, limit=MINE_MAX),
    }
    return render(request, "downloads/portal/mine.html", page)


@require_safe
@contact_only
def due(request: HttpRequest, product_id: int) -> HttpResponse:
    """Lead to the very update that is due for one's licence of a product; where there is none, to its versions. TKT-4, ACC-9."""
    who = access.holder(request.actor, at=request.now)
    for one in queries.mine(request.actor, who, at=request.now):
        if one.row.licence.product_id == product_id and one.update.available:
            return redirect("downloads:release", one.update.release_id)
    if queries.product_rows(product_id, who, at=request.now):
        return redirect("downloads:product", product_id)
    return redirect("products:licences")
