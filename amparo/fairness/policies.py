"""Whether the page is public."""

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

declare(
    "fairness.is_public",
    default=False,
    kind=bool,
    label=_("Show everybody how promises are kept"),
    help=_("On the page /fairness/: promises made and kept this month and in the last twelve, times, and how complaints ended. Staff always see it."),
    rule="TIM-9",
    group="fairness",
)
