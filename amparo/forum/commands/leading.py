"""Where a topic leads: to an article that everybody finds, or to a ticket that only its customer sees. SRC-1, TKT-1."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.forum import access
from amparo.forum.errors import NothingToPublish
from amparo.forum.models import Topic
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.knowledge import commands as knowledge

from .moderating import hide_topic
from .promising import end_answer
from .shared import first_post, indexed, locked


@transaction.atomic
def make_article(topic: Topic, *, actor: Actor, at: datetime) -> Topic:
    """Make the draft of an article out of a question and its solution, in one step; asked again, the same draft. SRC-1.

    It leads back here (`source`). Fact: `topic.article_drafted`. Raises NotPermitted, NothingToPublish.
    """
    topic = locked(topic.pk)
    if not access.may_publish(actor):
        raise NotPermitted(topic=topic.pk)
    if topic.article_ref:
        return topic
    if topic.solution is None or topic.visibility != "shown":
        raise NothingToPublish(topic=topic.pk)
    article = knowledge.draft_article(
        title=topic.title, symptom=first_post(topic).body, solution=topic.solution.body, product_id=topic.theme.product_id,
        source=topic.subject, audience=topic.theme.audience, key=topic.subject, actor=actor, at=at,
    )  # fmt: skip
    topic.article_ref = f"article:{article.pk}"
    topic.save(update_fields=["article_ref"])
    record("topic.article_drafted", subject=topic, actor=actor, at=at, article=article.pk)
    return topic


@transaction.atomic
def went_private(topic: Topic, ticket_ref: str, *, then: str, actor: Actor, at: datetime) -> Topic:
    """A topic goes on as a private ticket: here it is closed, hidden or left open, and nothing is owed here any more. TKT-1.

    Called by `tickets`, which opened `ticket_ref` and asked for the right. Only who asked, and staff, see where it went.
    `then` is "close", "hide" (undone as any hiding is) or "leave". Fact: `topic.went_private`. Raises NotPermitted, Invalid.
    """
    topic = locked(topic.pk)
    if not (access.is_moderator(actor) or actor.owns(topic.author_id)) or (then == "hide" and not access.is_moderator(actor)):
        raise NotPermitted(topic=topic.pk)
    if then not in ("close", "hide", "leave"):
        raise Invalid(field="then")
    topic.ticket_ref = ticket_ref
    if then != "leave":
        end_answer(topic, reason="went_private", actor=actor, at=at)
    topic.is_closed = topic.is_closed or then == "close"
    topic.save(update_fields=["ticket_ref", "is_closed"])
    if then == "hide":
        hide_topic(topic, _("It goes on as a private ticket."), actor=actor, at=at)
        topic.refresh_from_db()
    else:
        indexed(topic, at=at)
    record("topic.went_private", subject=topic, actor=actor, at=at, then=then)
    return topic
