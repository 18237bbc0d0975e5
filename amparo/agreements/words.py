"""What an agreement governs, as people call it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SERVICES = {
    "ticket": _("Technical assistance tickets"),
    "phone_limited": _("Limited advice by telephone"),
    "case": _("Support cases"),
    "chat": _("Chat with an engineer"),
    "remote": _("Remote desktop"),
    "classroom": _("Virtual classroom"),
    "development": _("Development and quotations"),
    "downloads": _("Downloads"),
    "campus": _("Courses paid in credits"),
}
LANGUAGES = {"es": _("Spanish"), "en": _("English")}
