"""What a file is by its first bytes, how it may be called. Pure. SEC-26, SEC-28."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

HEAD_OCTETS = 4096
NAME_LENGTH_MAX = 120
UNKNOWN = "application/octet-stream"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
# What the content allows and the name narrows: an office document is a ZIP whose name says which.
_NARROWED: dict[tuple[str, str], str] = {
    ("application/zip", ".docx"): "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ("application/zip", ".xlsx"): "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ("application/zip", ".pptx"): "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ("application/zip", ".odt"): "application/vnd.oasis.opendocument.text",
    ("application/zip", ".ods"): "application/vnd.oasis.opendocument.spreadsheet",
    ("application/x-ole-storage", ".doc"): "application/msword",
    ("application/x-ole-storage", ".xls"): "application/vnd.ms-excel",
    ("text/plain", ".csv"): "text/csv",
}
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"})
# What strangers may read: of pictures there only our own rendering goes out. The bytes as they came tell place and device.
PUBLISHED = frozenset({"forumpost", "topic", "post", "article", "articlefile", "course"})
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|math|xml|\?xml|iframe|style|!--)", re.IGNORECASE)
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}


def sniff(head: bytes, name: str) -> str:
    """Return the content type by the first bytes; what the sender said is not asked. SEC-26.

    The name only narrows what the bytes allow. Anything that could run in a browser is «unknown».
    """
    kind = next((found for at, magic, found in _MAGIC if head[at : at + len(magic)] == magic), "")
    if kind == "image/bmp" and len(head) < 26:
        kind = ""
    if not kind:
        kind = UNKNOWN if _MARKUP.search(head) or not _is_text(head) else "text/plain"
    return _NARROWED.get((kind, PurePosixPath(name.lower()).suffix), kind)


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    for cut in range(4):  # the last letter may be cut in the middle
        try:
            text = head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in text)
    return False


def safe_name(name: str) -> str:
    """Return a file's name as it is kept: one plain line, no path, no invisible or direction-turning signs. SEC-17, SEC-21.

    Normalised first, checked after; so that what was hidden by a zero-width sign is seen.
    """
    name = unicodedata.normalize("NFKC", name)
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r'[<>:"|?*%#;&`$\x7f]+', "_", name)
    name = re.sub(r"\s+", " ", name)
    name = re.sub(r"\.{2,}", ".", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    if stem.strip().lower() in _RESERVED or not stem.strip():
        stem = "archivo"
    suffix = re.sub(r"[^0-9A-Za-z]", "", suffix)[:10]
    stem = stem[: NAME_LENGTH_MAX - len(suffix) - 1].rstrip(" .") or "archivo"
    return f"{stem}.{suffix}" if suffix else stem
