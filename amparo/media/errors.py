"""Refusals of the gateways, and what stops one from being started."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Refusal


class GatewayProblem(Exception):
    """Why a gateway cannot be started, in a sentence for the operator."""


class GatewayAway(Refusal):
    """The gateway does not answer, or there is none."""

    code = "gateway_away"
    status = 503
    message = _("Sound and image cannot be reached now. Please try again in a minute, or write to us here.")


class GatewayRefused(Refusal):
    """The gateway answered with an error."""

    code = "gateway_refused"
    status = 502
    message = _("The gateway of sound and image refused this. Please try again.")

    def __init__(self, *, error: int = 0, reason: str = "") -> None:
        super().__init__(error=error, reason=reason)
        self.error = error
