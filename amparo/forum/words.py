"""What moderators did, as words for people."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

VERBS: Final[dict[str, Any]] = {
    "hide_post": _("A post was hidden"), "hide_topic": _("The topic was hidden"), "close": _("The topic was closed"),
    "open": _("The topic was opened again"), "pin": _("The topic was pinned"), "unpin": _("The topic is pinned no more"),
    "move": _("The topic was moved to another theme"), "split": _("Replies were split off"), "merge": _("The topic was merged into another"),
    "kind": _("It was said to be a question or a discussion"),
}  # fmt: skip
