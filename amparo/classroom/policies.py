"""The figures of the classroom."""

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


_G = "classroom"
declare("classroom.students_max", default=25, kind=int, label=_("Students in a class at once"), group=_G, rule="LIV-1", check=_between(1, 200))
declare(
    "classroom.floor_max", default=6, kind=int, label=_("People who are seen at once"), group=_G, rule="LIV-1", check=_between(1, 12),
    help=_("Including the instructor. Every camera goes to everybody, so more of them need a faster line."),
)  # fmt: skip
declare(
    "classroom.early_minutes", default=15, kind=int, label=_("The door opens before the class"), group=_G, rule="LIV-1", unit=_("min"), check=_between(0, 240),
)  # fmt: skip
declare(
    "classroom.token_seconds", default=120, kind=int, label=_("A token for the room lasts"), group=_G, rule="LIV-1", unit=_("s"), check=_between(20, 3600),
    help=_("The page gets a new one each time it connects; a copied one is useless after this."),
)  # fmt: skip
declare(
    "classroom.remind_minutes", default=60, kind=int, label=_("Reminder before a class"), group=_G, rule="LIV-1", unit=_("min"), check=_between(5, 2880),
)  # fmt: skip
declare(
    "classroom.forgotten_minutes", default=60, kind=int, label=_("A class that nobody is in any more ends after"), group=_G, rule="TAR-4", unit=_("min"),
    check=_between(5, 600), help=_("It then counts as ended when the last person left, and is charged only up to that moment."),
)  # fmt: skip
declare(
    "classroom.attended_percent", default=50, kind=int, label=_("Share of a class that counts as attended"), group=_G, rule="LIV-1", unit=_("%"), check=_between(1, 100),
    help=_("Whoever was there for at least this much of the class has completed the lesson."),
)  # fmt: skip
declare(
    "classroom.recording_months", default=24, kind=int, group=_G, rule="CAS-2", unit=_("months"), check=_between(1, 120),
    label=_("How long recordings of classes are kept"),
    help=_("Counted from the end of the class. Recordings of a case never outlast its record."),
)  # fmt: skip
