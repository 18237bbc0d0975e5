"""Refusals of policies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid


class ValueNotTaken(Invalid):
    code = "policy_value"
    message = _("This value cannot be taken. Look at the unit and the limits beside the field.")


class NotInThePast(Invalid):
    code = "policy_in_past"
    message = _("A setting takes effect now or later: what was promised under the old one stays. Choose a later date.")


class NoPicture(Invalid):
    code = "no_picture"
    message = _("This is no picture that can be used. Choose a PNG, JPEG or WebP of at most 2 MB.")
