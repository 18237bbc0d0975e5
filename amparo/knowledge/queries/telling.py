"""What a conversation told, for an article that comes out of it. SRC-1."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from amparo.kernel.actor import Actor
from amparo.threads import access as threads
from amparo.threads.models import Entry


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket or case: what was asked, and what staff last answered."""

    shown: str
    url: str
    title: str
    question: str
    answer: str
    product_id: int | None
    thread_id: int


def told_in(actor: Actor, source: str) -> Told | None:
    """Return what `ticket:41` or `case:2041` told, None for what the actor may not see. Notes are left out. SEC-10."""
    kind, _sep, number = source.partition(":")
    if kind not in ("ticket", "case") or not number.isdecimal() or len(number) > 15:
        return None
    thread = threads.visible_to(actor).filter(kind=kind, number=int(number)).first()
    if thread is None:
        return None
    public = Entry.objects.filter(thread=thread, is_internal=False, kind="message").order_by("seq")
    asked = public.filter(author_kind="customer").first()
    answered = public.filter(author_kind="staff").last()
    product_of = import_string(settings.SUBJECT_PRODUCT)
    return Told(
        thread.shown_number, f"/desk/{kind}s/{thread.number}/", thread.title, asked.body if asked else "", answered.body if answered else "",
        product_of(source), thread.pk,
    )  # fmt: skip
