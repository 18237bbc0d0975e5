"""Is a case file what was signed? Asked of the file alone: no database, no installation. CAS-7, SEC-28."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from amparo.history.rules import GENESIS, sha256, text_of

from . import proof, recordings
from .archive import Damaged, Member, content, digest_of, lines, read_layout

MANIFEST_OCTETS_MAX = 8_000_000
LINE_OCTETS_MAX = 8_000_000
PROBLEMS_MAX = 50
_HEX = re.compile(r"[0-9a-f]{64}")
_RECORDING = re.compile(r"recordings/(R-[0-9]+)/(chain\.json|replay\.html|timeline\.js|chunk-([0-9]{5})\.js)")
_PLAYER = re.compile(r"replay/[a-z]+\.(js|css)")
_FILE = re.compile(r"files/([0-9a-f]{64})(\.[A-Za-z0-9]{1,10})?")
# What a line of a fact may hold beside chain, place and hash, by the kind of its link: all of it, without its content, or its
# link alone.
_LINE_KEYS = {
    1: ({"head", "content"}, set()),
    2: ({"head", "content", "salt"}, {"head", "content_sha256"}, {"digest"}),
}


@dataclass(slots=True)
class Verdict:
    """What was found: nothing wrong, or what and where; and what the file says of itself."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    case: str = ""
    made_at: str = ""
    key: str = ""
    facts: int = 0

    @property
    def is_valid(self) -> bool:
        return not self.problems

    @property
    def is_whole(self) -> bool:
        """True where nothing of the record was broken or gone already when the file was made."""
        return self.is_valid and not self.gaps

    def add(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)


def verify(path: Path, *, keys: Sequence[bytes] = ()) -> Verdict:
    """Look at a case file from its first byte to its last; say what was altered, reordered, dropped or added. CAS-7.

    `keys` are the public keys that are trusted, 32 bytes each. Without any, the key in the file itself is taken, and a note
    says that its fingerprint must be compared with the published one. Raises OSError where the file cannot be read.
    """
    verdict = Verdict()
    with path.open("rb") as file:
        try:
            members = read_layout(file)
            _verify(file, {member.name: member for member in members}, [member.name for member in members], keys, verdict)
        except Damaged as damage:
            verdict.add(str(damage))
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError, OverflowError) as fault:
            verdict.add(f"what stands in the file is not what the format says ({type(fault).__name__})")
    return verdict


def _verify(file: BinaryIO, members: dict[str, Member], order: list[str], keys: Sequence[bytes], verdict: Verdict) -> None:
    for name in (proof.MANIFEST, proof.SIGNATURE, *proof.FIXED):
        if name not in members:
            verdict.add(f"{name} is missing")
    if verdict.problems:
        return
    if members[proof.MANIFEST].size > MANIFEST_OCTETS_MAX or members[proof.SIGNATURE].size != 64:
        raise Damaged("the manifest or its signature has a size that it cannot have")
    signed = b"".join(content(file, members[proof.MANIFEST]))
    _signature(file, members, signed, keys, verdict)
    manifest = _canonical(signed, proof.MANIFEST)
    if manifest.get("format") != proof.FORMAT:
        raise Damaged(f"the manifest is of another format: {str(manifest.get('format'))[:60]}")
    if verdict.key and manifest.get("key") != verdict.key:
        verdict.add("the manifest names another key than the one that signed it")
    verdict.case, verdict.made_at = str(manifest["case"]), str(manifest["made_at"])
    _members(file, members, order, manifest, verdict)
    committed = _facts(file, members[proof.FACTS], manifest, verdict)
    recordings.look(file, members, manifest, verdict.add)
    _record(file, members, manifest, committed, verdict)


def _signature(file: BinaryIO, members: dict[str, Member], signed: bytes, keys: Sequence[bytes], verdict: Verdict) -> None:
    signature = b"".join(content(file, members[proof.SIGNATURE]))
    embedded = proof.keys_in(b"".join(content(file, members[proof.KEY])) if members[proof.KEY].size < 2_000 else b"")
    if len(embedded) != 1:
        verdict.add(f"{proof.KEY} holds no Ed25519 key")
    by = next((key for key in [*keys, *embedded] if proof.is_signed(key, signature, signed)), None)
    verdict.key = proof.fingerprint(by) if by else ""
    if by is None:
        verdict.add("the signature does not belong to the manifest: one of them was altered, or another key made it")
    elif keys and by not in keys:
        verdict.add(
            f"the file is signed with a key that is not trusted: fingerprint {proof.grouped(verdict.key)}. Give the vendor's "
            "published key with --key"
        )
    elif not keys:
        verdict.notes.append(
            f"signed with the key that comes in the file itself: compare its fingerprint {proof.grouped(verdict.key)} with "
            "the one that the vendor publishes, or give the published key with --key"
        )
    if by is not None and embedded != [by]:
        verdict.add(f"{proof.KEY} is not the key that signed the manifest")


def _canonical(raw: bytes, where: str) -> dict[str, Any]:
    """Return an object that is written in the one way that the format allows. Raises Damaged."""
    try:
        text = raw.decode("utf-8")
        found = json.loads(text)
        if isinstance(found, dict) and text_of(found) == text:
            return found
    except (ValueError, RecursionError):
        pass
    raise Damaged(f"{where} is not canonical JSON: it was altered")


def _members(file: BinaryIO, members: dict[str, Member], order: list[str], manifest: dict[str, Any], verdict: Verdict) -> None:
    listed = {one["name"]: one for one in manifest["members"]}
    expected = [*(one["name"] for one in manifest["members"]), proof.MANIFEST, proof.SIGNATURE]
    for name in expected:
        if name not in members:
            verdict.add(f"{name} is missing: the manifest lists it")
    for name in order:
        if name not in expected:
            verdict.add(f"{name} was added: the manifest does not list it")
    if sorted(order) == sorted(expected) and order != expected:
        moved = next(name for name, right in zip(order, expected, strict=True) if name != right)
        verdict.add(f"the members were reordered, the first at {moved}")
    if tuple(expected[: len(proof.FIXED)]) != proof.FIXED or len(set(expected)) != len(expected):
        verdict.add("the manifest lists other members than the format names")
    for name in order:
        try:
            found = digest_of(file, members[name])
        except Damaged as damage:
            verdict.add(str(damage))
            continue
        one = listed.get(name)
        if one and (found != one["sha256"] or members[name].size != one["size"]):
            verdict.add(f"{name} was altered: its SHA-256 or size is not what the manifest says")
        if (named := _FILE.fullmatch(name)) and named[1] != found:
            verdict.add(f"{name} does not hold the content that its name says")
        known = named or _RECORDING.fullmatch(name) or _PLAYER.fullmatch(name)
        if name in listed and name not in proof.FIXED and not known:
            verdict.add(f"{name} is not a member that the format knows")


def _facts(file: BinaryIO, member: Member, manifest: dict[str, Any], verdict: Verdict) -> dict[int, str]:
    """Follow each chain: no fact altered, dropped, added or moved; return the hashes of texts that facts tell, by entry. CAS-1."""
    committed: dict[int, str] = {}
    chains = {one["subject"]: one for one in manifest["chains"]}
    if [*chains][:1] != [manifest["subject"]] or len(chains) != len(manifest["chains"]):
        verdict.add("the manifest does not begin with the chain of its case")
    heads: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(lines(file, member, octets_max=LINE_OCTETS_MAX), 1):
        where = f"{proof.FACTS}, line {number}"
        try:
            line = _canonical(raw, where)
            _fact(line, where, chains, heads, verdict)
            told = line["content"]["data"] if "content" in line else {}
            if "body_sha256" in told and committed.setdefault(told["entry"], told["body_sha256"]) != told["body_sha256"]:
                verdict.add(f"{where}: two facts tell different texts of the entry {told['entry']}")
        except Damaged as damage:
            verdict.add(str(damage))
        except (KeyError, TypeError, AttributeError):
            verdict.add(f"{where}: this is no fact as the format tells it")
    if [*heads] != [name for name, one in chains.items() if one["count"]]:
        verdict.add(f"{proof.FACTS} does not hold the chains in the order of the manifest")
    for subject, one in chains.items():
        seq, head = heads.get(subject, (0, GENESIS))
        if (seq, head) != (one["count"], one["head"]):
            verdict.add(f"the chain {subject} ends at fact {seq}, not as the manifest says at {one['count']}: facts are missing or were altered")
    verdict.facts = sum(seq for seq, _head in heads.values())
    return committed


def _fact(
    line: dict[str, Any], where: str, chains: dict[str, Any], heads: dict[str, tuple[int, str]], verdict: Verdict
) -> None:
    subject, seq, stated = line["chain"], line["seq"], line["hash"]
    rest = set(line) - {"chain", "seq", "version", "hash"}
    if rest not in _LINE_KEYS.get(line["version"], ()) or type(seq) is not int or not _HEX.fullmatch(stated):
        raise Damaged(f"{where}: this is no fact as the format tells it")
    if subject not in chains or (heads and subject not in heads and [*chains].index(subject) < [*chains].index([*heads][-1])):
        raise Damaged(f"{where}: the chain {str(subject)[:80]} does not belong here")
    last, previous = heads.get(subject, (0, GENESIS))
    if seq != last + 1:
        what = "stands twice or was moved" if seq <= last else f"follows fact {last}: facts between were dropped or moved"
        verdict.add(f"{where}: fact {seq} of {subject} {what}")
    made = proof.link_of(previous, line)
    if made is not None and made != stated:
        verdict.add(f"{where}: fact {seq} of {subject} was altered, or what stands before it")
    if "head" in line and line["head"].get("subject") != subject:
        verdict.add(f"{where}: fact {seq} tells of another subject than its chain")
    heads[subject] = (seq, stated)


def _record(
    file: BinaryIO, members: dict[str, Member], manifest: dict[str, Any], committed: dict[int, str], verdict: Verdict
) -> None:
    """Look at what the record says of files, that its texts are those of the facts, and that it begins with the manifest's case."""
    used: Counter[str] = Counter()
    texts: set[int] = set()
    sessions: list[dict[str, Any]] = []
    first = True
    for number, raw in enumerate(lines(file, members[proof.RECORD], octets_max=LINE_OCTETS_MAX), 1):
        where = f"{proof.RECORD}, line {number}"
        try:
            line = _canonical(raw, where)
        except Damaged as damage:
            verdict.add(str(damage))
            continue
        if first and (line.get("kind"), line.get("number")) != ("case", manifest["case"]):
            verdict.add(f"{where}: the record does not begin with the case of the manifest")
        first = False
        if not isinstance(line.get("kind"), str):
            verdict.add(f"{where}: this is no line as the format tells it")
        if line.get("kind") == "entry" and (told := committed.get(line["id"])) is not None:
            texts.add(line["id"])
            if sha256(line["body"]) != told:
                verdict.add(f"{where}: the text of entry {line['id']} is not the one that its fact tells the hash of")
        if line.get("kind") == "remote_session" and "films" in line:
            sessions.append(line)
        verdict.gaps += _gaps(line)
        for one in _files(line):
            used[one["member"]] += 1
            if one["member"] not in members or members[one["member"]].size != one["size"]:
                verdict.add(f"{where}: its file {one['member'][:100]} is not in the archive as it says")
    if first:
        verdict.add(f"{proof.RECORD} is empty")
    if sessions:
        recordings.look_at_films(file, members[proof.FACTS], sessions, verdict.add)
    for entry in sorted(committed.keys() - texts):
        verdict.add(f"{proof.RECORD}: the entry {entry} that a fact tells of is missing")
    for name in members:
        if name.startswith("files/") and name not in used:
            verdict.add(f"{name} is named nowhere in the record")


def _gaps(line: dict[str, Any]) -> list[str]:
    """Return what a line says of its recording or files that could not be put into the file. CAS-7."""
    if line.get("broken"):
        what = "class" if line["kind"] == "class" else "remote session"
        return [f"the recording of the {what} {line['number']} was broken when the file was made and is not in it: {line['broken']}"]
    return [f"the file «{one['name']}» was gone from the store when the file was made" for one in line.get("files") or [] if not one.get("member")]


def _files(line: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Return what a line says of files of the archive; one that has its own reason to be away names none."""
    return [one for one in line.get("files") or [] if one.get("member")]


