"""SCORM packages: read by their manifest, never unpacked to their own paths; every limit is counted while reading. SEC-28.

What is refused: paths that leave the folder, links, encrypted entries, names that differ only in case, overlapping
entries, more entries or bytes or compression than the limits, documents with a DTD, what is no SCORM package.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from typing import IO, Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree

ENTRIES_MAX: Final = 4_000
OCTETS_MAX: Final = 400 * 1024 * 1024
RATIO_MAX: Final = 200
RATIO_FROM_OCTETS: Final = 1024 * 1024
MANIFEST_OCTETS_MAX: Final = 2 * 1024 * 1024
PATH_MAX: Final = 400
CHUNK: Final = 65_536
MANIFEST: Final = "imsmanifest.xml"


class Unsafe(Exception):
    """A package that is not read. `fault` is one of the codes of `campus.words.PACKAGE_FAULTS`; `name` the entry meant."""

    def __init__(self, fault: str, name: str = "") -> None:
        self.fault, self.name = fault, name[:120]
        super().__init__(fault)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself: its standard (1.2, 2004), the page that is opened first, the mark that masters it."""

    title: str
    standard: str
    entry: str
    mastery: int | None


@dataclass(slots=True)
class Contents:
    """A package that was read: its manifest, and for each path the hash and the size of what was kept."""

    manifest: Manifest
    files: dict[str, list[Any]] = field(default_factory=dict)
    size: int = 0


def safe_path(name: str) -> str:
    """Return an entry's path inside the package. Raises Unsafe."""
    if "\\" in name or "\x00" in name or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise Unsafe("path", name)
    parts = name.split("/")
    if name.startswith("/") or re.match(r"^[A-Za-z]:", name) or ".." in parts or "." in parts or not name or len(name) > PATH_MAX:
        raise Unsafe("path", name)
    return "/".join(part for part in parts if part)


def checked(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str]]:
    """Return the entries that are files with their safe paths, before a byte of them is read. Raises Unsafe."""
    infos = archive.infolist()
    if len(infos) > ENTRIES_MAX:
        raise Unsafe("entries")
    found, seen, places = [], set(), []
    for info in infos:
        path = safe_path(info.orig_filename if info.orig_filename.endswith("/") else info.filename)
        mode = info.external_attr >> 16
        if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
            raise Unsafe("link", path)
        if info.flag_bits & 0x1:
            raise Unsafe("encrypted", path)
        if info.is_dir():
            continue
        same = unicodedata.normalize("NFKC", path).casefold()
        if same in seen:
            raise Unsafe("twin", path)
        seen.add(same)
        places.append((info.header_offset, info.header_offset + info.compress_size))
        found.append((info, path))
    folders = {str(parent) for _info, path in found for parent in PurePosixPath(unicodedata.normalize("NFKC", path).casefold()).parents}
    if folders & seen:
        raise Unsafe("twin")
    places.sort()
    if any(after[0] < before[1] for before, after in pairwise(places)):
        raise Unsafe("overlap")
    if sum(info.file_size for info, _path in found) > OCTETS_MAX:
        raise Unsafe("octets")
    return found


def read(source: IO[bytes], keep: Callable[[IO[bytes]], str]) -> Contents:
    """Read a package: its manifest first, then each file through `keep`, which returns its hash. Raises Unsafe.

    `keep` gets a stream that ends with Unsafe where an entry is larger than it says, or the whole too large.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = checked(archive)
            listed = {path: info for info, path in entries}
            if MANIFEST not in listed:
                raise Unsafe("no_manifest")
            with archive.open(listed[MANIFEST]) as stream:
                manifest = parse(stream.read(MANIFEST_OCTETS_MAX + 1))
            if manifest.entry.partition("?")[0].partition("#")[0] not in listed:
                raise Unsafe("no_entry", manifest.entry)
            contents = Contents(manifest)
            for info, path in entries:
                with archive.open(info) as stream:
                    counted = Counted(stream, info, contents)
                    digest = keep(counted)  # type: ignore[arg-type]
                contents.files[path] = [digest, counted.octets]
            return contents
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as broken:
        raise Unsafe("broken") from broken


class Counted:
    """A stream that counts what comes out of an entry, and ends it at the limits. SEC-28."""

    def __init__(self, stream: IO[bytes], info: zipfile.ZipInfo, contents: Contents) -> None:
        self.stream, self.info, self.contents, self.octets = stream, info, contents, 0

    def read(self, _count: int = CHUNK) -> bytes:
        piece = self.stream.read(CHUNK)
        self.octets += len(piece)
        self.contents.size += len(piece)
        if self.contents.size > OCTETS_MAX:
            raise Unsafe("octets", self.info.filename)
        if self.octets > RATIO_FROM_OCTETS and self.octets > RATIO_MAX * max(1, self.info.compress_size):
            raise Unsafe("ratio", self.info.filename)
        return piece


def parse(text: bytes) -> Manifest:
    """Return what a manifest says. No DTD, no entities, nothing fetched. Raises Unsafe."""
    if len(text) > MANIFEST_OCTETS_MAX:
        raise Unsafe("octets", MANIFEST)
    plain = text.replace(b"\x00", b"").lower()
    if b"<!doctype" in plain or b"<!entity" in plain:
        raise Unsafe("doctype", MANIFEST)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (no DTD, so no entities)
    except (ElementTree.ParseError, ValueError, LookupError) as broken:
        raise Unsafe("no_manifest") from broken
    version = _text(root, "schemaversion").lower()
    standard = "1.2" if version.startswith("1.2") else "2004" if ("2004" in version or version.startswith("cam")) else ""
    if not standard:
        raise Unsafe("no_standard", version)
    resources = {one.get("identifier", ""): one for one in root.iter() if _name(one) == "resource"}
    bases = [one.get("{http://www.w3.org/XML/1998/namespace}base", "") for one in (root, *[x for x in root.iter() if _name(x) == "resources"][:1])]
    for item in root.iter():
        found = resources.get(item.get("identifierref", "")) if _name(item) == "item" else None
        if found is None or not found.get("href"):
            continue
        href = "".join([*bases, found.get("{http://www.w3.org/XML/1998/namespace}base", ""), found.get("href", "")])
        path, sign, query = href.partition("?")
        entry = safe_path(unquote(path)) + sign + query[:200]
        title = _text(root, "title") or "SCORM"
        return Manifest(title[:200], standard, entry[:PATH_MAX], _mastery(item))
    raise Unsafe("no_entry")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(root: ElementTree.Element, name: str) -> str:
    return next(((one.text or "").strip() for one in root.iter() if _name(one) == name and (one.text or "").strip()), "")


def _mastery(item: ElementTree.Element) -> int | None:
    for one in item.iter():
        text = (one.text or "").strip()
        if _name(one) == "masteryscore" and re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text):
            return min(100, round(float(text)))
    return None


# --- what a package reports ------------------------------------------------------------------------------------------

CMI_OCTETS_MAX: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Report:
    """What a package says of somebody: finished, passed, per cent. What it says is its own word, not the server's."""

    is_done: bool
    percent: int | None


def report(cmi: Any, standard: str, mastery: int | None = None) -> Report:
    """Return what the data of a package amount to, by its standard. Whatever it sent."""
    data = cmi if isinstance(cmi, dict) else {}
    if isinstance(data.get("cmi"), dict):
        data = data["cmi"]
    if standard == "1.2":
        given = data.get("core")
        core: dict[str, Any] = given if isinstance(given, dict) else {}
        status = str(core.get("lesson_status", "")).lower()
        percent = _percent(core.get("score"), scaled=False)
        if status == "completed" and mastery is not None and percent is not None:
            return Report(percent >= mastery, percent)
        return Report(status in ("completed", "passed"), percent)
    success, completion = str(data.get("success_status", "")).lower(), str(data.get("completion_status", "")).lower()
    percent = _percent(data.get("score"), scaled=True)
    return Report(success == "passed" or (completion == "completed" and success != "failed"), percent)


def _percent(score: Any, *, scaled: bool) -> int | None:
    if not isinstance(score, dict):
        return None
    for name, factor in ((("scaled", 100.0),) if scaled else ()) + (("raw", 1.0),):
        try:
            value = float(score.get(name, ""))
        except (TypeError, ValueError):
            continue
        if value == value and abs(value) < 1e6:  # neither NaN nor infinite
            return min(100, max(0, int(value * factor + 0.5)))
    return None
