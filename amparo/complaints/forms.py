"""Parsing and messages of fields. Forms never save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amparo.ui import formats

from .rules import Consequences, Disputed
from .words import OUTCOMES


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class RaiseForm(forms.Form):
    """Why the customer does not accept the closing. COM-1."""

    reasons = forms.CharField(
        label=_("What is not right"), widget=_area(8),
        help_text=_("Say what you expected and what happened instead. **bold**, lists and `code` work."),
    )  # fmt: skip


class RulingForm(forms.Form):
    """The reasoned ruling and its consequences. COM-3, COM-4, COM-5."""

    outcome = forms.ChoiceField(label=_("Ruling"), widget=forms.RadioSelect, choices=list(OUTCOMES.items()))
    reasons = forms.CharField(
        label=_("Reasons"), widget=_area(9),
        help_text=_("The customer reads them. Weigh each piece of evidence, and say what follows from it."),
    )  # fmt: skip
    again = forms.BooleanField(
        label=_("Give the service again"), required=False,
        help_text=_("In a linked case, at no further charge: what is reserved or charged carries over to it."),
    )  # fmt: skip
    credits = forms.IntegerField(
        label=_("Credits granted as compensation"), required=False, min_value=0,
        help_text=_("Beside what is given back. Empty or 0: none."),
    )  # fmt: skip
    measure = forms.CharField(
        label=_("A measure in words"), required=False, widget=_area(3), max_length=2000,
        help_text=_("What else is done for the customer, and by when."),
    )  # fmt: skip

    def __init__(self, *args: Any, disputed: Sequence[Disputed] = (), credits_max: int = 0, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["credits"].max_value = credits_max  # type: ignore[attr-defined]
        self._held = {f"back_{one.charge_id}_{unit}": (one, unit, n) for one in disputed for unit, n in one.holds.items()}
        for name, (one, unit, count) in self._held.items():
            units = formats.amount(unit, count)
            label = gettext("Give back, of %(units)s reserved") if one.is_reserved else gettext("Give back, of %(units)s charged")
            self.fields[name] = forms.IntegerField(
                label=label % {"units": units}, required=False, min_value=0, max_value=count, help_text=one.words
            )
        self.back_fields = list(self._held)

    def consequences(self) -> Consequences:
        """Return what was chosen. A dismissed complaint brings nothing, whatever stood in fields that were hidden then."""
        given = self.cleaned_data
        if given["outcome"] == "dismissed":
            return Consequences()
        back: dict[int, dict[str, int]] = {}
        for name, (one, unit, _count) in self._held.items():
            if given.get(name):
                back.setdefault(one.charge_id, {})[unit] = given[name]
        again = given["again"] or given["outcome"] == "upheld"
        return Consequences(again=again, back=back, credits=given["credits"] or 0, measure=given["measure"])


class QuestionForm(forms.Form):
    """What the director is asked. TIM-7."""

    question = forms.CharField(
        label=_("What the director is asked"), widget=_area(4),
        help_text=_("One technical question that the ruling hangs on. The whole record stands beside it."),
    )  # fmt: skip


class OpinionForm(forms.Form):
    """The director's written answer. COM-2, TIM-7."""

    body = forms.CharField(
        label=_("Your opinion"), widget=_area(14),
        help_text=_("It is signed with your name, the moment, and the hash of this text. It cannot be changed afterwards."),
    )  # fmt: skip
