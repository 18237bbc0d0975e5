"""Products, releases and licences for the staff. LIC-1, LIC-2, LIC-3."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import Invalid
from amparo.people.access import visible_customers
from amparo.people.models import Customer
from amparo.people.rules import shown_phone
from amparo.products import access, commands, forms, queries
from amparo.products.models import Licence, Product, Release
from amparo.ui.views import staff_only

from . import attempt


@require_safe
@staff_only()
def products(request: HttpRequest) -> HttpResponse:
    page = {"rows": queries.products_with_counts(), "may_edit": access.may_edit_products(request.actor)}
    return render(request, "products/desk/product_list.html", page)


@staff_only("developer")
def add_product(request: HttpRequest) -> HttpResponse:
    form = forms.ProductForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda given: commands.add_product(**given, actor=request.actor, at=request.now))
        if made:
            return redirect("desk_products:product", made.pk)
    return render(request, "products/desk/product_add.html", {"form": form}, status=422 if form.errors else 200)


def _product_page(request: HttpRequest, product: Product, status: int = 200, **more: Any) -> HttpResponse:
    may_edit = access.may_edit_products(request.actor)
    page = {
        "product": product,
        "releases": queries.releases_of(product),
        "installed": queries.installations(product),
        "grace_days": queries.grace_days(request.now),
        "may_edit": may_edit,
        "release_form": forms.ReleaseForm(initial={"released_on": request.now.astimezone(request.zone).date()}),
        "change_form": forms.ProductChangeForm(
            initial={"name": product.name, "description": product.description, "is_active": product.is_active}
        ),
        **more,
    }
    return render(request, "products/desk/product.html", page, status=status)


@require_safe
@staff_only()
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    return _product_page(request, get_object_or_404(Product, pk=product_id))


@require_POST
@staff_only("developer")
def change_product(request: HttpRequest, product_id: int) -> HttpResponse:
    found = get_object_or_404(Product, pk=product_id)
    form = forms.ProductChangeForm(request.POST)
    if attempt(form, lambda given: commands.change_product(found, **given, actor=request.actor, at=request.now)):
        return redirect("desk_products:product", product_id)
    return _product_page(request, found, 422, change_form=form)


@require_POST
@staff_only("developer")
def add_release(request: HttpRequest, product_id: int) -> HttpResponse:
    found = get_object_or_404(Product, pk=product_id)
    form = forms.ReleaseForm(request.POST)
    if attempt(form, lambda given: commands.add_release(found, **given, actor=request.actor, at=request.now)):
        messages.success(request, _("The release was added. Make it current when it comes out."))
        return redirect("desk_products:product", product_id)
    return _product_page(request, found, 422, release_form=form)


@require_POST
@staff_only("developer")
def make_current(request: HttpRequest, release_id: int) -> HttpResponse:
    found = get_object_or_404(Release, pk=release_id)
    commands.make_current(found, despite=request.POST.get("despite", "")[:400].replace("\x00", ""), actor=request.actor, at=request.now)
    messages.success(request, _("Version %(version)s is current now.") % {"version": found.version})
    return redirect("desk_products:product", found.product_id)


@require_safe
@staff_only()
def licences(request: HttpRequest) -> HttpResponse:
    """Find licences by serial, exact or by its beginning. TEL-1."""
    words = request.GET.get("q", "")[:60].replace("\x00", "")
    page = {
        "sought": words,
        "rows": queries.find_by_serial(words),
        "phone": shown_phone,
        "may_register": access.may_register(request.actor),
    }
    return render(request, "products/desk/licence_search.html", page)


@require_safe
@staff_only()
def of_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(visible_customers(request.actor), pk=customer_id)
    page = {
        "customer": found,
        "rows": queries.licences_of(found.pk, request.now),
        "may_register": access.may_register(request.actor),
        "may_read": lambda licence: access.may_read_serial(request.actor, licence),
    }
    return render(request, "products/desk/licence_list.html", page)


@staff_only("operator", "engineer", "sales")
def register(request: HttpRequest) -> HttpResponse:
    """Bind a serial to a customer, on the telephone or at a sale. LIC-1, TEL-2."""
    form = forms.RegisterForm(request.POST or None, initial={"customer": _nic_of(request)})
    if request.method == "POST":
        made = attempt(form, lambda given: _register(request, given))
        if made:
            messages.success(request, _("The licence was registered."))
            return redirect("desk_products:licence", made.pk)
    return render(request, "products/desk/licence_add.html", {"form": form}, status=422 if form.errors else 200)


def _register(request: HttpRequest, given: dict[str, Any]) -> Licence:
    customer = customer_by_nic(request, given["customer"])
    installed = None
    if given["version"]:
        installed = Release.objects.filter(product=given["product"], version__iexact=given["version"].strip()).first()
        if installed is None:
            raise Invalid(_("This product has no such version. Leave it empty if you do not know."), field="version")
    return commands.register_licence(
        given["serial"], given["product"], customer, terminals=given["terminals"], installed=installed,
        actor=request.actor, at=request.now, key=request.POST.get("key", "")[:80],
    )


def customer_by_nic(request: HttpRequest, text: str) -> Customer:
    """Return the customer whose NIC was typed. Raises Invalid."""
    nic = parse_nic(text)
    found = visible_customers(request.actor).filter(nic=nic, is_active=True).first() if nic else None
    if found is None:
        raise Invalid(_("There is no active customer with this NIC. Check it with the caller."), field="customer")
    return found


def _nic_of(request: HttpRequest) -> str:
    number = request.GET.get("customer", "")
    found = visible_customers(request.actor).filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    return found.nic_shown if found else ""


def _licence_page(request: HttpRequest, licence_id: int, status: int = 200, **more: Any) -> HttpResponse:
    licence = get_object_or_404(queries.with_installed(access.visible_to(request.actor)), pk=licence_id)
    row = queries.licence_row(licence, request.now)
    page = {
        "row": row,
        "licence": licence,
        "terminals": list(licence.bindings.order_by("-bound_at")),
        "may_register": access.may_register(request.actor) and licence.withdrawn_at is None,
        "may_withdraw": access.may_withdraw(request.actor) and licence.withdrawn_at is None,
        "whole": access.may_read_serial(request.actor, licence),
        "version_form": forms.VersionForm(product=licence.product, initial={"version": licence.installed_id}),
        "terminals_form": forms.TerminalsForm(initial={"terminals": licence.terminals}),
        "withdraw_form": forms.WithdrawForm(),
        **more,
    }
    return render(request, "products/desk/licence.html", page, status=status)


@require_safe
@staff_only()
def licence(request: HttpRequest, licence_id: int) -> HttpResponse:
    return _licence_page(request, licence_id)


def _loaded(request: HttpRequest, licence_id: int) -> Licence:
    return get_object_or_404(access.visible_to(request.actor).select_related("product"), pk=licence_id)


@require_POST
@staff_only("operator", "engineer", "sales")
def confirm_version(request: HttpRequest, licence_id: int) -> HttpResponse:
    found = _loaded(request, licence_id)
    form = forms.VersionForm(request.POST, product=found.product)
    if attempt(form, lambda given: commands.confirm_version(found, given["version"], actor=request.actor, at=request.now)):
        return redirect("desk_products:licence", licence_id)
    return _licence_page(request, licence_id, 422, version_form=form)


@require_POST
@staff_only("operator", "engineer", "sales")
def change_terminals(request: HttpRequest, licence_id: int) -> HttpResponse:
    found, form = _loaded(request, licence_id), forms.TerminalsForm(request.POST)
    if attempt(form, lambda given: commands.change_terminals(found, given["terminals"], actor=request.actor, at=request.now)):
        return redirect("desk_products:licence", licence_id)
    return _licence_page(request, licence_id, 422, terminals_form=form)


@require_POST
@staff_only("sales")
def withdraw(request: HttpRequest, licence_id: int) -> HttpResponse:
    found, form = _loaded(request, licence_id), forms.WithdrawForm(request.POST)
    if attempt(form, lambda given: commands.withdraw_licence(found, given["reason"], actor=request.actor, at=request.now)):
        messages.success(request, _("The licence was withdrawn."))
        return redirect("desk_products:licence", licence_id)
    return _licence_page(request, licence_id, 422, withdraw_form=form)
