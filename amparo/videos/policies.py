"""The figures of videos."""

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


_G = "videos"
declare(
    "videos.megabytes_max", default=2_000, kind=int, label=_("Largest video"), group=_G, rule="SRC-3", unit=_("MB"), check=_between(1, 50_000),
    help=_("Larger files are refused."),
)  # fmt: skip
declare(
    "videos.minutes_max", default=120, kind=int, label=_("Longest video"), group=_G, rule="SRC-3", unit=_("min"), check=_between(1, 600),
    help=_("A longer one is refused: cut it in parts."),
)  # fmt: skip
declare(
    "videos.stream_minutes", default=5, kind=int, label=_("Videos are streamed in pieces from"), group=_G, rule="SRC-3", unit=_("min"), check=_between(0, 600),
    help=_("Longer videos are also offered in pieces (HLS), so that people on a slow line see a smaller picture without waiting."),
)  # fmt: skip
declare(
    "videos.free_megabytes_min", default=1024, kind=int, label=_("Disk space that uploads must leave free"), group=_G, rule="SRC-3", unit=_("MB"),
    check=_between(1, 1_000_000),
)  # fmt: skip
declare(
    "videos.upload_days", default=7, kind=int, label=_("Unfinished uploads are kept for"), group=_G, rule="SRC-3", unit=_("days"),
    check=_between(1, 60), help=_("Choose the same file again within this time, and it goes on where it stopped."),
)  # fmt: skip
