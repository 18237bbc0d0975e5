"""What a general development request says, whether it is whole, and its fingerprint: pure. QUO-4, CAS-6."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

# In the order of the form: what stands in a request besides its title, product and files.
PARTS: Final = ("aim", "present", "wanted", "data", "acceptance")
NEEDED: Final = ("aim", "present", "wanted", "acceptance")
PART_MAX: Final = 8_000
TITLE_MAX: Final = 160
VERSION_MAX: Final = 40
FILES_MAX: Final = 20


def clean(text: str, length: int = PART_MAX) -> str:
    """Return a text as it is kept: NFC, line ends LF, no control codes, nothing at its ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = unicodedata.normalize("NFC", re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", "", text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n ")[:length]


def clean_line(text: str, length: int) -> str:
    """Return a text as one line."""
    return " ".join(clean(text, length * 4).split())[:length]


def content_from(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a request out of what was posted; what is unknown is left out."""
    return {part: clean(str(given.get(part) or "")) for part in PARTS}


def missing(title: str, content: Mapping[str, str], product: str) -> list[str]:
    """Return the fields without which a request cannot be sent, in the order of the form."""
    found = [] if title.strip() else ["title"]
    if not product:
        found.append("product")
    return found + [part for part in NEEDED if not content.get(part, "").strip()]


def canonical(
    *, title: str, product: str, product_version: str, content: Mapping[str, str], files: Sequence[Mapping[str, Any]]
) -> str:
    """Return the one text of a specification that is hashed: JSON, keys sorted, no spaces, UTF-8 as it is.

    Each file stands with its name, size and SHA-256.
    """
    row = {
        "title": title, "product": product, "version": product_version,
        **{part: content.get(part, "") for part in PARTS},
        "files": [{"name": one["name"], "sha256": one["sha256"], "size": one["size"]} for one in files],
    }  # fmt: skip
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a canonical text, as hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
