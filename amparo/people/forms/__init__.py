"""Fields of people, their messages. Forms never save."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from amparo.kernel.actor import ROLES
from amparo.people.models import COMPANY_ROLE_LABELS, ROLE_LABELS

COUNTRIES = [
    ("MX", _("Mexico")), ("US", _("United States")), ("GT", _("Guatemala")), ("CO", _("Colombia")),
    ("AR", _("Argentina")), ("CL", _("Chile")), ("PE", _("Peru")), ("ES", _("Spain")), ("CR", _("Costa Rica")),
    ("EC", _("Ecuador")), ("SV", _("El Salvador")), ("HN", _("Honduras")), ("PA", _("Panama")),
    ("DO", _("Dominican Republic")), ("CA", _("Canada")),
]  # fmt: skip
MEXICAN_STATES = (
    ("AGU", "Aguascalientes"), ("BCN", "Baja California"), ("BCS", "Baja California Sur"), ("CAM", "Campeche"),
    ("CHP", "Chiapas"), ("CHH", "Chihuahua"), ("CMX", "Ciudad de México"), ("COA", "Coahuila"), ("COL", "Colima"),
    ("DUR", "Durango"), ("GUA", "Guanajuato"), ("GRO", "Guerrero"), ("HID", "Hidalgo"), ("JAL", "Jalisco"),
    ("MEX", "Estado de México"), ("MIC", "Michoacán"), ("MOR", "Morelos"), ("NAY", "Nayarit"), ("NLE", "Nuevo León"),
    ("OAX", "Oaxaca"), ("PUE", "Puebla"), ("QUE", "Querétaro"), ("ROO", "Quintana Roo"), ("SLP", "San Luis Potosí"),
    ("SIN", "Sinaloa"), ("SON", "Sonora"), ("TAB", "Tabasco"), ("TAM", "Tamaulipas"), ("TLA", "Tlaxcala"),
    ("VER", "Veracruz"), ("YUC", "Yucatán"), ("ZAC", "Zacatecas"),
)  # fmt: skip
COMPANY_ROLE_HELP = _(
    "An administrator manages the contacts; a member sees all matters of the company; «own» sees only what they asked."
)


def zone_choices() -> list[tuple[str, Any]]:
    """Return the time zones that a person can choose, the service's own first."""
    american = sorted(zone for zone in available_timezones() if zone.startswith("America/") and zone.count("/") == 1)
    return [("", _("As the service: %(zone)s") % {"zone": settings.TIME_ZONE}), *((z, z.replace("_", " ")) for z in american),
            ("Europe/Madrid", "Europe/Madrid"), ("UTC", "UTC")]  # fmt: skip


class SignUpDetails(forms.Form):
    """What we ask beside address and password when somebody registers. ACC-2."""

    field_order = ("name", "email", "password1")
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, request: HttpRequest, user: Any) -> None:
        """The sign-in library calls this after the person is written; nothing is left to do."""


class CustomerForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=160, help_text=_("As you call it: the shop's or the person's name.")
    )
    legal_name = forms.CharField(label=_("Legal name"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("company", _("Company")), ("person", _("Person"))], initial="company")
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
        help_text=_("With its area code: 55 1234 5678."),
    )  # fmt: skip
    email = forms.EmailField(label=_("E-mail"), required=False)
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRIES, initial="MX")
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "—"), *MEXICAN_STATES],
        help_text=_("Decides which local holidays count."),
    )  # fmt: skip
    address = forms.CharField(label=_("Address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    external_ref = forms.CharField(
        label=_("Reference"), required=False, max_length=80, help_text=_("The number that your other system gave it.")
    )
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only the staff see them."),
    )  # fmt: skip


class AddressForm(forms.Form):
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False, widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    address = forms.CharField(label=_("Address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class InviteContactForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), help_text=_("The invitation goes there. The link works once."))
    name = forms.CharField(label=_("Name"), max_length=120)
    title = forms.CharField(label=_("Position"), max_length=80, required=False)
    company_role = forms.ChoiceField(
        label=_("Role"), choices=list(COMPANY_ROLE_LABELS.items()), initial="member", help_text=COMPANY_ROLE_HELP
    )
    language = forms.ChoiceField(label=_("Language of the letter"), choices=[("es-mx", "Español"), ("en", "English")])


class ContactForm(forms.Form):
    company_role = forms.ChoiceField(label=_("Role"), choices=list(COMPANY_ROLE_LABELS.items()), help_text=COMPANY_ROLE_HELP)
    title = forms.CharField(label=_("Position"), max_length=80, required=False)
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False, widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
    )


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=[(role, ROLE_LABELS[role]) for role in ROLES], widget=forms.CheckboxSelectMultiple,
        required=False, help_text=_("Without any role the person no longer belongs to the staff."),
    )  # fmt: skip


class InviteStaffForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), help_text=_("The invitation goes there. The link works once."))
    name = forms.CharField(label=_("Name"), max_length=120)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=[(role, ROLE_LABELS[role]) for role in ROLES], widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=_("Language of the letter"), choices=[("es-mx", "Español"), ("en", "English")])


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language"), choices=[("es-mx", "Español"), ("en", "English")], help_text=_("Of these pages and of our letters.")
    )
    theme = forms.ChoiceField(
        label=_("Appearance"), choices=[("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=zone_choices)
    shortcuts_on = forms.BooleanField(
        label=_("Keyboard shortcuts"), required=False, help_text=_("Single letters act, outside fields.")
    )


class AcceptForm(forms.Form):
    """How an invited person who is new here comes in."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Choose a password"), strip=False, help_text=_("At least ten characters; a few words together are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


class FirstRunForm(forms.Form):
    code = forms.CharField(
        label=_("Set-up code"), max_length=60, help_text=_("It stands in the terminal where the service was started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("Your e-mail"), help_text=_("You sign in with it."))
    password = forms.CharField(
        label=_("Choose a password"), strip=False, help_text=_("At least ten characters; a few words together are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    vendor_name = forms.CharField(label=_("Name of your company"), max_length=80, help_text=_("As customers know you."))
    vendor_legal_name = forms.CharField(label=_("Legal name"), max_length=200, required=False)
    vendor_telephone = forms.CharField(label=_("Telephone of support"), max_length=40, required=False)
    vendor_hours = forms.CharField(
        label=_("Hours, in words"), max_length=120, required=False, help_text=_("For example: Monday to Friday, 9:00 to 18:00.")
    )
    vendor_mail_from = forms.EmailField(
        label=_("Sender of mail"), required=False, help_text=_("The address that our letters come from.")
    )
