"""The figures of conversations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

declare(
    "threads.body_characters_max",
    default=50_000,
    kind=int,
    label=_("Longest message"),
    help=_("In characters. Longer texts can be sent as a file."),
    group="tickets",
    rule="TKT-1",
    unit=_("characters"),
)
declare(
    "threads.presence_seconds",
    default=45,
    kind=int,
    label=_("How long somebody counts as being on a page"),
    help=_("In seconds, after the last sign of life of the page."),
    group="tickets",
    rule="TKT-1",
    unit=_("seconds"),
)
