"""The verbs of service cards: issued in batches, redeemed once, voided before. CRD-1."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext
from prometheus_client import Counter

from amparo.contracts import access
from amparo.contracts.errors import CardNotTaken, CardUsed, TooManyCodes
from amparo.contracts.models import CardAttempt, ServiceCard, ServiceCardBatch
from amparo.contracts.rules.cards import CODE_LENGTH, address_hash, code_hash, normal, shown, wait
from amparo.contracts.rules.terms import last_day
from amparo.history.commands import record
from amparo.history.models import Fact
from amparo.kernel.actor import Actor
from amparo.kernel.ids import random_code
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger import commands as ledger
from amparo.policies.queries import value
from amparo.ui import formats

from .contracts import service_zone

BATCH_MAX = 5000
FACE_VALUE_MAX = 100_000
WRONG = Counter("amparo_card_codes_wrong_total", "Codes of service cards that were tried and not right")
LIMITED = Counter("amparo_card_codes_limited_total", "Tries of card codes refused for too many wrong ones")


def _pepper() -> str:
    return settings.SECRETS["pepper"]


@transaction.atomic
def issue_batch(
    name: str,
    face_value: int,
    count: int,
    *,
    purpose: str = "sold",
    redeem_until: datetime | None = None,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> tuple[ServiceCardBatch, list[str]]:
    """Issue cards; their codes are returned once and kept nowhere, only their HMAC is. CRD-1.

    The same `key` returns the first batch, without its codes. Raises NotPermitted, Invalid.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if key and (first := ServiceCardBatch.objects.filter(key=key).first()):
        return first, []
    if not name.strip():
        raise Invalid(field="name")
    if not 1 <= face_value <= FACE_VALUE_MAX:
        raise Invalid(field="face_value")
    if not 1 <= count <= BATCH_MAX:
        raise Invalid(field="count")
    if purpose not in dict(ServiceCardBatch.PURPOSES):
        raise Invalid(field="purpose")
    try:
        with transaction.atomic():
            batch = ServiceCardBatch.objects.create(
                name=name.strip(), face_value=face_value, count=count, purpose=purpose, redeem_until=redeem_until,
                months=value("contracts.card_months", at=at), issued_at=at, issued_by_id=actor.user_id, key=key or None,
            )
    except IntegrityError:
        return ServiceCardBatch.objects.get(key=key), []
    codes = [random_code(CODE_LENGTH) for _one in range(count)]
    ServiceCard.objects.bulk_create(
        [
            ServiceCard(batch=batch, position=position, code_hash=code_hash(code, _pepper()), code_end=code[-4:])
            for position, code in enumerate(codes, start=1)
        ],
        batch_size=1000,
    )
    record("card.batch_issued", subject=batch, actor=actor, at=at, title=batch.name, face_value=face_value, count=count,
           purpose=purpose)
    return batch, [shown(code) for code in codes]


def redeem_card(
    code: str,
    customer_id: int,
    *,
    address: str,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> ServiceCard:
    """Give a customer the credits of a card, once, in a pocket of its own. CRD-1, LED-3, CHG-10.

    A code that is unknown, void, expired or used gets one answer, after one look. Wrong ones are counted by person,
    customer and address (`address` is the caller's on the network); beyond the limit no code is looked at, and the
    limit is put on the record. The same `key` of the same customer returns the first result.
    Not atomic as a whole: that a wrong code was tried stays written though it is refused.
    Raises NotPermitted, TooManyCodes (with the wait), CardNotTaken.
    """
    if not access.may_redeem(actor, customer_id):
        raise NotPermitted()
    attempt = _count_attempt(customer_id, actor, at, address)
    with transaction.atomic():
        card = _redeemed(code, customer_id, key or "", actor, at)
        if card is not None:
            attempt.delete()
    if card is None:
        WRONG.inc()
        raise CardNotTaken(field="code")
    return card


def _redeemed(code: str, customer_id: int, key: str, actor: Actor, at: datetime) -> ServiceCard | None:
    """Redeem a card under its lock; None for whatever cannot be, by the same path."""
    digest = code_hash(normal(code) or "", _pepper())
    card = (
        ServiceCard.objects.select_for_update(of=("self",)).select_related("batch").filter(code_hash=digest).first()
    )
    if card is None:
        return None
    if card.redeemed_at is not None:
        return card if key and card.redeem_key == key and card.customer_id == customer_id else None
    if card.voided_at is not None or (card.batch.redeem_until is not None and card.batch.redeem_until <= at):
        return None
    return _given(card, customer_id, key, actor, at)


def _given(card: ServiceCard, customer_id: int, key: str, actor: Actor, at: datetime) -> ServiceCard:
    """Give the credits of an open card that is locked."""
    card.redeemed_at, card.redeemed_by_id = at, actor.user_id
    card.customer_id, card.redeem_key = customer_id, key
    card.save(update_fields=["redeemed_at", "redeemed_by", "customer", "redeem_key"])
    label = gettext("Service card …%(end)s") % {"end": card.code_end}
    pocket = ledger.open_pocket(
        customer_id, "credit", card.subject, label, at, credits_end_at(card.batch.months, at=at), actor=actor, at=at
    )
    ledger.issue(pocket, card.batch.face_value, cause=card.subject, key=f"{card.subject}:face", actor=actor, at=at)
    record("card.redeemed", subject=card, actor=actor, at=at, credits=card.batch.face_value, batch=card.batch_id,
           pocket=pocket.pk)
    return card


@transaction.atomic
def redeem_bought(card: ServiceCard, customer_id: int, *, actor: Actor, at: datetime) -> ServiceCard:
    """Give a customer the credits of a card that it bought here, without typing its code; again changes nothing. CRD-1.

    The caller has asked whose card it is. Raises NotPermitted, CardNotTaken (void, over, or redeemed by another).
    """
    if not access.may_redeem(actor, customer_id):
        raise NotPermitted()
    card = ServiceCard.objects.select_for_update(of=("self",)).select_related("batch").get(pk=card.pk)
    if card.redeemed_at is not None and card.customer_id == customer_id:
        return card
    if card.state != "open" or (card.batch.redeem_until is not None and card.batch.redeem_until <= at):
        raise CardNotTaken()
    return _given(card, customer_id, "", actor, at)


def credits_end_at(months: int, *, at: datetime) -> datetime:
    """Return when credits that are given now end: local midnight after the last day."""
    zone = service_zone(at)
    after = last_day(at.astimezone(zone).date(), months) + timedelta(days=1)
    return datetime.combine(after, time(), zone).astimezone(ZoneInfo("UTC"))


def _count_attempt(customer_id: int, actor: Actor, at: datetime, address: str) -> CardAttempt:
    """Write a try down before looking; it is taken away again where the code is right. SEC-45.

    Tries that share a person, a customer or an address wait for one another, so that fifty at once are counted too.
    Raises TooManyCodes.
    """
    window = timedelta(minutes=value("contracts.card_window_minutes", at=at))
    hashed = address_hash(address, _pepper())
    marks: list[tuple[str, dict[str, Any]]] = [("customer", {"customer_id": customer_id}), ("address", {"address_hash": hashed})]
    if actor.user_id is not None:
        marks.append(("person", {"user_id": actor.user_id}))
    pause, by = timedelta(0), ""
    with transaction.atomic():
        _wait_in_line(f"{name}:{next(iter(mark.values()))}" for name, mark in marks)
        for name, mark in marks:
            tries = list(CardAttempt.objects.filter(at__gt=at - window, **mark).values_list("at", flat=True))
            longer = wait(tries, value(f"contracts.card_tries_{name}", at=at), window, at=at)
            if longer > pause:
                pause, by = longer, name
        if not pause:
            return CardAttempt.objects.create(
                address_hash=hashed, user_id=actor.user_id, customer_id=customer_id, at=at
            )
        _report(customer_id, by, at - window, actor, at)
    LIMITED.inc()
    minutes = formats.duration(pause + timedelta(seconds=59))
    raise TooManyCodes(
        gettext("Too many codes that were not right. Wait %(time)s and try again, or call us.") % {"time": minutes},
        wait_seconds=int(pause.total_seconds()) + 1,
    )


def _wait_in_line(names: Iterable[str]) -> None:
    numbers = sorted({zlib.crc32(name.encode()) for name in names})
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x43415244, number - 2**31])


def _report(customer_id: int, by: str, since: datetime, actor: Actor, at: datetime) -> None:
    """Put guessing on the customer's record, once for each window and mark."""
    told = Fact.objects.filter(subject=f"customer:{customer_id}", name="card.guessing", at__gt=since, data__by=by)
    if not told.exists():
        record("card.guessing", subject=f"customer:{customer_id}", actor=actor, at=at, customer=customer_id, by=by)


@transaction.atomic
def void_card(card: ServiceCard, reason: str, *, actor: Actor, at: datetime) -> ServiceCard:
    """Make a card worthless before it is redeemed; again changes nothing. CRD-1.

    Raises NotPermitted, Invalid (reason), CardUsed.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    card = ServiceCard.objects.select_for_update().get(pk=card.pk)
    if card.redeemed_at is not None:
        raise CardUsed()
    if card.voided_at is None:
        card.voided_at, card.voided_by_id, card.void_reason = at, actor.user_id, reason.strip()
        card.save(update_fields=["voided_at", "voided_by", "void_reason"])
        record("card.voided", subject=card, actor=actor, at=at, batch=card.batch_id, reason=card.void_reason)
    return card


@transaction.atomic
def void_batch(batch: ServiceCardBatch, reason: str, *, actor: Actor, at: datetime) -> int:
    """Make every card of a batch that nobody redeemed worthless (a box was lost). CRD-1. Returns how many."""
    if not access.may_sell(actor):
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    cards = ServiceCard.objects.select_for_update().filter(
        batch=batch, redeemed_at__isnull=True, voided_at__isnull=True
    )
    numbers = list(cards.order_by("pk").values_list("pk", flat=True))
    ServiceCard.objects.filter(pk__in=numbers).update(
        voided_at=at, voided_by=actor.user_id, void_reason=reason.strip()
    )
    if numbers:
        record("card.batch_voided", subject=batch, actor=actor, at=at, count=len(numbers), reason=reason.strip())
    return len(numbers)


def forget_attempts(*, at: datetime) -> int:
    """Drop tries that no longer count. SEC-58."""
    gone, _kinds = CardAttempt.objects.filter(at__lt=at - timedelta(days=2)).delete()
    return gone
