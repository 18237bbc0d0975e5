"""The recordings in a case file, verified by their chain: no chunk changed, moved or left out, and its end is the one that a fact tells. CAS-7, LIV-2."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
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


def _sealed(file: BinaryIO, facts: Member) -> dict[str, str]:
    """Return the last links that facts tell, by the number of the session."""
    found = {}
    for raw in lines(file, facts, octets_max=8_000_000):
        line = json.loads(raw)
        if line.get("head", {}).get("name") == "remote.ended" and "content" in line:
            told = line["content"]["data"]
            found[told["number"]] = told["head"]
    return found


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
