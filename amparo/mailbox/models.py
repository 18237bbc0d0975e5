"""Tables of mail in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

SECURITIES = {"tls": _("TLS from the start (port 993)"), "starttls": _("STARTTLS (port 143)"), "none": _("None: only for this machine itself")}
PURPOSES = {
    "support": _("Answers, and new questions: those open tickets"),
    "replies": _("Answers only: anything else waits for staff"),
}
AFTERS = {"seen": _("Mark it as read"), "move": _("Move it into a folder"), "delete": _("Delete it")}

STATES = ("taken", "said", "opened", "automatic", "answered", "waiting", "handed", "discarded")
STATE_LABELS = {
    "taken": _("Just came in"),
    "said": _("In its matter"),
    "opened": _("Opened a ticket"),
    "automatic": _("Automatic"),
    "answered": _("Answered with the way"),
    "waiting": _("Waits for you"),
    "handed": _("Handed over by staff"),
    "discarded": _("Discarded"),
}
REASONS = {
    "unknown_sender": _("The sender is nobody who may write in this matter"),
    "several_authors": _("It names several authors, or none"),
    "unproven": _("Our mail server says that the sender is not who it claims to be"),
    "refused": _("The matter did not take it"),
    "matter_gone": _("There is no such matter, or it takes no answers by mail"),
    "staff_by_mail": _("Staff do not answer by mail here, or not from this address"),
    "from_staff": _("A new message from a member of the staff"),
    "which_product": _("The customer has several products: it was asked which"),
    "flood": _("Too many from this sender, or for this matter, within an hour"),
    "not_support": _("It came to an address that takes answers only"),
    "too_large": _("It is larger than we take; it stays in the mailbox"),
    "fault": _("It could not be understood: an error of ours"),
    "machine": _("A machine wrote it"),
    "own": _("We wrote it ourselves: a loop"),
    "bounce": _("A letter of ours did not arrive"),
    "no_standing": _("The sender may not open tickets"),
    "stranger": _("Nobody we know"),
}


class Mailbox(models.Model):
    """Where mail comes from: an IMAP folder that is looked into, or, without a host, an address whose server hands over to us.

    `taken_uid` is the highest number of the folder that was taken in under `uidvalidity`.
    """

    name = models.CharField(max_length=80)
    address = models.EmailField(unique=True)
    purpose = models.CharField(max_length=10, default="support")
    host = models.CharField(max_length=200, blank=True)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, default="tls")
    username = models.CharField(max_length=200, blank=True)
    password_sealed = models.TextField(blank=True)
    folder = models.CharField(max_length=200, default="INBOX")
    after = models.CharField(max_length=10, default="seen")
    move_to = models.CharField(max_length=200, blank=True)
    authserv = models.CharField(max_length=200, blank=True)
    takes_old = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    uidvalidity = models.BigIntegerField(null=True)
    taken_uid = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "mailboxes"
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=list(PURPOSES)), name="mailbox_purpose_known"),
            models.CheckConstraint(condition=Q(security__in=list(SECURITIES)), name="mailbox_security_known"),
            models.CheckConstraint(condition=Q(after__in=list(AFTERS)), name="mailbox_after_known"),
            models.CheckConstraint(condition=~Q(after="move") | ~Q(move_to=""), name="mailbox_move_needs_folder"),
        ]

    @property
    def subject(self) -> str:
        return f"mailbox:{self.pk}"

    @property
    def is_fetched(self) -> bool:
        return bool(self.host)

    def __str__(self) -> str:
        return self.name


class Mail(models.Model):
    """One message and what became of it. The octets lie under their hash; `fingerprint` knows it again.

    `received_at` is when our own mail server had it, `taken_at` when we had. `next_at`: when the job may look at it again.
    """

    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=10)
    fingerprint = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    is_whole = models.BooleanField(default=True)
    envelope_from = models.CharField(max_length=320, null=True)
    envelope_to = ArrayField(models.CharField(max_length=320), default=list)
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    from_name = models.CharField(max_length=300, blank=True)
    from_email = models.CharField(max_length=320, blank=True)
    title = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, default="taken")
    reason = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    matter = models.CharField(max_length=80, blank=True)
    entry_id = models.BigIntegerField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    customer_id = models.BigIntegerField(null=True)
    pictures = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="mail_state_known"),
            models.CheckConstraint(condition=Q(reason="") | Q(reason__in=list(REASONS)), name="mail_reason_known"),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], name="mail_to_understand", condition=Q(state="taken")),
            models.Index(fields=["-id"], name="mail_waiting", condition=Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["from_email", "-taken_at"], name="mail_by_sender"),
            models.Index(fields=["matter", "-taken_at"], name="mail_by_matter", condition=~Q(matter="")),
            models.Index(fields=["entry_id"], name="mail_by_entry", condition=Q(entry_id__isnull=False)),
        ]

    @property
    def subject(self) -> str:
        return f"mail:{self.pk}"

    @property
    def sender(self) -> str:
        return self.from_name or self.from_email or "?"

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"


class Arrival(models.Model):
    """One message of an IMAP folder that was taken in, by its number there: each once. `settled_at`: marked or moved there."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="+", db_index=False)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    mail = models.ForeignKey(Mail, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "uidvalidity", "uid"], name="arrival_once")]
        indexes = [models.Index(fields=["mailbox", "uid"], name="arrival_unsettled", condition=Q(settled_at__isnull=True))]


class PlainAnswer(models.Model):
    """The short letter to somebody who may not open tickets by mail: the way how. One a day to an address. SEC-15, SEC-16."""

    mail = models.OneToOneField(Mail, models.PROTECT, related_name="+")
    to = models.CharField(max_length=320)
    day = models.DateField()
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=10, default="es-mx")
    why = models.CharField(max_length=500, blank=True)
    way = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=300, blank=True)
    in_reply_to = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["to", "day"], name="plain_answer_once_a_day"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "sent", "given_up"]), name="plain_answer_state_known"),
        ]
        indexes = [models.Index(fields=["next_at"], name="plain_answer_waiting", condition=Q(state="waiting"))]


class BouncingAddress(models.Model):
    """An address that letters do not reach, as reports tell, until one gets through or staff say it is right again."""

    address = models.CharField(max_length=320, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    status = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-last_at"], name="bouncing_open", condition=Q(cleared_at__isnull=True))]

    @property
    def subject(self) -> str:
        return f"bouncing:{self.pk}"
