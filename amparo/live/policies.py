"""The figures of the telephone."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _codes(given: Any) -> Text | None:
    return None if re.fullmatch(r"(\+?[1-9][0-9]{0,2})( +\+?[1-9][0-9]{0,2})*", str(given).strip()) else _("Write calling codes with spaces between them, for example: 52 1.")


def _starts(given: Any) -> Text | None:
    return None if re.fullmatch(r"(\+?[0-9]{2,12})?( +\+?[0-9]{2,12})*", str(given).strip()) else _("Write how numbers begin, with their country and spaces between them, for example: +52900 +521900.")


def _positive(given: Any) -> Text | None:
    return None if int(given) >= 0 else _("Write a number that is not negative.")


def _kept(given: Any) -> Text | None:
    return None if int(given) == 0 or 30 <= int(given) <= 3650 else _("Choose from 30 to 3650 days, or 0.")


def _days(given: Any) -> Text | None:
    return None if 8 <= int(given) <= 400 else _("Choose from 8 to 400 days.")


_G = "live"
declare("live.dial_countries", default="52", kind=str, label=_("Countries that may be called from a screen"), group=_G, rule="TEL-3", check=_codes,
        help=_("Calling codes with spaces between them. Calls to any other country are refused."))
declare("live.dial_refused", default="+52900 +52901 +521900", kind=str, label=_("Numbers that are never dialled"), group=_G, rule="TEL-3", check=_starts,
        help=_("How they begin, with the country code. Premium-rate numbers are always refused."))
declare("live.dial_daily_max", default=150, kind=int, label=_("Calls that one person can place from the screen in a day"), group=_G, rule="TEL-3", check=_positive)
declare("live.announcement", default="", kind=str, label=_("What is said at the start of a recorded call"), group=_G, rule="TEL-3",
        help=_("If empty: «This call is recorded to attend you better. If you do not agree, tell me.»"))
declare("live.kept_days", default=365, kind=int, label=_("How long numbers and names of calls are kept"), group=_G, rule="CAS-2", unit=_("days"), check=_kept,
        help=_("After that the number, the name, the notes and the link to the recording are erased; the call still counts in the figures. Calls about a case are kept as long as its record. 0: kept for good."))
declare("live.events_days", default=30, kind=int, label=_("How long messages of exchanges are kept"), group=_G, rule="CAS-2", unit=_("days"), check=_days,
        help=_("So that a message that comes twice counts once. The calls themselves are not affected."))
