"""What follows in a case from facts of its quotes and orders. QUO-3, QUO-5. Each is idempotent: it looks at how things stand."""

from __future__ import annotations

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.queries import actor_by_id
from amparo.quotations.models import Quote, ServiceOrder

from . import commands


def _who(fact: FactRow) -> Actor:
    """Return the person who did it, so that the case's record names them; the service where nobody did."""
    kind, _sep, number = fact.actor_ref.partition(":")
    return actor_by_id(int(number)) if kind == "user" and number.isdecimal() else SYSTEM


def _quote(fact: FactRow) -> Quote:
    return Quote.objects.select_related("thread").get(pk=fact.subject_id)


def quote_presented(fact: FactRow) -> None:
    """`quote.presented`: the case waits for the customer."""
    commands.follow_presented(_quote(fact), actor=_who(fact), at=fact.at)


def quote_accepted(fact: FactRow) -> None:
    """`quote.accepted`: the case is attended."""
    order = ServiceOrder.objects.select_related("quote__thread", "version", "charge").get(pk=fact.data["order"])
    commands.follow_accepted(order, actor=_who(fact), at=fact.at)


def quote_ended(fact: FactRow) -> None:
    """`quote.rejected`, `quote.expired`, `quote.withdrawn`, `quote.change_asked`: the case waits for us."""
    how = fact.name.removeprefix("quote.")
    reason = str(fact.data.get("reason") or fact.data.get("words") or "")
    commands.follow_ended(_quote(fact), how=how, reason=reason, actor=_who(fact), at=fact.at)


def order_cancelled(fact: FactRow) -> None:
    """`order.cancelled`: the case waits for another quote."""
    order = ServiceOrder.objects.select_related("quote__thread", "version", "charge").get(pk=fact.subject_id)
    commands.follow_cancelled(order, actor=_who(fact), at=fact.at)
