"""What a typed string such as `case:41` means to a reader: who may see it, and where it is shown.

Files, streams and notices ask here, so that one visibility rule answers for every outlet. ACC-11.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from amparo.kernel import clock
from amparo.kernel.actor import Actor

# subject kind -> dotted name of a function (actor, id) -> bool
VISIBLE: dict[str, str] = {
    "ticket": "amparo.tickets.access.may_see_id",
    "case": "amparo.cases.access.may_see_id",
    "chat": "amparo.chat.access.may_see_id",
    "complaint": "amparo.complaints.access.may_see_id",
    "quote": "amparo.quotations.access.may_see_id",
    "order": "amparo.quotations.access.may_see_order_id",
    "request": "amparo.quotations.access.may_see_request_id",
    "agreement-acceptance": "amparo.agreements.access.may_see_acceptance_id",
    "defect": "amparo.defects.access.may_see_id",
    "sale": "amparo.sales.access.may_see_id",
    "video": "amparo.videos.access.may_see_id",
    "mail": "amparo.mailbox.access.may_see_id",
    "enrolment": "amparo.campus.access.may_see_enrolment_id",
    "certificate": "amparo.campus.access.may_see_certificate_id",
    "seats": "amparo.campus.access.may_see_seats_id",
    "release": "amparo.downloads.access.may_see_id",
    "class": "amparo.classroom.access.may_see_id",
    "remote": "amparo.remote.access.may_see_id",
    "callback": "amparo.live.access.may_see_callback_id",
    "identity": "amparo.project.subjects.everybody",
}

# What is published: dotted name of a function (actor, id, at=) -> bool, judged at the moment of use. SEC-11.
PUBLISHED: dict[str, str] = {
    "article": "amparo.knowledge.access.may_see_id",
    "articlefile": "amparo.knowledge.access.may_see_file_id",
    "post": "amparo.blog.access.may_see_id",
    "topic": "amparo.forum.access.may_see_id",
    "course": "amparo.campus.access.may_see_id",
    "forumpost": "amparo.forum.access.may_see_post_id",
    "toldpost": "amparo.forum.access.may_be_told_post_id",
}


def product_of(subject: str) -> int | None:
    """Return the product that a ticket or case is about, None where it says none."""
    from amparo.cases.models import Case
    from amparo.tickets.models import Ticket

    kind, _sep, number = subject.partition(":")
    owner: Any = {"ticket": Ticket, "case": Case}.get(kind)
    if owner is None or not number.isdecimal():
        return None
    return owner.objects.filter(thread__number=int(number)).values_list("product_id", flat=True).first()


def everybody(actor: Actor, number: int) -> bool:
    """The vendor's logo and the like."""
    return True


@lru_cache(None)
def _function(kind: str) -> Callable[[Actor, int], bool]:
    return import_string(VISIBLE[kind])


def may_see(actor: Actor, subject: str) -> bool:
    """True where the actor may see the thing named by a typed string; false for what does not exist."""
    kind, _sep, number = subject.partition(":")
    if kind.endswith("-desk"):  # a file of an internal note, for instance. SEC-10
        return actor.is_staff and may_see(actor, f"{kind.removesuffix('-desk')}:{number}")
    if not number.isdecimal() or len(number) > 18:
        return False
    if kind in PUBLISHED:
        return bool(import_string(PUBLISHED[kind])(actor, int(number), at=clock.now()))
    if kind not in VISIBLE:
        return False
    return _function(kind)(actor, int(number))


def may_follow(actor: Actor, topic: str) -> bool:
    """True where the actor may be told that a topic of the stream changed. SEC-36."""
    if not actor.is_signed_in:
        return False
    kind, _sep, number = topic.partition(":")
    if topic in ("queue", "chats", "calls", "reconciliations", "imports", "defects", "sales", "mail", "video-work"):
        return actor.is_staff
    if kind in ("chat-answering", "chat-typing"):  # who writes at this moment: of staff the customer hears, of him staff
        return actor.is_staff is (kind == "chat-typing") and may_see(actor, f"chat:{number}")
    if kind.endswith("-desk"):  # notes, tags, who looks: nothing a customer may even know of. SEC-10
        return actor.is_staff and may_see(actor, f"{kind.removesuffix('-desk')}:{number}")
    if kind == "user":
        return number == str(actor.user_id)
    if kind == "customer":
        return number.isdecimal() and actor.sees_customer(int(number))
    if kind == "promise" or kind not in VISIBLE:
        return kind in PUBLISHED and may_see(actor, topic)
    return may_see(actor, topic)
