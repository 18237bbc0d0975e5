"""Calls placed from a screen: what may be dialled, how often in a day, and each once. SEC-43."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Refusal, Stale
from amparo.live import access, rules
from amparo.live.errors import REFUSED_HERE, DialLimit, DialRefused
from amparo.live.models import Dial, Line
from amparo.people.models import User
from amparo.policies.queries import value

DAY = timedelta(days=1)
STALE_AFTER = timedelta(seconds=60)


def ask_to_dial(number: str, *, way: str, key: str, actor: Actor, at: datetime) -> Dial:
    """Let a person call a number from his line: by the exchange (`way` "exchange") or from his browser ("browser").

    The number must stand on the list of what may be dialled, and the person below his cap of a day; each is looked at
    here, whatever page or program asks; what is refused stays on record with its reason. The same key gives the first answer.
    Fact: `call.dialled`. SEC-43. Raises NotPermitted, NumberInvalid, DialRefused, DialLimit, Stale.
    """
    try:
        return _ask(number, way=way, key=key, actor=actor, at=at)
    except (DialRefused, DialLimit) as refusal:
        _note_refused(number, refusal, way=way, key=key, actor=actor, at=at)
        raise


@transaction.atomic
def _ask(number: str, *, way: str, key: str, actor: Actor, at: datetime) -> Dial:
    if not access.may_take_calls(actor) or actor.user_id is None:
        raise NotPermitted()
    User.objects.select_for_update(no_key=True).filter(pk=actor.user_id).first()  # two at once count one after the other
    known = Dial.objects.filter(key=key).first()
    line = _line_for(actor, way)
    plain = rules.dialable(
        rules.e164(number, line.exchange.region), countries=value("live.dial_countries", at=at).split(), refused=value("live.dial_refused", at=at).split()
    )
    if known is not None:
        if (known.user_id, known.number) != (actor.user_id, plain):
            raise Stale()
        if known.error == "limit":
            raise DialLimit()
        if known.error in REFUSED_HERE:
            raise DialRefused(why=known.error)
        return known
    if Dial.objects.filter(user=actor.user_id, asked_at__gt=at - DAY).exclude(state="refused").count() >= value("live.dial_daily_max", at=at):
        raise DialLimit()
    made = Dial.objects.create(user_id=actor.user_id, line=line, number=plain, state="browser" if way == "browser" else "asked", asked_at=at, key=key)
    record("call.dialled", subject=made, actor=actor, at=at, number=plain, extension=line.extension, way=way)
    if made.state == "asked":
        signal("telephone")
    return made


@transaction.atomic
def _note_refused(number: str, refusal: Refusal, *, way: str, key: str, actor: Actor, at: datetime) -> None:
    why = str(refusal.context.get("why", "limit"))
    if why == "line" or not number.strip():  # without a line there is no exchange that would show it; without a number, nothing to show
        return
    line = _line_for(actor, way)
    row = {"user_id": actor.user_id, "line": line, "number": rules.e164(number, line.exchange.region), "state": "refused", "error": why, "asked_at": at}
    Dial.objects.get_or_create(key=key, defaults=row)


def _line_for(actor: Actor, way: str) -> Line:
    lines = Line.objects.select_related("exchange").filter(user=actor.user_id, exchange__is_active=True)
    if way == "browser":
        found = lines.exclude(exchange__browser="").first()
    elif way == "exchange":
        found = lines.filter(exchange__kind="ami").first()
    else:
        raise DialRefused(why="line")
    if found is None:
        raise DialRefused(why="line")
    return found


@transaction.atomic
def take_dials(exchange_id: int, *, at: datetime, limit: int = 10) -> Sequence[Dial]:
    """Take what was asked of an exchange and carry it out once: each is marked before it is sent, so that none is sent twice.

    What waited longer than a minute is not dialled any more: whoever asked has gone on.
    """
    asked = Dial.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="asked", line__exchange=exchange_id)
    rows = list(asked.select_related("line__exchange").order_by("id")[:limit])
    for row in rows:
        fresh = row.asked_at > at - STALE_AFTER
        row.state, row.error = ("sent", "") if fresh else ("refused", "late")
        row.save(update_fields=["state", "error"])
    return [row for row in rows if row.state == "sent"]


@transaction.atomic
def dialled(dial: Dial, *, error: str, at: datetime) -> None:
    """Note in one word that the exchange did not place a call; it does not count for the cap."""
    Dial.objects.filter(pk=dial.pk).update(state="refused", error=error[:20])
    signal("calls", f"user:{dial.user_id}")
