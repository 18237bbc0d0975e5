"""Developments beside a new release: looked at before it becomes current. QUO-7."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.refusals import Invalid
from amparo.products.access import may_edit_products
from amparo.products.models import Release
from amparo.quotations import access, commands, queries, words
from amparo.quotations.models import ServiceOrder
from amparo.ui.views import staff_only


@require_safe
@staff_only()
def checks(request: HttpRequest, release_id: int) -> HttpResponse:
    """Each delivered development of the product with what was found, and the button that makes the release current."""
    release = get_object_or_404(Release.objects.select_related("product"), pk=release_id)
    rows = queries.developments(release)
    page = {
        "release": release, "rows": rows, "open": sum(not row.verdict for row in rows), "says": words,
        "may_work": access.may_work(request.actor), "may_edit": may_edit_products(request.actor),
    }  # fmt: skip
    return render(request, "quotations/desk/compatibility.html", page)


@require_POST
@staff_only(*access.WORKING)
def judge(request: HttpRequest, release_id: int, order_id: int) -> HttpResponse:
    release = get_object_or_404(Release, pk=release_id)
    order = get_object_or_404(ServiceOrder, pk=order_id)
    try:
        commands.judge_development(
            order, release, request.POST.get("verdict", ""), request.POST.get("note", "")[:2000].replace("\x00", ""), actor=request.actor, at=request.now
        )
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Written down; its customer is being told."))
    return redirect("desk_quotations:compatibility", release_id)
