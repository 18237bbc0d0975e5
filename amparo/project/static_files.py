"""How static files are published: compressed once, under the names with their hash, and only what pages ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What packages bring and no page of ours names: other versions of htmx and its extensions.
UNUSED = ["django_htmx/ext/*", "django_htmx/htmax-*", "django_htmx/htmx-4*", "django_htmx/htmx-2.js"]
HASHED = re.compile(r"\.[0-9a-f]{12}\.[^./]+$")
# The best takes ten times as long as what comes near it, for a twelfth of the size: worth it where everybody loads the file,
# not for the pages of editors.
BEST, QUICK = 11, 9
OF_EDITORS = "wagtail"


class Storage(CompressedManifestStaticFilesStorage):
    """Pages name files by their hash: under their plain names they stay uncompressed."""

    quality = BEST

    def create_compressor(self, **options: Any) -> Compressor:
        made = Compressor(**options)
        made.compress_brotli = partial(brotli.compress, quality=self.quality)
        return made

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        hashed = [path for path in paths if HASHED.search(path)]
        for self.quality in (BEST, QUICK):
            yield from super().compress_files(
                [path for path in hashed if path.startswith(OF_EDITORS) is (self.quality == QUICK)]
            )
