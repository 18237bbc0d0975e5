"""Refusals of sales."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal, Stale


class NotOffered(Refusal):
    code = "not_offered"
    message = _("This cannot be ordered now. Choose something else, or ask us.")


class PriceMoved(Stale):
    """The price is no longer the one that was shown: a plan, a promotion or the tax changed. `context["price"]`."""

    code = "sale_price_moved"
    message = _("The price changed since it was shown to you. Nothing was ordered; please look at the new one.")


class FiscalInvalid(Invalid):
    """A datum for invoices that the tax authority would not take."""

    code = "fiscal_invalid"


class AmountDiffers(Invalid):
    code = "payment_amount"
    message = _("The amount that came in is not that of the order. Record what was agreed with the customer as a new order.")


class AlreadyPaid(Refusal):
    code = "sale_paid"
    message = _("This order is already paid. Nothing was done a second time.")


class CannotActivate(Refusal):
    """What was bought cannot be given now; `context["because"]` is the code of what hinders it. Nothing was written."""

    code = "cannot_activate"
    message = _("What was ordered cannot be activated now, so nothing was recorded.")


class PaymentAway(Refusal):
    """The payment provider does not answer. The order stays as it is."""

    code = "payment_away"
    status = 503
    message = _("The payment page cannot be reached at this moment. Your order is kept: try again in a few minutes, or pay by transfer.")


class WayNotOffered(Refusal):
    code = "payment_way"
    message = _("This way of paying is not set up. Choose another one.")


class NotAnInvoice(Invalid):
    code = "not_an_invoice"


class RefundTooMuch(Invalid):
    code = "refund_too_much"
    message = _("More cannot be given back than was paid and not given back yet.")


class RefundFirst(Refusal):
    code = "refund_first"
    message = _("This order is paid. Record first that its money was given back.")


class MoneyBack(Refusal):
    code = "money_back"
    message = _("The money of this order went back, so nothing is given for it. Cancel the order.")


class CodesShown(Refusal):
    code = "codes_shown"
    message = _("The codes were shown already and are kept nowhere. Let the cards be made void and issued again.")


class WebhookRefused(Refusal):
    """A call of a payment provider that is not proven to come from it. It changes nothing and is told nothing."""

    code = "webhook_refused"
    status = 400
    message = _("Not accepted.")
