"""The settings of the editor that an administrator can change with effect from a date."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

SEVERAL, ALWAYS, NEVER = "several", "always", "never"

declare(
    "editor.second_pair", default=SEVERAL, kind=str, group="editor", rule="SRC-2",
    choices=((SEVERAL, _("Where there is more than one editor")), (ALWAYS, _("Always")), (NEVER, _("Never"))),
    label=_("Review before something is published"),
    help=_("The author of a draft sends it for review and another editor publishes it. With «always» and only one editor, an administrator publishes."),
)  # fmt: skip
