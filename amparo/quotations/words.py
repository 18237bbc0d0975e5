"""States, services and formats of quotations as words for people."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amparo.charging.rules import CODES

KINDS: Final[dict[str, Any]] = {"general": _("General service"), "development": _("Development")}
QUOTE_STATES: Final[dict[str, Any]] = {
    "draft": _("Draft"),
    "presented": _("Waits for the customer"),
    "change_asked": _("A change is asked for"),
    "accepted": pgettext_lazy("quote", "Accepted"),
    "rejected": pgettext_lazy("quote", "Rejected"),
    "expired": pgettext_lazy("quote", "Expired"),
    "withdrawn": pgettext_lazy("quote", "Withdrawn"),
}
QUOTE_STATES_PORTAL: Final[dict[str, Any]] = QUOTE_STATES | {
    "presented": _("Review and decide"),
    "change_asked": _("We are preparing a new version"),
}
QUOTE_TONES: Final = {
    "draft": "neutral", "presented": "waiting", "change_asked": "act", "accepted": "done", "rejected": "neutral", "expired": "late",
    "withdrawn": "neutral",
}  # fmt: skip
QUOTE_TONES_PORTAL: Final = QUOTE_TONES | {"presented": "act", "change_asked": "waiting"}
ORDER_STATES: Final[dict[str, Any]] = {
    "accepted": pgettext_lazy("order", "To start"),
    "in_progress": pgettext_lazy("order", "In progress"),
    "delivered": pgettext_lazy("order", "Delivered, waits for the customer"),
    "finished": pgettext_lazy("order", "Finished"),
    "cancelled": pgettext_lazy("order", "Cancelled"),
}
ORDER_STATES_PORTAL: Final[dict[str, Any]] = ORDER_STATES | {
    "accepted": pgettext_lazy("order", "Ordered"),
    "delivered": _("Delivered: review it"),
}
ORDER_TONES: Final = {"accepted": "act", "in_progress": "waiting", "delivered": "waiting", "finished": "done", "cancelled": "neutral"}
ORDER_TONES_PORTAL: Final = ORDER_TONES | {"accepted": "waiting", "delivered": "act"}
CHANGES: Final[dict[str, Any]] = {
    "same": pgettext_lazy("line of a quote", "same"),
    "changed": pgettext_lazy("line of a quote", "changed"),
    "added": pgettext_lazy("line of a quote", "new"),
    "removed": pgettext_lazy("line of a quote", "left out"),
}
CHANGE_TONES: Final = {"same": "neutral", "changed": "act", "added": "done", "removed": "late"}
TARIFF: Final[dict[str, Any]] = {
    "advisory_event": _("Advisory event"),
    "incident": _("Incident"),
    "technical_hour": _("Hour of technical service"),
    "online_hour": _("Exclusive hour online"),
    "home_visit": _("Home visit"),
    "urgent_on_site": _("Urgent on-site service"),
    "outside_hours": _("Service outside opening hours"),
    "install_server": _("Installation of a server"),
    "install_terminals": _("Installation of terminals alone"),
    "further_terminal": _("Further terminal of an installation"),
}
assert set(TARIFF) <= set(CODES)
PRICINGS: Final[dict[str, Any]] = {
    "fixed": _("A fixed price in credits"),
    "formula": _("A formula over what is asked"),
    "tariff": _("Services of the tariff, charged in the way that costs the customer least"),
}
USUAL_LABELS: Final = {
    "terminals": ("Terminales", "Terminals"),
    "hours": ("Horas", "Hours"),
    "participants": ("Participantes", "Participants"),
    "visits": ("Visitas", "Visits"),
    "modules": ("Módulos", "Modules"),
    "urgent": ("Urgente", "Urgent"),
    "outside_hours": ("Fuera de horario", "Outside opening hours"),
}

VERDICTS: Final[dict[str, Any]] = {
    "fits": pgettext_lazy("development", "Works as it is"),
    "adapted": pgettext_lazy("development", "Was adapted"),
    "breaks": pgettext_lazy("development", "Does not work with it"),
}
VERDICT_TONES: Final = {"fits": "done", "adapted": "waiting", "breaks": "late"}
