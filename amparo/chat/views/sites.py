"""What an administrator sets up for chats: sites with the widget, and who knows which product. CHT-1, SEC-42."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.chat import access, commands, queries
from amparo.chat.forms import SiteForm
from amparo.chat.models import Site
from amparo.kernel.refusals import Invalid
from amparo.people.queries import names_of, staff_with
from amparo.products.models import Product
from amparo.ui import once
from amparo.ui.views import staff_only


@require_safe
@staff_only("administrator")
def sites(request: HttpRequest) -> HttpResponse:
    """The sites that may show the widget."""
    return render(request, "chat/desk/sites.html", {"sites": queries.sites(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def new(request: HttpRequest) -> HttpResponse:
    """Add a site; its secret is shown once."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site, secret = commands.make_site(form.cleaned_data["name"], form.origin_lines(), actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        else:
            return once.show_at(request, "desk_chat:site", site.pk, secret)
    return render(request, "chat/desk/site.html", {"form": form, "site": None}, status=422 if form.errors else 200)


def _script(site: Site) -> str:
    return settings.PUBLIC_URL + reverse("chat:widget_script", args=[site.public_id])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def site(request: HttpRequest, site_id: int) -> HttpResponse:
    """Change a site, or switch it off; a secret that was just made is shown once."""
    found = get_object_or_404(Site, pk=site_id)
    initial = {"name": found.name, "origins": "\n".join(found.origins), "is_active": found.is_active}
    form = SiteForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            commands.change_site(found, name=given["name"], origins=form.origin_lines(), is_active=given["is_active"], actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_chat:sites")
    context = {"form": form, "site": found, "script": _script(found), "fresh": once.shown(request)}
    return once.forget(request, render(request, "chat/desk/site.html", context, status=422 if form.errors else 200))


@require_POST
@staff_only("administrator")
def secret(request: HttpRequest, site_id: int) -> HttpResponse:
    """Give a site another secret: what the old one signs holds no more."""
    found = get_object_or_404(Site, pk=site_id)
    return once.show_at(request, "desk_chat:site", found.pk, commands.new_secret(found, actor=request.actor, at=request.now))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def skills(request: HttpRequest) -> HttpResponse:
    """Who knows which product: chats about it are offered to him first. CHT-1."""
    people = {user.pk: user for user in staff_with(*access.ATTENDING, "administrator")}
    if request.method == "POST":
        user = request.POST.get("user", "")
        products = [int(one) for one in request.POST.getlist("products") if one.isdecimal() and len(one) < 18]
        if user.isdecimal() and len(user) < 18 and int(user) in people:
            commands.set_skills(int(user), products, actor=request.actor, at=request.now)
            messages.success(request, _("Saved."))
        return redirect("desk_chat:skills")
    names = names_of(people)
    known = queries.skills()
    rows = [{"id": pk, "name": name, "products": known.get(pk, [])} for pk, name in sorted(names.items(), key=lambda item: item[1])]
    return render(request, "chat/desk/skills.html", {"rows": rows, "products": list(Product.objects.order_by("name").values("id", "name"))})
