"""Fields of settings: the kind of the figure decides the field. Forms never save."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .registry import Policy, all_policies
from .rules import read_list, written

LONG = frozenset({"identity.address"})


def _field(policy: Policy) -> forms.Field:
    common: dict[str, Any] = {"label": _("New value"), "help_text": policy.unit}
    if policy.kind is bool:
        choices = [("yes", _("Yes")), ("no", _("No"))]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if policy.choices:
        return forms.ChoiceField(choices=policy.choices, **common)
    if policy.kind is int:
        return forms.IntegerField(min_value=-(10**9), max_value=10**9, **common)
    return forms.CharField(max_length=500, required=policy.kind is list, **common)


class ValueForm(forms.Form):
    """A new value of one policy, and from when on it holds."""

    def __init__(self, policy: Policy, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy, self.zone = policy, zone
        self.fields["value"] = _field(policy)
        self.fields["from_at"] = forms.DateTimeField(
            label=_("From"), required=False, help_text=_("Empty: from now on. What was promised before stays."),
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        )  # fmt: skip

    @staticmethod
    def shown(policy: Policy, value: Any) -> str:
        """Return a value as its field takes it."""
        if policy.kind is bool:
            return "yes" if value else "no"
        return written(value)

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if self.policy.kind is bool:
            return value == "yes"
        if self.policy.kind is list:
            found = read_list(value, self.policy.default)
            if found is None:
                raise forms.ValidationError(_("Write whole numbers with commas between, like 30, 15, 5."))
            return found
        return value

    def moment(self, now: datetime) -> datetime:
        """Return from when on the value holds."""
        return self.cleaned_data["from_at"] or now


class IdentityForm(forms.Form):
    """The vendor's identity but the logo."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for policy in all_policies():
            if policy.group != "identity" or policy.key == "identity.logo":
                continue
            name = policy.key.rpartition(".")[2]
            wide = forms.Textarea(attrs={"rows": 3}) if policy.key in LONG else forms.TextInput()
            self.fields[name] = forms.CharField(
                label=str(policy.label), help_text=str(policy.help), required=name == "name", max_length=400, widget=wide
            )


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("File of the picture"), widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("A PNG, JPEG or WebP of at most 2 MB, at best 240 × 64 pixels."),
    )  # fmt: skip
