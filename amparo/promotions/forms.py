"""Fields of promotions. Forms never save."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import rules
from .models import KINDS, SCOPES, Promotion
from .words import SERVICE_NAMES, Names

CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
IN_TIME = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]  # a day after it there must be


class PromotionForm(forms.Form):
    """A promotion as sales write it: days inclusive, money in pesos. `terms()` gives it as the commands take it."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=pgettext_lazy("name", "Customers read it beside the price."))
    words = forms.CharField(label=_("What it is, in words"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    scope = forms.ChoiceField(label=_("On which prices"), choices=SCOPES)
    kind = forms.ChoiceField(label=_("What it gives"), choices=KINDS)
    value = forms.CharField(
        label=_("How much"), max_length=16, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("A per cent from 1 to 100; or an amount, in pesos for plans and cards, in credits for services."),
    )  # fmt: skip
    events = forms.IntegerField(label=_("Extra events"), min_value=0, max_value=rules.UNITS_MAX, required=False)
    incidents = forms.IntegerField(label=_("Extra incidents"), min_value=0, max_value=rules.UNITS_MAX, required=False)
    credits = forms.IntegerField(
        label=_("Extra credits"), min_value=0, max_value=rules.UNITS_MAX, required=False,
        help_text=_("With each plan or card that is bought."),
    )  # fmt: skip
    goods = forms.MultipleChoiceField(
        label=_("Only for"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None: for everything.")
    )
    needs_contract = forms.BooleanField(label=_("Only for customers with a contract in force"), required=False)
    plans = forms.TypedMultipleChoiceField(
        label=_("Only with a contract of"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    products = forms.TypedMultipleChoiceField(
        label=_("Only with a licence of"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    code = forms.CharField(
        label=_("Code"), max_length=40, required=False, widget=forms.TextInput(attrs=CODE),
        help_text=_("Empty: it applies by itself. Letters, digits and dashes."),
    )  # fmt: skip
    starts_on = forms.DateField(label=_("First day"), widget=DATE, validators=IN_TIME)
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=DATE, validators=IN_TIME, help_text=_("Inclusive. Empty: until it is ended."))
    uses_max = forms.IntegerField(label=_("Uses, all together"), required=False, validators=[MinValueValidator(1)], max_value=10**6)
    uses_per_customer_max = forms.IntegerField(label=_("Uses of each customer"), required=False, validators=[MinValueValidator(1)], max_value=10**6)

    def __init__(self, names: Names, zone: ZoneInfo, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        goods: list[tuple[str, Any]] = [("plan", _("All plans")), ("card", _("All service cards"))]
        goods += [(code, _("Plan %(name)s") % {"name": name}) for code, name in names.goods.items()]
        goods += [(code, str(label)) for code, label in SERVICE_NAMES.items()]
        self.fields["goods"].choices = goods  # type: ignore[attr-defined]
        self.fields["plans"].choices = list(names.plans.items())  # type: ignore[attr-defined]
        self.fields["products"].choices = list(names.products.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        services = given["scope"] == rules.SERVICES
        if given["kind"] == rules.EXTRA and services:
            self.add_error("kind", _("Extra units are given with plans and cards, not with services."))
        elif given["kind"] == rules.EXTRA and not any(given[name] for name in ("events", "incidents", "credits")):
            self.add_error("credits", _("Say how many extra units."))
        elif given["kind"] != rules.EXTRA and self._value(given) is None:
            self.add_error("value", _("Write a per cent from 1 to 100, or an amount above zero."))
        fits = set(SERVICE_NAMES) if services else {code for code in given["goods"] if code not in SERVICE_NAMES}
        if set(given["goods"]) - fits:
            self.add_error("goods", _("Some of these are not on the chosen prices: services have prices in credits, plans and cards in money."))
        if given["ends_on"] is not None and given["ends_on"] < given["starts_on"]:
            self.add_error("ends_on", _("It ends before it begins."))
        return given

    @staticmethod
    def _value(given: dict[str, Any]) -> int | None:
        text = given["value"].strip().removeprefix("$").replace(",", "").removesuffix("%").strip()
        money = given["kind"] == rules.AMOUNT and given["scope"] == rules.MONEY
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?" if money else r"[0-9]{1,9}", text, re.ASCII):
            return None
        pesos, _sep, cents = text.partition(".")
        amount = int(pesos) * 100 + int(cents.ljust(2, "0") or 0) if money else int(text)
        top = 100 if given["kind"] == rules.PERCENT else rules.AMOUNT_MAX
        return amount if 1 <= amount <= top else None

    def terms(self) -> dict[str, Any]:
        """Return the fields as the commands take them."""
        given = dict(self.cleaned_data)
        units = {"event": given.pop("events"), "incident": given.pop("incidents"), "credit": given.pop("credits")}
        starts_on, ends_on = given.pop("starts_on"), given.pop("ends_on")
        extra = given["kind"] == rules.EXTRA
        given["value"] = 0 if extra else self._value(given)
        given["units"] = {unit: n for unit, n in units.items() if n} if extra else {}
        given["starts_at"] = self._midnight(starts_on)
        given["ends_at"] = self._midnight(ends_on + timedelta(days=1)) if ends_on else None
        return given

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(ZoneInfo("UTC"))

    @staticmethod
    def of(one: Promotion, zone: ZoneInfo) -> dict[str, Any]:
        """Return a promotion as the form's first values."""
        money = one.kind == rules.AMOUNT and one.scope == rules.MONEY
        value = "" if one.kind == rules.EXTRA else f"{one.value // 100}.{one.value % 100:02}" if money else str(one.value)
        fields = ("name", "words", "scope", "kind", "goods", "plans", "products", "needs_contract", "code", "uses_max", "uses_per_customer_max")
        last = one.last_at
        return {
            **{name: getattr(one, name) for name in fields}, "value": value, "events": one.units.get("event"),
            "incidents": one.units.get("incident"), "credits": one.units.get("credit"),
            "starts_on": one.starts_at.astimezone(zone).date(), "ends_on": last.astimezone(zone).date() if last else None,
        }  # fmt: skip


class EndForm(forms.Form):
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=DATE, validators=IN_TIME, help_text=_("Inclusive. Empty: it ends now."))


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Promotion code"), max_length=40, widget=forms.TextInput(attrs=CODE))
