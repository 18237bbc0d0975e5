"""Codes that somebody guesses: his network is shut out, the code that he might have hit is withdrawn, many at once are told. SEC-39.

A miss counts against its network and against its block, the first three digits of what was typed: only a code of that block could have been
meant. So a stranger takes back no code but one that he was about to guess, and who guesses from many networks meets the same end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM
from amparo.policies.queries import value
from amparo.remote.machine import Reason, State
from amparo.remote.models import Miss, Session
from amparo.remote.rules import codes

from .conducting import finish
from .shared import pepper, tell

ALARM_TIMES: Final = 20
_MISSES = 0x4D495353


@transaction.atomic
def missed(code: str, network: str, since: datetime, *, address: str, at: datetime) -> None:
    """Count a miss; do what follows from the last one that is allowed. Facts: `remote.withdrawn`, `remote.guessed`."""
    with connection.cursor() as cursor:  # one after the other: of many at once, one is the last that is allowed
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_MISSES, 0])
    most = value("remote.misses_max", at=at)
    block = codes.keyed("block", codes.block_of(code), pepper()) if code else ""
    Miss.objects.create(network=network, block=block, at=at)
    withdrawn = _withdraw(code, block, most, at) if block else []
    lately = Miss.objects.filter(at__gt=since)
    of_network, of_all = lately.filter(network=network).count(), lately.count()
    why = "network" if of_network == most else "everywhere" if of_all == most * ALARM_TIMES else "block" if withdrawn else ""
    if why:
        record(
            "remote.guessed", subject="service:remote", actor=SYSTEM, at=at, why=why, network=codes.network_of(address),
            networks=lately.values("network").distinct().count(), count=of_network if why == "network" else of_all,
            withdrawn=[one.number for one in withdrawn], cases=[one.case_id for one in withdrawn],
        )  # fmt: skip


def _withdraw(code: str, block: str, most: int, at: datetime) -> list[Session]:
    """Take back each code of this block that was aimed at as often as is allowed while it waited; return whose."""
    aimed = Miss.objects.filter(block=block)
    waiting = Session.objects.select_for_update(of=("self",)).filter(state=State.OFFERED).select_related("case").order_by("pk")
    withdrawn = [
        one for one in waiting.filter(expires_at__gt=at, offered_at__gt=at - timedelta(hours=1))
        if codes.block_of(codes.code_of(one.public_id, pepper())) == codes.block_of(code) and aimed.filter(at__gte=one.offered_at).count() >= most
    ]  # fmt: skip
    for session in withdrawn:
        finish(session, Reason.GUESSED, actor=SYSTEM, at=at)
        tell("withdrawn", session, actor=SYSTEM, at=at)
    return withdrawn


def forget_misses(*, at: datetime) -> int:
    """Forget wrong codes that no limit counts any more; return how many."""
    old = at - timedelta(minutes=max(1440, value("remote.misses_minutes", at=at)))
    return Miss.objects.filter(at__lte=old).delete()[0]
