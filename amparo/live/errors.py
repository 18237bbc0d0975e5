"""Refusals of live service."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NumberInvalid(Invalid):
    code = "number_invalid"
    message = _("This is not a telephone number. Write it with its area code, for example 55 1234 5678 or +52 55 1234 5678.")


class CallEnded(Refusal):
    code = "call_ended"
    message = _("This call has already ended. What came of it can still be added to its record.")


class CallOpen(Refusal):
    code = "call_open"
    message = _("This call has not ended yet. End it first, with what it was about.")
