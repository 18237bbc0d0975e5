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
    label=_("Where letters are answered to"),
    help=_("With {word} where each matter and reader gets its own signed word. Empty: letters are not answered by mail."),
)  # fmt: skip
declare(
    "notifications.staff_answer_by_mail", default=False, kind=bool, group="mailbox", rule="TKT-1",
    label=_("Staff may answer customers by e-mail"),
    help=_("Whoever can write from a mailbox of the staff then speaks for you: an e-mail has no second factor."),
)  # fmt: skip
declare(
    "notifications.quiet_from_hour", default=20, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("Letters to customers rest from"), help=_("In the time zone of the person, or of the service."),
)  # fmt: skip
declare(
    "notifications.quiet_until_hour", default=8, kind=int, group="notifications", check=_hour, unit=_("o'clock"),
    label=_("Letters to customers rest until"),
)  # fmt: skip
