"""What an administrator may set about pockets."""

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

declare(
    "ledger.grace_days",
    default=30,
    kind=int,
    label=_("Days that units given back after the end still last"),
    help=_(
        "Units given back after their contract or card ended can still be used for this many days."
    ),
    unit=_("days"),
    rule="LED-6",
    group="ledger",
    check=lambda days: None if 1 <= days <= 3650 else _("Give a number of days from 1 to 3650."),
)
declare(
    "ledger.low_percent",
    default=20,
    kind=int,
    label=_("Share that is left when the customer is warned"),
    help=_("The customer is warned once, when what is left falls to this share of what was issued."),
    unit="%",
    rule="LED-5",
    group="ledger",
    check=lambda percent: None if 0 <= percent <= 99 else _("Give a percentage from 0 to 99."),
)
declare(
    "ledger.ending_days",
    default=[30, 15, 5],
    kind=list,
    label=_("Days before the end when the customer is warned"),
    help=_("Only while something is left to lose."),
    unit=_("days"),
    rule="LED-5",
    group="ledger",
    check=lambda days: (
        None
        if all(type(day) is int and 0 < day <= 366 for day in days)
        else _("Give whole numbers of days from 1 to 366.")
    ),
)
declare(
    "ledger.reconcile_nightly",
    default=True,
    kind=bool,
    label=_("Check every pocket against its transfers each night"),
    help=_("After three in the morning; the result is in the reports. An administrator can also run it at any time."),
    rule="LED-4",
    group="ledger",
)
