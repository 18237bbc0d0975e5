"""What is signed of a file and of an answer to «which update is due»: pure. UPD-2.

Of a file its checksum line is signed, not its bytes: the line is what `sha256sum --check` reads, so that two commands that every system
has verify a file of any size, and nobody has to hold 300 MB in memory to sign it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def checksum_line(name: str, sha256: str) -> bytes:
    """Return the line that is signed and that `sha256sum --check` reads: `SHA256 (name) = hash`."""
    return f"SHA256 ({name}) = {sha256}\n".encode()


def canonical(answer: Mapping[str, Any]) -> bytes:
    """Return JSON that is the same octets for the same content: sorted keys, no spaces, UTF-8 (as RFC 8785 for what we send)."""
    return json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
