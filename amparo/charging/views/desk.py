"""The desk's screens of the tariff: its versions, one version beside another, and the draft of the next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.charging import access, commands, queries
from amparo.charging.errors import TariffDate
from amparo.charging.forms import PublishForm, TariffForm
from amparo.charging.models import TariffVersion
from amparo.kernel.refusals import Invalid
from amparo.ui.views import staff_only


@staff_only()
@require_safe
def tariffs(request: HttpRequest) -> HttpResponse:
    """List every version with the moment from which it is in force. TAR-1."""
    context = {
        "versions": queries.tariff_versions(),
        "current": queries.tariff_version_at(request.now),
        "may_set": access.may_set_tariff(request.actor),
    }
    return render(request, "charging/desk/tariff_list.html", context)


@staff_only()
@require_safe
def tariff(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version beside another: the one before it, or the one asked for. TAR-1."""
    return _page(request, _version(request, number))


@staff_only("administrator")
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Begin the next version, as a copy of the one in force."""
    version = commands.draft_tariff(actor=request.actor, at=request.now)
    return redirect("desk_charging:tariff", version.number)


@staff_only("administrator")
@require_POST
def revise(request: HttpRequest, number: int) -> HttpResponse:
    """Keep the figures of a draft."""
    version = _version(request, number)
    form = TariffForm(version, request.POST)
    if form.is_valid():
        try:
            commands.revise_tariff(
                version,
                form.figures(),
                note=form.cleaned_data["note"],
                seen=request.POST.get("seen"),
                actor=request.actor,
                at=request.now,
            )
        except Invalid as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The draft is kept."))
            return redirect("desk_charging:tariff", number)
    return _page(request, version, form=form)


@staff_only("administrator")
@require_POST
def publish(request: HttpRequest, number: int) -> HttpResponse:
    """Publish a draft from a day on; it is never changed after that."""
    version = _version(request, number)
    form = PublishForm(request.POST)
    if form.is_valid():
        try:
            commands.publish_tariff(
                version,
                starts_at=form.moment(request.zone),
                seen=request.POST.get("seen"),
                actor=request.actor,
                at=request.now,
            )
        except TariffDate as refusal:
            form.add_error("starts_on", str(refusal))
        else:
            messages.success(request, _("Published."))
            return redirect("desk_charging:tariffs")
    return _page(request, version, publish_form=form)


@staff_only("administrator")
@require_POST
def discard(request: HttpRequest, number: int) -> HttpResponse:
    """Drop a draft."""
    commands.discard_tariff(_version(request, number), actor=request.actor, at=request.now)
    messages.success(request, _("The draft was dropped."))
    return redirect("desk_charging:tariffs")


def _version(request: HttpRequest, number: int) -> TariffVersion:
    return get_object_or_404(access.tariffs_visible_to(request.actor), number=number)


def _page(
    request: HttpRequest,
    version: TariffVersion,
    *,
    form: TariffForm | None = None,
    publish_form: PublishForm | None = None,
) -> HttpResponse:
    versions = queries.tariff_versions()
    wanted = request.GET.get("beside", "")
    beside = next((v for v in versions if str(v.number) == wanted and v.pk != version.pk), None)
    may_edit = version.is_draft and access.may_set_tariff(request.actor)
    other = beside or queries.version_before(version, versions)
    failed = bool((form and form.errors) or (publish_form and publish_form.errors))
    context = {
        "version": version,
        "versions": versions,
        "beside": other,
        "rows": queries.compare(version, other),
        "current": queries.tariff_version_at(request.now),
        "form": (form or TariffForm(version)) if may_edit else None,
        "publish_form": (publish_form or PublishForm()) if may_edit else None,
    }
    return render(request, "charging/desk/tariff_one.html", context, status=422 if failed else 200)
