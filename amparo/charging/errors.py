"""Refusals of charging."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal, Stale


class NeedInvalid(Invalid):
    """A need that no tariff can price: unknown code, an amount that is not a positive whole number."""

    code = "need_invalid"
    message = _("What is to be charged is not written right. Give whole amounts above zero.")


class BaseMissing(Invalid):
    """TAR-2: a further terminal is priced only after its base."""

    code = "base_missing"
    message = _(
        "A further terminal is only charged after the installation that it belongs to. "
        "Add the installation of the server, or of terminals only."
    )


class CreditsMissing(Refusal):
    """CHG-3: not enough credits; `context["missing"]` says how many, the remedies how to get them."""

    code = "credits_missing"
    status = 409
    message = _("There are not enough credits for this. Redeem a service card, or ask us for one.")


class PriceChanged(Stale):
    """The price is no longer the one that was shown: a tariff version began, or units were used meanwhile. TAR-1.

    `context["quote"]` is the new ChargeQuote. Nothing was done.
    """

    code = "price_changed"
    message = _(
        "The price changed since it was shown to you. Nothing was charged; please look at the new one."
    )


class NotCheaper(Refusal):
    """CHG-8: an engineer may choose a cheaper way for the customer, never a dearer one."""

    code = "not_cheaper"
    message = _("This way is not cheaper for the customer. Only a cheaper one may be chosen instead.")


class NotGiven(Refusal):
    """More was to be given back than was charged."""

    code = "nothing_to_give_back"
    message = _("There is nothing left of this charge to give back.")


class TariffFixed(Refusal):
    """TAR-1: a published version of the tariff is never changed."""

    code = "tariff_fixed"
    message = _("This version of the tariff is published and cannot be changed. Draft a new one.")


class TariffDate(Invalid):
    code = "tariff_date"
    message = _("A version must begin in the future, and after every version that is already published.")
