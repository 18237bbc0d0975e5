"""Fields of downloads. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.contracts.rules.audience import AUDIENCES
from amparo.products.forms import DATE, MONO
from amparo.products.models import Product

from .commands.publishing import Sheet
from .models import CHANNELS, Publication

AUDIENCE_LABELS = {
    "visitor": _("Everybody"),
    "registered": _("Who is registered"),
    "customer": _("Customers"),
    "licensed": _("Who has the current version"),
    "covered": _("Who has a contract in force"),
    "staff": _("Staff only"),
}
LONG = forms.Textarea(attrs={"rows": 10})


class SheetForm(forms.Form):
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, initial="stable")
    audience = forms.ChoiceField(
        label=_("Who knows of it"), choices=[(code, AUDIENCE_LABELS[code]) for code in AUDIENCES], initial="visitor",
        help_text=_("Who may read its page. What its files ask is said by each of them."),
    )
    notes = forms.CharField(label=_("What is new"), max_length=20_000, required=False, widget=LONG, help_text=_("Benefit first. Markdown."))
    notes_en = forms.CharField(label=_("What is new, in English"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    requirements = forms.CharField(label=_("Requirements"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    from_version = forms.CharField(
        label=_("Lowest version to come from"), max_length=30, required=False, widget=forms.TextInput(attrs=MONO),
        help_text=_("Older installations are led over a version between. Empty: from any."),
    )
    built_on = forms.DateField(label=_("Built on"), required=False, widget=DATE)
    supported_until = forms.DateField(label=_("Supported until"), required=False, widget=DATE)
    is_critical = forms.BooleanField(label=_("Critical: whoever has an older one should install it now"), required=False)
    rollout = forms.IntegerField(
        label=_("Offered to, of a hundred"), min_value=0, max_value=100, initial=100,
        help_text=_("To how many installations it is offered by itself. Whoever looks for it gets it all the same."),
    )

    def sheet(self) -> Sheet:
        given = self.cleaned_data
        return Sheet(**{name: given[name] for name in Sheet.__dataclass_fields__})


class AddForm(SheetForm):
    product = forms.ModelChoiceField(Product.objects.filter(is_active=True), label=_("Product"), empty_label=_("Choose"))
    version = forms.CharField(label=_("Version"), max_length=30, widget=forms.TextInput(attrs=MONO))
    released_on = forms.DateField(label=_("Comes out on"), widget=DATE)
    field_order = ["product", "version", "released_on", "channel", "audience", "notes"]


class YankForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Those who have it read these words. Say what it does, and what to do now."),
    )


class NoteForm(forms.Form):
    note = forms.CharField(label=_("What was done"), max_length=400)


def sheet_of(publication: Publication) -> dict[str, Any]:
    """Return what a form begins with."""
    return {name: getattr(publication, name) for name in Sheet.__dataclass_fields__}
