"""The frame of a page: what stands around its content, drawn once for each reader.

The parts of a frame (`ui/layouts/parts/`) are templates that know the reader: language, theme, rights, companies, place.
What differs from page to page goes into their holes: the token of forms, the nonce, the address, the moment, the counts.
A part is drawn once for a reader and a place; then only its holes are filled.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.utils.translation import get_language, gettext
from markupsafe import Markup, escape

from . import navigation

READERS_MAX = 800  # each at one place, of about 10 kB: at most 8 MB in a process
_MARK = re.compile("\x02((?:count )?[a-z_-]{1,40})\x03")  # a name and nothing else: a stray sign in what people wrote swallows nothing


class _Holes:
    """The holes of a part while it is drawn: each a mark under its name, `{{ hole.token }}`, `{{ hole["count queue"] }}`."""

    def __getitem__(self, name: str) -> Markup:
        return Markup(f"\x02{name}\x03")  # noqa: S704 (what fills it is escaped)

    __getattr__ = __getitem__


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows in its frame that neither the request nor the reader says by itself."""

    theme: str
    language: str
    now: datetime
    identity: Callable[[], Any]
    counts: Callable[[Any], Mapping[str, int]]
    nonce: Callable[[], str]
    token: Any
    token_field: Any


class _Reader:
    """One reader at one place: what its parts show, and the parts drawn so far as patterns for `%`."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.parts: dict[str, str] = {}

    def pattern(self, name: str) -> str:
        found = self.parts.get(name)
        if found is None:
            template: Any = engines["jinja2"].get_template(f"ui/layouts/parts/{name}.html")
            drawn = template.template.render(self.known)
            found = self.parts[name] = _MARK.sub(r"%(\1)s", drawn.replace("%", "%%"))
        return found


class _Readers:
    """The readers seen last; the one not seen for longest goes first."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Any, _Reader] = OrderedDict()
        self.lock = Lock()

    def get(self, key: Any) -> _Reader | None:
        with self.lock:
            found = self.kept.get(key)
            if found is not None:
                self.kept.move_to_end(key)
        return found

    def clear(self) -> None:
        with self.lock:
            self.kept.clear()

    def keep(self, key: Any, reader: _Reader) -> _Reader:
        with self.lock:
            self.kept[key] = reader
            if len(self.kept) > READERS_MAX:
                self.kept.popitem(last=False)
        return reader


readers = _Readers()
everybody = _Readers()  # who shares language, theme and vendor shares these parts too
_OF_EVERYBODY = frozenset({"head", "body", "desk_after", "portal_after"})


class Frame:
    """What the frame of a page knows, under the one name `ui`, so that no page's own name is ever covered.

    What costs a query is a method, asked only where it is shown. As a mapping it fills the holes of parts.
    """

    def __init__(self, request: HttpRequest, actor: Any, shown: Shown) -> None:
        self._request, self._actor, self._shown = request, actor, shown
        self.here = request.path
        self.stream_url = getattr(settings, "STREAM_URL", "")
        self._holes: dict[str, str] = {}

    def _user(self) -> Any:
        signed_in = settings.SESSION_COOKIE_NAME in self._request.COOKIES
        return getattr(self._request, "user", None) if signed_in else None

    @property
    def shortcuts_on(self) -> bool:
        return getattr(self._user(), "shortcuts_on", True)

    @cached_property
    def vendor(self) -> Any:
        """Who the vendor is, as it is set now."""
        return self._shown.identity()

    def places(self) -> Sequence[navigation.Entry]:
        return navigation.places(self._actor, self.here)

    def house(self) -> Sequence[navigation.Room]:
        return navigation.house(self.here)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The live counts of the rail by the code of the place: what a view has put into `request.rail_counts`, else
        what the function says that settings.UI_COUNTS names."""
        told = getattr(self._request, "rail_counts", None)
        if told is not None or self._actor is None:
            return told or {}
        return self._shown.counts(self._actor)

    def companies(self) -> list[dict[str, Any]]:
        """Return the companies that the reader may act for, the present one first: name, nic, customer.

        They come with the user in the statement that loads it; nothing is asked here.
        """
        if self._actor is None or not self._actor.is_contact:
            return []
        found = getattr(self._request.user, "company_list", None) or []
        return sorted(found, key=lambda company: company["customer"] != self._actor.customer_id)

    @cached_property
    def _anybody(self) -> _Reader:
        key = (get_language(), self._shown.theme, self.shortcuts_on, self.vendor, settings.ROOT_URLCONF)
        found = everybody.get(key)
        if found is not None and not settings.DEBUG:
            return found
        known = {
            "language": self._shown.language, "theme": self._shown.theme, "vendor": self.vendor, "hole": _Holes(),
            "shortcuts_on": self.shortcuts_on, "stream_url": self.stream_url,
        }  # fmt: skip
        return everybody.keep(key, _Reader(known))

    @cached_property
    def _reader(self) -> _Reader:
        companies, place = self.companies(), navigation.here(self._actor, self.here)
        house = self.house() if not place else ()  # a place of one's own lies in none of the house
        room = next((one.code for one in house if one.current), "")
        key = (
            self._actor, get_language(), self._shown.theme, place, room, self.vendor,
            tuple((company["customer"], company["name"], company["nic"]) for company in companies), settings.ROOT_URLCONF,
        )  # fmt: skip
        found = readers.get(key)
        if found is not None and not settings.DEBUG:
            return found
        known = {
            "actor": self._actor, "language": self._shown.language, "theme": self._shown.theme, "vendor": self.vendor,
            "companies": companies, "places": self.places(), "house": self.house(), "hole": _Holes(),
        }  # fmt: skip
        return readers.keep(key, _Reader(known))

    def part(self, name: str, title: str = "", places: Sequence[Any] | None = None) -> Markup:
        """Return a part of the frame for this reader and page; `places` of an example are drawn instead of the reader's."""
        if name in _OF_EVERYBODY:
            reader = self._anybody
        else:
            reader = self._reader if places is None else _Reader({**self._reader.known, "places": places})
        if title:
            self._holes["title"] = str(escape(title))
        return Markup(reader.pattern(name) % self)  # noqa: S704 (drawn by our templates; what fills a hole is escaped)

    def __getitem__(self, hole: str) -> str:
        """What goes into a hole, made when it is first asked for."""
        if hole not in self._holes:
            kind, _space, code = hole.partition(" ")
            self._holes[hole] = self._count(code) if kind == "count" else str(escape(self._filling(hole)))
        return self._holes[hole]

    def _filling(self, hole: str) -> Any:
        if hole == "title":
            return ""
        if hole == "here":
            return self.here
        if hole == "here_quoted":
            return quote(self.here)
        if hole == "now":
            return self._shown.now.isoformat()
        if hole == "nonce":
            return self._shown.nonce()
        return self._shown.token if hole == "token" else self._shown.token_field

    def _count(self, code: str) -> str:
        number = self.counts.get(code)
        if not number:
            return ""
        words = escape(gettext("waiting:"))
        shown = "999+" if number > 999 else number
        return f'<span class="rail-count"><span class="visually-hidden">{words}</span>{shown}</span>'
