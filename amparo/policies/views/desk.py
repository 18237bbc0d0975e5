"""The desk's settings: every figure that can be set, with effect from a date; the vendor's identity and logo."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid
from amparo.policies import commands, queries
from amparo.policies.forms import IdentityForm, LogoForm, ValueForm
from amparo.policies.rules import LOGO_OCTETS_MAX
from amparo.policies.words import GROUPS
from amparo.ui.views import staff_only


@staff_only("administrator")
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """List every figure by group: its rule, unit, value in force and what is set for later."""
    context = {"groups": queries.standings(at=request.now), "names": GROUPS}
    return render(request, "policies/desk/settings.html", context)


@staff_only("administrator")
@require_http_methods(["GET", "POST"])
def setting(request: HttpRequest, key: str) -> HttpResponse:
    """Show one figure with its history, and set it from a moment on."""
    if not queries.is_declared(key) or key.startswith("identity."):
        raise Http404
    standing = queries.standing(key, at=request.now)
    policy = standing.policy
    form = ValueForm(
        policy, request.POST or None, initial={"value": ValueForm.shown(policy, standing.value)}, zone=request.zone
    )
    if request.method == "POST" and form.is_valid():
        try:
            commands.set_value(
                key, form.cleaned_data["value"], from_at=form.moment(request.now), actor=request.actor, at=request.now
            )
        except Invalid as refusal:
            form.add_error(refusal.field or "value", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_policies:setting", key)
    context = {"standing": standing, "policy": policy, "form": form, "versions": queries.versions(key), "names": GROUPS}
    return render(request, "policies/desk/setting.html", context, status=422 if form.errors else 200)


@staff_only("administrator")
@require_http_methods(["GET", "POST"])
def identity(request: HttpRequest) -> HttpResponse:
    """Show and set whose service this is: what customers see as its name, face and address."""
    values = queries.group("identity", at=request.now)
    form = IdentityForm(request.POST or None, initial=values)
    if request.method == "POST" and form.is_valid():
        try:
            commands.set_identity(form.cleaned_data, actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_policies:identity")
    return _identity_page(request, form, LogoForm())


def _identity_page(request: HttpRequest, form: IdentityForm, logo: LogoForm) -> HttpResponse:
    context = {"form": form, "logo_form": logo, "logo": queries.value("identity.logo", at=request.now)}
    return render(request, "policies/desk/identity.html", context, status=422 if form.errors or logo.errors else 200)


@staff_only("administrator")
@require_POST
def logo(request: HttpRequest) -> HttpResponse:
    """Take a picture as the vendor's logo, or take the logo away."""
    if "remove" in request.POST:
        commands.remove_logo(actor=request.actor, at=request.now)
        return redirect("desk_policies:identity")
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            commands.set_logo(form.cleaned_data["logo"].read(LOGO_OCTETS_MAX + 1), actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error("logo", str(refusal))
        else:
            return redirect("desk_policies:identity")
    return _identity_page(request, IdentityForm(initial=queries.group("identity", at=request.now)), form)


@require_safe
def serve_logo(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve a logo to anybody: a picture of our own drawing, named by its content. SEC-26."""
    path = commands.logo_path(name)
    if not path.is_file():
        raise Http404
    response = FileResponse(path.open("rb"), content_type="image/png")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
