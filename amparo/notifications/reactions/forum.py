"""From facts of the forum to notices: who watches, who was called, whose post it is, and who keeps the promise. FOR-1, FOR-2, TIM-10.

Whoever is written to can stop it with one press, without signing in (RFC 8058). The right to read is asked for each, now and again
when the letter goes. SEC-11, SEC-20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from amparo.forum import queries
from amparo.forum.models import Topic
from amparo.history.queries import FactRow
from amparo.people.queries import staff_with
from amparo.policies.queries import value

from .. import commands
from ..commands import Reader, Words
from .shared import moment, when

Writing = Callable[[Reader], Words]


def _topic(fact: FactRow) -> Topic | None:
    kind, _sep, number = fact.subject.partition(":")
    if kind != "topic" or not number.isdecimal():
        return None
    return Topic.objects.select_related("theme").filter(pk=int(number)).first()


def _tell(kind: str, fact: FactRow, topic: Topic, user_ids: Iterable[int], write: Writing, *, staff_kind: str = "") -> None:
    """Tell people of a topic, each in his language; members of the staff by the kind of their side. Nobody what he did himself."""
    own = int(fact.actor_ref.partition(":")[2]) if fact.actor_ref.startswith("user:") else 0
    people = queries.languages_of([one for one in user_ids if one != own], topic.pk, at=moment(fact))
    of_staff = {user.pk for user in staff_with()} if people else set()
    for code, side in ((kind, False), (staff_kind or kind, True)):
        told = []
        for user_id, language, zone in people:
            if (user_id in of_staff) is not side:
                continue
            reader = Reader(user_id, language, zone)
            with translation.override(language):
                told.append((reader, write(reader)))
        if told:
            commands.tell(code, told, subject=topic.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


def posted(fact: FactRow) -> None:
    """Tell who watches, at once, and whom the post calls by name. FOR-1."""
    topic = _topic(fact)
    heard = queries.heard_of(topic.pk, fact.data["post"]) if topic else None
    if topic is None or heard is None:
        return
    topic = heard.topic  # where the post stands now, which says who may read it: it may have been split off and moved since
    called = set(fact.data.get("mentions", ())) - {heard.post.author_id}
    called -= queries.muted(topic, called)

    def write(reader: Reader, title: str) -> Words:
        return Words(
            title=title % {"topic": topic.title}, url=f"/forum/posts/{heard.post.pk}/", paragraphs=(f"{heard.author}:", queries.excerpt_of(heard)),
            action=_("Read and answer"), leave_url=queries.leave_path(reader.user_id, topic.subject), about=f"toldpost:{heard.post.pk}",
        )  # fmt: skip

    _tell("forum_mention", fact, topic, called, lambda reader: write(reader, _("Somebody calls you in “%(topic)s”")), staff_kind="forum_staff")
    watching = [one for one in queries.watched(heard) if one not in called]
    title = (lambda: _("New in the forum: %(topic)s")) if heard.is_first else (lambda: _("New reply in “%(topic)s”"))
    _tell("forum", fact, topic, watching, lambda reader: write(reader, title()), staff_kind="forum_staff")


def solved(fact: FactRow) -> None:
    """Tell who asked that staff marked a solution, and who wrote it that it helped. FOR-1."""
    topic = _topic(fact)
    if topic is None:
        return
    author = {topic.author_id} if fact.data.get("by_staff") else set()
    url = f"/forum/posts/{fact.data['post']}/"

    def asked(reader: Reader) -> Words:
        text = _("Our staff marked the post that solves your question. If it does not, take the mark away and tell us what is missing.")
        return Words(title=_("Your question is solved: %(topic)s") % {"topic": topic.title}, url=url, paragraphs=(text,), action=_("See it"))

    def helped(reader: Reader) -> Words:
        text = _("What you wrote was marked as the solution. Thank you.")
        return Words(title=_("Your answer solved “%(topic)s”") % {"topic": topic.title}, url=url, paragraphs=(text,), action=_("See it"))

    _tell("forum_own", fact, topic, author, asked, staff_kind="forum_staff")
    _tell("forum_own", fact, topic, {fact.data["author"]} - author, helped, staff_kind="forum_staff")


def supervised(fact: FactRow) -> None:
    """Tell an author what became of his post or topic, with the reason. FOR-1."""
    topic = _topic(fact)
    if topic is not None and fact.name == "topic.merged":
        author, topic = topic.author_id, topic.merged_into
    else:
        author = fact.data.get("author") or (topic.author_id if topic else 0)
    if topic is None:
        return
    titles = {
        "topic.post_hidden": lambda: _("A post of yours was hidden in “%(topic)s”"),
        "topic.hidden": lambda: _("Your topic was hidden: %(topic)s"),
        "topic.closed": lambda: _("Your topic was closed: %(topic)s"),
        "topic.moved": lambda: _("Your topic stands in another theme now: %(topic)s"),
        "topic.split": lambda: _("What you wrote is a topic of its own now: %(topic)s"),
        "topic.merged_in": lambda: _("Another topic was put together with yours: %(topic)s"),
        "topic.merged": lambda: _("Your topic was put together with another one: %(topic)s"),
    }

    def write(reader: Reader) -> Words:
        reason = fact.data.get("reason") or ""
        return Words(
            title=titles[fact.name]() % {"topic": topic.title}, url=topic.url, paragraphs=(_("Reason: %(reason)s") % {"reason": reason},) if reason else (),
            action=_("See it"),
        )  # fmt: skip

    _tell("forum_own", fact, topic, {author}, write, staff_kind="forum_staff")


def undone(fact: FactRow) -> None:
    """Tell who watches that two topics which were put together stand apart again, and where each is. FOR-1."""
    topic, into = _topic(fact), Topic.objects.filter(pk=fact.data.get("into") or 0).first()
    if fact.data["verb"] != "merge" or topic is None or into is None:
        return

    def of(one: Topic) -> Writing:
        def write(reader: Reader) -> Words:
            text = _("It had been put together with another one, which was undone: its posts are back in it.")
            return Words(
                title=_("This topic stands by itself again: %(topic)s") % {"topic": one.title}, url=one.url, paragraphs=(text,), action=_("See it"),
                leave_url=queries.leave_path(reader.user_id, one.subject),
            )  # fmt: skip

        return write

    first, second = queries.watchers(topic), queries.watchers(into)
    _tell("forum", fact, topic, first, of(topic), staff_kind="forum_staff")
    _tell("forum", fact, into, second - first, of(into), staff_kind="forum_staff")


def reviewed(fact: FactRow) -> None:
    """Tell who waited for a moderator that his post is visible now."""
    topic = _topic(fact)
    if topic is None or fact.data["decision"] != "keep" or fact.data["why"] == "flag":
        return

    def write(reader: Reader) -> Words:
        return Words(title=_("Your post is visible now: %(topic)s") % {"topic": topic.title}, url=f"/forum/posts/{fact.data['post']}/", action=_("See it"))

    _tell("forum_own", fact, topic, {fact.data["author"]}, write)


def waiting(fact: FactRow) -> None:
    """Tell moderators that something waits for review."""
    topic = _topic(fact)
    if topic is None:
        return

    def write(reader: Reader) -> Words:
        return Words(title=_("To review in the forum: %(topic)s") % {"topic": topic.title}, url="/desk/forum/?view=reviews", action=pgettext("review", "Take it"))

    _tell("forum_review", fact, topic, [user.pk for user in staff_with("moderator")], write)


def promised(fact: FactRow) -> None:
    """Tell who answers that a question nears its time (from 90 % on) or passed it unanswered. TIM-10, FOR-2."""
    topic = _topic(fact)
    lapsed = fact.name == "promise.lapsed"
    if topic is None or topic.answered_at is not None or (not lapsed and fact.data["percent"] < value("forum.desk_percent", at=fact.at)):
        return
    roles = ("moderator", "operator", "engineer")

    def write(reader: Reader) -> Words:
        title = _("Nobody answered in time: %(topic)s") if lapsed else _("A question waits for its answer: %(topic)s")
        figures = ((_("Promised by"), when(fact.data["due_at"], reader)),)
        return Words(title=title % {"topic": topic.title}, url=topic.url, figures=figures, action=_("Answer it"))

    _tell("forum_owed", fact, topic, [user.pk for user in staff_with(*roles)], write)


def digest(fact: FactRow) -> None:
    """Write somebody his digest: what was said since the last one in what he tracks or watches. FOR-1."""
    user_id, at = int(fact.subject.partition(":")[2]), fact.at
    rows = queries.digest_for(user_id, datetime.fromisoformat(fact.data["since"].replace("Z", "+00:00")), at=at)
    person = queries.person_of(user_id)
    if not rows or person is None:
        return
    reader = Reader(user_id, *person)
    with translation.override(reader.language):
        lines = tuple(
            f"{row['title']} ({row['theme__name']}): " + ngettext("%(n)s reply", "%(n)s replies", row["reply_count"]) % {"n": row["reply_count"]}
            for row in rows
        )
        words = Words(
            title=ngettext("The forum: %(n)s topic with news", "The forum: %(n)s topics with news", len(rows)) % {"n": len(rows)}, url="/forum/",
            paragraphs=lines, action=_("Go to the forum"), leave_url=queries.leave_path(user_id, "digest"),
        )  # fmt: skip
    commands.tell("forum_digest", [(reader, words)], subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


