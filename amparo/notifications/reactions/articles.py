"""From facts of the knowledge base to notices: a word of a reader, a colleague's flag, reviews that are due. SRC-2.

They go to the owner of the article, and to all editors where it has none, or one who left.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.knowledge.models import Article, Flag, Vote
from amparo.people.queries import staff_with

from .. import commands, readers
from ..commands import Reader, Words
from .shared import moment

Writing = Callable[[Reader], Words]


def _owners(owner_id: int | None) -> list[Reader]:
    """Return the owner, while he is of the staff; else who has the role of editor, or administrators where nobody has."""
    own = [Reader(user.pk, user.language, user.time_zone) for user in staff_with() if user.pk == owner_id]
    return own or readers.staff("editor") or readers.staff("administrator")


def _tell(kind: str, fact: FactRow, people: list[Reader], write: Writing) -> None:
    told = []
    for reader in people:
        if fact.actor_ref == f"user:{reader.user_id}":
            continue  # nobody is told what he did himself
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


def _article(fact: FactRow) -> Article | None:
    number = fact.subject.partition(":")[2]
    return Article.objects.filter(pk=int(number)).first() if number.isdecimal() else None


def _page(article: Article) -> str:
    return f"/desk/knowledge/articles/{article.pk}/"


def word_left(fact: FactRow) -> None:
    """Tell the owner what a reader wrote below his article, for him alone."""
    article, vote = _article(fact), Vote.objects.filter(pk=fact.data["vote"]).first()
    if article is None or vote is None or not vote.word or vote.closed_at is not None:
        return

    def write(reader: Reader) -> Words:
        title = _("A reader found it useful, and says why: %(title)s") if vote.useful else _("It was not useful to a reader: %(title)s")
        figures = ((_("Searched for"), vote.sought),) if vote.sought else ()
        return Words(title=title % {"title": article.title}, url=_page(article), paragraphs=(excerpt(vote.word, 500),), figures=figures, action=_("See the article"))

    _tell("article_word", fact, _owners(article.owner_id), write)


def flagged(fact: FactRow) -> None:
    """Tell the owner that a colleague finds his article wrong, and in what."""
    article, flag = _article(fact), Flag.objects.select_related("by").filter(pk=fact.data["flag"]).first()
    if article is None or flag is None or flag.closed_at is not None:
        return

    def write(reader: Reader) -> Words:
        who = _("%(name)s says what is wrong:") % {"name": flag.by.get_full_name()}
        return Words(title=_("Found wrong: %(title)s") % {"title": article.title}, url=_page(article), paragraphs=(who, excerpt(flag.reason, 500)), action=_("Answer it"))

    _tell("article_flagged", fact, _owners(article.owner_id), write)


def reviews_due(fact: FactRow) -> None:
    """Tell an owner which articles he should have read again by now."""
    live = Article.objects.filter(pk__in=fact.data["articles"], live=True)
    titles = list(live.order_by("review_on", "pk").values_list("title", flat=True))
    count = int(fact.data["count"])
    if not titles:
        return

    def write(reader: Reader) -> Words:
        title = ngettext("%(n)s article waits for its review", "%(n)s articles wait for their review", count) % {"n": count}
        return Words(title=title, url="/desk/knowledge/", paragraphs=tuple(titles), action=_("Read them again"))

    _tell("article_review", fact, _owners(int(fact.data["owner"])), write)


def outgrown(fact: FactRow) -> None:
    """Tell each owner how many of his articles were written for the version before a new major one."""
    for owner, count in fact.data["owners"].items():

        def write(reader: Reader, n: int = int(count)) -> Words:
            given = {"product": fact.data["product"], "version": fact.data["version"], "before": fact.data["before"], "n": n}
            title = ngettext(
                "%(product)s %(version)s is current: %(n)s article was written for %(before)s",
                "%(product)s %(version)s is current: %(n)s articles were written for %(before)s", n,
            ) % given  # fmt: skip
            text = _("Their readers are told so until somebody reads them again: publish them anew, or say that they still hold.")
            return Words(title=title, url="/desk/knowledge/", paragraphs=(text,), action=_("Read them again"))

        _tell("article_review", fact, _owners(int(owner)), write)
