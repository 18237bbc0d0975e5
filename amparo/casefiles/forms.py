"""Fields of holds. Forms never save."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class HoldForm(forms.Form):
    of = forms.CharField(
        label=_("Case or customer"), max_length=40, help_text=_("The number of a case, like C-2041, or the NIC of a customer for all of its cases."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It stays on record. Customers do not see it."),
    )


class LiftForm(forms.Form):
    because = forms.CharField(label=_("Why it is lifted"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
