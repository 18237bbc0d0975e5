"""Tables of the forum: themes, topics, posts with their versions, members, watches, and what moderators do. FOR-1, FOR-2."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from amparo.contracts.rules.audience import AUDIENCES

KINDS = {"question": pgettext_lazy("topic", "Question"), "discussion": pgettext_lazy("topic", "Discussion")}
VISIBILITIES = {
    "shown": pgettext_lazy("post", "Visible"), "held": pgettext_lazy("post", "Waits for review"),
    "hidden": pgettext_lazy("post", "Hidden"), "merged": pgettext_lazy("post", "Merged"),
}  # fmt: skip
LEVELS = {
    "muted": pgettext_lazy("watching", "Muted"), "normal": pgettext_lazy("watching", "Normal"),
    "tracking": pgettext_lazy("watching", "Tracking"), "watching": pgettext_lazy("watching", "Watching"),
    "first_post": pgettext_lazy("watching", "First post only"),
}  # fmt: skip
DIGESTS = {"none": _("No digest"), "daily": _("Every day"), "weekly": _("Every Monday")}
FLAG_REASONS = {
    "spam": _("Advertising"), "rude": _("Insults or disrespect"), "private": _("Private data of somebody"),
    "off_topic": _("It does not belong here"), "wrong": _("It may do harm: what it says is wrong"), "other": _("Something else"),
}  # fmt: skip
WHYS = {
    "flag": _("Reported by readers"), "first_post": _("First post, sent too fast"), "no_proof": _("New member, without the check against robots"),
    "links": _("New member, with many links"),
}  # fmt: skip
USER: Any = settings.AUTH_USER_MODEL


def _user(**more: Any) -> Any:
    return models.ForeignKey(USER, models.PROTECT, related_name="+", **more)


class Theme(models.Model):
    """What topics are sorted by, with who may read them. FOR-1."""

    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    about = models.CharField(max_length=300, blank=True)
    about_en = models.CharField(max_length=300, blank=True)
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+")
    audience = models.CharField(max_length=12, default="visitor")
    position = models.PositiveSmallIntegerField(default=100)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(audience__in=AUDIENCES), name="theme_audience_known")]

    @property
    def subject(self) -> str:
        return f"theme:{self.pk}"

    @property
    def shown_name(self) -> str:
        return self.name_en if self.name_en and (get_language() or "es").startswith("en") else self.name

    @property
    def shown_about(self) -> str:
        return self.about_en if self.about_en and (get_language() or "es").startswith("en") else self.about

    def __str__(self) -> str:
        return self.shown_name


class Member(models.Model):
    """Somebody who takes part: the name that he chose, how far he is trusted, and what he is written to. ACC-2."""

    user = models.OneToOneField(USER, models.PROTECT, primary_key=True, related_name="+")
    alias = models.CharField(max_length=30)
    alias_key = models.CharField(max_length=30, unique=True)
    is_staff = models.BooleanField(default=False)
    trust = models.PositiveSmallIntegerField(default=0)
    digest = models.CharField(max_length=8, default="weekly")
    digested_at = models.DateTimeField()
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(trust__lte=2), name="member_trust_known"),
            models.CheckConstraint(condition=Q(digest__in=list(DIGESTS)), name="member_digest_known"),
        ]

    @property
    def subject(self) -> str:
        return f"member:{self.pk}"

    def __str__(self) -> str:
        return self.alias


class Topic(models.Model):
    """A question or a discussion. `due_at`, `due_from` and `desk_at` mirror what is owed now; `answered_at` when it was met. TIM-4.

    `desk_at` is when 90 % of the time has passed and the question stands on the desk's queue. TIM-10.
    """

    theme = models.ForeignKey(Theme, models.PROTECT, related_name="topics")
    author = _user()
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=160)
    visibility = models.CharField(max_length=8, default="shown")
    hidden_reason = models.CharField(max_length=300, blank=True)
    is_closed = models.BooleanField(default=False)
    closed_reason = models.CharField(max_length=300, blank=True)
    is_pinned = models.BooleanField(default=False)
    merged_into = models.ForeignKey("forum.Topic", models.PROTECT, null=True, related_name="+")
    solution = models.ForeignKey("forum.Post", models.PROTECT, null=True, related_name="+")
    solved_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_from = models.DateTimeField(null=True)
    desk_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    reply_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    last_by = _user(null=True)
    ticket_ref = models.CharField(max_length=40, blank=True)
    article_ref = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=100, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="topic_kind_known"),
            models.CheckConstraint(condition=Q(visibility__in=list(VISIBILITIES)), name="topic_visibility_known"),
            models.CheckConstraint(condition=Q(visibility="merged", merged_into__isnull=False) | ~Q(visibility="merged"), name="topic_merged_into"),
            models.CheckConstraint(condition=Q(solution__isnull=True) | Q(solved_at__isnull=False), name="topic_solved_has_its_moment"),
        ]
        indexes = [
            models.Index(fields=["theme", "-is_pinned", "-last_at", "-id"], name="topic_of_theme"),
            models.Index(fields=["-last_at", "-id"], name="topic_latest", condition=Q(visibility="shown")),
            models.Index(fields=["author", "-id"], name="topic_of_author"),
            models.Index(fields=["due_at"], name="topic_owed", condition=Q(due_at__isnull=False, answered_at__isnull=True)),
        ]

    @property
    def subject(self) -> str:
        return f"topic:{self.pk}"

    @property
    def is_solved(self) -> bool:
        return self.solution_id is not None

    @property
    def is_owed(self) -> bool:
        return self.due_at is not None and self.answered_at is None

    @property
    def url(self) -> str:
        return f"/forum/topics/{self.pk}/"

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """What somebody said in a topic. Rendered once, when it is saved; its pictures are files of its own. FOR-1."""

    topic = models.ForeignKey(Topic, models.PROTECT, related_name="posts", db_index=False)
    author = _user(db_index=False)
    by_staff = models.BooleanField(default=False)
    body = models.TextField()
    body_html = models.TextField()
    pictures = models.JSONField(default=list)
    visibility = models.CharField(max_length=8, default="shown")
    hidden_reason = models.CharField(max_length=300, blank=True)
    thanks_count = models.PositiveIntegerField(default=0)
    edit_count = models.PositiveSmallIntegerField(default=0)
    edited_at = models.DateTimeField(null=True)
    was_masked = models.BooleanField(default=False)
    via = models.CharField(max_length=10, default="portal")
    at = models.DateTimeField()
    key = models.CharField(max_length=100, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=["shown", "held", "hidden"]), name="post_visibility_known"),
        ]
        indexes = [
            models.Index(fields=["topic", "id"], name="post_of_topic"),
            models.Index(fields=["author", "-at"], name="post_of_author"),
        ]

    @property
    def subject(self) -> str:
        return f"forumpost:{self.pk}"

    @property
    def anchor(self) -> str:
        return f"post-{self.pk}"


class PostVersion(models.Model):
    """What a post said before it was edited: for its author and for staff."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    body = models.TextField()
    editor = _user()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="post_version_once")]


class Thanks(models.Model):
    """Somebody found a post useful."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="thanks")
    user = _user()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="thanks_once")]


class Watch(models.Model):
    """What somebody wants to hear of a topic, a theme or a product. Without a row the level is normal."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=[("topic", "topic"), ("theme", "theme"), ("product", "product")])
    target_id = models.BigIntegerField()
    level = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "target_id"], name="watch_once"),
            models.CheckConstraint(condition=Q(kind__in=["topic", "theme", "product"]), name="watch_kind_known"),
            models.CheckConstraint(condition=Q(level__in=list(LEVELS)), name="watch_level_known"),
        ]
        indexes = [models.Index(fields=["kind", "target_id"], name="watch_of_thing")]


class ReadMark(models.Model):
    """Up to which post somebody has read a topic."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="+", db_index=False)
    post_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="read_mark_once")]


class Review(models.Model):
    """A post that waits for a moderator: reported, or held before anybody saw it. One moderator claims it."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="reviews")
    why = models.CharField(max_length=12)
    at = models.DateTimeField()
    claimed_by = _user(null=True)
    claimed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = _user(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=Q(decided_at__isnull=True), name="review_open_once"),
            models.CheckConstraint(condition=Q(why__in=list(WHYS)), name="review_why_known"),
            models.CheckConstraint(condition=Q(decision__in=["", "keep", "hide"]), name="review_decision_known"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True) | ~Q(decision="") & Q(decided_at__isnull=False), name="review_decided_at"
            ),
        ]
        indexes = [models.Index(fields=["at"], name="review_open", condition=Q(decided_at__isnull=True))]

    @property
    def is_open(self) -> bool:
        return self.decided_at is None


class Flag(models.Model):
    """Somebody reported a post; whether he was right is what trust looks at."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="flags")
    user = _user()
    reason = models.CharField(max_length=10)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="flag_once"),
            models.CheckConstraint(condition=Q(reason__in=list(FLAG_REASONS)), name="flag_reason_known"),
        ]


class Act(models.Model):
    """What a moderator did, so that it can be read and undone. `before` holds what undoing needs. FOR-1."""

    topic = models.ForeignKey(Topic, models.PROTECT, related_name="acts")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=12)
    reason = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict)
    by = _user()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = _user(null=True)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="act_latest")]


class SpentProof(models.Model):
    """A proof of work that was used: it is taken once."""

    signature = models.CharField(max_length=80, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)
