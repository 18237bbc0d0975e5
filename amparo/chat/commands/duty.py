"""Who attends chats, what they know, and who has a page open. CHT-1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from amparo.chat import access
from amparo.chat.models import Duty, Skill
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.models import StaffRole
from amparo.products.models import Product

from .routing import offer_waiting, one_chooses
from .shared import told_list

# Who is off duty and has chats in hand still is there for them: they are not taken from him. Whose row is held is seen the next time:
# the rows of several are taken here in no order, and nobody may wait for them in a circle.
_SEEN_STAFF = """
UPDATE chat_duty SET seen_at = %(at)s WHERE user_id IN (
    SELECT d.user_id FROM chat_duty d WHERE d.user_id = ANY(%(people)s) AND d.seen_at IS DISTINCT FROM %(at)s
        AND (d.is_on OR EXISTS (SELECT FROM chat_chat c WHERE c.assignee_id = d.user_id AND c.state = 'open'))
    FOR UPDATE SKIP LOCKED)
"""
_SEEN_CHATS = """
UPDATE chat_chat c SET customer_seen_at = %(at)s FROM unnest(%(chats)s::bigint[], %(people)s::bigint[]) AS s(chat, person)
WHERE c.id = s.chat AND c.contact_id = s.person AND c.state <> 'ended' AND c.customer_seen_at < %(at)s
"""
_LOOKED = """
UPDATE chat_chat SET customer_seen_at = %(at)s
WHERE id = %(chat)s AND contact_id = %(person)s AND state <> 'ended' AND customer_seen_at < %(at)s::timestamptz - interval '10 seconds'
"""


@transaction.atomic
def set_duty(is_on: bool, *, actor: Actor, at: datetime) -> Duty:
    """Say that one attends chats from now on, or no longer. What one has in hand stays. Facts: `duty.began`, `duty.ended`.

    Raises NotPermitted.
    """
    if not access.may_attend(actor) or actor.user_id is None:
        raise NotPermitted()
    if is_on:
        one_chooses()
    duty, _new = Duty.objects.select_for_update().get_or_create(user_id=actor.user_id, defaults={"changed_at": at})
    if duty.is_on != is_on:
        duty.is_on, duty.changed_at = is_on, at
        record("duty.began" if is_on else "duty.ended", subject=duty, actor=actor, at=at)
    duty.seen_at = at if is_on else duty.seen_at
    duty.save()
    told_list(f"user:{actor.user_id}")
    if is_on:
        offer_waiting(at=at)
    return duty


@transaction.atomic
def set_skills(user_id: int, product_ids: Iterable[int], *, actor: Actor, at: datetime) -> list[int]:
    """Say which products somebody of the staff knows; none means all alike. Fact: `duty.skills_set`. Raises NotPermitted, Invalid."""
    if not (access.may_configure(actor) or (actor.owns(user_id) and access.may_attend(actor))):
        raise NotPermitted()
    if not StaffRole.objects.filter(user_id=user_id).exists():
        raise Invalid(field="user")
    known = sorted(Product.objects.filter(pk__in=list(product_ids)).values_list("pk", flat=True))
    Skill.objects.filter(user_id=user_id).exclude(product_id__in=known).delete()
    Skill.objects.bulk_create([Skill(user_id=user_id, product_id=one) for one in known], ignore_conflicts=True)
    record("duty.skills_set", subject=f"duty:{user_id}", actor=actor, at=at, products=known)
    return known


def present(people: Iterable[int], chats: Iterable[tuple[int, int]], *, at: datetime) -> None:
    """Note whose pages are open: `people` with any stream, `chats` as (chat, person) with that chat's. Two statements.

    The process of the stream says so every quarter of a minute; nothing is recorded.
    """
    pairs = list(chats)
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_STAFF, {"at": at, "people": list(people)})
        if pairs:
            cursor.execute(_SEEN_CHATS, {"at": at, "chats": [chat for chat, _one in pairs], "people": [one for _chat, one in pairs]})


def looked(chat_id: int, *, actor: Actor, at: datetime) -> None:
    """Note that a customer has his chat open where no stream tells so: in the frame of a site. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKED, {"at": at, "chat": chat_id, "person": actor.user_id})
