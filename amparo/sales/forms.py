"""Fields of sales. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from . import rules
from .models import METHODS
from .queries import Offer

CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class MoneyField(forms.CharField):
    """An amount of money as people write it, in centavos."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        amount = rules.parsed(text) if text else None
        if text and amount is None:
            raise forms.ValidationError(_("Write an amount like 1,234.50."))
        return amount


class OrderForm(forms.Form):
    quantity = forms.IntegerField(
        label=_("How many"), max_value=rules.QUANTITY_MAX, initial=1, validators=[MinValueValidator(1)], required=False
    )
    renew = forms.BooleanField(label=_("Renew my contract: it begins when the present one ends"), required=False)
    code = forms.CharField(label=_("Promotion code"), max_length=40, required=False, widget=forms.TextInput(attrs=CODE))

    def __init__(self, offer: Offer, renewable: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offer.plan is not None:
            del self.fields["quantity"]
        if offer.plan is None or renewable is None:
            del self.fields["renew"]
        else:
            self.fields["renew"].label = _("Renew contract %(number)s: the new one begins when it ends") % {
                "number": renewable.number
            }

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"] or 1


def _named(codes: dict[str, tuple[str, str]]) -> list[tuple[str, Any]]:
    return [("", _("Choose")), *((code, f"{code} {name}") for code, (name, _whom) in codes.items())]


class FiscalForm(forms.Form):
    rfc = forms.CharField(label="RFC", max_length=16, widget=forms.TextInput(attrs=CODE))
    legal_name = forms.CharField(
        label=_("Name for the tax authority"), max_length=200,
        help_text=_("Exactly as on the tax certificate, without the kind of company."),
    )  # fmt: skip
    regime = forms.ChoiceField(label=_("Tax regime"), choices=_named(rules.REGIMES))
    use = forms.ChoiceField(label=_("Use of the invoice"), choices=_named(rules.USES))
    postal_code = forms.CharField(
        label=_("Postal code of the tax address"), max_length=5, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and (wrong := rules.fiscal_wrong(given)):
            self.add_error(wrong, _WRONG[wrong])
        return given


_WRONG = {
    "rfc": _("This is not an RFC. Look at the tax certificate."),
    "legal_name": _("Write the name."),
    "regime": _("This regime is not for that kind of RFC."),
    "use": _("This use is not for that kind of RFC."),
    "postal_code": _("A postal code has five digits."),
}


class PaymentForm(forms.Form):
    method = forms.ChoiceField(label=_("How it came"), choices=[one for one in METHODS if one[0] != "stripe"])
    amount = MoneyField(label=_("Amount that came in"))
    reference = forms.CharField(label=_("Reference"), max_length=120, help_text=_("The tracking key of the transfer, or the number of the receipt."))
    received_on = forms.DateField(label=_("Day on which it came in"), widget=DATE)


class RefundForm(forms.Form):
    method = forms.ChoiceField(label=_("How it went back"), choices=METHODS)
    amount = MoneyField(label=_("Amount given back"))
    reference = forms.CharField(label=_("Reference"), max_length=120, required=False)
    received_on = forms.DateField(label=_("Day on which it went back"), widget=DATE)
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class InvoiceForm(forms.Form):
    xml = forms.FileField(
        label=_("Stamped XML"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".xml,text/xml,application/xml"})
    )
    pdf = forms.FileField(
        label="PDF", required=False, widget=forms.ClearableFileInput(attrs={"accept": ".pdf,application/pdf"})
    )


class CardOfferForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Customers read it."))
    credits = forms.IntegerField(label=_("Service credits"), max_value=100_000, validators=[MinValueValidator(1)])
    price = MoneyField(label=_("Price without tax"))
    is_on_sale = forms.BooleanField(label=_("On sale"), required=False, initial=True)


class DeskOrderForm(forms.Form):
    customer = forms.CharField(
        label=_("Customer"), max_length=40, help_text=_("The NIC, like 10482-71."), widget=forms.TextInput(attrs=CODE)
    )
    offer = forms.ChoiceField(label=_("What"))
    quantity = forms.IntegerField(
        label=_("How many"), max_value=rules.QUANTITY_MAX, initial=1, validators=[MinValueValidator(1)],
        help_text=_("Of a plan always one."),
    )  # fmt: skip
    renew = forms.BooleanField(label=_("Follow the customer's present contract"), required=False)
    code = forms.CharField(label=_("Promotion code"), max_length=40, required=False, widget=forms.TextInput(attrs=CODE))

    def __init__(self, offers: list[Offer], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one.name} · ${rules.written(one.price)} {one.currency}") for one in offers]
        self.fields["offer"].choices = [("", _("Choose")), *choices]  # type: ignore[attr-defined]


class SimulateForm(forms.Form):
    customer = forms.CharField(
        label=_("As customer"), max_length=40, required=False, help_text=_("The NIC; empty: somebody without one."), widget=forms.TextInput(attrs=CODE)
    )
    on = forms.DateField(label=_("On the day"), widget=DATE)
    what = forms.ChoiceField(label=_("Buying"))
    quantity = forms.IntegerField(
        label=_("How many"), max_value=10_000, initial=1, validators=[MinValueValidator(1)],
        help_text=_("Of general services, the credits of the quote."),
    )  # fmt: skip
    code = forms.CharField(label=_("With the code"), max_length=40, required=False, widget=forms.TextInput(attrs=CODE))

    def __init__(self, choices: list[tuple[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = choices  # type: ignore[attr-defined]
