"""Business time, pure: no database, no clock, no Django. TIM-1 to TIM-3, TIM-11.

A `Calendar` says when it is open, by local date and wall clock. From it two tables are built as far as a question
needs them: the opening intervals, and the business days from local midnight to midnight, both as whole
microseconds of UTC with running totals. Each question is then one or two bisections.

Conventions (told with worked numbers in docs/algorithms/business-time.md):

* An instant is open when its wall-clock time stands in an interval of its local date. So a day on which the clocks
  change has 23 or 25 hours, an hour that is skipped is never counted, an hour that comes twice is counted twice.
* A deadline is the earliest moment by which the amount has passed. Where that is the end of a window, the answer is
  the close of this window, never the next opening.
* Interval ends are exclusive; at its closing time a calendar is closed.
"""

from .calendar import Calendar, Interval, Week, merged
from .counting import (
    Counting,
    add_business_days,
    add_business_time,
    business_days_between,
    business_time_between,
    is_open,
    next_closing,
    next_opening,
    warning_times,
)
from .spec import calendar_of, hours_from_text, hours_to_text, public_holidays, week_from_text, week_to_text
from .steps import Step, explain, together

__all__ = [
    "Calendar",
    "Counting",
    "Interval",
    "Step",
    "Week",
    "add_business_days",
    "add_business_time",
    "business_days_between",
    "business_time_between",
    "calendar_of",
    "explain",
    "hours_from_text",
    "hours_to_text",
    "is_open",
    "merged",
    "next_closing",
    "next_opening",
    "public_holidays",
    "together",
    "warning_times",
    "week_from_text",
    "week_to_text",
]
