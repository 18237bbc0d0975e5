"""How a case begins, how it is spoken in, and how it may end before it is attended. CAS-1, CAS-3, CAS-8."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amparo.cases import access
from amparo.cases.errors import KindInvalid, LinkInvalid, NotOffered, TextMissing
from amparo.cases.machine import ORDERED_KINDS, Kind, Move, State
from amparo.cases.models import Case, CaseLink, Order
from amparo.contracts import access as standing
from amparo.contracts.queries import in_force
from amparo.deadlines import commands as deadlines
from amparo.defects import commands as defects
from amparo.defects.models import Defect, DefectReport
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.models import Contact
from amparo.products.models import Licence, Product
from amparo.threads import commands as threads
from amparo.threads.commands import Author
from amparo.threads.models import Entry

from .charges import drop, end_quotes
from .closing import answer_closing
from .shared import PRIORITY_HIGH, locked, move, permit, place, tell


@transaction.atomic
def open_case(
    title: str,
    body: str,
    *,
    key: str,
    asked_kind: str = "",
    contact_id: int | None = None,
    product_id: int | None = None,
    licence_id: int | None = None,
    files: Sequence[str] = (),
    draft_key: str = "",
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Case:
    """Open a case for the customer that a contact acts for, or on behalf of the contact whom staff name. CAS-1, ACC-7.

    `contact_id` is the id of a people.Contact, for staff. `asked_kind` is what the customer thinks it is; what it is
    staff classify. The same key returns the first case. The promise `answer.case` starts. Fact: `case.opened`.
    Raises NotPermitted, NoStanding, KindInvalid, NothingSaid, KeyReused.
    """
    if asked_kind and asked_kind not in list(Kind):
        raise KindInvalid(field="asked_kind")
    if not title.strip():
        raise TextMissing(field="title")
    asker, author = _asker(actor, contact_id)
    if not access.may_open(actor):
        raise NotPermitted
    assert asker.customer_id is not None
    standing.require(actor, "case", at=at, customer_id=asker.customer_id)
    if actor.is_staff:
        standing.require(asker, "case", at=at)  # a contract may cover its named contacts only
    _own(asker.customer_id, product_id, licence_id)
    opened = threads.open_thread(
        "case", customer_id=asker.customer_id, title=title, body=body, state=State.REQUESTED.value, queue="answer",
        priority=PRIORITY_HIGH, promise_kind="answer.case", author=author, files=files, draft_key=draft_key, key=key,
        actor=actor, at=at, via=via,
    )  # fmt: skip
    if not opened.is_new:
        return Case.objects.get(thread=opened.thread)
    contract = next(iter(in_force(asker.customer_id, at)), None)
    case = Case.objects.create(
        id=opened.thread.number, thread=opened.thread, customer_id=asker.customer_id, contact_id=asker.user_id,
        asked_kind=asked_kind, contract=contract, product_id=product_id, licence_id=licence_id, created_at=at,
    )  # fmt: skip
    tell(
        "opened", case, actor=actor, at=at, title=opened.thread.title, asked_kind=asked_kind, via=via,
        contact=asker.user_id, on_behalf=asker.name if actor.is_staff else "",
        contract=contract.subject if contract else "", **opened.first,
    )  # fmt: skip
    return case


def _asker(actor: Actor, contact_id: int | None) -> tuple[Actor, Author | None]:
    """Return for whom the case is: a contact itself, or the one whom staff name. Raises Invalid, NotPermitted."""
    if actor.is_contact:
        return actor, None
    if not actor.is_staff:
        raise NotPermitted
    found = Contact.objects.filter(pk=contact_id or 0, removed_at__isnull=True).select_related("user")
    if (contact := found.first()) is None:
        raise Invalid(field="contact")
    asker = Actor(
        kind="contact", user_id=contact.user_id, name=contact.user.get_full_name(), email=contact.user.email,
        language=contact.user.language, customer_id=contact.customer_id, contact_id=contact.pk,
        company_role=contact.company_role,  # type: ignore[arg-type]
    )  # fmt: skip
    return asker, Author(asker.user_id, "customer", asker.name[:120], typed_by=actor.user_id)


def _own(customer_id: int, product_id: int | None, licence_id: int | None) -> None:
    """What a case names belongs to its customer. SEC-8."""
    if licence_id is not None:
        licence = Licence.objects.filter(pk=licence_id, customer=customer_id, withdrawn_at__isnull=True).first()
        if licence is None or product_id not in (None, licence.product_id):
            raise Invalid(field="licence")
    if product_id is not None and not Product.objects.filter(pk=product_id).exists():
        raise Invalid(field="product")


@transaction.atomic
def mark_defect(
    case: Case,
    *,
    product_id: int,
    title: str,
    description: str = "",
    defect: Defect | None = None,
    actor: Actor,
    at: datetime,
) -> DefectReport:
    """Mark what a case reports as a defect, a new one or one that is known: the fix guarantee runs from its report. TKT-5, TIM-5.

    Fact: `case.defect_marked`. Raises NotPermitted, Invalid, AlreadyReported, OtherProduct.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    _own(case.customer_id, product_id, None)
    return defects.report(
        case.thread, product_id=product_id, title=title, description=description, reported_at=case.created_at,
        defect=defect, actor=actor, at=at,
    )  # fmt: skip


def write(
    case: Case,
    body: str,
    *,
    key: str,
    files: Sequence[str] = (),
    draft_key: str = "",
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Entry:
    """Say something in a case that the other side reads. CAS-1, CAS-4, TIM-9.

    A message of the customer answers an open proposal of closing: the case goes on. Raises NotPermitted, NothingSaid.
    """
    if actor.is_contact and Case.objects.filter(
        pk=case.pk, state__in=[State.CLOSING_PROPOSED.value, State.SILENT.value]
    ).exists():
        return answer_closing(case, body, key=key, files=files, draft_key=draft_key, via=via, actor=actor, at=at)
    with transaction.atomic():
        case = locked(case)
        permit(access.may_see(actor, case), case)
        return threads.say(
            case.thread, body, files=files, draft_key=draft_key, key=key, actor=actor, at=at, via=via
        )


@transaction.atomic
def withdraw(case: Case, *, reason: str = "", actor: Actor, at: datetime) -> Case:
    """End a development or general case before its order was accepted: nothing is charged. CAS-3.

    Raises NotPermitted, NotOffered (another kind), IllegalMove. Fact: `case.withdrawn`.
    """
    case = locked(case)
    permit(access.may_withdraw(actor, case), case)
    kind = case.kind or case.asked_kind
    if kind not in ORDERED_KINDS:
        raise NotOffered(case=case.pk)
    move(case, Move.WITHDRAW)
    end_quotes(case, actor=actor, at=at)
    for order in Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED):
        order.state, order.answered_at, order.answered_by_id = Order.State.WITHDRAWN, at, actor.user_id
        order.save(update_fields=["state", "answered_at", "answered_by"])
        drop(order.charge, reason="withdrawn", actor=actor, at=at)
    case.kind, case.closed_at, case.closed_how = kind, at, "withdrawn"
    case.save()
    deadlines.end_open(case.subject, reason="withdrawn", actor=actor, at=at)
    place(case, at=at)
    tell("withdrawn", case, actor=actor, at=at, reason=reason.strip()[:400])
    return case


@transaction.atomic
def open_follow_up(
    case: Case, title: str, body: str, *, why: str, asked_kind: str = "", key: str, actor: Actor, at: datetime
) -> Case:
    """Open a case for a further service that came out of another, linked to it, for the same contact. CAS-3, CAS-8.

    Raises NotPermitted, NoStanding, KindInvalid.
    """
    if why == CaseLink.Why.COMPLAINT:
        raise LinkInvalid(field="why")
    if actor.is_contact:
        permit(access.is_customer(actor, case), case)
        new = open_case(title, body, key=key, asked_kind=asked_kind, actor=actor, at=at)
    else:
        permit(access.may_work(actor, case), case)
        contact = Contact.objects.filter(user=case.contact_id, customer=case.customer_id, removed_at__isnull=True)
        new = open_case(
            title, body, key=key, asked_kind=asked_kind, contact_id=contact.values_list("pk", flat=True).first(),
            product_id=case.product_id, licence_id=case.licence_id, via="desk", actor=actor, at=at,
        )  # fmt: skip
    _link(case, new, why, actor, at)
    return new


@transaction.atomic
def link_follow_up(case: Case, follow_up: Case, *, why: str, actor: Actor, at: datetime) -> CaseLink:
    """Link a case to one that came out of it; both belong to one customer. CAS-3, CAS-8.

    Facts: `case.linked` on the first, `case.follows` on the second. Raises NotPermitted, LinkInvalid.
    """
    first, second = sorted((case, follow_up), key=lambda one: one.pk)
    locked(first)
    locked(second)
    permit(access.may_work(actor, case), case)
    if why == CaseLink.Why.COMPLAINT:  # by a ruling alone: COM-4
        raise LinkInvalid(field="why")
    if CaseLink.objects.filter(case__in=[case, follow_up], follow_up__in=[case, follow_up]).exists():
        raise LinkInvalid(field="follow_up")
    return _link(case, follow_up, why, actor, at)


def _link(case: Case, follow_up: Case, why: str, actor: Actor, at: datetime) -> CaseLink:
    if case.customer_id != follow_up.customer_id or case.pk == follow_up.pk or why not in CaseLink.Why.values:
        raise LinkInvalid(field="follow_up")
    link, is_new = CaseLink.objects.get_or_create(
        case=case, follow_up=follow_up, defaults={"why": why, "at": at, "by_id": actor.user_id}
    )
    if is_new:
        tell("linked", case, actor=actor, at=at, follow_up=follow_up.pk, why=why)
        record("case.follows", subject=follow_up, actor=actor, at=at, case=case.pk, why=why)
    return link


