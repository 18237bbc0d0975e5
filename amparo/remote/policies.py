"""The figures of remote sessions that an administrator can change with effect from a date."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Any:
    def check(value: int) -> Text | None:
        if low <= value <= high:
            return None
        return _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}

    return check


_G = "remote"
declare(
    "remote.code_minutes", default=10, kind=int, group=_G, rule="LIV-2", unit=_("minutes"), check=_between(1, 60),
    label=_("How long a code is valid"), help=_("The nine-digit code that the engineer gives the customer. It works once."),
)  # fmt: skip
declare(
    "remote.misses_max", default=5, kind=int, group=_G, rule="LIV-2", check=_between(3, 50),
    label=_("Wrong codes from one network"),
    help=_("After this many in the time below, that network is refused and quality control is told. A code that was tried this often is withdrawn."),
)  # fmt: skip
declare(
    "remote.misses_minutes", default=10, kind=int, group=_G, rule="LIV-2", unit=_("minutes"), check=_between(1, 1440),
    label=_("Time in which wrong codes are counted"), help=_("A network that was refused has to wait this long too."),
)  # fmt: skip
declare(
    "remote.megabytes_max", default=1000, kind=int, group=_G, rule="LIV-2", unit=_("megabytes"), check=_between(10, 100_000),
    label=_("Size of one session"), help=_("A session that transfers more is ended. Office work takes about 1 MB a minute, a full-screen film 140."),
)  # fmt: skip
declare(
    "remote.resume_seconds", default=60, kind=int, group=_G, rule="LIV-2", unit=_("seconds"), check=_between(10, 600),
    label=_("How long a dropped session can be resumed"), help=_("Without a new code. The clock is stopped meanwhile; after that the session ends."),
)  # fmt: skip
declare(
    "remote.pause_minutes", default=10, kind=int, group=_G, rule="CAS-5", unit=_("minutes"), check=_between(1, 60),
    label=_("How long a session waits at the limit of time"),
    help=_("The clock is stopped and nothing is done while the customer decides how to go on. After that the session ends."),
)  # fmt: skip
declare(
    "remote.recording_months", default=24, kind=int, group=_G, rule="CAS-2", unit=_("months"), check=_between(1, 120),
    label=_("How long recordings are kept"),
    help=_("Counted from the end of the session, and never longer than the record of its case. The fingerprints that prove them stay."),
)  # fmt: skip
