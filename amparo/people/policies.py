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
    help=_("Staff without a passkey or an authenticator app can do nothing but add one."),
    group="people",
)
declare(
    "people.invitation_days",
    default=7,
    kind=int,
    label=_("An invitation is good for"),
    help=_("The link of an invitation works once, and no longer than this."),
    unit=_("days"),
    group="people",
    check=_days,
)
