"""The verbs of promotions: made, published, ended; a code entered; a use taken and given up. PRO-1."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.policies.queries import value

from . import access, queries, rules
from .errors import CodeInUse, CodeNotTaken, PromotionFixed, PromotionOver, TooManyTries, UsedUp
from .models import CodeTry, Promotion, PromotionClaim, PromotionUse

FIELDS = (
    "name", "words", "scope", "kind", "value", "units", "goods", "plans", "products", "needs_contract", "code",
    "starts_at", "ends_at", "uses_max", "uses_per_customer_max",
)  # fmt: skip


def _checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return a promotion's fields, each of its type and within its limits. Raises Invalid. SEC-49."""
    unknown = set(terms) - set(FIELDS)
    assert not unknown, f"a promotion has no {unknown}"
    checked = dict(terms)
    checked["name"] = str(checked.get("name", "")).strip()[:80]
    checked["code"] = rules.normal_code(checked.get("code", ""))
    if not checked["name"]:
        raise Invalid(field="name")
    if checked["scope"] not in (rules.MONEY, rules.SERVICES):
        raise Invalid(field="scope")
    amount = checked.get("value") or 0
    top = {rules.PERCENT: 100, rules.AMOUNT: rules.AMOUNT_MAX}
    if checked["kind"] in top:
        if type(amount) is not int or not 1 <= amount <= top[checked["kind"]]:
            raise Invalid(field="value")
        checked["units"] = {}
    elif checked["kind"] == rules.EXTRA and checked["scope"] == rules.MONEY:
        checked["value"] = 0
        checked["units"] = _units(checked.get("units") or {})
    else:
        raise Invalid(field="kind")
    for name in ("uses_max", "uses_per_customer_max"):
        if checked.get(name) is not None and (type(checked[name]) is not int or checked[name] < 1):
            raise Invalid(field=name)
    if checked.get("ends_at") is not None and checked["ends_at"] <= checked["starts_at"]:
        raise Invalid(field="ends_at")
    return checked


def _units(units: Mapping[str, Any]) -> dict[str, int]:
    found = {unit: amount for unit, amount in units.items() if amount}
    right = all(unit in rules.UNITS and type(n) is int and 0 < n <= rules.UNITS_MAX for unit, n in found.items())
    if not found or not right:
        raise Invalid(field="units")
    return found


@transaction.atomic
def draft_promotion(*, follows: Promotion | None = None, actor: Actor, at: datetime, **terms: Any) -> Promotion:
    """Make a promotion that does not run yet. `follows`: the one that this is the next version of. PRO-1.

    Raises NotPermitted, Invalid.
    """
    if not access.may_make(actor):
        raise NotPermitted()
    made = Promotion.objects.create(
        **_checked(terms), follows=follows, made_at=at, made_by_id=actor.user_id, changed_at=at
    )
    record("promotion.drafted", subject=made, actor=actor, at=at, terms=made.terms().as_data())
    return made


@transaction.atomic
def revise_draft(
    promotion: Promotion, *, seen: datetime | None = None, actor: Actor, at: datetime, **terms: Any
) -> Promotion:
    """Change a promotion that is not published. Raises NotPermitted, PromotionFixed, Stale, Invalid."""
    promotion = _held(promotion, actor)
    if not promotion.is_draft:
        raise PromotionFixed()
    if seen is not None and seen != promotion.changed_at:
        raise Stale()
    for name, new in _checked(terms).items():
        setattr(promotion, name, new)
    promotion.changed_at = at
    promotion.save()
    record("promotion.revised", subject=promotion, actor=actor, at=at, terms=promotion.terms().as_data())
    return promotion


@transaction.atomic
def discard_draft(promotion: Promotion, *, actor: Actor, at: datetime) -> None:
    """Remove a promotion that was never published. Raises NotPermitted, PromotionFixed."""
    promotion = _held(promotion, actor)
    if not promotion.is_draft:
        raise PromotionFixed()
    record("promotion.discarded", subject=promotion, actor=actor, at=at, title=promotion.name)
    promotion.delete()


@transaction.atomic
def publish(promotion: Promotion, *, actor: Actor, at: datetime) -> Promotion:
    """Let a promotion run in its days; from now on its terms stay. The version that it follows ends where it begins. PRO-1.

    A promotion never begins in the past: what was sold before was sold without it. Again changes nothing.
    Raises NotPermitted, Invalid (over already), CodeInUse.
    """
    _in_line("publish")
    promotion = _held(promotion, actor)
    if not promotion.is_draft:
        return promotion
    promotion.starts_at = max(promotion.starts_at, at)
    if promotion.ends_at is not None and promotion.ends_at <= promotion.starts_at:
        raise Invalid(field="ends_at")
    before = promotion.follows
    if before is not None and (before.ends_at is None or before.ends_at > promotion.starts_at):
        end(before, ends_at=promotion.starts_at, actor=actor, at=at)
    if promotion.code and _same_code(promotion):
        raise CodeInUse(field="code")
    promotion.published_at, promotion.published_by_id, promotion.changed_at = at, actor.user_id, at
    promotion.save()
    record("promotion.published", subject=promotion, actor=actor, at=at, terms=promotion.terms().as_data())
    return promotion


def _same_code(promotion: Promotion) -> bool:
    others = Promotion.objects.filter(code=promotion.code, published_at__isnull=False).exclude(pk=promotion.pk)
    return any(rules.overlap(promotion.starts_at, promotion.ends_at, one.starts_at, one.ends_at) for one in others)


@transaction.atomic
def end(promotion: Promotion, *, ends_at: datetime | None = None, actor: Actor, at: datetime) -> Promotion:
    """End a published promotion now, or sooner than it would; what took it already keeps it. PRO-1.

    Raises NotPermitted, PromotionOver, Invalid (a draft, or later than it ends anyhow).
    """
    promotion = _held(promotion, actor)
    if promotion.is_draft:
        raise Invalid(field="ends_at")
    if promotion.state(at) == "over":
        raise PromotionOver()
    moment = max(ends_at or at, at, promotion.starts_at)
    if promotion.ends_at is not None and moment > promotion.ends_at:
        raise Invalid(field="ends_at")
    promotion.ends_at, promotion.changed_at = moment, at
    promotion.save(update_fields=["ends_at", "changed_at"])
    record("promotion.ended", subject=promotion, actor=actor, at=at, ends_at=moment)
    return promotion


def _held(promotion: Promotion, actor: Actor) -> Promotion:
    if not access.may_make(actor):
        raise NotPermitted()
    return Promotion.objects.select_for_update(of=("self",)).select_related("follows").get(pk=promotion.pk)


# --- codes and uses --------------------------------------------------------------------------------------------------


def claim_code(code: str, customer_id: int, *, actor: Actor, at: datetime) -> Promotion:
    """Enter a promotion's code for a customer; the same again changes nothing. PRO-1, SEC-45.

    Wrong ones are counted by customer and person; beyond the limit no code is looked at. Not atomic as a whole: that a
    wrong code was tried stays written though it is refused. Raises NotPermitted, TooManyTries, CodeNotTaken.
    """
    if not access.may_claim(actor, customer_id):
        raise NotPermitted()
    tried = _count_try(customer_id, actor, at)
    with transaction.atomic():
        found = queries.usable_code(code, at=at)
        if found is not None:
            _claim, new = PromotionClaim.objects.get_or_create(
                promotion=found, customer_id=customer_id, defaults={"user_id": actor.user_id, "at": at}
            )
            tried.delete()
            if new:
                record("promotion.claimed", subject=found, actor=actor, at=at, customer=customer_id)
    if found is None:
        raise CodeNotTaken(field="code")
    return found


def _count_try(customer_id: int, actor: Actor, at: datetime) -> CodeTry:
    since = at - timedelta(minutes=value("promotions.code_window_minutes", at=at))
    limit = value("promotions.code_tries", at=at)
    with transaction.atomic():
        _in_line(*sorted((f"customer:{customer_id}", f"user:{actor.user_id}")))
        tries = CodeTry.objects.filter(at__gt=since)
        by_person = tries.filter(user_id=actor.user_id) if actor.user_id is not None else tries.none()
        if max(tries.filter(customer_id=customer_id).count(), by_person.count()) >= limit:
            raise TooManyTries()
        return CodeTry.objects.create(user_id=actor.user_id, customer_id=customer_id, at=at)


def _in_line(*names: str) -> None:
    numbers = sorted({zlib.crc32(name.encode()) for name in names})
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x50524F4D, number - 2**31])


@transaction.atomic
def use(
    promotion_id: int, customer_id: int, subject: str, saved: int, *, beyond: bool = False, actor: Actor, at: datetime
) -> PromotionUse | None:
    """Count a promotion as taken by a sale or charge, within its limits. PRO-1, CHG-10.

    The same subject again returns the first. A contract's own discount (an id below zero) has no limit and no row.
    `beyond`: what was promised and paid late is counted though no use is left. Raises UsedUp.
    """
    if promotion_id <= 0:
        return None
    promotion = Promotion.objects.select_for_update(of=("self",), no_key=True).get(pk=promotion_id)
    open_uses = PromotionUse.objects.filter(given_up_at__isnull=True)
    if first := open_uses.filter(subject=subject).first():
        return first
    if not beyond and queries.is_used_up(promotion, customer_id):
        raise UsedUp()
    try:
        with transaction.atomic():
            return PromotionUse.objects.create(
                promotion=promotion, customer_id=customer_id, subject=subject, saved=saved, used_at=at
            )
    except IntegrityError:  # the same subject took another promotion in this very moment
        raise UsedUp() from None


@transaction.atomic
def give_up(subject: str, *, actor: Actor, at: datetime) -> int:
    """Let others have the use that a sale or charge took and did not need. PRO-1. Returns how many."""
    return PromotionUse.objects.filter(Q(subject=subject), given_up_at__isnull=True).update(given_up_at=at)


def forget_tries(*, at: datetime) -> int:
    """Drop tries that no longer count. SEC-58."""
    gone, _kinds = CodeTry.objects.filter(at__lt=at - timedelta(days=2)).delete()
    return gone
