"""Translations laid together, so that a text is looked up in a few places and not in fifty.

Django keeps the texts of an app apart where its rule of plurals is another than that of the app before, and takes every
rule for another: it compares a function with a function's code. So each text of a page was looked for in up to
fifty-two dictionaries. Which app's translation wins stays as it was: the one that comes later.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation.trans_real import TranslationCatalog


def lay_together() -> None:
    """Let catalogs of one rule that follow each other be one. To be called before the first text is translated."""
    TranslationCatalog.update = _update  # type: ignore[method-assign]


def _update(self: Any, trans: Any) -> None:
    if trans.plural.__code__ == self._plurals[0].__code__:
        self._catalogs[0].update(trans._catalog)
    else:
        self._catalogs.insert(0, trans._catalog.copy())
        self._plurals.insert(0, trans.plural)
