"""The figures of the gateways."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare

JANUS: Final = "janus"
BIGBLUEBUTTON: Final = "bigbluebutton"


def _between(low: int, high: int) -> Any:
    def check(value: int) -> Text | None:
        if low <= value <= high:
            return None
        return _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}

    return check


def _known(value: str) -> Text | None:
    return None if value in (JANUS, BIGBLUEBUTTON) else _("Write janus or bigbluebutton.")


_G = "media"
declare(
    "media.rooms_by", default=JANUS, kind=str, label=_("What carries sound and image of classes"), group=_G, rule="LIV-1", check=_known,
    help=_("janus: the gateway that comes with this service. bigbluebutton: a server of your own; its address and secret are set where the service runs."),
)  # fmt: skip
declare(
    "media.bitrate_kilobits", default=1_000, kind=int, label=_("Most bandwidth for one camera"), group=_G, rule="LIV-1", unit=_("kbit/s"),
    check=_between(64, 8_000), help=_("Your line has to carry this once for each person who watches."),
)  # fmt: skip
