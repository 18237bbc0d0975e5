"""Ways back: where a page leads on to, as it was handed in."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def own_path(text: str, *, characters_max: int = 400) -> str:
    """Return a path of our own as it stands, empty for anything that leads elsewhere or is no path. SEC-60."""
    if not text.startswith("/") or len(text) > characters_max or any(ord(sign) < 33 or ord(sign) == 127 for sign in text):
        return ""
    return text if url_has_allowed_host_and_scheme(text, allowed_hosts=None) else ""
