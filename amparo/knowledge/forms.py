"""Fields of articles written on the desk: parsing and messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS
from amparo.products.models import Product

from . import rules
from .models import KIND_LABELS


class DraftForm(forms.Form):
    """A short form: what happened, why, and what to do. An editor does the rest."""

    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("As somebody with the problem would say it."),
        error_messages={"required": _("Give it a title.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KIND_LABELS.items()), initial="problem")
    product = forms.ChoiceField(label=_("Product"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGE_LABELS.items()))
    audience = forms.ChoiceField(label=_("Who may read it"), choices=list(AUDIENCE_LABELS.items()), initial="visitor")
    codes = forms.CharField(label=_("Error codes"), max_length=600, required=False, help_text=_("Exactly as the program shows them, separated by commas."))
    symptom = forms.CharField(label=_("Symptom"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
    cause = forms.CharField(label=_("Cause"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    solution = forms.CharField(label=_("Solution"), required=False, max_length=40_000, widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        choices = [("", _("All products")), *((str(one.pk), one.name) for one in Product.objects.filter(is_active=True))]
        self.fields["product"].choices = choices  # type: ignore[attr-defined]

    def clean_codes(self) -> str:
        if bad := rules.bad_codes(self.cleaned_data["codes"]):
            raise forms.ValidationError(_("This is no error code: %(code)s") % {"code": bad[0]})
        return str(self.cleaned_data["codes"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        product = said.pop("product", "")
        said["product_id"] = int(product) if product else None
        return said
