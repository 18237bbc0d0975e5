"""What follows in the knowledge base from facts of others. SRC-1."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM
from amparo.people.queries import actor_by_id
from amparo.products.models import Product
from amparo.threads.models import Entry

from . import commands


def answered(fact: FactRow) -> None:
    """`ticket.answered`, `case.answered`: note which articles the answer cites."""
    entry = Entry.objects.select_related("thread").filter(
        thread__kind=fact.subject_kind, thread__number=fact.subject_id, seq=int(fact.data.get("seq", 0))
    ).first()  # fmt: skip
    if entry is None:
        return
    product_of = import_string(settings.SUBJECT_PRODUCT)  # what a conversation is about, its owner above knows
    by = actor_by_id(entry.author_id) if entry.author_id else SYSTEM
    commands.note_answer(entry, product_id=product_of(fact.subject), actor=by if by.is_staff else SYSTEM, at=fact.at)


def made_current(fact: FactRow) -> None:
    """`release.made_current`: what was written for the version before a new major one asks to be read again. SRC-2."""
    product = Product.objects.filter(pk=fact.subject_id).first()
    if product is not None and fact.data.get("before"):
        commands.outgrow(product, version=str(fact.data["version"]), before=str(fact.data["before"]), actor=SYSTEM, at=fact.at)
