"""Fields of the telephone. Forms never save."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import BROWSERS, KINDS, RECORDINGS, TRANSPORTS, Outcome

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_MATTER = re.compile(r"^\s*([TC])-?(\d{1,12})\s*$", re.IGNORECASE)


def _line(**more: Any) -> forms.TextInput:
    return forms.TextInput(attrs={**_PLAIN, **more})


class ExchangeForm(forms.Form):
    """Settings of an exchange; `made`: what it is no longer changes."""

    kind = forms.ChoiceField(label=_("How it tells us of calls"), choices=list(KINDS.items()))
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As you call it among yourselves."))
    host = forms.CharField(label=_("Address of the exchange"), max_length=200, required=False, widget=_line(), help_text=_("A name or an IP address. Not needed where it signs messages."))
    port = forms.IntegerField(label=_("Port"), min_value=0, max_value=65_535, required=False, help_text=_("Empty for the usual one: 5038 of the manager interface, 5060 of SIP."))
    transport = forms.ChoiceField(label=_("Transport"), choices=list(TRANSPORTS.items()), help_text=_("Of SIP: UDP or TCP. Of the manager interface: TLS where it is encrypted."))
    username = forms.CharField(label=_("User"), max_length=120, required=False, widget=_line(), help_text=_("Of the manager interface, or the extension that listens (600, or 600@pbx.ejemplo.mx)."))
    secret = forms.CharField(
        label=_("Secret"), max_length=200, required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted. Empty leaves the one that is kept; another address or user needs it anew. For signed messages we make one."),
    )
    region = forms.CharField(label=_("Country of numbers without one"), max_length=2, initial="MX", widget=_line(maxlength=2))
    channel = forms.CharField(label=_("Channel of a telephone"), max_length=80, required=False, widget=_line(placeholder="PJSIP/{extension}"), help_text=_("To place calls from screens through Asterisk."))
    dial_context = forms.CharField(label=_("Context of outgoing calls"), max_length=80, required=False, widget=_line(placeholder="from-internal", lang="en"))
    prefix = forms.CharField(label=_("Dialled before an outside number"), max_length=8, required=False, widget=_line())  # type: ignore[assignment]
    browser = forms.ChoiceField(label=_("Where staff answer"), choices=list(BROWSERS.items()), required=False)
    socket_url = forms.CharField(label=_("SIP over WebSocket"), max_length=300, required=False, widget=_line(placeholder="wss://pbx.ejemplo.mx:8089/ws"))
    sip_domain = forms.CharField(label=_("Domain of SIP addresses"), max_length=200, required=False, widget=_line(placeholder="pbx.ejemplo.mx"))
    sip_proxy = forms.CharField(label=_("SIP address as the gateway reaches it"), max_length=200, required=False, widget=_line(placeholder="192.168.1.10:5060"))
    recording = forms.ChoiceField(label=_("Recording"), choices=list(RECORDINGS.items()))
    recording_base = forms.CharField(
        label=_("Where recordings lie"), max_length=300, required=False, widget=_line(placeholder="https://pbx.ejemplo.mx/grabaciones/"),
        help_text=_("Only addresses that begin so are linked; nothing is fetched by us."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *given: Any, made: bool = False, **more: Any) -> None:
        super().__init__(*given, **more)
        if made:
            self.fields["kind"].widget = forms.HiddenInput()

    def given(self) -> dict[str, Any]:
        """Return the fields without the secret."""
        return {name: given if given is not None else 0 for name, given in self.cleaned_data.items() if name != "secret"}


class LineForm(forms.Form):
    """An extension for somebody of the staff."""

    extension = forms.CharField(label=_("Extension"), max_length=8, widget=_line(inputmode="numeric"))
    user: forms.ModelChoiceField = forms.ModelChoiceField(None, label=_("Person"), empty_label=_("Choose"))
    sip_user = forms.CharField(label=_("SIP user"), max_length=80, required=False, widget=_line())
    sip_password = forms.CharField(
        label=_("SIP password"), max_length=200, required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Reaches that person's browser only. Empty leaves the one that is kept."),
    )
    takes_group = forms.BooleanField(label=_("Takes calls of the group"), required=False, initial=True)

    def __init__(self, *given: Any, people: Any, sip: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
        if not sip:
            del self.fields["sip_user"], self.fields["sip_password"]


class Settle(forms.Form):
    reason = forms.CharField(label=_("Why no call is owed any more"), max_length=300, widget=_line(maxlength=300))


class WrapUp(forms.Form):
    """What a call was about and what came of it. TEL-3."""

    about = forms.CharField(label=_("What was it about?"), max_length=200, widget=_line(maxlength=200))
    outcome = forms.ChoiceField(label=_("What came of it?"), choices=Outcome.choices)
    linked = forms.CharField(label=_("Ticket or case"), max_length=20, required=False, widget=_line(placeholder="C-2041"), help_text=_("Its number, where there is one."))
    notes = forms.CharField(label=_("Notes"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_linked(self) -> str:
        """Return `case:2041` for C-2041, `ticket:41` for T-41."""
        given = self.cleaned_data["linked"].strip()
        if not given:
            return ""
        found = _MATTER.match(given)
        if not found:
            raise forms.ValidationError(_("Write the number of a ticket or case, for example T-41 or C-2041."))
        return f"{'ticket' if found[1].upper() == 'T' else 'case'}:{int(found[2])}"

    def asked(self) -> dict[str, str]:
        """Return the fields as the command takes them."""
        return dict(self.cleaned_data)
