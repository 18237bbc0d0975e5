"""What the gallery shows: a small believable world at a fixed moment, so that its pictures compare."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Thing
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import navigation

NOW = datetime(2026, 11, 24, 20, 20, tzinfo=UTC)  # Tuesday 14:20 in Mexico City
ANYWHERE = "#"


class Example(forms.Form):
    """One field of each kind, to be seen empty, filled and refused."""

    name = forms.CharField(label=_("Company name"), help_text=_("As it should stand on the statements."))
    email = forms.EmailField(label=_("E-mail"))
    product = forms.ChoiceField(
        label=_("Product"), choices=[("1", "Caja Fácil 10.1"), ("2", "Inventario 4.2")]
    )
    terminals = forms.IntegerField(label=_("Terminals"), min_value=1, required=False)
    starts_on = forms.DateField(label=_("Starts on"), widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(
        label=_("What happened"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The more exact, the sooner we can answer."),
    )
    reach = forms.ChoiceField(
        label=_("How we reach you"),
        widget=forms.RadioSelect,
        choices=[("mail", _("By e-mail")), ("phone", _("By telephone"))],
    )
    agree = forms.BooleanField(
        label=_("Send me a copy"), required=False, help_text=_("To the address above.")
    )


class SignIn(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    remember = forms.BooleanField(label=_("Stay signed in on this device"), required=False)


def _file(name: str, size: int, content_type: str, number: int) -> Thing:
    return Thing(id=number, name=name, size=size, url=ANYWHERE, content_type=content_type)


def _ways() -> list[Thing]:
    return [
        Thing(
            label=_("4 credits of the contract"),
            cost=[("credit", 4)],
            value=4,
            why=_("Allowed only when no incident is left."),
        ),
        Thing(label=_("4 credits of the service card ending in 7Q"), cost=[("credit", 4)], value=4, why=""),
    ]


def _standing() -> list[Thing]:
    def one(label: Any, passed: bool, detail: Any = "", remedy: Any = None) -> Thing:
        return Thing(label=label, passed=passed, detail=detail, remedy=remedy)

    return [
        Thing(
            label=_("Tickets"),
            allowed=True,
            conditions=[one(_("Your version is current"), True, "Caja Fácil 10.1")],
        ),
        Thing(
            label=_("Cases and telephone with preference"),
            allowed=False,
            conditions=[
                one(_("You are a customer with a NIC"), True, "10482-71"),
                one(
                    _("A contract in force"),
                    False,
                    _("Yours ended on 31 October."),
                    Thing(label=_("Renew the contract"), url=ANYWHERE),
                ),
            ],
        ),
    ]


def example() -> dict[str, Any]:
    """Return the context of the gallery."""
    bound = Example(
        {"name": "Abarrotes Lupita", "email": "lupita", "product": "1", "starts_on": "2026-13-01", "text": ""}
    )
    return {
        "at": NOW,
        "minutes": lambda n: timedelta(minutes=n),
        "hours": lambda n: timedelta(hours=n),
        "ends_on": date(2027, 3, 31),
        "ended_on": date(2026, 10, 31),
        "form": Example(),
        "bound": bound,
        "files": [
            _file("captura-caja-3.png", 184_320, "image/png", 1),
            _file("bitácora del servidor.txt", 9_412, "text/plain", 2),
            _file("póliza.pdf", 2_430_000, "application/pdf", 3),
        ],
        "ways": _ways(),
        "services": _standing(),
        "page": Thing(rows=[1], next="abc"),
        "sign_in": SignIn(),
        "example_rail": lambda: navigation.drawn(navigation.DESK, "queue"),
        "example_bar": lambda: navigation.drawn(navigation.PORTAL, "home"),
    }
