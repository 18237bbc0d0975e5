"""How a general development request becomes a case, and how advice ends in one. QUO-4, CAS-8, CHG-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import translation

from amparo.cases import access
from amparo.cases.machine import Kind
from amparo.cases.models import Case, CaseLink
from amparo.contracts import access as standing
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.quotations import access as requests_access
from amparo.quotations import commands as quotations
from amparo.quotations.models import ServiceRequest
from amparo.quotations.queries import summary

from .opening import _link, open_case
from .shared import permit


@transaction.atomic
def begin_development(case: Case, *, title: str = "", key: str, actor: Actor, at: datetime) -> ServiceRequest:
    """Begin the request of a development that a case showed to be needed; they are linked when it is sent. CAS-8.

    Raises NotPermitted, NoStanding.
    """
    permit(access.is_customer(actor, case), case)
    return quotations.begin_request(
        title=title or case.thread.title, product_id=case.product_id, origin=case.thread, key=key, actor=actor, at=at
    )


@transaction.atomic
def open_development(request: ServiceRequest, *, seen: int | None = None, actor: Actor, at: datetime) -> Case:
    """Send a request: it opens a development case whose specification it is. Consumes nothing. QUO-4, CHG-2, CAS-8.

    A case that it came out of is linked. Sent already, its case is returned. Facts: `case.opened`, `request.sent`.
    Raises NotPermitted, NoStanding, RequestMissing (with the field), Stale.
    """
    request = ServiceRequest.objects.select_for_update(of=("self",)).select_related("thread", "origin", "product").get(pk=request.pk)
    if not requests_access.may_write_request(actor, request):
        raise NotPermitted(request=request.pk)
    if request.thread is not None:
        return Case.objects.get(thread=request.thread)
    standing.require(actor, "development", at=at)
    with translation.override(actor.language or "es-mx"):  # the customer's own words stand under headings in his language
        words = summary(request)
    case = open_case(
        request.title or "—", words, key=f"request:{request.pk}", asked_kind=Kind.DEVELOPMENT.value,
        product_id=request.product_id, actor=actor, at=at,
    )  # fmt: skip
    quotations.send_request(request, case.thread, seen=seen, actor=actor, at=at)
    if request.origin is not None and request.origin.kind == "case":
        _link(Case.objects.get(thread=request.origin), case, CaseLink.Why.DEVELOPMENT.value, actor, at)
    return case
