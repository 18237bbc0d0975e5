"""Figures of notices that an administrator may change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _hour(value: Any) -> Text | None:
    return None if 0 <= value <= 23 else _("Write an hour from 0 to 23.")


declare(
    "notifications.quiet_from_hour", default=20, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("Letters to customers rest from"), help=_("In the time zone of the person, or of the service."),
)  # fmt: skip
declare(
    "notifications.quiet_until_hour", default=8, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("Letters to customers rest until"),
)  # fmt: skip
