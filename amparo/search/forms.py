"""What a search sends: parsed, each value from a list or of a bounded kind. SEC-30."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid

from .models import KINDS

SHOWN, SHOWN_MAX = 20, 60
FOR = ("header", "ticket", "help", "topic")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was sent."""

    words: str
    kind: str
    product_id: int | None
    limit: int

    @property
    def kinds(self) -> tuple[str, ...] | None:
        return (self.kind,) if self.kind else None


def asked_in(given: Mapping[str, str]) -> Asked:
    """Return the search that an address asks for. Raises Invalid for a kind, a product or a number that cannot be. SEC-30."""
    kind, product, more = given.get("kind", ""), given.get("product", ""), given.get("shown", "")
    if kind and kind not in KINDS:
        raise Invalid(_("There is nothing of this kind to search in."), field="kind")
    for name, text in (("product", product), ("shown", more)):
        if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise Invalid(field=name)
    limit = min(max(int(more or 0), SHOWN), SHOWN_MAX)
    return Asked(given.get("q", "").replace("\x00", ""), kind, int(product) if product else None, limit)


class SynonymsForm(forms.Form):
    words = forms.CharField(
        label=_("Words that mean the same"), max_length=600, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Apart by commas: till, cash drawer, POS. Whoever searches for one finds the others too, at once."),
        error_messages={"required": _("Write at least two words that mean the same, apart by commas.")},
    )  # fmt: skip


class DropTaskForm(forms.Form):
    reason = forms.CharField(label=_("Why nothing is to be written"), max_length=500)
