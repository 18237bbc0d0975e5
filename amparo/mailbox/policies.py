"""The figures of mail in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

_G = "mailbox"
declare("mailbox.megabytes_max", default=50, kind=int, label=_("Largest message"), group=_G, rule="TKT-1", unit=_("MB"),
        help=_("A larger one stays in its mailbox, and staff are shown that it is there."))
declare("mailbox.sender_hourly_max", default=20, kind=int, label=_("Messages from one sender in an hour"), group=_G, rule="TKT-1",
        help=_("The rest wait for staff to look at them."))
declare("mailbox.matter_hourly_max", default=40, kind=int, label=_("Messages for one matter in an hour"), group=_G, rule="TKT-1",
        help=_("The rest wait for staff to look at them."))
declare("mailbox.answers_hourly_max", default=60, kind=int, label=_("Automatic answers to senders who may not open tickets, in an hour"),
        group=_G, rule="ACC-9", help=_("To all senders together; each gets at most one a day. 0: none are sent."))
