"""What is told of development requests: that what is specified changed. QUO-4, CAS-6."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.history.queries import FactRow

from .. import commands, readers
from ..commands import Words
from .shared import moment, subject


def amended(fact: FactRow) -> None:
    """Tell whoever attends the case that its specification has a new version. QUO-4."""
    matter = readers.matter_of(fact.data["matter"])
    if matter is None:
        return
    told = []
    for reader in readers.who_attends(matter):
        with translation.override(reader.language):
            told.append((reader, Words(
                title=_("The specification of %(matter)s changed") % {"matter": subject(matter)},
                url=f"/desk/quotations/{fact.subject.replace(':', 's/')}/",
                paragraphs=(_("The customer sent version %(number)s. See what differs before you go on with the quote.") % {"number": fact.data["version"]},),
                action=_("See what changed"),
            )))  # fmt: skip
    commands.tell(
        "customer_wrote", told, subject=fact.data["matter"], customer_id=matter.customer_id, fact_id=fact.id, at=moment(fact)
    )
