"""Fields of the classroom's desk. Forms never save."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
RECORDED = _("Record it from the beginning")
RECORDED_HELP = _("Everybody inside is shown that it is recorded. The film is attached to the class when it is over.")


class CourseForm(forms.Form):
    """Who teaches a date of a course's live class here."""

    instructor = forms.TypedChoiceField(label=_("Instructor"), coerce=int)
    recorded = forms.BooleanField(label=RECORDED, required=False, help_text=RECORDED_HELP)

    def __init__(self, people: Iterable[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instructor"].choices = list(people)  # type: ignore[attr-defined]


class AdviceForm(forms.Form):
    """When advice is given in the classroom."""

    starts_at = forms.DateTimeField(label=_("Begins"), widget=MOMENT)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=600, initial=30)
    recorded = forms.BooleanField(label=RECORDED, required=False, help_text=RECORDED_HELP)


class HourForm(forms.Form):
    """An exclusive hour of a customer; its price follows from the minutes and the people."""

    customer = forms.CharField(label=_("Customer (NIC)"), max_length=20, help_text=_("As it stands on the contract: 10482-71."))
    title = forms.CharField(label=_("What it is about"), max_length=160)
    starts_at = forms.DateTimeField(label=_("Begins"), widget=MOMENT)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=600, initial=60, help_text=_("Charged by the hour begun."))
    people = forms.IntegerField(
        label=_("People of the customer at once, at most"), min_value=1, max_value=200, initial=10,
        help_text=_("The tariff counts them in tens begun. No more are let in than are agreed to."),
    )  # fmt: skip
    recorded = forms.BooleanField(label=RECORDED, required=False, help_text=RECORDED_HELP)


class MoreForm(forms.Form):
    """More minutes or people than were agreed to, for the customer's yes."""

    minutes = forms.IntegerField(label=_("Minutes in all"), min_value=1, max_value=600)
    people = forms.IntegerField(label=_("People at once, at most"), min_value=1, max_value=200)


class MoveForm(forms.Form):
    """Another moment."""

    starts_at = forms.DateTimeField(label=_("Begins"), widget=MOMENT)
