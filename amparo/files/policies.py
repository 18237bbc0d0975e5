"""The figures of files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.policies.registry import declare

_G = "files"
declare("files.megabytes_max", default=25, kind=int, label=_("Largest file"), group=_G, rule="TKT-1",
        unit=_("MB"), help=_("A larger file is refused before it is kept."))
declare("files.per_message_max", default=10, kind=int, label=_("Files in one message"), group=_G, rule="TKT-1",
        help=_("At most so many files go with one message."))
declare("files.registered_megabytes_max", default=5, kind=int, label=_("Largest picture of who is registered only"), group=_G, rule="FOR-1",
        unit=_("MB"), help=_("Who acts for no customer adds pictures to what they write in the forum, and no other files."))
declare("files.registered_daily_count_max", default=10, kind=int, label=_("Pictures in a day of who is registered only"), group=_G,
        rule="FOR-1", help=_("With 0 nobody adds any who acts for no customer."))
declare("files.daily_megabytes_max", default=500, kind=int, label=_("Uploads of a person in a day"), group=_G,
        rule="TKT-1", unit=_("MB"), help=_("Of customers; staff may upload four times as much."))
declare("files.daily_count_max", default=200, kind=int, label=_("Files of a person in a day"), group=_G,
        rule="TKT-1", help=_("Of customers; staff may upload four times as many."))
