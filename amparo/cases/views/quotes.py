"""A standard service quoted at once: its case is opened with its quote. QUO-2, CHG-2."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amparo.cases import commands
from amparo.quotations.access import items_visible_to
from amparo.quotations.errors import NotInCatalogue
from amparo.quotations.models import ItemVersion
from amparo.ui.views import contact_only

from .portal import key_of


@require_POST
@contact_only
def quote_service(request: HttpRequest, version_id: int) -> HttpResponse:
    """Make the quote of a standard service that the customer was shown. QUO-2."""
    version = get_object_or_404(ItemVersion.objects.select_related("item"), pk=version_id)
    if not items_visible_to(request.actor).filter(pk=version.item_id).exists():
        raise NotInCatalogue(item=version.item_id)
    quote = commands.quote_service(version, request.POST.dict(), key=key_of(request), actor=request.actor, at=request.now)
    messages.success(request, _("Here is your quote. Nothing is charged until you accept it."))
    return redirect("quotations:quote", quote.pk)
