"""Signatures of what exchanges deliver: HMAC-SHA256 over the time and the body. Pure. SEC-42."""

from __future__ import annotations

import hashlib
import hmac
import re

from amparo.live.errors import SignatureMissing, SignatureOld, SignatureWrong

OLD_AFTER = 300  # seconds, to either side
_SIGNATURE = re.compile(r"^sha256=([0-9a-f]{64})$")
_TIME = re.compile(r"^[0-9]{1,12}$")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a delivery, as its header carries it: `sha256=…`."""
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def verify(secret: str, timestamp: str, signature: str, body: bytes, *, now: int) -> None:
    """Return where the body is as it was signed with the secret, within five minutes. SEC-42.

    Raises SignatureMissing, SignatureOld, SignatureWrong; the comparison takes the same time whatever was given.
    """
    if not _TIME.match(timestamp) or not _SIGNATURE.match(signature):
        raise SignatureMissing
    if not secret or not hmac.compare_digest(sign(secret, int(timestamp), body), signature):
        raise SignatureWrong
    if abs(now - int(timestamp)) > OLD_AFTER:
        raise SignatureOld
