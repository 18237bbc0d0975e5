"""Refusals of promotions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class CodeNotTaken(Invalid):
    """Unknown, over, not yet begun or used up: one answer, so that a guess learns nothing. SEC-45."""

    code = "promotion_code"
    message = _("This promotion code does not apply. Look whether it is written right and still running.")


class TooManyTries(LimitReached):
    code = "promotion_tries"
    message = _("Too many promotion codes that were not right. Go on without a code, or wait and try again.")


class UsedUp(Refusal):
    """The last use went to somebody else since the price was shown. Nothing was ordered."""

    code = "promotion_used_up"
    message = _("The promotion was used up meanwhile. Nothing was ordered; look at the price without it.")


class PromotionFixed(Refusal):
    code = "promotion_fixed"
    message = _("This promotion is published and stays as it is. End it, or make a new version of it.")


class PromotionOver(Refusal):
    code = "promotion_over"
    message = _("This promotion is over. Make a new version of it if it is to run again.")


class CodeInUse(Invalid):
    code = "promotion_code_in_use"
    message = _("Another promotion has this code in the same days. Choose another code or other days.")
