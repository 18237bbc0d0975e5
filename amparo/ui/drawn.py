"""What never changes is drawn once: parts of pages kept as HTML, within bounds, and never another reader's.

A kept part is drawn without the request: its template knows what it is given, the kind of reader, language, zone and day,
and nothing else, so it cannot show one person what belongs to another. It is looked up only by who has loaded the thing
itself through `visible_to`. `of` names the thing and its version: whatever changes it has to change that too.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, time
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.utils.translation import get_language
from markupsafe import Markup

BYTES_MAX = 16 * 1024 * 1024


class Drawings:
    """HTML by key, at most so many bytes; what was not asked for longest goes first."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.bytes = 0
        self._kept: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Markup | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, drawn: Markup) -> None:
        size = sys.getsizeof(drawn)
        if size > self.bytes_max // 16:
            return
        with self._lock:
            if key not in self._kept:
                self._kept[key] = drawn
                self.bytes += size
            while self.bytes > self.bytes_max:
                _key, gone = self._kept.popitem(last=False)
                self.bytes -= sys.getsizeof(gone)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0


drawings = Drawings(BYTES_MAX)


def kept(request: HttpRequest, template: str, of: Hashable | None, show: Callable[[], Mapping[str, Any]]) -> Markup:
    """Return a part of a page, drawn once for each kind of reader, language, zone and day.

    `show` brings what the template is given; it is called only where the part is not at hand. Times in it are seen from
    the beginning of the day: «today 15:00» holds until midnight, how long something still runs does not belong here.
    With `of` None it is drawn anew each time.
    """
    from .jinja import at_moment

    actor, zone = request.actor, request.zone  # type: ignore[attr-defined]
    today = request.now.astimezone(zone).date()  # type: ignore[attr-defined]
    key = (template, of, actor.kind, get_language(), str(zone), today)
    keeps = of is not None and not settings.DEBUG
    found = drawings.get(key) if keeps else None
    if found is None:
        drawing: Any = engines["jinja2"].get_template(template)
        with at_moment(datetime.combine(today, time.min, zone), zone):
            found = Markup(drawing.template.render(show()))  # noqa: S704 (drawn by our templates)
        if keeps:
            drawings.keep(key, found)
    return found
