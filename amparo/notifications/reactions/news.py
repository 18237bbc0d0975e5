"""News of one's products, for who asked to be told: nobody is, unless he chose it. SRC-3."""

from __future__ import annotations

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.blog import queries as blog
from amparo.blog.models import Post
from amparo.history.queries import FactRow
from amparo.people.models import User
from amparo.people.queries import actor_of, with_rights

from .. import commands
from ..commands import Reader, Words
from ..models import Preference
from .shared import moment


def published(fact: FactRow) -> None:
    """Tell who chose it of a post that came out: about a product of theirs, for an audience that they belong to, in their language.

    Asked at this moment for all in as many statements as for one, and again when a letter goes out (SEC-11, SEC-20). A
    change of what is published tells nobody.
    """
    if not fact.data.get("first"):
        return
    post = Post.objects.filter(pk=int(fact.subject.partition(":")[2]), live=True).select_related("product").first()
    if post is None:
        return
    chose = Preference.objects.filter(Q(page=True) | Q(mail=True), kind="news").values("user_id")
    users = list(with_rights(User.objects.filter(pk__in=chose, is_active=True)).order_by("pk"))
    people = [(user, actor) for user in users if not (actor := actor_of(user)).is_staff]
    told = []
    for (user, _actor), is_his in zip(people, blog.told_of(post, [(actor, user.language) for user, actor in people], at=moment(fact)), strict=True):
        if is_his:
            with translation.override(user.language):
                told.append((Reader(user.pk, user.language, user.time_zone), _words(post)))
    commands.tell("news", told, subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


def _words(post: Post) -> Words:
    return Words(
        title=_("News: %(title)s") % {"title": post.title}, url=f"/blog/{post.pk}/{post.address_slug}/", paragraphs=(post.summary,) if post.summary else (),
        action=_("Read it"), footnote=_("You get this because you chose news of your products. Choose again in your profile, under notices."),
    )  # fmt: skip
