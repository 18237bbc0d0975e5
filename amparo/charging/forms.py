"""Fields of the tariff: parsing and their messages; nothing is saved here."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .commands.tariffs import COUNT_MAX, PRICE_MAX
from .models import HOURS_COUNTED, MEASURES, PRICES, TariffVersion


class TariffForm(forms.Form):
    """Every figure of a version. TAR-1 to TAR-4."""

    def __init__(self, version: TariffVersion, data: Any = None) -> None:
        names = (*PRICES, *MEASURES)
        super().__init__(
            data, initial={name: getattr(version, name) for name in names} | {"note": version.note}
        )
        for name in names:
            label = TariffVersion._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            if name == "hours_counted":
                self.fields[name] = forms.ChoiceField(label=label, choices=HOURS_COUNTED)
                continue
            least = 1 if name in ("advisory_event", "incident", *MEASURES) else 0
            most = PRICE_MAX if name in PRICES else COUNT_MAX
            self.fields[name] = forms.IntegerField(
                label=label,
                min_value=least,
                max_value=most,
                help_text=_("credits") if name in PRICES else "",
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        self.fields["note"] = forms.CharField(
            label=_("What is new"), max_length=200, required=False, help_text=_("Customers may read this.")
        )

    def figures(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*PRICES, *MEASURES)}


class PublishForm(forms.Form):
    """The day from which a version is in force, from its midnight in the service's zone."""

    starts_on = forms.DateField(
        label=_("In force from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "From midnight of this day. What is ordered or attended before keeps the earlier prices."
        ),
    )

    def moment(self, zone: tzinfo) -> datetime:
        day = self.cleaned_data["starts_on"]
        return datetime(day.year, day.month, day.day, tzinfo=zone)
