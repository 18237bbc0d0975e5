"""Emptying what was quoted and ordered in a case whose time is over; what accounting needs stays. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.quotations.models import Delay, Delivery, Quote, QuoteVersion, ServiceOrder
from amparo.threads.models import Thread

from .requests import purge_request

EMPTIED = "—"


@transaction.atomic
def purge(thread: Thread, *, actor: Actor, at: datetime) -> int:
    """Empty titles, lines, texts, notes and reasons of the quotes and orders of a purged case; return how many quotes. CAS-2.

    Numbers, states, moments, needs and charges stay. The thread is purged before. Raises NotPermitted for anybody but
    the service.
    """
    if not actor.is_system:
        raise NotPermitted(thread=thread.pk)
    Delay.objects.filter(order__thread=thread).update(reason=EMPTIED)
    Delivery.objects.filter(order__thread=thread).exclude(reasons="").update(reasons=EMPTIED)
    Delivery.objects.filter(order__thread=thread).update(note="", note_html="")
    ServiceOrder.objects.filter(thread=thread).update(title="", ended_because="")
    QuoteVersion.objects.filter(quote__thread=thread).update(lines=[], text="", terms="", travel_text="", values={})
    purge_request(thread, actor=actor, at=at)
    return Quote.objects.filter(thread=thread).update(title="", words="")
