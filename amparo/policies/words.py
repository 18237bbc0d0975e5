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
    "chat": _("Live chat"),
    "remote": _("Remote sessions"),
    "classroom": _("Live classes"),
    "media": _("Sound and image"),
    "videos": _("Videos"),
    "notifications": _("Notices"),
    "mailbox": _("Mail that comes in"),
    "fairness": _("How promises are kept"),
    "identity": _("Identity of the vendor"),
    "promotions": _("Promotions"),
    "quotations": _("Quotes and orders"),
    "sales": _("Sales"),
    "knowledge": _("Knowledge base"),
    "editor": pgettext_lazy("group", "Editor"),
    "downloads": pgettext_lazy("group", "Downloads"),
    "forum": pgettext_lazy("group", "Forum"),
    "campus": pgettext_lazy("group", "Campus"),
    "search": pgettext_lazy("group", "Search"),
    "access": _("Levels of service"),
}
