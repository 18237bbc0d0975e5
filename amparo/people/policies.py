"""The figures of people that an administrator may set."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _days(value: Any) -> Text | None:
    return None if 1 <= value <= 60 else _("Choose from 1 to 60 days.")


declare(
    "people.mfa_required_for_staff",
    default=False,
    kind=bool,
    label=_("Staff need a second factor"),
    help=_("Staff without a passkey or an authenticator app must add one before they can do anything else."),
    group="people",
)
declare(
    "people.invitation_days",
    default=7,
    kind=int,
    label=_("Invitations are valid for"),
    help=_("The link works once, and only during this time."),
    unit=_("days"),
    group="people",
    check=_days,
)
