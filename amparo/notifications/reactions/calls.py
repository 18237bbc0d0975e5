"""Telephone calls: who reached nobody, and calls back that near their time or passed it. TEL-3, TIM-9."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.history.queries import FactRow
from amparo.live import rules
from amparo.live.models import Callback
from amparo.people.queries import customer_card

from .. import commands, readers
from ..commands import Words
from .shared import moment, when

URL = "/desk/live/"


def missed(fact: FactRow) -> None:
    """Tell who takes calls that somebody reached nobody: once for each caller, however often he tries."""
    if fact.data.get("times") != 1:
        return
    card = customer_card(fact.customer_id) if fact.customer_id else None
    who = (card.name if card else "") or fact.data.get("caller") or rules.shown(fact.data["number"])
    told = []
    for reader in readers.staff("operator"):
        with translation.override(reader.language):
            until = _("We owe a call back until %(when)s.") % {"when": when(fact.data["due_at"], reader)} if fact.data.get("due_at") else ""
            told.append((reader, Words(title=_("Missed call: %(who)s") % {"who": who}, url=URL, paragraphs=(until,) if until else (), action=_("See whom to call"))))
    commands.tell("call_missed", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def promised(fact: FactRow) -> None:
    """Tell who takes calls that a call back nears its time or passed it. TIM-9."""
    if fact.data.get("kind") != "callback":
        return
    row = Callback.objects.select_related("customer").filter(pk=int(fact.subject.partition(":")[2]), state=Callback.State.OPEN).first()
    if row is None:
        return
    who = row.customer.name if row.customer else row.caller_name or rules.shown(row.number)
    told = []
    for reader in readers.staff("operator"):
        with translation.override(reader.language):
            title = _("A call back is late: %(who)s") if fact.name == "promise.lapsed" else _("A call back nears its time: %(who)s")
            told.append((reader, Words(title=title % {"who": who}, url=URL, action=_("See whom to call"))))
    kind = "promise_lapsed" if fact.name == "promise.lapsed" else "promise_warned"
    commands.tell(kind, told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))
