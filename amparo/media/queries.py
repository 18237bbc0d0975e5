"""What others may know of the gateways, and what a browser needs to reach one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from amparo.policies.queries import value

from . import rules
from .errors import GatewayAway
from .policies import BIGBLUEBUTTON
from .rooms import janus

LOOK_SECONDS: Final = 5.0
_seen: tuple[float, frozenset[str] | None] = (-LOOK_SECONDS, None)


@dataclass(frozen=True, slots=True)
class Available:
    """What there is of sound and image now, and in words what there is not."""

    rooms: bool
    relay: bool
    sip: bool
    sentence: str


def available(*, at: datetime) -> Available:
    """Tell what the gateways can do now; Janus is asked at most every five seconds."""
    plugins = _plugins()
    rooms = plugins is not None and rules.VIDEOROOM in plugins
    if value("media.rooms_by", at=at) == BIGBLUEBUTTON:
        rooms = bool(settings.BIGBLUEBUTTON_URL and settings.BIGBLUEBUTTON_SECRET)
    sip = plugins is not None and rules.SIP in plugins
    sentence = "" if rooms else _("Sound and image are not available now: the gateway does not run. Everything else works as always.")
    return Available(rooms, bool(settings.GATEWAY_RELAY), sip, sentence)


def _plugins() -> frozenset[str] | None:
    """Return the plugins of the Janus that answers, None where none does."""
    global _seen
    if time.monotonic() - _seen[0] >= LOOK_SECONDS:
        try:
            found = frozenset(janus.ask({"janus": "info"}, timeout=1).get("plugins", ()))
        except GatewayAway:
            found = None
        _seen = (time.monotonic(), found)
    return _seen[1]


def forget() -> None:
    """Ask Janus anew at the next question."""
    global _seen
    _seen = (-LOOK_SECONDS, None)


def session(participant: str, *, plugins: Iterable[str] = (rules.VIDEOROOM,), seconds: int = 3600, at: datetime) -> dict[str, Any]:
    """Return what a browser needs to speak with the gateway: its address, a token for the named plugins, the relay's credentials.

    The token opens no room by itself: `rooms.token` does. Raises GatewayAway.
    """
    if not settings.GATEWAY_URL:
        raise GatewayAway
    known, until = janus.secrets(), at + timedelta(seconds=seconds)
    servers: list[dict[str, Any]] = []
    if settings.GATEWAY_RELAY:
        servers.append({"urls": settings.GATEWAY_RELAY, **rules.relay_credentials(participant, secret=known["relay"], until=until)})
    return {
        "url": settings.GATEWAY_URL,
        "token": rules.api_token(plugins, secret=known["token"], until=until),
        "until": until.isoformat(),
        "ice_servers": servers,
    }
