"""What was answered once is written down for all. SRC-1."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import translation

from amparo.editor import commands as editor
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.masking import mask
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.threads.models import Thread

from .. import access
from ..errors import NothingToSay
from ..machine import KINDS
from ..models import Answer, Article

TITLE_MAX = 200


@transaction.atomic
def draft_article(
    *,
    title: str,
    symptom: str = "",
    cause: str = "",
    solution: str = "",
    steps: str = "",
    intro: str = "",
    product_id: int | None = None,
    kind: str = "problem",
    codes: str = "",
    source: str = "",
    audience: str = "visitor",
    language: str = "",
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> Article:
    """Write a draft for an editor out of what was answered: private things are hidden first. SRC-1, SRC-2.

    `source` says out of what (`ticket:41`, `topic:9`, `search:…`): the answers of that conversation count as turned
    into an article. The same `key` returns the first draft. Raises NotPermitted, NothingToSay, Invalid.
    """
    if not access.may_draft(actor):
        raise NotPermitted()
    if key and (earlier := Article.objects.filter(key=key).first()):
        return earlier
    if kind not in KINDS:
        raise Invalid(field="kind")
    texts = {
        name: mask(text.replace("\x00", "").strip())[0]
        for name, text in {"title": title, "intro": intro, "symptom": symptom, "cause": cause, "solution": solution, "steps": steps}.items()
    }
    texts["title"] = " ".join(texts["title"].split())[:TITLE_MAX]
    if not texts["title"] or not any(text for name, text in texts.items() if name != "title"):
        raise NothingToSay(field="title" if not texts["title"] else "symptom")
    article = Article(
        **texts, product_id=product_id, kind=kind, codes=codes, source=source[:60], audience=audience,
        language=language or (translation.get_language() or "es")[:2], owner_id=actor.user_id, created_by_id=actor.user_id,
        created_at=at, key=key,
    )  # fmt: skip
    editor.save_draft(article, actor=actor, at=at)
    if thread_id := _conversation(source):
        Answer.objects.filter(thread_id=thread_id, turned_into=None).update(turned_into=article)
    record("article.drafted", subject=article, actor=actor, at=at, title=article.title, source=source)
    return article



def _conversation(source: str) -> int | None:
    """The thread of a ticket or case: its answers have their source now. SRC-1."""
    kind, _sep, number = source.partition(":")
    if kind not in ("ticket", "case") or not number.isdecimal() or len(number) > 15:
        return None
    return Thread.objects.filter(kind=kind, number=int(number)).values_list("pk", flat=True).first()
