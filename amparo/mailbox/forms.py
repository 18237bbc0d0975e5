"""Fields of mail in. Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.products.models import Product

from .models import AFTERS, PURPOSES, SECURITIES

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def _line(length: int = 200) -> forms.TextInput:
    return forms.TextInput(attrs={**_PLAIN, "maxlength": length})


class MailboxForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As you call it among yourselves."))
    address = forms.EmailField(
        label=_("Address"), max_length=254, widget=forms.EmailInput(attrs=_PLAIN),
        help_text=_("Where customers write to. Answers come to the same address with a signed word behind a plus."),
    )
    purpose = forms.ChoiceField(label=_("What it is for"), choices=list(PURPOSES.items()))
    host = forms.CharField(
        label=_("IMAP server"), max_length=200, required=False, widget=_line(),
        help_text=_("Empty where your mail server hands over to us by LMTP or a pipe."),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=993)
    security = forms.ChoiceField(label=_("Encryption"), choices=list(SECURITIES.items()))
    username = forms.CharField(label=_("User"), max_length=200, required=False, widget=_line())
    password = forms.CharField(
        label=_("Password"), max_length=300, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted. Empty leaves the one that is kept; another server or user needs it anew."),
    )
    folder = forms.CharField(label=_("Folder"), max_length=200, initial="INBOX", widget=_line())
    after = forms.ChoiceField(label=_("What is done there with a message that we have taken in"), choices=list(AFTERS.items()))
    move_to = forms.CharField(label=_("Folder to move it into"), max_length=200, required=False, widget=_line())
    takes_old = forms.BooleanField(
        label=_("Take in what lies there already"), required=False,
        help_text=_("Without this only what comes from now on."),
    )
    authserv = forms.CharField(
        label=_("Name of your mail server in Authentication-Results"), max_length=200, required=False, widget=_line(),
        help_text=_("For example mx.ejemplo.mx. With it, what your server found forged (dmarc=fail) waits for you."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def given(self) -> dict[str, Any]:
        """Return the fields without the password."""
        return {name: given for name, given in self.cleaned_data.items() if name != "password"}


class HandForm(forms.Form):
    number = forms.CharField(label=_("Number of the matter"), max_length=20, widget=forms.TextInput(attrs={**_PLAIN, "placeholder": "T-41"}))


class TicketForm(forms.Form):
    nic = forms.CharField(label=_("NIC of the customer"), max_length=30, widget=forms.TextInput(attrs=_PLAIN))
    product = forms.ModelChoiceField(Product.objects.filter(is_active=True), label=_("Product"), empty_label=_("Choose"))


class DiscardForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ChooseForm(forms.Form):
    """A product of a customer of one's own, as `customer:product`."""

    way = forms.ChoiceField(label=_("What is it about?"), widget=forms.RadioSelect)

    def __init__(self, *given: Any, ways: Any = (), **more: Any) -> None:
        super().__init__(*given, **more)
        several = len({one.customer_id for one in ways}) > 1
        self.fields["way"].choices = [  # type: ignore[attr-defined]
            (f"{one.customer_id}:{one.product_id}", f"{one.product} · {one.customer}" if several else one.product) for one in ways
        ]

    def chosen(self) -> tuple[int, int]:
        customer, _sep, product = self.cleaned_data["way"].partition(":")
        return int(customer), int(product)
