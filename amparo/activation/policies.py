"""The figures of activation that an administrator can change with effect from a date."""

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


_G = "activation"
declare(
    "activation.lease_days", default=30, kind=int, group=_G, rule="LIC-1", unit=_("days"), check=_between(7, 400),
    label=_("Lease of an activation"), help=_("How long a terminal works without contacting the service. It normally does so once a day."),
)  # fmt: skip
declare(
    "activation.offline_lease_days", default=365, kind=int, group=_G, rule="LIC-1", unit=_("days"), check=_between(7, 1500),
    label=_("Lease of an activation without network"), help=_("For terminals without internet: how long they work before they need a new file."),
)  # fmt: skip
declare(
    "activation.refresh_hours", default=24, kind=int, group=_G, rule="LIC-1", unit=_("hours"), check=_between(1, 168),
    label=_("Time between two renewals of a lease"), help=_("How often a terminal with internet contacts the service."),
)  # fmt: skip
declare(
    "activation.grace_days", default=14, kind=int, group=_G, rule="LIC-1", unit=_("days"), check=_between(14, 120),
    label=_("Grace after a lease ends"), help=_("How long everything goes on working after a lease ends. Then functions are reduced, only outside the shop's opening hours."),
)  # fmt: skip
declare(
    "activation.emergency_days", default=7, kind=int, group=_G, rule="TEL-2", unit=_("days"), check=_between(1, 30),
    label=_("Length of an emergency token"), help=_("Staff can issue one, stating a reason, so that no shop has to stop."),
)  # fmt: skip
declare(
    "activation.moves_max", default=3, kind=int, group=_G, rule="LIC-2", unit=_("moves"), check=_between(0, 1000),
    label=_("Moves of a licence in a year"), help=_("How often a customer can release a terminal without help. Beyond that, by ticket."),
)  # fmt: skip
declare(
    "activation.updates_days", default=365, kind=int, group=_G, rule="UPD-1", unit=_("days"), check=_between(0, 3650),
    label=_("Updates that come with a licence"), help=_("Versions built within this many days of the registration are included without a contract."),
)  # fmt: skip
declare(
    "activation.patches", default=True, kind=bool, group=_G, rule="UPD-1",
    label=_("Corrections of an included version are included"), help=_("If 10.1 is included, so is 10.1.7, whenever it was built."),
)  # fmt: skip
declare(
    "activation.tries_window_minutes", default=15, kind=int, group=_G, rule="SEC-45", unit=_("minutes"), check=_between(1, 1440),
    label=_("Time in which wrong serials are counted"), help=_("A wrong try stops counting after this time."),
)  # fmt: skip
declare(
    "activation.tries_address", default=20, kind=int, group=_G, rule="SEC-45", unit=_("tries"), check=_between(3, 1000),
    label=_("Wrong serials from one network address"), help=_("Beyond this, serials from there are refused for a while and staff are told."),
)  # fmt: skip
declare(
    "activation.tries_key", default=10, kind=int, group=_G, rule="SEC-45", unit=_("tries"), check=_between(3, 1000),
    label=_("Tries of one wrong serial"), help=_("Counted over all network addresses."),
)  # fmt: skip
declare(
    "activation.tries_product", default=300, kind=int, group=_G, rule="SEC-45", unit=_("tries"), check=_between(10, 100_000),
    label=_("Wrong serials of one product"), help=_("Counted over all network addresses. Correct serials always go through."),
)  # fmt: skip
declare(
    "activation.customer_acts_hour", default=600, kind=int, group=_G, rule="SEC-44", unit=_("acts"), check=_between(10, 100_000),
    label=_("Activations and releases of a customer in an hour"), help=_("Counted over all its licences."),
)  # fmt: skip
declare(
    "activation.registrations_day", default=40, kind=int, group=_G, rule="SEC-45", unit=_("serials"), check=_between(1, 10_000),
    label=_("Serials that a customer asks to have registered in a day"), help=_("Refused ones count too."),
)  # fmt: skip
declare(
    "activation.networks_day", default=6, kind=int, group=_G, rule="SEC-44", unit=_("networks"), check=_between(1, 10_000),
    label=_("Networks from which a licence is activated in a day"), help=_("Beyond this, staff are told; nobody is cut off."),
)  # fmt: skip
declare(
    "activation.acts_hour", default=120, kind=int, group=_G, rule="SEC-44", unit=_("acts"), check=_between(10, 10_000),
    label=_("Activations and releases of a licence in an hour"), help=_("No shop needs more; beyond this they are refused for a while and staff are told."),
)  # fmt: skip
