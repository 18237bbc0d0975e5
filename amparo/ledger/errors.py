"""Refusals of the ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class AmountInvalid(Invalid):
    """Not a positive whole number, or more than was reserved. LED-1, LED-2."""

    code = "amount_invalid"
    message = _("The amount must be a whole number above zero, and no more than there is.")


class NotEnough(Refusal):
    """The pocket has less than was asked; `context["available"]` says how much. LED-2, CHG-10."""

    code = "not_enough"
    message = _("There is not enough left in this pocket. Redeem a service card, or ask us for one.")


class NotInForce(Refusal):
    """The pocket has not begun, or has ended. LED-3, LED-6."""

    code = "pocket_not_in_force"
    message = _("What is left here can only be used while it is in force.")


class AlreadyEnded(Refusal):
    """The reservation was already posted or voided. LED-1."""

    code = "reservation_ended"
    message = _("This reservation was already charged or given back.")


class KeyReused(Refusal):
    """The same idempotency key with other parameters. LED-2, CHG-10."""

    code = "key_reused"
    status = 422
    message = _("This request was already made with other values. Nothing was done.")


class TooMuchGivenBack(Refusal):
    """More would be given back than was spent. LED-1."""

    code = "too_much_given_back"
    message = _("No more can be given back than was charged.")
