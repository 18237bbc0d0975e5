"""Figures of notices that an administrator may change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.kernel.reply import is_pattern
from amparo.policies.registry import declare


def _hour(value: Any) -> Text | None:
    return None if 0 <= value <= 23 else _("Write an hour from 0 to 23.")


def _pattern(given: Any) -> Text | None:
    return None if not given or is_pattern(given) else _("Write an address that holds {word} before the @, such as soporte+{word}@ejemplo.mx.")


declare(
    "notifications.answer_address", default="", kind=str, group="mailbox", check=_pattern, rule="TKT-1",
    label=_("Address for answers by e-mail"),
    help=_("Put {word} where the code of each matter and reader goes. Empty: e-mails cannot be answered."),
)  # fmt: skip
declare(
    "notifications.staff_answer_by_mail", default=False, kind=bool, group="mailbox", rule="TKT-1",
    label=_("Staff may answer customers by e-mail"),
    help=_("Then whoever gets into a staff mailbox can speak for you: e-mail has no second factor."),
)  # fmt: skip
declare(
    "notifications.quiet_from_hour", default=20, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("No e-mails to customers from"), help=_("In the person's time zone, or the service's where it is not known."),
)  # fmt: skip
declare(
    "notifications.quiet_until_hour", default=8, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("No e-mails to customers until"),
)  # fmt: skip
