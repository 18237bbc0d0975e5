"""Fields of the answer to a defect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CorrectForm(forms.Form):
    answer = forms.CharField(
        label=_("What the customer is told"), widget=forms.Textarea(attrs={"rows": 5}), max_length=20_000,
        error_messages={"required": _("Write the answer that the customer gets: what was corrected, or why this is not a defect.")},
    )
    release = forms.ChoiceField(label=_("Corrected in"), required=False)

    def __init__(self, *given: Any, releases: Sequence[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["release"].choices = [("", _("In files, or handed over apart")), *releases]  # type: ignore[attr-defined]


class RejectForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is not a defect"), widget=forms.Textarea(attrs={"rows": 5}), max_length=20_000,
        help_text=_("The customer reads it; it ends what was promised."),
        error_messages={"required": _("Write the answer that the customer gets: what was corrected, or why this is not a defect.")},
    )
