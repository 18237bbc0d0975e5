"""The recordings in a case file, verified by their chain: no chunk changed, moved or left out, and its end is the one that a fact tells. CAS-7, LIV-2."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from amparo.history.rules import text_of
from amparo.remote.rules.record import genesis, link_of

from . import proof
from .archive import Member, content, lines

CHAIN_OCTETS_MAX = 64_000_000
_CHAIN = re.compile(r"recordings/(R-[0-9]+)/chain\.json")
_CHUNK = re.compile(rb'amparoChunk\(([0-9]+),"([A-Za-z0-9+/=]*)"\);\n')


def look(file: BinaryIO, members: dict[str, Member], manifest: dict[str, Any], say: Callable[[str], None]) -> None:
    """Verify each recording of a case file; `say` takes what does not hold."""
    found = [(name, chain[1]) for name in members if (chain := _CHAIN.fullmatch(name))]
    sealed = _sealed(file, members[proof.FACTS]) if found else {}
    for name, number in found:
        if members[name].size > CHAIN_OCTETS_MAX:
            say(f"{name} is too large")
            continue
        chain = json.loads(b"".join(content(file, members[name])))
        if text_of(chain).encode() != b"".join(content(file, members[name])) or chain["session"] != number:
            say(f"{name} is not canonical JSON of its own recording")
        if sealed.get(number) != chain["head"]:
            say(f"{name} ends otherwise than the fact tells that sealed it")
        _follow(file, members, number, chain, say)


def look_at_films(file: BinaryIO, facts: Member, sessions: Sequence[dict[str, Any]], say: Callable[[str], None]) -> None:
    """Verify the films of screens that browsers shared: each is told by a fact, hash and length, and each that a fact tells is named."""
    told: dict[str, set[tuple[str, int | None]]] = {}
    for one in _told(file, facts, "remote.filmed"):
        lengths = one.get("octets") or [None] * len(one["sha256"])  # the first facts told no length
        told.setdefault(one["number"], set()).update(zip(one["sha256"], lengths, strict=True))
    for line in sessions:
        named = {one["sha256"]: one["size"] for one in line["films"]}
        known = dict(told.get(line["number"], ()))
        if named.keys() != known.keys() or any(size is not None and named[sha256] != size for sha256, size in known.items()):
            say(f"{proof.RECORD}: the films of {line['number']} are not those that facts of the case tell")
        for one in line["files"]:
            if one["sha256"] not in named or (one["member"] and not one["member"].startswith(f"files/{one['sha256']}")):
                say(f"{proof.RECORD}: a file of {line['number']} is none of its films")


def _told(file: BinaryIO, facts: Member, name: str) -> Iterator[dict[str, Any]]:
    """Yield what facts of one name tell, where it is told at all."""
    for raw in lines(file, facts, octets_max=8_000_000):
        line = json.loads(raw)
        if line.get("head", {}).get("name") == name and "content" in line:
            yield line["content"]["data"]


def _sealed(file: BinaryIO, facts: Member) -> dict[str, str]:
    """Return the last links that facts tell, by the number of the session."""
    return {told["number"]: told["head"] for told in _told(file, facts, "remote.ended")}


def _follow(file: BinaryIO, members: dict[str, Member], number: str, chain: dict[str, Any], say: Callable[[str], None]) -> None:
    before = genesis(chain["public_id"])
    for place, link in enumerate(chain["links"], 1):
        name = f"recordings/{number}/chunk-{place:05d}.js"
        made = link_of(before, place, link["screen_sha256"], link["input_sha256"])
        if link["number"] != place or made != link["link"]:
            say(f"recordings/{number}/chain.json: link {place} was altered, or what stands before it")
        if name not in members or _screen(b"".join(content(file, members[name])), place) != link["screen_sha256"]:
            say(f"{name} is missing or was altered")
        before = link["link"]
    if before != chain["head"]:
        say(f"recordings/{number}/chain.json: the last links are missing")


def _screen(raw: bytes, place: int) -> str:
    """Return the hash of the screen that a chunk holds, nothing where it is none."""
    found = _CHUNK.fullmatch(raw)
    if found is None or int(found[1]) != place:
        return ""
    try:
        return hashlib.sha256(base64.b64decode(found[2], validate=True)).hexdigest()
    except binascii.Error:
        return ""
