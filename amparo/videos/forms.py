"""Parsing and messages of fields. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Video
from .words import AUDIENCES, LANGUAGES, TRACKS

CUES_OCTETS_MAX = 1_000_000


class VideoForm(forms.Form):
    """What a video says of itself, and for whom it is. SRC-3."""

    title = forms.CharField(label=_("Title"), max_length=160)
    description = forms.CharField(
        label=_("Description"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What one learns, in two or three sentences. **bold**, lists and links work."),
    )  # fmt: skip
    product = forms.ChoiceField(label=_("Product"), required=False)
    theme = forms.CharField(label=_("Theme"), max_length=60, required=False, help_text=_("As others are called, so that they stand together: Caja, Inventario…"))
    audience = forms.ChoiceField(label=_("Who may see it"), choices=list(AUDIENCES.items()))
    language = forms.ChoiceField(label=_("Spoken language"), choices=list(LANGUAGES.items()))
    poster_second = forms.IntegerField(
        label=_("Second of the cover"), min_value=0, max_value=36_000, required=False,
        help_text=_("Which frame stands for the video. Taken anew when it changes."),
    )  # fmt: skip

    def __init__(self, *args: Any, products: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", _("All products")), *((str(number), name) for number, name in products)]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """Return what the command takes."""
        data = dict(self.cleaned_data)
        data["product_id"] = int(data.pop("product")) if data.get("product") else None
        if data.get("poster_second") is None:
            data.pop("poster_second", None)
        return data

    @classmethod
    def initial_of(cls, video: Video) -> dict[str, Any]:
        names = ("title", "description", "theme", "audience", "language", "poster_second")
        return {name: getattr(video, name) for name in names} | {"product": str(video.product_id or "")}


class TrackForm(forms.Form):
    """Captions or chapters: typed, pasted, or a file."""

    kind = forms.ChoiceField(label=_("What"), choices=list(TRACKS.items()))
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGES.items()))
    text = forms.CharField(
        label=_("Text"), required=False, max_length=CUES_OCTETS_MAX, strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "true", "class": "mono", "placeholder": "00:00:00.000 --> 00:00:04.000\n…"}),
        help_text=_("WebVTT or SubRip. Marks, colours and positions are left out: what counts is when and what."),
    )  # fmt: skip
    file = forms.FileField(label=_("Or a file (.vtt, .srt)"), required=False, widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt"}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if file is not None:
            if file.size > CUES_OCTETS_MAX:
                self.add_error("file", _("The file is too large for captions. Choose the .vtt or .srt file."))
            else:
                data["text"] = file.read().decode("utf-8-sig", "replace")
        if not data.get("text", "").strip() and not self.errors:
            self.add_error("text", _("Type the cues, or choose a file."))
        return data
