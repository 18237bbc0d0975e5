"""Forms of the telephone screen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.live.models import Outcome


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


class StartCall(forms.Form):
    """Who calls, from which number."""

    phone = forms.CharField(label=_("Number that calls"), max_length=30, required=False, help_text=_("Leave it empty when it is withheld."))
    caller_name = forms.CharField(label=_("Who speaks"), max_length=120, required=False)


class EndCall(forms.Form):
    """What a call was about and what came of it. TEL-3."""

    about = forms.CharField(label=_("What it was about"), max_length=200)
    outcome = forms.ChoiceField(label=_("What came of it"), choices=Outcome.choices)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class Lead(forms.Form):
    """What a caller wants to buy. TEL-2."""

    about = forms.CharField(label=_("What was asked for"), max_length=200)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2}))


class _ForCaller(forms.Form):
    """For whom: a contact of the customer, or whoever speaks."""

    contact = forms.TypedChoiceField(label=_("For"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, contacts: list[tuple[int, str]], **named: Any) -> None:
        super().__init__(*args, **named)
        _choices(self, "contact", [(str(number), name) for number, name in contacts])


class PhoneCase(_ForCaller):
    """A case for who is on the line. TEL-2, ACC-7."""

    title = forms.CharField(label=_("What happens, in one line"), max_length=200)
    body = forms.CharField(label=_("In the caller's words"), widget=forms.Textarea(attrs={"rows": 4}))
    kind = forms.ChoiceField(
        label=_("What it seems to be"), required=False,
        choices=[("", _("Decide later")), ("advisory", _("Advice")), ("incident", _("Incident")), ("general", _("General service")),
                 ("development", _("Development"))],
    )  # fmt: skip


class PhoneTicket(_ForCaller):
    """A ticket for who is on the line. TEL-2, TKT-1."""

    title = forms.CharField(label=_("Question or fault, in one line"), max_length=200)
    body = forms.CharField(label=_("In the caller's words"), widget=forms.Textarea(attrs={"rows": 4}))
    product = forms.TypedChoiceField(label=_("Product"), coerce=int)
    is_fault = forms.BooleanField(label=_("It reports a fault of the product"), required=False)
    caller_name = forms.CharField(label=_("Who speaks, if not in the list"), max_length=120, required=False)

    def __init__(self, *args: Any, products: list[tuple[int, str]], **named: Any) -> None:
        named_contacts = named["contacts"]
        super().__init__(*args, **named)
        _choices(self, "product", [(str(number), name) for number, name in products])
        _choices(self, "contact", [("", "—"), *((str(number), name) for number, name in named_contacts)])
