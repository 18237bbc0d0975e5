"""Codes of an authenticator app, for tests."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal import auth


def totp_code(secret: str, later: int = 0) -> str:
    """Return the code that an app shows now, or `later` periods from now."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + later))
