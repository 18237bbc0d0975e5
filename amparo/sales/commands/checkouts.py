"""Paying on a provider's page: begun, heard of, looked at. The provider is never asked inside a transaction. CHG-10.

What pays a sale is only what the provider itself says, by a proven call or when it is asked: never that somebody came
back to our page.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from amparo.contracts.commands.contracts import service_zone
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted, Refusal
from amparo.people.queries import actor_by_id
from amparo.people.rules import seal
from amparo.sales import access
from amparo.sales.errors import AlreadyPaid, PaymentAway, WayNotOffered
from amparo.sales.machine import LIFE, Move
from amparo.sales.models import Checkout, ProviderEvent, Sale, SealedSetting
from amparo.sales.payments import Asked, Hosted, Session
from amparo.sales.payments.stripe import SECRET_KEY, WEBHOOK_SECRET, Stripe

from .activating import give
from .paying import Received, mark_paid, write_payment
from .shared import locked, tell

HOSTED: Mapping[str, Hosted] = {"stripe": Stripe()}
SECRETS = (SECRET_KEY, WEBHOOK_SECRET)
VISIT_HOURS = 20  # Stripe lets a page stand from half an hour to a day
ASKED_MINUTES = 30
LOOK_MINUTES = 5


def way_of(code: str) -> Hosted:
    """Return a provider that is set up. Raises WayNotOffered."""
    way = HOSTED.get(code)
    if way is None or not way.is_set_up():
        raise WayNotOffered()
    return way


def begin_checkout(sale: Sale, code: str, *, back_url: str, actor: Actor, at: datetime) -> Checkout:
    """Open the provider's page for a sale, or return the one that is open: a second click never opens a second. CHG-10.

    Not atomic as a whole: our reference is written first, the provider asked after, with that reference as its
    idempotency key, so that whatever breaks between is mended by trying again. Raises NotPermitted, IllegalMove,
    AlreadyPaid, WayNotOffered, PaymentAway (the order stays as it is).
    """
    way = way_of(code)
    checkout = _asked(sale, way, actor, at)
    if checkout.state == "open":
        return checkout
    sale, asker = checkout.sale, actor_by_id(checkout.asked_by_id) if checkout.asked_by_id else actor
    # Whoever tries again sends what the first one sent: the provider refuses other words under the same key.
    session = way.begin(
        Asked(
            reference=checkout.reference, number=sale.number, title=sale.name, amount=checkout.amount,
            currency=checkout.currency, email=asker.email if asker.is_contact else "", language=asker.language,
            back_url=back_url, expires_at=checkout.expires_at,
        )
    )  # fmt: skip
    with transaction.atomic():
        locked(sale.pk)
        checkout = Checkout.objects.select_for_update(of=("self",)).select_related("sale").get(pk=checkout.pk)
        if checkout.state == "asked":
            checkout.state, checkout.session_id, checkout.url, checkout.looked_at = "open", session.session_id, session.url, at
            checkout.save(update_fields=["state", "session_id", "url", "looked_at"])
    return checkout


@transaction.atomic
def _asked(sale: Sale, way: Hosted, actor: Actor, at: datetime) -> Checkout:
    """Return the sale's open visit, or write down that one is asked for."""
    if not access.may_decide(actor, sale):
        raise NotPermitted()
    sale = locked(sale.pk)
    if sale.state in ("paid", "activated"):
        raise AlreadyPaid()
    LIFE.after(sale.state, Move.CANCEL)  # what may still be cancelled may still be paid; what is over may not
    if sale.expires_at <= at or sale.total < way.amount_min:
        raise WayNotOffered()
    before = Checkout.objects.select_for_update().filter(sale=sale, state__in=["asked", "open"]).first()
    if before is not None:
        fresh = before.state == "asked" and before.asked_at > at - timedelta(minutes=ASKED_MINUTES)
        if fresh or (before.state == "open" and before.expires_at > at + timedelta(minutes=1)):
            before.sale = sale
            return before
        before.state, before.ended_at = "expired", at
        before.save(update_fields=["state", "ended_at"])
    return Checkout.objects.create(
        sale=sale, way=way.code, reference=secrets.token_hex(16), amount=sale.total, currency=sale.currency, asked_at=at,
        asked_by_id=actor.user_id, expires_at=at + timedelta(hours=VISIT_HOURS), looked_at=at,
    )  # fmt: skip


def hear(code: str, body: bytes, headers: Mapping[str, str], *, at: datetime) -> str:
    """Take a provider's call: proven first, then counted once by its id, then settled. Returns the outcome. SEC-42, SEC-47.

    Late, repeated and disordered calls change nothing that was settled. Raises WebhookRefused (nothing is written),
    WayNotOffered.
    """
    way = HOSTED.get(code)
    if way is None:
        raise WayNotOffered()
    call = way.hear(body, headers, at=at)
    with transaction.atomic():
        _in_line(call.event_id)
        if ProviderEvent.objects.filter(event_id=call.event_id).exists():
            return "repeated"
        checkout, outcome = None, "ignored"
        if call.session is not None:
            checkout = _checkout_of(way.code, call.session)
            if checkout is None:
                outcome = "unknown"
            elif call.failed:
                outcome = _end(checkout, "failed", at)
            else:
                outcome = _settle(checkout, call.session, at)
        ProviderEvent.objects.create(
            event_id=call.event_id, way=way.code, kind=call.kind, checkout=checkout, outcome=outcome, received_at=at
        )
    return outcome


def look_again(sale: Sale, *, actor: Actor, at: datetime) -> str:
    """Ask the provider how the sale's visit stands, and settle it. Returns the outcome. Raises NotPermitted, PaymentAway."""
    if not access.may_decide(actor, sale):
        raise NotPermitted()
    checkout = sale.checkouts.filter(session_id__isnull=False).order_by("-pk").first()
    return "unknown" if checkout is None else _look(checkout, at)


def look_at_open(*, at: datetime, limit: int = 20) -> int:
    """Ask the providers about visits whose end nobody told us, and close those of orders that are over. Returns how many.

    A provider that is away stops the round: the next one asks again.
    """
    due = Checkout.objects.filter(state="open", looked_at__lte=at - timedelta(minutes=LOOK_MINUTES))
    done = 0
    for checkout in list(due.select_related("sale").order_by("looked_at")[:limit]):
        claimed = Checkout.objects.filter(pk=checkout.pk, looked_at=checkout.looked_at).update(looked_at=at)
        if not claimed:
            continue
        try:
            if not checkout.sale.waits and checkout.session_id:  # over, or paid in another way meanwhile
                HOSTED[checkout.way].close(checkout.session_id)
            _look(checkout, at)
        except (PaymentAway, WayNotOffered):
            return done
        done += 1
    return done


def _look(checkout: Checkout, at: datetime) -> str:
    assert checkout.session_id
    seen = HOSTED[checkout.way].look(checkout.session_id)
    with transaction.atomic():
        found = _checkout_of(checkout.way, seen)
        return "unknown" if found is None or found.pk != checkout.pk else _settle(found, seen, at)


def _checkout_of(way: str, session: Session) -> Checkout | None:
    """Return the visit that a session is of: by our reference, and by its own id where that is known. SEC-8."""
    if not session.reference or not session.session_id:
        return None
    found = Checkout.objects.filter(way=way, reference=session.reference).first()
    if found is None or (found.session_id is not None and found.session_id != session.session_id):
        return None
    return found


def _settle(checkout: Checkout, seen: Session, at: datetime) -> str:
    """Do what a provider's word about a visit demands, under the sale's lock. Money that came in is always written down."""
    sale = locked(checkout.sale_id)
    checkout = Checkout.objects.select_for_update().get(pk=checkout.pk)
    if checkout.session_id is None:
        checkout.session_id = seen.session_id
        checkout.save(update_fields=["session_id"])
    if checkout.state == "paid":
        return "repeated"
    if not seen.paid:
        return _end(checkout, "expired", at) if seen.state == "expired" else "waiting"
    if (seen.amount, seen.currency) != (checkout.amount, checkout.currency):
        if _end(checkout, "failed", at) == "failed":  # told once: an open visit is asked about again and again
            tell("sale.payment_differs", sale, actor=SYSTEM, at=at, amount=seen.amount, came_in=seen.currency, way=checkout.way)
        return "differs"
    checkout.state, checkout.ended_at = "paid", at
    checkout.save(update_fields=["state", "ended_at"])
    received = Received(checkout.way, checkout.amount, seen.payment_ref or seen.session_id, _day(at))
    ref = f"{checkout.way}:{seen.session_id}"
    if sale.state not in ("placed", "expired"):
        write_payment(sale, received, provider_ref=ref, counts=False, actor=SYSTEM, at=at)
        tell("sale.paid_again", sale, actor=SYSTEM, at=at, amount=checkout.amount, reference=received.reference, state=sale.state)
        return "again"
    write_payment(sale, received, provider_ref=ref, counts=True, actor=SYSTEM, at=at)
    sale.state = LIFE.after(sale.state, Move.PAY)
    mark_paid(sale, received, actor=SYSTEM, at=at)
    return _give_or_say(sale, at)


def _give_or_say(sale: Sale, at: datetime) -> str:
    """Activate a sale that its customer paid; where that cannot be, the money stays written down and sales are told."""
    try:
        with transaction.atomic():
            give(sale, actor=SYSTEM, at=at)
    except Refusal as hindrance:
        sale.state, sale.contract, sale.batch, sale.activated_at = "paid", None, None, None
        sale.stuck_because = hindrance.code[:60]
        sale.save(update_fields=["stuck_because"])
        tell("sale.stuck", sale, actor=SYSTEM, at=at, because=hindrance.code)
        return "stuck"
    return "activated"


def _end(checkout: Checkout, state: str, at: datetime) -> str:
    """End a visit that brought no money; one that ended already stays as it is."""
    checkout = Checkout.objects.select_for_update().get(pk=checkout.pk)
    if checkout.state in ("asked", "open"):
        checkout.state, checkout.ended_at = state, at
        checkout.save(update_fields=["state", "ended_at"])
        return state
    return "repeated"


def _day(at: datetime) -> date:
    return at.astimezone(service_zone(at)).date()


def _in_line(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x50415953, zlib.crc32(name.encode()) - 2**31])


@transaction.atomic
def set_secret(name: str, secret: str, *, actor: Actor, at: datetime) -> None:
    """Keep a provider's secret, sealed; empty forgets it. It is never shown again, but its last four signs. SEC-57.

    Raises NotPermitted.
    """
    if not access.may_set_up(actor):
        raise NotPermitted()
    assert name in SECRETS
    plain = "".join(secret.split())
    if plain:
        SealedSetting.objects.update_or_create(
            name=name,
            defaults={"sealed": seal(plain, settings.SECRETS["field_key"]), "shown_end": plain[-4:], "set_at": at,
                      "set_by_id": actor.user_id},
        )  # fmt: skip
    else:
        SealedSetting.objects.filter(name=name).delete()
    record("payment.secret_set" if plain else "payment.secret_removed", subject="payment:1", actor=actor, at=at, secret_name=name)
