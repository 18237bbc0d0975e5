"""Paying by transfer or cash: the customer reads how, staff see the money and confirm it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from amparo.policies.queries import value

from . import Way


def way(*, at: datetime) -> Way:
    """Return the way as a page offers it, with the vendor's own words."""
    return Way("recorded", _("Transfer or cash"), False, value("sales.transfer_words", at=at))
