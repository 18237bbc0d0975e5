"""Was it useful: a vote of anybody, and a private word to the owner. SRC-2."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.policies.queries import value

from .. import access
from ..errors import TooManyVotes
from ..models import Article, Vote

WORD_MAX = 2_000


@transaction.atomic
def vote(
    article: Article, *, useful: bool, reader: str, address: str = "", word: str = "", sought: str = "", actor: Actor, at: datetime
) -> Vote:
    """Keep what a reader says of an article: one vote a reader, the last one counts. SRC-2.

    `reader` tells readers apart without telling who they are, `address` is a hash that is counted only. A word goes to the
    owner alone. Raises TooManyVotes; Article.DoesNotExist for who may not read it.
    """
    article = access.visible_to(actor, at=at).get(pk=article.pk)
    if address:
        since = at - timedelta(hours=1)
        if Vote.objects.filter(address=address, at__gt=since).exclude(article=article, reader=reader).count() >= value("knowledge.votes_max", at=at):
            raise TooManyVotes()
    word = word.replace("\x00", "").strip()[:WORD_MAX]
    kept, made = Vote.objects.select_for_update().get_or_create(
        article=article, reader=reader,
        defaults={
            "useful": useful, "word": word, "sought": sought[:200], "user_id": actor.user_id, "version": article.version,
            "address": address, "at": at,
        },
    )  # fmt: skip
    left_word = bool(word) and (made or word != kept.word)
    if not made:
        kept.useful, kept.word, kept.at, kept.version = useful, word or kept.word, at, article.version
        if left_word:
            kept.closed_at = kept.closed_by = None
        kept.save(update_fields=["useful", "word", "at", "version", "closed_at", "closed_by"])
    if left_word:
        record("article.word_left", subject=f"article-desk:{article.pk}", actor=actor, at=at, vote=kept.pk, useful=useful)
    return kept
