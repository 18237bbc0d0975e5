"""The figures of downloads."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare

_G = "downloads"


def _hours(value: Any) -> Text | None:
    return None if 24 <= value <= 720 else _("Write a number of hours from 24 to 720: a download must not outlive its link.")


def _positive(value: Any) -> Text | None:
    return None if 1 <= value <= 1_000_000 else _("Write a number above zero.")


declare("downloads.grant_hours", default=72, kind=int, label=_("A download link lasts"), group=_G, rule="UPD-2", unit=_("hours"),
        help=_("Whether the person may download is still checked each time."), check=_hours)
declare("downloads.grants_hourly_max", default=60, kind=int, label=_("Links of a person in an hour"), group=_G, rule="ACC-3",
        help=_("For customers and registered people; staff have no limit."), check=_positive)
declare("downloads.places_max", default=3, kind=int, label=_("Places from which one link can be used"), group=_G, rule="ACC-3",
        help=_("For links that programs use. Beyond this the link is withdrawn and staff are told."), check=_positive)
declare("downloads.upload_megabytes_max", default=4096, kind=int, label=_("Largest file of a version"), group=_G, rule="UPD-2",
        unit=_("MB"), check=_positive)
declare("downloads.free_megabytes_min", default=1024, kind=int, label=_("Disk space that uploads must leave free"), group=_G,
        rule="UPD-2", unit=_("MB"), check=_positive)
declare("downloads.upload_days", default=7, kind=int, label=_("Unfinished uploads are kept for"), group=_G, rule="UPD-2",
        unit=_("days"), check=_positive)
