"""Fields of tickets: parsing and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .queries import Choice


def _label(choice: Choice) -> str:
    return f"{choice.product} {choice.version} · {choice.serial}"


class TicketForm(forms.Form):
    """What a ticket is about. The text and its files come with the composer."""

    about = forms.ChoiceField(label=_("About which product"))
    title = forms.CharField(
        label=_("In a few words"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example: the second till does not print."),
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    is_fault = forms.BooleanField(
        label=_("I think that the product has a fault"),
        required=False,
        help_text=_("If it has one and you have a contract in force, we correct it within its guarantee."),
    )

    def __init__(self, *given: Any, choices: Sequence[Choice], **named: Any) -> None:
        super().__init__(*given, **named)
        allowed = [choice for choice in choices if choice.standing.allowed]
        about = self.fields["about"]
        about.choices = [(choice.value, _label(choice)) for choice in allowed]  # type: ignore[attr-defined]
        if len(allowed) == 1:
            about.initial = allowed[0].value

    def product_id(self) -> int:
        return int(self.cleaned_data["about"].partition(":")[0])

    def licence_id(self) -> int:
        return int(self.cleaned_data["about"].partition(":")[2])


class FromTopicForm(TicketForm):
    """A topic of the forum that goes on in private, and what becomes of it there. FOR-1."""

    then = forms.ChoiceField(label=_("In the forum"), widget=forms.RadioSelect, initial="close")

    def __init__(self, *given: Any, may_hide: bool, **named: Any) -> None:
        super().__init__(*given, **named)
        ways = [("close", _("Close the topic: others can read it")), ("leave", _("Leave it open: others can still answer"))]
        if may_hide:
            ways.append(("hide", _("Hide it: it holds what only the customer should see")))
        self.fields["then"].choices = ways  # type: ignore[attr-defined]
        del self.fields["is_fault"]


class CallerTicketForm(TicketForm):
    """The same for somebody who calls. TKT-1."""

    contact = forms.ChoiceField(label=_("Who calls"))
    caller_name = forms.CharField(
        label=_("Name of the caller, if not in the list"), max_length=120, required=False,
    )
    field_order = ("contact", "caller_name", "about", "title", "is_fault")

    def __init__(self, *given: Any, contacts: Sequence[dict[str, Any]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["contact"].choices = [  # type: ignore[attr-defined]
            *((str(one["id"]), one["name"] or one["email"]) for one in contacts), ("0", _("Somebody else")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("contact") == "0" and not cleaned.get("caller_name"):
            self.add_error("caller_name", _("Write the name of whoever calls."))
        return cleaned

    def contact_id(self) -> int | None:
        return int(self.cleaned_data["contact"]) or None


class CloseForm(forms.Form):
    body = forms.CharField(
        label=_("Last word"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The customer reads it. Without one, what was still owed ends unanswered, and reports show it."),
    )


class DefectForm(forms.Form):
    """What is marked as a defect: a new one, or one that is known. TKT-5."""

    known = forms.ChoiceField(label=_("Defect"), required=False)
    title = forms.CharField(label=_("What fails"), max_length=200, required=False)
    description = forms.CharField(
        label=_("How to make it happen"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For developers; the customer does not see it."),
    )
    reported = forms.ChoiceField(
        label=_("Reported with"), help_text=_("The guarantee runs from this message of the customer.")
    )

    def __init__(self, *given: Any, known: Sequence[dict[str, Any]], reported: Sequence[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["known"].choices = [  # type: ignore[attr-defined]
            ("", _("A new one")), *((str(one["id"]), f"D-{one['id']} {one['title']}") for one in known),
        ]
        self.fields["reported"].choices = list(reported)  # type: ignore[attr-defined]
