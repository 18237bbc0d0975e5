"""Refusals of the editor."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Refusal


class OwnWork(Refusal):
    code = "own_work"
    message = _("You wrote this draft, and another editor publishes it. Send it for review in the editor, under «Submit».")
