"""Fields of answer templates and tags."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import AnswerTemplate


class TemplateForm(forms.Form):
    title = forms.CharField(label=_("Name"), max_length=120, help_text=_("How colleagues find it in the list."))
    language = forms.ChoiceField(label=_("Language"), choices=AnswerTemplate.LANGUAGES)
    body = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Markdown. Fields: {customer}, {number}, {person}, {product}."),
    )


class ChangeTemplateForm(TemplateForm):
    is_active = forms.BooleanField(label=_("Offered when writing"), required=False)


class TagsForm(forms.Form):
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=600,
        help_text=_("Words with commas between them: printer, month end."),
        widget=forms.TextInput(attrs={"list": "tag-names", "autocomplete": "off"}),
    )

    def names(self) -> list[str]:
        return self.cleaned_data["tags"].split(",")
