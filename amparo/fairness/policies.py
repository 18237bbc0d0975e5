"""Whether the page is public."""

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

declare(
    "fairness.is_public",
    default=False,
    kind=bool,
    label=_("Everybody may read how promises are kept"),
    help=_("The page /fairness/: promises made and kept this month and in twelve, times, and how complaints ended. Staff see it in any case."),
    rule="TIM-9",
    group="fairness",
)
