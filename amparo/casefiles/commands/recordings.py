"""The recordings of a case's remote sessions in its file: chunks with their chain, and a page that plays them without a server. CAS-7, LIV-2.

One that does not hold what its chain says is named as broken, and the file is made without it. Only the screen is given away; of what was typed the chain holds the hash, and the line of time its length.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.casefiles.queries.record import BROKEN_FILM
from amparo.cases.models import Case
from amparo.history.rules import text_of
from amparo.remote import queries, words
from amparo.remote.models import Session
from amparo.remote.rules.record import Broken

log = structlog.get_logger(__name__)
Part = tuple[str, Iterable[bytes]]
PLAYER = (("replay/novnc.js", "vendor/novnc.esm.js"), ("replay/player.js", "remote/player.js"), ("replay/offline.js", "remote/offline.js"),
          ("replay/player.css", "remote/offline.css"))  # fmt: skip
_EXPORTS = re.compile(r"export\s*\{([^{}]*)\}\s*;?\s*$")


class NoPlayer(OSError):
    """A file of the player is not where it is published from."""


def folder(session: Session) -> str:
    """Return where a recording lies in the archive."""
    return f"recordings/{session.number}"


@dataclass(frozen=True, slots=True)
class Found:
    """A recording as it was found: its line of time, or what of it does not hold: as verifiers print it, and in the reader's words."""

    session: Session
    line: bytes = b""
    broken: str = ""
    said: str = ""


def looked_at(case: Case, alive: Callable[[], None] = lambda: None) -> list[Found]:
    """Read every recording of a case to its end, before a word is written of it; say after each that this goes on."""
    found = []
    for session in queries.recordings_of(case.pk):
        found.append(_found(session))
        alive()
    return found


def _found(session: Session) -> Found:
    try:
        _count, broken = queries.verified(session)
        return Found(session, _time_line(session)) if broken is None else _named(session, broken)
    except (OSError, Broken, ValueError, LookupError) as error:
        return _named(session, error)


def _named(session: Session, fault: Exception) -> Found:
    """Name a recording as broken. The words of the system name a place on our disk, which the customer is not told."""
    why = (fault.strerror if isinstance(fault, OSError) else str(fault)) or type(fault).__name__
    log.error("a recording of a case is broken", session=session.number, case=session.case_id, why=why)
    return Found(session, b"", why[:200], words.fault(fault))


def parts(found_before: Sequence[Found]) -> Iterator[Part]:
    """Yield name and content of each member, sorted by name. Raises OSError, Broken."""
    found: list[Part] = []
    for one in found_before:
        if not one.broken:
            found += _members(one)
    if found:
        found += [(name, [_published(source)]) for name, source in PLAYER]
    yield from sorted(found, key=lambda part: part[0])


def _members(one: Found) -> list[Part]:
    session = one.session
    place = folder(session)
    links = queries.links_of(session)
    chain = {
        "session": session.number, "public_id": session.public_id, "head": session.head,
        "links": [{"number": link.number, "screen_sha256": link.screen_sha256, "input_sha256": link.input_sha256, "link": link.link} for link in links],
    }  # fmt: skip
    found: list[Part] = [(f"{place}/chain.json", [text_of(chain).encode()])]
    found += [(f"{place}/chunk-{link.number:05d}.js", _chunk(session, link.number)) for link in links]
    return [*found, (f"{place}/replay.html", [_page(session).encode()]), (f"{place}/timeline.js", [one.line])]


def _chunk(session: Session, number: int) -> Iterator[bytes]:
    """Yield the screen of a chunk as a script that a page without a server can load. Raises Broken."""
    screen = queries.screen_of(session, number)
    if screen is None:
        raise Broken("missing", number)
    yield b'amparoChunk(%d,"' % number
    yield base64.b64encode(screen)
    yield b'");\n'


def _time_line(session: Session) -> bytes:
    line = queries.time_line(session, reveal=False)
    told = {"rows": line.rows, "words": words.player_words(), "length": line.length_ms, "chunks": session.chunks}
    return f"amparoTimeLine={json.dumps(told, ensure_ascii=False)};\n".encode()


def _page(session: Session) -> str:
    """Return the page that plays a recording from the unpacked folder."""
    said = words.player_words()
    title = html.escape(f"{_('Recording of %(number)s') % {'number': session.number}} · {session.case.number}")
    whole = html.escape(ngettext("%(count)s chunk", "%(count)s chunks", session.chunks) % {"count": session.chunks})
    label = {name: html.escape(text) for name, text in (("speed", _("Speed")), ("skip", _("Skip what stands still")), ("moment", _("Moment")))}
    speeds = "".join(f'<option value="{rate}">×{rate}</option>' for rate in (1, 2, 4, 8))
    return f"""<!doctype html>
<html lang="{html.escape(session.language[:2])}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="../../replay/player.css"></head>
<body><h1>{title}</h1><p>{html.escape(session.engineer.name)} · {whole} · SHA-256 {session.head}</p>
<div class="player" data-player><div class="player-bar"><button type="button" data-player-play><span>{html.escape(said["play"])}</span></button>
<input type="range" min="0" max="0" value="0" step="100" data-player-seek aria-label="{label["moment"]}"><span data-player-time></span>
<label>{label["speed"]} <select data-player-speed>{speeds}</select></label>
<label><input type="checkbox" data-player-skip checked> {label["skip"]}</label></div>
<div class="player-screen" data-player-screen></div>
<ol class="player-line" data-player-line></ol></div>
<script src="timeline.js"></script><script src="../../replay/novnc.js"></script><script src="../../replay/player.js"></script>
<script src="../../replay/offline.js"></script></body></html>
"""


@lru_cache(maxsize=8)
def _published(source: str) -> bytes:
    """Return a file of the player; a module becomes a plain script, for pages from a folder load no modules. Raises NoPlayer."""
    path = finders.find(source)
    if not isinstance(path, str):
        raise NoPlayer(source)
    text = Path(path).read_text(encoding="utf-8")
    if not source.endswith(".esm.js"):
        return text.encode()
    exported = _EXPORTS.search(text)
    if exported is None:
        raise NoPlayer(source)
    pairs = [pair.split(" as ") for pair in exported[1].split(",")]
    given = ",".join(f"{pair[-1].strip()}:{pair[0].strip()}" for pair in pairs)
    return f"globalThis.amparoNoVNC=(async()=>{{{text[: exported.start()]}\nreturn{{{given}}}}})();\n".encode()


def record_lines(case: Case, found: Sequence[Found], filmed: Mapping[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a line for each remote session of a case: who, when, how long, what was consented to, the end of its chain, its films. LIV-3.

    `broken` says what of a recording did not hold when the file was made.
    """
    looked = {one.session.pk: one for one in found}
    for one in Session.objects.filter(case=case).select_related("engineer").order_by("pk"):
        yield {
            "number": one.number, "engineer": one.engineer.name, "way": one.way, "asked": one.asked, "consented": one.consented, "shown": one.shown,
            "offered_at": one.offered_at, "consented_at": one.consented_at, "started_at": one.started_at, "ended_at": one.ended_at,
            "seconds": one.seconds, "reason": one.end_reason, "chunks": one.chunks, "head": one.head,
            "recording": f"{folder(one)}/replay.html" if one.pk in looked and not looked[one.pk].broken else "",
            "broken": looked[one.pk].broken if one.pk in looked else _broken_film(filmed.get(one.pk, {})), "films": [], "files": [],
            **filmed.get(one.pk, {}),
        }  # fmt: skip


def _broken_film(told: dict[str, Any]) -> str:
    return BROKEN_FILM if any(not file["member"] for file in told.get("files", ())) else ""
