"""Parsing and messages of fields. Forms never save."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.charging.rules import GENERAL_CREDITS_MAX, Need

from .machine import Consent
from .words import HOWS, KINDS, REASONS, WHYS

# A service is given again by a ruling alone. COM-4.
LINK_REASONS = [(why, label) for why, label in WHYS.items() if why != "complaint"]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class NewCase(forms.Form):
    """What a customer asks for, in its own words."""

    title = forms.CharField(label=_("What do you need, in one line"), max_length=200)
    asked_kind = forms.ChoiceField(
        label=_("What does it look like?"), required=False, widget=forms.RadioSelect,
        help_text=_("It is only a hint. We look at it and tell you what it is and what it costs before anything begins."),
        choices=[
            ("incident", _("Something does not work and I want you to solve it")),
            ("advisory", _("I want to know how to do something")),
            ("general", _("I want you to do a job: install, import, configure, train…")),
            ("development", _("I want something made to measure")),
            ("", _("I do not know")),
        ],
    )  # fmt: skip
    product = forms.TypedChoiceField(label=_("Product"), coerce=int, empty_value=None, required=False)
    body = forms.CharField(
        label=_("Tell us more"), widget=_area(8),
        help_text=_("Since when, on which computer, what you see on the screen. **bold**, lists and `code` work."),
    )  # fmt: skip

    def __init__(self, *args: Any, products: Iterable[tuple[int, str]] = (), **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["product"].choices = [("", _("None, or I do not know")), *((str(pk), name) for pk, name in products)]  # type: ignore[attr-defined]


class Classify(forms.Form):
    """What a case is, and how that is told. CHG-1."""

    kind = forms.ChoiceField(label=_("What it is"), widget=forms.RadioSelect, choices=list(KINDS.items()))
    explanation = forms.CharField(
        label=_("What the customer will read"), widget=_area(6), required=False,
        help_text=_("In plain words: what it is and how it will be attended. The price is shown by itself. Left empty, the usual text is used."),
    )  # fmt: skip


class SaidElsewhere(forms.Form):
    """A yes or no that the customer gave elsewhere. CHG-1."""

    given_by = forms.CharField(label=_("Who said so"), max_length=160)
    how = forms.ChoiceField(
        label=_("How"), choices=[(how.value, HOWS[how.value]) for how in Consent if how is not Consent.PORTAL], initial="telephone"
    )


class ServiceLines(forms.Form):
    """Services by the tariff, as needs. TAR-1 to TAR-4."""

    credits = forms.IntegerField(label=_("Credits, as quoted"), required=False, min_value=1, max_value=GENERAL_CREDITS_MAX)
    technical_hour = forms.IntegerField(label=_("Hours of technical service"), required=False, min_value=1, max_value=1000)
    online_hour = forms.IntegerField(label=_("Exclusive hours online"), required=False, min_value=1, max_value=1000)
    participants = forms.IntegerField(label=_("Participants online"), required=False, min_value=1, max_value=1000)
    home_visit = forms.IntegerField(label=_("Home visits"), required=False, min_value=1, max_value=1000)
    urgent_on_site = forms.IntegerField(label=_("Urgent, on site"), required=False, min_value=1, max_value=1000)
    outside_hours = forms.IntegerField(label=_("Outside opening hours"), required=False, min_value=1, max_value=1000)
    install_server = forms.IntegerField(label=_("Installations of a server"), required=False, min_value=1, max_value=1000)
    install_terminals = forms.IntegerField(label=_("Installations of terminals alone"), required=False, min_value=1, max_value=1000)
    further_terminal = forms.IntegerField(label=_("Further terminals"), required=False, min_value=1, max_value=1000)

    TARIFF = (
        "technical_hour", "online_hour", "participants", "home_visit", "urgent_on_site", "outside_hours", "install_server",
        "install_terminals", "further_terminal",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not self.needs():
            self.add_error("credits", _("Give the credits of the quote, or one of the services of the tariff."))
        if given.get("participants") and not given.get("online_hour"):
            self.add_error("participants", _("Participants belong to exclusive hours online: give the hours too."))
        return given

    def needs(self) -> list[Need]:
        """Return the needs that were given."""
        given, found = self.cleaned_data, []
        if given.get("credits"):
            found.append(Need("general_quote", given["credits"]))
        for code in self.TARIFF:
            if code != "participants" and given.get(code):
                people = (given.get("participants") or 0) if code == "online_hour" else 0
                found.append(Need(code, given[code], participants=people))
        return found


class OrderForm(ServiceLines):
    """An order in credits. CHG-3."""

    field_order = ("description", "delivery_on", "credits")
    description = forms.CharField(label=_("What will be done"), widget=_area(6))
    delivery_on = forms.DateField(label=_("Delivery"), widget=forms.DateInput(attrs={"type": "date"}))
    travel = forms.CharField(
        label=_("Travel expenses, in money"), max_length=200, required=False, help_text=_("Apart from the credits, for example $850 MXN.")
    )


class FurtherForm(ServiceLines):
    """A further service, charged apart with the customer's yes. CHG-5."""

    field_order = ("description", "technical_hour")
    description = forms.CharField(label=_("What came up"), max_length=400)


class LessForm(ServiceLines):
    """A smaller price than was proposed, with its reason. CHG-8."""

    field_order = ("reason", "credits")
    reason = forms.CharField(
        label=_("Why less"), max_length=400, help_text=_("The customer reads it."),
        error_messages={"required": _("Write why less is charged: the customer reads it.")},
    )


class NeedForm(forms.Form):
    """A need that came up during attention. CHG-5."""

    description = forms.CharField(label=_("What came up"), max_length=400, help_text=_("The customer chooses: now, within the time, or later and apart."))


class ProcedureForm(forms.Form):
    """How it goes on. CAS-3, CAS-5."""

    procedure = forms.CharField(label=_("Agreed procedure"), widget=_area(8), help_text=_("The customer reads it. Each further service becomes a linked case."))


class FollowUpForm(forms.Form):
    """A linked case for a further service. CAS-3, CAS-8."""

    title = forms.CharField(label=_("Title"), max_length=200)
    why = forms.ChoiceField(label=_("Why"), choices=LINK_REASONS)
    asked_kind = forms.ChoiceField(label=_("What it seems to be"), required=False, choices=[("", "—"), *KINDS.items()])
    body = forms.CharField(label=_("What is to be done"), widget=_area(6))


class DefectForm(forms.Form):
    """What a case reports as a defect. TKT-5."""

    product = forms.TypedChoiceField(label=_("Product"), coerce=int)
    known = forms.TypedChoiceField(label=_("Defect"), coerce=int, empty_value=None, required=False)
    title = forms.CharField(label=_("What fails"), max_length=200)
    description = forms.CharField(
        label=_("How to make it happen"), required=False, max_length=20_000, widget=_area(4),
        help_text=_("For developers; the customer does not see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, products: Sequence[tuple[int, str]], known: Sequence[dict[str, Any]], **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["product"].choices = [(str(pk), name) for pk, name in products]  # type: ignore[attr-defined]
        self.fields["known"].choices = [("", _("A new one")), *((str(one["id"]), f"D-{one['id']} {one['title']}") for one in known)]  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """A link to a case that is there already."""

    follow_up = forms.RegexField(r"^\s*(?:[Cc]-?)?(\d{1,15})\s*$", label=_("Number of the case"), help_text=_("For example C-2041."))
    why = forms.ChoiceField(label=_("Why"), choices=LINK_REASONS)

    def clean_follow_up(self) -> int:
        return int("".join(sign for sign in self.cleaned_data["follow_up"] if sign.isdecimal()))


class ClosingForm(forms.Form):
    """A proposal of closing: reason, summary, texts, and what each charge does. CAS-3, CAS-4, CHG-7."""

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    summary = forms.CharField(
        label=_("Summary of the services given"), widget=_area(7), help_text=_("The customer accepts by it. What each service charges stands below it by itself.")
    )
    explanation = forms.CharField(label=_("Why it is not technically possible"), widget=_area(3), required=False)
    procedure = forms.CharField(label=_("Procedure that was explained"), widget=_area(3), required=False)

    def __init__(
        self, *args: Any, reasons: Sequence[str], charges: Sequence[tuple[int, str, Sequence[tuple[str, Any]]]] = (), **named: Any
    ) -> None:
        super().__init__(*args, **named)
        self.fields["reason"].choices = [(reason, REASONS[reason]) for reason in reasons]  # type: ignore[attr-defined]
        if "not_technically_possible" not in reasons:
            del self.fields["explanation"], self.fields["procedure"]
        self.charge_fields = []
        for charge_id, label, effects in charges:
            name = f"effect_{charge_id}"
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[("", _("As the rules say")), *effects])
            self.charge_fields.append(name)

    def effects(self) -> dict[int, str]:
        """Return what was chosen otherwise, by charge."""
        return {
            int(name.partition("_")[2]): self.cleaned_data[name] for name in self.charge_fields if self.cleaned_data.get(name)
        }
