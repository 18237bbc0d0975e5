"""Fields of products. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Product, Release
from .queries import newest_first

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
MONO = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class ProductForm(forms.Form):
    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Short, for files and searches; it does not change.")
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(label=_("Description"), max_length=2000, required=False, widget=forms.Textarea)


class ProductChangeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(label=_("Description"), max_length=2000, required=False, widget=forms.Textarea)
    is_active = forms.BooleanField(
        label=_("It is registered for customers"), required=False,
        help_text=_("Without this no further licence is registered; those that exist stay."),
    )


class ReleaseForm(forms.Form):
    version = forms.CharField(label=_("Version"), max_length=30, widget=forms.TextInput(attrs=MONO))
    released_on = forms.DateField(label=_("Comes out on"), widget=DATE)
    notes = forms.CharField(
        label=_("What is new"), max_length=10_000, required=False, widget=forms.Textarea,
        help_text=_("Customers read it beside the version. Markdown."),
    )


class ReleaseChoice(forms.ModelChoiceField):
    """A release of one product, newest first; `product` is set by the form that holds the field."""

    def label_from_instance(self, release: Any) -> str:
        return release.version


def releases_field(product: Product, *, label: Any, required: bool = True) -> ReleaseChoice:
    releases = Release.objects.filter(product=product)
    field = ReleaseChoice(releases, label=label, required=required, empty_label=_("Choose"))
    ordered = newest_first(list(releases))
    field.choices = [("", _("Choose")), *((one.pk, one.version) for one in ordered)]  # type: ignore[assignment]
    return field


class VersionForm(forms.Form):
    """Which version is installed, of the licence's own product."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"] = releases_field(product, label=_("Installed version"))


class RegisterForm(forms.Form):
    customer = forms.CharField(
        label=_("Customer"), max_length=40, help_text=_("The NIC, like 10482-71."), widget=forms.TextInput(attrs=MONO)
    )
    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True), label=_("Product"), empty_label=_("Choose")
    )
    serial = forms.CharField(
        label=_("Serial"), max_length=60, help_text=_("As it stands on the certificate."),
        widget=forms.TextInput(attrs=MONO),
    )
    terminals = forms.IntegerField(label=_("Terminals"), min_value=1, max_value=100_000, initial=1)
    version = forms.CharField(
        label=_("Installed version"), max_length=30, required=False,
        help_text=_("If the customer can tell; it counts as confirmed."), widget=forms.TextInput(attrs=MONO),
    )


class TerminalsForm(forms.Form):
    terminals = forms.IntegerField(label=_("Terminals"), min_value=1, max_value=100_000)


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea)
