"""Fields of agreements; forms never save."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import rules
from .models import Agreement, AgreementVersion

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def midnight(day: Any, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


class AcceptForm(forms.Form):
    """The yes itself. What text is meant goes along as its hash."""

    capacity = forms.CharField(
        label=_("In which capacity you accept"), max_length=120,
        help_text=_("For example: owner, general manager, head of systems."),
    )
    agree = forms.BooleanField(
        label=_("I have read the text and accept it for the company"),
        error_messages={"required": _("Mark that you have read the text and accept it.")},
    )


class ByTelephoneForm(forms.Form):
    """Who says yes on the telephone, and in which capacity."""

    contact = forms.TypedChoiceField(label=_("Who accepts"), coerce=int, required=False)
    caller_name = forms.CharField(label=_("Name of who accepts"), max_length=160, required=False)
    capacity = forms.CharField(label=_("In which capacity"), max_length=120, required=False)
    agree = forms.BooleanField(
        label=_("I read the text to the person, who accepted it for the company"),
        error_messages={"required": _("Mark that you read the text and that it was accepted.")},
    )

    def __init__(self, *args: Any, contacts: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if contacts:
            self.fields["contact"].choices = [("", _("Choose")), *((one["id"], one["name"]) for one in contacts)]  # type: ignore[attr-defined]
            del self.fields["caller_name"]
        else:
            del self.fields["contact"]


class AddForm(forms.Form):
    """A document of the vendor's own."""

    title_es = forms.CharField(label=_("Title in Spanish"), max_length=rules.TITLE_MAX)
    title_en = forms.CharField(label=_("Title in English"), max_length=rules.TITLE_MAX)
    code = forms.RegexField(
        rules.CODE, label=_("Code"), max_length=40,
        help_text=_("Part of its address: small letters, digits and dashes, like «privacy-notice»."),
        error_messages={"invalid": _("Small letters, digits and dashes, at least three signs.")},
    )


class DraftForm(forms.Form):
    """Both languages of a draft, side by side."""

    use_required_attribute = False

    title_es = forms.CharField(label=_("Title in Spanish"), max_length=rules.TITLE_MAX, required=False)
    title_en = forms.CharField(label=_("Title in English"), max_length=rules.TITLE_MAX, required=False)
    changes_es = forms.CharField(
        label=_("What changes, in Spanish"), max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A short summary that customers read first."),
    )
    changes_en = forms.CharField(
        label=_("What changes, in English"), max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    text_es = forms.CharField(
        label=_("Text in Spanish"), max_length=rules.TEXT_MAX, required=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "true", "lang": "es"}),
        help_text=_("Markdown: ## heading, **bold**, - lists."),
    )
    text_en = forms.CharField(
        label=_("Text in English"), max_length=rules.TEXT_MAX, required=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "true", "lang": "en"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # shown as needed, while a draft may lack anything
            for name in ("title_es", "title_en", "text_es", "text_en"):
                self.fields[name].required = True

    @staticmethod
    def of(version: AgreementVersion) -> dict[str, str]:
        return {name: getattr(version, name) for name in DraftForm.base_fields}


class PublishForm(forms.Form):
    """The day from which a version is in force; today means from now on."""

    starts_on = forms.DateField(
        label=_("In force from"), widget=DATE, help_text=_("Today means from this moment on; any other day from its midnight.")
    )

    def moment(self, zone: tzinfo, now: datetime) -> datetime:
        day = self.cleaned_data["starts_on"]
        return now if day == timezone.localdate(now, zone) else midnight(day, zone)


class GovernForm(forms.Form):
    """Which services ask for a document, and from when."""

    services = forms.MultipleChoiceField(
        label=_("Services that it governs"), required=False, widget=forms.CheckboxSelectMultiple
    )
    asked = forms.BooleanField(
        label=_("Ask for its acceptance, once for each version, when one of them begins"), required=False
    )
    asked_on = forms.DateField(label=_("Ask from"), widget=DATE, required=False)

    def __init__(self, *args: Any, labels: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].choices = [(code, labels[code]) for code in rules.GOVERNABLE]  # type: ignore[attr-defined]

    @staticmethod
    def of(agreement: Agreement, zone: tzinfo) -> dict[str, Any]:
        asked = agreement.asked_from
        return {
            "services": agreement.services, "asked": asked is not None,
            "asked_on": timezone.localdate(asked, zone) if asked else None,
        }  # fmt: skip

    def asked_from(self, zone: tzinfo, now: datetime, before: datetime | None) -> datetime | None:
        """Return since when it is asked: as it was where the day was left as it stood."""
        if not self.cleaned_data["asked"]:
            return None
        day = self.cleaned_data["asked_on"] or timezone.localdate(now, zone)
        if before is not None and timezone.localdate(before, zone) == day:
            return before
        return now if day == timezone.localdate(now, zone) else midnight(day, zone)
