"""Words that mean the same, as administrators say. SRC-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.search import access, rules
from amparo.search.errors import NotEnoughWords, WordTaken
from amparo.search.models import SynonymGroup


@transaction.atomic
def set_synonyms(text: str, group: SynonymGroup | None = None, *, actor: Actor, at: datetime) -> SynonymGroup:
    """Make a group of words that mean the same, or say a group anew. It holds for the next search of anybody. SRC-2.

    Words are apart by commas or lines; a phrase has at most three that tell something. Raises NotPermitted, NotEnoughWords, WordTaken.
    """
    if not access.may_set_synonyms(actor):
        raise NotPermitted()
    words = [word for word in rules.group_words(text) if len(rules.phrase(word).split()) <= 3]
    lights = [rules.phrase(word) for word in words]
    if len(words) < 2:
        raise NotEnoughWords(field="words")
    others = SynonymGroup.objects.select_for_update().filter(lights__overlap=lights)
    taken = (others.exclude(pk=group.pk) if group else others).first()
    if taken is not None:
        word = next(word for word, light in zip(words, lights, strict=True) if light in taken.lights)
        raise WordTaken(WordTaken.message % {"word": word}, field="words")
    if group is None:
        group = SynonymGroup.objects.create(words=words, lights=lights, changed_by_id=actor.user_id, changed_at=at)
    else:
        group = SynonymGroup.objects.select_for_update().get(pk=group.pk)
        group.words, group.lights, group.changed_by_id, group.changed_at = words, lights, actor.user_id, at
        group.save(update_fields=["words", "lights", "changed_by", "changed_at"])
    record("synonyms.set", subject=group, actor=actor, at=at, words=words)
    return group


@transaction.atomic
def drop_synonyms(group: SynonymGroup, *, actor: Actor, at: datetime) -> None:
    """Let a group of words mean the same no longer. Raises NotPermitted."""
    if not access.may_set_synonyms(actor):
        raise NotPermitted()
    record("synonyms.dropped", subject=group, actor=actor, at=at, words=group.words)
    SynonymGroup.objects.filter(pk=group.pk).delete()
