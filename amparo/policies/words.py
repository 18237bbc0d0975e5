"""The names of the groups of settings, for people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

GROUPS = {
    "people": _("People and sign-in"),
    "products": _("Products and licences"),
    "activation": _("Activation of licences"),
    "contracts": _("Contracts and service cards"),
    "ledger": _("Balances"),
    "charging": _("Charges"),
    "deadlines": _("Times and deadlines"),
    "tickets": _("Tickets"),
    "cases": _("Cases"),
    "casefiles": _("Retention of records"),
    "complaints": _("Complaints"),
    "agreements": _("Agreements"),
    "files": _("Files"),
    "threads": _("Conversations"),
    "live": _("Telephone"),
    "videos": _("Videos"),
    "notifications": _("Notices"),
    "mailbox": _("Mail that comes in"),
    "fairness": _("How promises are kept"),
    "search": pgettext_lazy("group", "Search"),
    "access": _("Levels of service"),
}
