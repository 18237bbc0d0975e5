"""Tags of posts. Pure. SRC-3."""

from __future__ import annotations

import re
from typing import Final

from django.utils.text import slugify

TAGS_MAX: Final = 8
TAG_LENGTH_MAX: Final = 40


def tags_of(text: str) -> list[tuple[str, str]]:
    """Return the tags that a post names, as (address, name), each once, in their order.

    >>> tags_of("Corte de caja, versiones,  corte de  caja")
    [('corte-de-caja', 'Corte de caja'), ('versiones', 'versiones')]
    """
    found: dict[str, str] = {}
    for name in re.split(r"[,\n]", text):
        name = " ".join(name.split())[:TAG_LENGTH_MAX].strip()
        slug = slugify(name)[:TAG_LENGTH_MAX]
        if slug:
            found.setdefault(slug, name)
    return list(found.items())[:TAGS_MAX]
