"""Tables of chats. A message is final: triggers (migration `guards`) refuse every change but its purge."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .machine import EndedHow, State

_USER = settings.AUTH_USER_MODEL

CUSTOMER_LABELS = {State.WAITING: _("You wait for an engineer"), State.OPEN: _("In conversation"), State.ENDED: _("Chat ended")}
STAFF_LABELS = {State.WAITING: _("Waits for an engineer"), State.OPEN: _("In conversation"), State.ENDED: _("Chat ended")}


class Site(models.Model):
    """A page or program of the vendor's own that shows the widget. Its secret signs who its readers are. CHT-1."""

    name = models.CharField(max_length=80)
    public_id = models.CharField(max_length=32, unique=True)
    secret_sealed = models.TextField()
    origins = ArrayField(models.CharField(max_length=200), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    @property
    def subject(self) -> str:
        return f"chatsite:{self.pk}"

    def __str__(self) -> str:
        return self.name


class Chat(models.Model):
    """A live conversation of one contact. CHT-1."""

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(_USER, models.PROTECT, related_name="+", db_index=False)
    contact_name = models.CharField(max_length=120)
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+", db_index=False)
    about = models.CharField(max_length=200)
    language = models.CharField(max_length=10)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=10, default=State.WAITING.value)
    opened_at = models.DateTimeField()
    waiting_since = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=12, blank=True)
    ended_by = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+", db_index=False)
    assignee = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+", db_index=False)
    offered_to = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+", db_index=False)
    offered_until = models.DateTimeField(null=True)
    passed = ArrayField(models.BigIntegerField(), default=list)
    last_seq = models.PositiveIntegerField(default=0)
    desk_seq = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    last_customer_at = models.DateTimeField(null=True)
    last_staff_at = models.DateTimeField(null=True)
    customer_seen_at = models.DateTimeField()
    customer_read = models.PositiveIntegerField(default=0)
    staff_read = models.PositiveIntegerField(default=0)  # by `desk_seq`, as staff count
    staff_read_public = models.PositiveIntegerField(default=0)  # by `seq`: what the customer is told
    ticket = models.ForeignKey("tickets.Ticket", models.PROTECT, null=True, related_name="+", db_index=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="+")
    case_told = models.PositiveIntegerField(default=0)  # up to which message the case's own record tells
    topic = models.ForeignKey("forum.Topic", models.PROTECT, null=True, related_name="+", db_index=False)
    open_key = models.CharField(max_length=100, null=True, unique=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="chat_state_known"),
            models.CheckConstraint(condition=Q(ended_how__in=["", *(how.value for how in EndedHow)]), name="chat_ended_how_known"),
            models.CheckConstraint(
                condition=Q(state=State.ENDED.value, ended_at__isnull=False) | (~Q(state=State.ENDED.value) & Q(ended_at__isnull=True)),
                name="chat_ended_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state=State.OPEN.value) | Q(assignee__isnull=False), name="chat_open_has_somebody"),
            models.UniqueConstraint(fields=["contact", "customer"], condition=~Q(state=State.ENDED.value), name="chat_one_live_for_a_person"),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="chat_waiting", condition=Q(state=State.WAITING.value)),
            models.Index(fields=["assignee"], name="chat_open_by_assignee", condition=Q(state=State.OPEN.value)),
            models.Index(fields=["customer", "-id"], name="chat_by_customer"),
            models.Index(fields=["-id"], name="chat_ended", condition=Q(state=State.ENDED.value)),
        ]

    @property
    def subject(self) -> str:
        return f"chat:{self.pk}"

    @property
    def desk_subject(self) -> str:
        """The chain and topic of what customers may not even know of: whispers, offers, notes of transfers. SEC-10."""
        return f"chat-desk:{self.pk}"

    @property
    def shown_number(self) -> str:
        return f"CH-{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state != State.ENDED

    def __str__(self) -> str:
        return self.shown_number


class Message(models.Model):
    """What was said or happened. `seq` counts what the customer sees, `desk_seq` everything. CHT-1, CAS-1."""

    chat = models.ForeignKey(Chat, models.PROTECT, related_name="messages", db_index=False)
    seq = models.PositiveIntegerField(null=True)
    desk_seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    event = models.CharField(max_length=12, blank=True)
    data = models.JSONField(default=dict)
    author = models.ForeignKey(_USER, models.PROTECT, null=True, related_name="+", db_index=False)
    author_kind = models.CharField(max_length=10)
    author_name = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    file_count = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    key = models.CharField(max_length=80, null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["message", "whisper", "event"]), name="chat_message_kind_known"),
            models.CheckConstraint(condition=~Q(kind="whisper") | Q(seq__isnull=True), name="chat_whisper_has_no_public_number"),
            models.CheckConstraint(condition=Q(author_kind__in=["customer", "staff", "system"]), name="chat_author_kind_known"),
            models.UniqueConstraint(fields=["chat", "desk_seq"], name="chat_message_once"),
            models.UniqueConstraint(fields=["chat", "seq"], name="chat_public_message_once"),
            models.UniqueConstraint(fields=["chat", "author", "key"], name="chat_message_sent_once"),
        ]


class MessageFile(models.Model):
    """A file of a message."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="files")
    file = models.OneToOneField("files.StoredFile", models.PROTECT, related_name="+")


class Duty(models.Model):
    """Who attends chats: switched on by himself, and present while a page of his is open. CHT-1."""

    user = models.OneToOneField(_USER, models.PROTECT, primary_key=True, related_name="+")
    is_on = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    last_given_at = models.DateTimeField(null=True)

    @property
    def subject(self) -> str:
        return f"duty:{self.pk}"


class Skill(models.Model):
    """A product that somebody of the staff knows: chats about it are offered to him first. CHT-1."""

    user = models.ForeignKey(_USER, models.CASCADE, related_name="+")
    product = models.ForeignKey("products.Product", models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="chat_skill_once")]


class HandOver(models.Model):
    """A signed word of a site that was used: never again. SEC-42."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    jti = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "jti"], name="chat_hand_over_once")]
        indexes = [models.Index(fields=["at"], name="chat_hand_over_by_age")]


class Pass(models.Model):
    """Who is in the widget: a secret that its frame alone holds, kept as its hash. It opens nothing but chats. SEC-6."""

    token_hash = models.CharField(max_length=64, unique=True)
    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    user = models.ForeignKey(_USER, models.CASCADE, related_name="+")
    customer = models.ForeignKey("people.Customer", models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="chat_pass_by_age")]
