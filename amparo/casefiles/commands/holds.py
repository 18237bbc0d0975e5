"""What stops a purge, set and lifted by an administrator, with a reason that stays. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from amparo.casefiles import access
from amparo.casefiles.errors import HeldAlready, HoldLifted, Purged
from amparo.casefiles.models import Hold, Retention
from amparo.cases.models import Case
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.models import Customer


@transaction.atomic
def set_hold(of: Case | Customer, *, reason: str, actor: Actor, at: datetime) -> Hold:
    """Keep a case's content, or that of all cases of a customer, from being purged until the hold is lifted. CAS-2.

    Raises NotPermitted, Invalid (no reason), HeldAlready, Purged (nothing is left to keep).
    """
    if not access.may_keep_records(actor) or actor.user_id is None:
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    case_id, customer_id = (of.pk, of.customer_id) if isinstance(of, Case) else (None, of.pk)
    if case_id is not None and Retention.objects.select_for_update().filter(pk=case_id, purged_at__isnull=False).exists():
        raise Purged(case=case_id)
    try:
        with transaction.atomic():
            hold = Hold.objects.create(
                case_id=case_id, customer_id=customer_id, reason=reason.strip()[:2000], set_by_id=actor.user_id, set_at=at
            )
    except IntegrityError:
        raise HeldAlready() from None
    record("hold.set", subject=hold, customer=customer_id, actor=actor, at=at, hold=hold.pk, reason=hold.reason)
    return hold


@transaction.atomic
def lift_hold(hold: Hold, *, because: str, actor: Actor, at: datetime) -> Hold:
    """Lift a hold; what it kept is purged after its customer was told anew. CAS-2. Raises NotPermitted, Invalid, HoldLifted."""
    if not access.may_keep_records(actor) or actor.user_id is None:
        raise NotPermitted()
    if not because.strip():
        raise Invalid(field="because")
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    if hold.lifted_at is not None:
        raise HoldLifted()
    hold.lifted_at, hold.lifted_by_id, hold.lifted_because = at, actor.user_id, because.strip()[:2000]
    hold.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    record("hold.lifted", subject=hold, customer=hold.customer_id, actor=actor, at=at, hold=hold.pk, because=hold.lifted_because)
    return hold
