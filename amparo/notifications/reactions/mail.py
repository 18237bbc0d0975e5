"""From mail that comes in to notices: what waits for staff, and which letters did not arrive. TKT-1, SEC-15."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.history.queries import FactRow

from .. import commands, readers
from ..commands import Words
from .shared import moment

SORTING = ("operator", "engineer")


def waiting(fact: FactRow) -> None:
    """Tell who sorts mail that something waits; of many within an hour, once."""
    if not fact.data.get("tell"):
        return
    told = []
    for reader in readers.staff(*SORTING):
        with translation.override(reader.language):
            words = Words(
                title=_("E-mail waits for you"), url="/desk/mailbox/",
                paragraphs=(_("It could not be brought to a matter by itself; the reason stands beside each message."),),
                action=_("Sort it"),
            )  # fmt: skip
            told.append((reader, words))
    commands.tell("mail_waiting", told, subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


def bounced(fact: FactRow) -> None:
    """Mark the letter that came back, and tell staff whom letters do not reach, once a day."""
    if fact.data.get("letter"):
        commands.mark_bounced(fact.data["letter"], user_id=int(fact.subject.partition(":")[2]), subject=fact.data["matter"])
    if not fact.data.get("tell"):
        return
    told = []
    for reader in readers.staff(*SORTING):
        with translation.override(reader.language):
            words = Words(
                title=_("Letters do not reach %(address)s") % {"address": fact.data["address"]}, url="/desk/mailbox/bouncing/",
                paragraphs=(_("Ask for another address by telephone; what we wrote stands in the portal."),),
                figures=((_("The other server said"), f"{fact.data['status']} {fact.data['words']}".strip()),) if fact.data["status"] or fact.data["words"] else (),
                action=_("See it"),
            )  # fmt: skip
            told.append((reader, words))
    commands.tell("bounced", told, subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))
