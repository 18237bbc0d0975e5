"""Fields of what staff do with a chat: parsing and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.cases import words


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class TransferForm(forms.Form):
    """To whom a chat is handed, and what he is told."""

    to = forms.ChoiceField(label=_("Transfer to"))
    note = forms.CharField(label=_("What it is about"), max_length=4000, widget=_area(3), help_text=_("Your colleague reads it; the customer never does."))

    def __init__(self, *given: Any, colleagues: Sequence[dict[str, Any]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["to"].choices = [(str(one["id"]), f"{one['name']} · {one['load']}") for one in colleagues]  # type: ignore[attr-defined]


class TicketForm(forms.Form):
    """A ticket out of a chat."""

    title = forms.CharField(label=_("In a few words"), max_length=200)
    licence = forms.ChoiceField(label=_("About which product"))

    def __init__(self, *given: Any, licences: Sequence[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["licence"].choices = list(licences)  # type: ignore[attr-defined]


class ServiceForm(forms.Form):
    """What a service is, as the customer reads it before he says yes. CHG-1."""

    kind = forms.ChoiceField(label=_("What it is"), choices=[(code, label) for code, label in words.KINDS.items()])
    title = forms.CharField(label=_("In a few words"), max_length=200)
    explanation = forms.CharField(
        label=_("Why"), max_length=4000, widget=_area(4), required=False,
        help_text=_("The customer reads it with the price and the other ways to pay, and says yes or no in the chat. Left empty, the usual words go."),
    )


class TopicForm(forms.Form):
    """A question of the forum, to be looked at before it stands in public. FOR-1."""

    theme = forms.ChoiceField(label=_("Theme"))
    title = forms.CharField(label=_("In a few words"), max_length=140)
    body = forms.CharField(label=_("Question, as everybody reads it"), max_length=20_000, widget=_area(12))

    def __init__(self, *given: Any, themes: Sequence[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["theme"].choices = list(themes)  # type: ignore[attr-defined]


class SiteForm(forms.Form):
    """A site with the widget."""

    name = forms.CharField(label=_("Name"), max_length=80)
    origins = forms.CharField(
        label=_("Addresses where the widget may stand"), widget=_area(3), max_length=4000,
        help_text=_("One in each line, exactly as the browser shows it: https://www.example.com"),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def origin_lines(self) -> list[str]:
        return self.cleaned_data["origins"].split()
