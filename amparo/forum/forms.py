"""Fields of the forum: parsing and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amparo.contracts.rules.audience import AUDIENCES

from .models import DIGESTS, FLAG_REASONS, KINDS, Theme
from .rules import TITLE_MAX

AUDIENCE_LABELS = {
    "visitor": _("Anybody"), "registered": _("Whoever is registered"), "customer": _("Customers"), "licensed": _("Those with a current licence"),
    "covered": _("Those with a contract in force"), "staff": _("Staff only"),
}  # fmt: skip


def _alias() -> forms.CharField:
    return forms.CharField(
        label=_("Your name in the forum"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
        help_text=_("Everybody sees it. Neither your e-mail address nor your company is shown."),
    )  # fmt: skip


class TopicForm(forms.Form):
    """What a topic is about. The text and its pictures come with the composer."""

    # Not `kind`: the composer says by that name whether it is an answer or a note.
    sort = forms.ChoiceField(label=_("What is it"), choices=list(KINDS.items()), widget=forms.RadioSelect, initial="question")
    theme = forms.ChoiceField(label=pgettext_lazy("forum", "Theme"))
    title = forms.CharField(
        label=_("In a few words"), max_length=TITLE_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example: the ticket printer cuts the paper too early."), error_messages={"required": _("Say in a few words what it is about: 8 to 160 characters.")},
    )  # fmt: skip

    def __init__(self, *given: Any, themes: Sequence[Theme], similar: str = "", proposed: str = "", **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["theme"].choices = [(str(one.pk), one.shown_name) for one in themes if one.is_open]  # type: ignore[attr-defined]
        self.fields["title"].widget.attrs |= {
            "hx-get": similar, "hx-trigger": "input changed delay:400ms", "hx-target": "#similar", "hx-include": "closest form", "hx-params": "title",
        }  # fmt: skip
        if proposed:
            self.fields["alias"] = _alias()
            self.fields["alias"].initial = proposed


class AliasForm(forms.Form):
    """The name of who answers for the first time."""

    alias = _alias()


class EditForm(forms.Form):
    title = forms.CharField(label=_("In a few words"), max_length=TITLE_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class FlagForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong with it"), choices=list(FLAG_REASONS.items()), widget=forms.RadioSelect)
    words = forms.CharField(label=_("Anything that helps us judge"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class MemberForm(forms.Form):
    alias = _alias()
    digest = forms.ChoiceField(
        label=_("Digest by e-mail"), choices=list(DIGESTS.items()), help_text=_("What was said in what you track or watch, in one letter.")
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("The author reads it."))


class MoveForm(forms.Form):
    theme = forms.ChoiceField(label=_("Into which theme"))

    def __init__(self, *given: Any, themes: Sequence[Theme], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["theme"].choices = [(str(one.pk), one.name) for one in themes]  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    into = forms.IntegerField(label=_("Number of the other topic"), min_value=1, help_text=_("It stands in its address. All posts go there, in their order of time."))


class SplitForm(forms.Form):
    title = forms.CharField(label=_("Title of the new topic"), max_length=TITLE_MAX)
    kind = forms.ChoiceField(label=_("What is it"), choices=list(KINDS.items()), initial="question")


class ThemeForm(forms.Form):
    name = forms.CharField(label=_("Name in Spanish"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    about = forms.CharField(label=_("What it is about, in Spanish"), max_length=300, required=False)
    about_en = forms.CharField(label=_("What it is about, in English"), max_length=300, required=False)
    product = forms.ChoiceField(label=_("Product"), required=False)
    audience = forms.ChoiceField(label=_("Who reads it"), choices=[(one, AUDIENCE_LABELS[one]) for one in AUDIENCES], initial="visitor")
    position = forms.IntegerField(label=_("Place in the list"), min_value=0, max_value=999, initial=100)
    is_open = forms.BooleanField(label=_("New topics can be begun"), required=False, initial=True)

    def __init__(self, *given: Any, products: Sequence[tuple[int, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["product"].choices = [("", _("Every product")), *((str(number), name) for number, name in products)]  # type: ignore[attr-defined]

    def told(self) -> dict[str, Any]:
        """The fields as the command takes them."""
        cleaned = dict(self.cleaned_data)
        product = cleaned.pop("product")
        return cleaned | {"product_id": int(product) if product else None}
