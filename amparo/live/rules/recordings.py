"""Which recordings of an exchange are linked: pure. SEC-43."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


def recording_link(url: str, base: str) -> str:
    """Return the address of a recording where it lies on the exchange's configured host, below its folder; else nothing.

    `base` is what the administrator wrote (`https://pbx.ejemplo.mx/grabaciones/`). Nothing is ever fetched by us; a link to
    any other place, with a user in it, or that climbs out of the folder is not kept.
    """
    if not url or not base or any(ord(sign) <= 32 or sign == "\\" for sign in url):
        return ""
    try:
        ours, given = urlsplit(base), urlsplit(url)
        same = (given.scheme, given.hostname, given.port) == (ours.scheme, ours.hostname, ours.port)
    except ValueError:
        return ""
    if not same or ours.scheme not in ("https", "http") or given.username is not None or given.password is not None:
        return ""
    folder = ours.path if ours.path.endswith("/") else f"{ours.path}/"
    parts = given.path.split("/")
    if not given.path.startswith(folder) or ".." in parts or "%2e" in given.path.lower() or "%2f" in given.path.lower():
        return ""
    return f"{given.scheme}://{given.netloc}{quote(given.path, safe='/%:@+,;=~!$()*')}" + (f"?{quote(given.query, safe='=&%+-_.~/:')}" if given.query else "")
