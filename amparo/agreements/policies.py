"""What an administrator may set about agreements."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

declare(
    "agreements.members_may_accept",
    default=False,
    kind=bool,
    label=_("Members of a company may accept agreements for it"),
    help=_("When off, only the company's administrators may."),
    rule="AGR-1",
    group="agreements",
)
declare(
    "agreements.tell_new_version",
    default=True,
    kind=bool,
    label=_("Tell customers of a new version that their services will ask for"),
    help=_("Sent to the administrators of companies that accepted an earlier version of the document."),
    rule="AGR-1",
    group="agreements",
)
