"""Charging a customer less than the tariff asks, never more. CHG-8."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amparo.cases import access
from amparo.cases.errors import NothingToLessen
from amparo.cases.models import Case, FurtherNeed
from amparo.charging import commands as charging
from amparo.charging.models import Charge
from amparo.charging.rules import Need
from amparo.kernel.actor import Actor

from .shared import locked, permit, tell


@transaction.atomic
def charge_less(
    case: Case, charge_id: int, *, needs: Sequence[Need], reason: str, seen: int | None = None, actor: Actor, at: datetime
) -> Charge:
    """Ask the customer for less than was proposed: fewer or cheaper services, for a reason that he reads. CHG-8.

    Of what the case proposes and nobody has answered: its classification, or a further service; an order is proposed
    anew instead. Fact: `case.charged_less`. Raises NotPermitted, Stale, NothingToLessen, NotCheaper, NeedInvalid.
    """
    case = locked(case, seen=seen)
    permit(access.may_work(actor, case), case)
    charge = Charge.objects.filter(pk=charge_id, state="proposed").first()
    of_need = FurtherNeed.objects.filter(case=case, charge=charge_id, choice="").exists()
    if charge is None or not (of_need or case.charge_id == charge_id):
        raise NothingToLessen(case=case.pk)
    before = charge.amounts
    charge = charging.charge_less(charge, needs, reason=reason, actor=actor, at=at)
    if case.charge_id == charge.pk:
        case.told = charge.amounts
        case.save(update_fields=["told"])
    tell("charged_less", case, actor=actor, at=at, charge=charge.pk, before=before, told=charge.amounts, reason=reason.strip()[:400])
    return charge
