"""Fields of the calculator, of calendars and of kinds: parsing and their messages; nothing is saved here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .models import COUNTING_LABELS, PRIORITY_LABELS, ServiceCalendar
from .rules import Counting, Interval, Week, hours_from_text

MEXICAN_ZONES = (
    "America/Mexico_City",
    "America/Tijuana",
    "America/Hermosillo",
    "America/Chihuahua",
    "America/Ciudad_Juarez",
    "America/Cancun",
    "America/Merida",
    "America/Monterrey",
    "America/Mazatlan",
)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class HoursField(forms.CharField):
    """Opening hours as people write them; cleaned to intervals."""

    def __init__(self, **given: Any) -> None:
        given.setdefault("max_length", 120)
        super().__init__(**given)

    def clean(self, value: Any) -> tuple[Interval, ...]:  # type: ignore[override]
        text = super().clean(value)
        try:
            return hours_from_text(text)
        except ValueError as wrong:
            raise ValidationError(
                _("“%(part)s” cannot be read. Write hours as 9:00-14:00, 16:00-19:00; at most until 24:00."),
                params={"part": str(wrong)},
            ) from None


@lru_cache(maxsize=1)
def _zones() -> list[tuple[str, str]]:
    others = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))
    )
    return [(zone, zone) for zone in (*MEXICAN_ZONES, *(z for z in others if z not in MEXICAN_ZONES), "UTC")]


@lru_cache(maxsize=2)
def _countries(language: str) -> list[tuple[str, str]]:
    import holidays

    names = Locale.parse(language).territories
    known = {code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2}
    found = sorted(((code, names.get(code, code)) for code in known), key=lambda pair: pair[1])
    return [("MX", names["MX"]), *(pair for pair in found if pair[0] != "MX")]


def _country_choices() -> list[tuple[str, Any]]:
    return [("", _("No public holidays")), *_countries((get_language() or "es")[:2])]


class QuestionForm(forms.Form):
    """The calculator's question. A time without zone is the calendar's, so it is taken as it was written."""

    start = forms.DateTimeField(label=_("Starting at"), widget=MomentInput())
    amount = forms.DecimalField(
        label=_("How much"), min_value=Decimal("0.01"), max_value=10_000, max_digits=7, decimal_places=2
    )
    counting = forms.ChoiceField(
        label=_("Counted in"), choices=[(c.value, COUNTING_LABELS[c]) for c in Counting]
    )
    calendar = forms.ModelChoiceField(
        label=_("Calendar"), queryset=ServiceCalendar.objects.none(), required=False, empty_label=None
    )

    def __init__(self, *args: Any, calendars: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["calendar"].queryset = calendars  # type: ignore[attr-defined]

    def clean_start(self) -> datetime:
        return self.cleaned_data["start"].replace(tzinfo=None)


class ClosureForm(forms.Form):
    """Close on a day, or from one to another."""

    on = forms.DateField(label=_("Day"), widget=DateInput())
    until = forms.DateField(
        label=_("To, inclusive"), widget=DateInput(), required=False, help_text=_("Only for several days.")
    )
    name = forms.CharField(
        label=_("Reason"),
        max_length=80,
        help_text=_("It is shown in the calendar and in the steps of a count."),
    )


class OpeningForm(forms.Form):
    """Open for extra hours on a day."""

    on = forms.DateField(label=_("Day"), widget=DateInput())
    hours = HoursField(label=_("Opening times"), help_text=_("Such as 10:00-14:00, also on a holiday."))
    name = forms.CharField(label=_("Reason"), max_length=80, required=False)


class WeekForm(forms.Form):
    """The hours of each weekday from a date on; an empty field is a day of rest."""

    from_on = forms.DateField(label=_("In force from"), widget=DateInput())

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for number in range(7):
            self.fields[f"day_{number}"] = HoursField(
                label=WEEKDAYS[number], required=False, widget=forms.TextInput({"placeholder": _("Closed")})
            )

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{number}"] for number in range(7)]

    @property
    def week(self) -> Week:
        return tuple(self.cleaned_data[f"day_{number}"] for number in range(7))


class PlaceForm(forms.Form):
    """Where a calendar is: its time zone, and whose public holidays it keeps."""

    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    country = forms.ChoiceField(label=_("Public holidays of"), choices=_country_choices, required=False)
    subdivision = forms.CharField(
        label=_("State or region"),
        max_length=10,
        required=False,
        help_text=_("Its code, where its holidays are known apart; empty for the whole country."),
    )


class CalendarForm(WeekForm, PlaceForm):
    """A new calendar: name, place and week."""

    name = forms.CharField(label=_("Name"), max_length=80)
    field_order = ("name", "zone", "country", "subdivision")

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        del self.fields["from_on"]


class CustomerForm(forms.Form):
    """A customer by its NIC, to be served by a calendar."""

    nic = forms.CharField(label=_("NIC"), max_length=24)


class KindForm(forms.Form):
    """What a kind of promise says from a moment on."""

    amount = forms.DecimalField(
        label=_("How much"), min_value=Decimal("0.01"), max_value=2000, max_digits=7, decimal_places=2
    )
    counting = forms.ChoiceField(
        label=_("Counted in"), choices=[(c.value, COUNTING_LABELS[c]) for c in Counting]
    )
    priority = forms.TypedChoiceField(label=_("Priority"), choices=list(PRIORITY_LABELS.items()), coerce=int)
    warn_percents = forms.CharField(
        label=_("Warn staff at"),
        max_length=40,
        required=False,
        help_text=_("Percentages of its time, such as 50, 75, 90; empty for no warning."),
    )
    calendar = forms.ModelChoiceField(
        label=_("Calendar"),
        queryset=ServiceCalendar.objects.none(),
        required=False,
        empty_label=_("The default calendar"),
        help_text=_("A customer with hours of its own is always promised by those."),
    )
    from_at = forms.DateTimeField(
        label=_("In force from"), widget=MomentInput(), required=False, help_text=_("Empty: from now on.")
    )

    def __init__(self, *args: Any, calendars: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["calendar"].queryset = calendars  # type: ignore[attr-defined]

    def clean_warn_percents(self) -> list[int]:
        parts = (
            self.cleaned_data["warn_percents"].replace("%", " ").replace(",", " ").replace(";", " ").split()
        )
        try:
            return [int(part) for part in parts]
        except ValueError:
            raise ValidationError(_("Write whole percentages, such as 50, 75, 90.")) from None
