"""What MeshCentral is asked and how it is signed: tokens, versions, links. Pure. LIV-2, SEC-39.

A token acts as its account: give each engineer a restricted account there, never the administrator's.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

OLDEST: Final = (1, 3, 1)  # older ones are attacked: no setting allows them
DESKTOP: Final = 2
NOTIFY_DESKTOP, PROMPT_DESKTOP, TOOLBAR_DESKTOP = 0x01, 0x08, 0x40
_FOOTER: Final = re.compile(r"MeshCentral\s+v?(\d+)\.(\d+)\.(\d+)")
_NODE: Final = re.compile(r"node/[\w-]*/[\w@$]{8,128}")


def version_in(page: str) -> tuple[int, int, int] | None:
    """Return the version that the footer of the sign-in page names («MeshCentral {serverversion}» in the server's settings)."""
    found = _FOOTER.search(page)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def new_enough(version: tuple[int, int, int] | None) -> bool:
    """Tell whether a server may be used; one that names no version may not."""
    return version is not None and version >= OLDEST


def login_token(user: str, key: str, *, nonce: bytes, seconds: int) -> str:
    """Return a token that signs an account in, good for MeshCentral's own minutes from `seconds` (Unix time).

    AES-256-GCM with the first 32 bytes of the login token key (hexadecimal): nonce (12), tag (16), then the text, in MeshCentral's base64.
    """
    secret = bytes.fromhex(key)
    if len(secret) < 32 or len(nonce) != 12:
        raise ValueError("the login token key has at least 64 hexadecimal digits, the nonce 12 bytes")
    plain = json.dumps({"u": user, "a": 3, "time": seconds}, separators=(",", ":")).encode()
    sealed = AESGCM(secret[:32]).encrypt(nonce, plain, None)
    laid = nonce + sealed[-16:] + sealed[:-16]
    return base64.b64encode(laid).decode().replace("+", "@").replace("/", "$")


def is_node(text: str) -> bool:
    """Tell whether a word names a device of MeshCentral: it never chooses a host."""
    return bool(_NODE.fullmatch(text))


def share_request(node: str, *, guest: str, minutes: int, view_only: bool) -> dict[str, Any]:
    """Return the question for a link to one device: the desktop alone, for so long, after the customer's own consent each time. LIV-2."""
    if not is_node(node) or not 1 <= minutes <= 240:
        raise ValueError("a device and a time are needed")
    return {
        "action": "createDeviceShareLink", "responseid": "amparo", "nodeid": node, "guestname": guest[:100], "p": DESKTOP, "expire": minutes,
        "consent": NOTIFY_DESKTOP | PROMPT_DESKTOP | TOOLBAR_DESKTOP, "viewOnly": view_only,
    }  # fmt: skip
