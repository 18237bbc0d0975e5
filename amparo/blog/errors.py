"""Refusals of the blog."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid


class NothingToSay(Invalid):
    code = "post_empty"
    message = _("A post needs a text before it is published.")


class NotAPicture(Invalid):
    code = "post_cover_bad"
    message = _("The cover must be a picture: PNG, JPEG, GIF or WebP, of a size that can be drawn.")
