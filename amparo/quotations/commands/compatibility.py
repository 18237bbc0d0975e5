"""Looking at a delivered development with a new release, before that becomes current. QUO-7."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.products.models import Release
from amparo.quotations import access
from amparo.quotations.errors import TextMissing
from amparo.quotations.models import Compatibility, ServiceOrder
from amparo.quotations.models.compatibility import VERDICTS
from amparo.quotations.queries import developments_of

from .shared import locked_order, permit, tell


@transaction.atomic
def judge_development(order: ServiceOrder, release: Release, verdict: str, note: str = "", *, actor: Actor, at: datetime) -> Compatibility:
    """Write down how a delivered development fares with a release; its customer is told (fact `order.release_checked`). QUO-7.

    `verdict`: fits, adapted, or breaks; the last two in words. Found anew, it replaces what was found; the same again tells
    nobody. Raises NotPermitted, Invalid, TextMissing.
    """
    order = locked_order(order)
    permit(access.may_work(actor), order=order.pk)
    if verdict not in VERDICTS:
        raise Invalid(field="verdict")
    if not developments_of(release.product_id).filter(pk=order.pk).exists():
        raise NotPermitted(order=order.pk)
    note = " ".join(note.split())[:600]
    if verdict != "fits" and not note:
        raise TextMissing(field="note")
    found = Compatibility.objects.filter(order=order, release=release).first() or Compatibility(order=order, release=release)
    if found.pk and (found.verdict, found.note) == (verdict, note):
        return found
    found.verdict, found.note, found.judged_at, found.judged_by_id = verdict, note, at, actor.user_id
    found.save()
    tell("order.release_checked", order, actor=actor, at=at, release=release.pk, version=release.version, verdict=verdict, words=note)
    return found
