"""The promotions that there are for a customer, and why they apply or not. PRO-1."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amparo.kernel.refusals import Invalid, LimitReached
from amparo.promotions import commands, forms, queries, words
from amparo.promotions.models import Promotion
from amparo.ui.views import contact_only

from . import names


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def mine(request: HttpRequest) -> HttpResponse:
    """What runs now, with its conditions; and a place to enter a code."""
    form = forms.CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = commands.claim_code(form.cleaned_data["code"], request.actor.customer_id, actor=request.actor, at=request.now)
        except (Invalid, LimitReached) as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, _("«%(name)s» is looked at for you from now on.") % {"name": found.name})
            return redirect("promotions:mine")
    rows = queries.for_customer(request.actor.customer_id, at=request.now)
    told = dict(Promotion.objects.filter(pk__in=[row.terms.id for row in rows]).values_list("pk", "words"))
    named = names()
    page = {"form": form, "rows": [(words.said(row, named), told.get(row.terms.id, "")) for row in rows]}
    return render(request, "promotions/portal/mine.html", page, status=422 if form.errors else 200)
