"""Tables of conversations.

`Thread` is shaped for the queue: one indexed statement lists it. Triggers (migration `guards`) keep the tally of
queues, the words that are searched, refuse every change of an entry but its purge, and tell open pages that the queue moved.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

KINDS = ("ticket", "case")
LETTERS = {"ticket": "T", "case": "C"}

# What a thread waits for. `closed` and `silent` have left the working queue.
QUEUES = ("answer", "consent", "attention", "waiting", "closing", "quality", "silent", "closed")
QUEUES_WORKING = ("answer", "consent", "attention", "waiting", "closing", "quality")
QUEUE_LABELS = {
    "answer": _("To answer"),
    "consent": _("Waiting for consent"),
    "attention": _("In attention"),
    "waiting": _("Waiting for the customer"),
    "closing": _("Closing proposed"),
    "quality": _("With quality"),
    "silent": _("Without an answer"),
    "closed": _("Closed"),
}
ENTRY_KINDS = ("message", "note", "call", "procedure", "summary", "correction")
AUTHOR_KINDS = ("customer", "staff", "system")
VIAS = ("portal", "desk", "phone", "email", "chat", "import", "system")


class Thread(models.Model):
    """One conversation with a customer and its place in the queue. TKT-1, CAS-1.

    `number` is drawn per kind and is the id of the ticket or case that owns the thread. `due_at` is the earliest
    promise that is still owed, `state` a mirror of the owner's state.
    """

    kind = models.CharField(max_length=10)
    number = models.BigIntegerField()
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=200)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=30)
    queue = models.CharField(max_length=12)
    priority = models.PositiveSmallIntegerField(default=2)
    due_at = models.DateTimeField(null=True)
    due_from = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    last_public_at = models.DateTimeField()
    last_customer_at = models.DateTimeField(null=True)
    last_staff_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    entry_count = models.PositiveIntegerField(default=0)
    public_count = models.PositiveIntegerField(default=0)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    open_key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="thread_number_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="thread_kind_known"),
            models.CheckConstraint(condition=Q(queue__in=QUEUES), name="thread_queue_known"),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="thread_priority_known"),
        ]
        indexes = [
            models.Index(
                IsNull(F("due_at"), True), "priority", "due_at", "id",
                name="thread_working", condition=Q(queue__in=QUEUES_WORKING),
            ),
            models.Index("queue", IsNull(F("due_at"), True), "priority", "due_at", "id", name="thread_by_queue"),
            models.Index(
                "assignee", IsNull(F("due_at"), True), "priority", "due_at", "id",
                name="thread_mine", condition=Q(queue__in=QUEUES_WORKING, assignee__isnull=False),
            ),
            models.Index(
                fields=["due_at"], name="thread_due",
                condition=Q(queue__in=QUEUES_WORKING, due_at__isnull=False),
            ),
            models.Index(
                fields=["queue", "-last_at", "-id"], name="thread_over",
                condition=Q(queue__in=["silent", "closed"]),
            ),
            models.Index(fields=["customer", "-last_public_at", "-id"], name="thread_by_customer"),
            models.Index(fields=["kind", "-last_at", "-id"], name="thread_by_kind"),
            GinIndex(fields=["tags"], name="thread_tags"),
        ]

    @property
    def subject(self) -> str:
        """The typed string of the ticket or case that owns the thread: facts the customer may know of."""
        return f"{self.kind}:{self.number}"

    @property
    def desk_subject(self) -> str:
        """The typed string of what only staff may know of: notes, tags, who looks. SEC-10."""
        return f"{self.kind}-desk:{self.number}"

    @property
    def shown_number(self) -> str:
        return shown(self.kind, self.number)

    def __str__(self) -> str:
        return f"{self.shown_number} {self.title}"


def shown(kind: str, number: int) -> str:
    """`T-41`, `C-2041`: how a thread's number is read aloud."""
    return f"{LETTERS[kind]}-{number}"


class Entry(models.Model):
    """One thing said or done in a thread. Never changed and never removed: a correction is a new entry. CAS-1."""

    thread = models.ForeignKey(Thread, models.PROTECT, related_name="entries", db_index=False)
    customer_id = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, default="message")
    is_internal = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    author_kind = models.CharField(max_length=10)
    author_name = models.CharField(max_length=120)
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    body = models.TextField()
    body_html = models.TextField()
    via = models.CharField(max_length=10, default="portal")
    at = models.DateTimeField()
    file_count = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=120, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "seq"], name="entry_once_in_its_thread"),
            models.UniqueConstraint(fields=["thread", "key"], name="entry_key_once"),
            models.CheckConstraint(condition=Q(kind__in=ENTRY_KINDS), name="entry_kind_known"),
            models.CheckConstraint(condition=Q(author_kind__in=AUTHOR_KINDS), name="entry_author_kind_known"),
            models.CheckConstraint(condition=Q(via__in=VIAS), name="entry_via_known"),
            models.CheckConstraint(condition=~Q(kind="note") | Q(is_internal=True), name="entry_note_is_internal"),
        ]

    @property
    def anchor(self) -> str:
        return f"e{self.seq}"


class EntryFile(models.Model):
    """A file that came with an entry. As final as the entry."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="files")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "file"], name="entry_file_once")]


class Words(models.Model):
    """What is searched of an entry, beside it: so that entries stay narrow. Written by a trigger.

    The vector carries, beside the words, marks that no typed word can equal (`=c41`, `=u7`, `=p`): the index itself
    then answers only what the reader may see. ACC-11, SEC-29.
    """

    entry = models.OneToOneField(Entry, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False)
    thread_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    is_internal = models.BooleanField()
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="words_vector", fastupdate=False)]


class Tally(models.Model):
    """How many threads wait where: signed steps written by a trigger, drawn together by a job. Counts are sums."""

    kind = models.CharField(max_length=10)
    queue = models.CharField(max_length=12)
    assignee_id = models.BigIntegerField(null=True)
    step = models.BigIntegerField()


class Draft(models.Model):
    """What a person has written and not yet sent, by place (`ticket:41`, `ticket:new`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    place = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, default="reply")
    body = models.TextField(blank=True)
    title = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "place"], name="draft_once"),
            models.CheckConstraint(condition=Q(kind__in=["reply", "note"]), name="draft_kind_known"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="draft_by_age")]


class Presence(models.Model):
    """Who of the staff looks at a thread now, and who types. The table is unlogged: after a crash it is empty."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    is_typing = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "user"], name="presence_once")]


class Tag(models.Model):
    """A word by which staff sort threads."""

    name = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField()

    @property
    def subject(self) -> str:
        return f"tag:{self.pk}"

    def __str__(self) -> str:
        return self.name


class AnswerTemplate(models.Model):
    """A prepared answer in one language. Its fields are named, never code. SEC-19."""

    LANGUAGES: ClassVar = [("es-mx", "Español"), ("en", "English")]

    title = models.CharField(max_length=120)
    language = models.CharField(max_length=10, default="es-mx", choices=LANGUAGES)
    body = models.TextField()
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "title"], name="answer_template_once"),
            models.CheckConstraint(condition=Q(language__in=["es-mx", "en"]), name="answer_template_language_known"),
        ]
        indexes = [models.Index(fields=["language", "title"], name="answer_template_list")]

    @property
    def subject(self) -> str:
        return f"answer_template:{self.pk}"

    def __str__(self) -> str:
        return self.title

