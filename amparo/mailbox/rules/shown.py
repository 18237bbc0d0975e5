"""The HTML of a message as a page shows it: its pictures are our own files, in our own making. Pure. SEC-14, SEC-21, SEC-26."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping

_PICTURE = re.compile(r'<img [^<>]{0,2000}>')
_SOURCE = re.compile(r'src="cid:([^"<>]{1,250})"', re.IGNORECASE)
_OWN = re.compile(r"/files/[0-9A-Za-z_-]+/[^\s?#\"'<>]*")


def shown_html(safe: str, pictures: Mapping[str, str]) -> str:
    """Return safe HTML with each picture that came inside the message shown from our files; the others are left out."""

    def put(found: re.Match[str]) -> str:
        source = _SOURCE.search(found[0])
        url = pictures.get(entities.unescape(source[1]), "") if source else ""
        return f'<img src="{entities.escape(url)}" alt="">' if _OWN.fullmatch(url) else ""

    return _PICTURE.sub(put, safe)
