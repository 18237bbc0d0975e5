"""The figures of files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

_G = "files"
declare("files.megabytes_max", default=25, kind=int, label=_("Largest file"), group=_G, rule="TKT-1",
        unit=_("MB"), help=_("Larger files are refused."))
declare("files.per_message_max", default=10, kind=int, label=_("Files in one message"), group=_G, rule="TKT-1",
        help=_("How many files one message can carry."))
declare("files.registered_megabytes_max", default=5, kind=int, label=_("Largest picture from people without a customer"), group=_G, rule="FOR-1",
        unit=_("MB"), help=_("People who are registered but act for no customer can add pictures in the forum, and no other files."))
declare("files.registered_daily_count_max", default=10, kind=int, label=_("Pictures in a day from people without a customer"), group=_G,
        rule="FOR-1", help=_("0: they cannot add any."))
declare("files.daily_megabytes_max", default=500, kind=int, label=_("Uploads of a person in a day"), group=_G,
        rule="TKT-1", unit=_("MB"), help=_("For customers; staff can upload four times as much."))
declare("files.daily_count_max", default=200, kind=int, label=_("Files of a person in a day"), group=_G,
        rule="TKT-1", help=_("For customers; staff can upload four times as many."))
