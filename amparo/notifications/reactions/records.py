"""What is told of a record whose time is nearly over. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from amparo.history.queries import FactRow
from amparo.ui import formats

from .. import readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import subject, tell, zone


def purge_announced(fact: FactRow) -> None:
    """Tell who decides for the customer when the content of a case will be purged, and how to take it away before. CAS-2, CAS-7."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        at = datetime.fromisoformat(fact.data["purge_at"].replace("Z", "+00:00"))
        return Words(
            title=_("The content of %(matter)s will be purged on %(day)s") % {
                "matter": subject(matter), "day": formats.day_full(at.astimezone(zone(reader)).date()),
            },
            url=matter.portal_url,
            paragraphs=(
                _("The time for which we keep the record of this case ends. Until then you can read it and take it away whole: one click makes a file that anybody can verify without us."),
                _("What stays: its number, dates, kind and what it charged. Messages, files and texts are removed for good."),
            ),
            action=_("Open the case and take the file"),
        )  # fmt: skip

    tell("purge", fact, matter, readers.who_decides(matter), write)

