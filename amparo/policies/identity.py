"""The vendor's own identity: what customers see as the name, face and address of the service."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text

from .registry import declare


def _colour(value: Any) -> Text | None:
    return None if re.fullmatch(r"#[0-9a-fA-F]{6}|", value) else _("Write the colour as # and six digits, like #0f6b6b.")


def _address(value: Any) -> Text | None:
    ok = not value or re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+", value)
    return None if ok else _("Write an e-mail address, like soporte@example.com.")


def _one_line(value: Any) -> Text | None:
    return _("Write it on one line.") if re.search(r"[\r\n\x00]", value) else None


_G = "identity"
declare("identity.name", default="Amparo", kind=str, label=_("Name"), help=_("As customers know you."), group=_G, check=_one_line)
declare("identity.legal_name", default="", kind=str, label=_("Legal name"), group=_G, check=_one_line)
declare("identity.telephone", default="", kind=str, label=_("Telephone"), group=_G, check=_one_line)
declare("identity.hours", default="", kind=str, label=_("Hours, in words"), help=_("For example: Monday to Friday, 9:00 to 18:00."), group=_G, check=_one_line)
declare("identity.address", default="", kind=str, label=_("Address"), group=_G)
declare("identity.web", default="", kind=str, label=_("Web site"), group=_G, check=_one_line)
declare("identity.accent", default="", kind=str, label=_("Accent colour"), help=_("Empty for the deep teal of the house."), group=_G, check=_colour)
declare("identity.logo", default="", kind=str, label=_("Logo"), help=_("A PNG, JPEG or WebP picture, at best 240 × 64 pixels."), group=_G, check=_one_line)
declare("identity.mail_from", default="", kind=str, label=_("Sender of mail"), group=_G, check=_address)
