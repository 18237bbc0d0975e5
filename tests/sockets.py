"""Every socket, stream and webhook of the service, for the table of what each refuses. SEC-35, SEC-37, SEC-41.

One row each: where it is, who may be at the other end, what a first message of a guest looks like. What is added to the service is added here:
`tests/test_sockets.py` fails where a route of the stream's process has no row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Socket:
    """A WebSocket: `browser` where a page of ours opens it (exact origin, session and a token in the first message), else a program."""

    path: str
    browser: bool
    first: dict[str, Any] = field(default_factory=dict)


SOCKETS = (
    Socket("/remote/helper", browser=False, first={"type": "hello", "version": 1, "code": "000000000", "system": "linux", "helper": "1", "screen": [9, 9], "can": ["view"]}),
    Socket("/remote/viewer", browser=True, first={"type": "view", "session": 1, "token": "guess", "page": "p"}),
)
# Routes of the same process that are no WebSockets, and the test that holds what they refuse.
STREAMS = {
    "/events": "tests/test_stream.py",
    "/events/health": "tests/test_stream.py",
}
# Addresses that take a POST without the token of a form, and the test that holds by what each is guarded instead.
UNGUARDED_BY_FORMS = {
    "files:upload": "tests/test_bad_input.py",
    "desk_videos:upload": "amparo/videos/tests",
    "activation": "amparo/activation/tests",
    "sales:stripe": "amparo/sales/tests",
    "forum:leave": "amparo/forum/tests",
    "chat": "amparo/chat/tests",
    "live:events": "amparo/live/tests/test_views.py",
    "classroom:told": "amparo/classroom/tests",
}
