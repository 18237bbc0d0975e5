"""Tables of complaints. The constraints repeat machine.py and rules.py; triggers (migration `guards`) keep what was said. COM-1 to COM-7."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .machine import OPEN, Outcome, State

_OPEN = sorted(state.value for state in OPEN)
_OUTCOMES = [outcome.value for outcome in Outcome]
AUTHOR_KINDS = ("customer", "staff", "system")


class Complaint(models.Model):
    """A customer's refusal of one closing of one case. Its id is its number, shown as Q-7. COM-1.

    `due_at` is the end of its promise (TIM-6), computed when it was raised. `dispute` lists the charges of the closing as
    they were proposed. `decided_at` is when it was decided in effect, `recorded_at` when that became known: later only for
    a lapse that was caught up after a stop. COM-6.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="complaints", db_index=False)
    closing = models.OneToOneField("cases.Closing", models.PROTECT, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="complaints", db_index=False)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=State.RAISED.value)
    promise = models.OneToOneField("deadlines.Promise", models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    dispute = models.JSONField(default=list)
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    taken_at = models.DateTimeField(null=True)
    statement_count = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state__in=_OPEN), name="complaint_open_once"),
            models.UniqueConstraint(fields=["case", "key"], name="complaint_key_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="complaint_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, decided_at__isnull=True, recorded_at__isnull=True)
                | ~Q(state__in=_OPEN) & Q(decided_at__isnull=False, recorded_at__isnull=False),
                name="complaint_decided_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.LAPSED.value) | Q(decided_at=F("due_at")), name="complaint_lapses_at_its_deadline"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.UPHELD.value, State.PARTLY.value, State.DISMISSED.value])
                | Q(judge__isnull=False, decided_at__lte=F("due_at")),
                name="complaint_is_ruled_in_time_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(judge__isnull=True, taken_at__isnull=True) | Q(judge__isnull=False, taken_at__isnull=False),
                name="complaint_taken_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="complaint_open_due", condition=Q(state__in=_OPEN)),
            models.Index(fields=["-decided_at", "-id"], name="complaint_decided", condition=Q(decided_at__isnull=False)),
            models.Index(fields=["customer", "-id"], name="complaint_by_customer"),
            models.Index(fields=["case", "id"], name="complaint_of_case"),
        ]

    @property
    def subject(self) -> str:
        return f"complaint:{self.pk}"

    @property
    def desk_subject(self) -> str:
        """The typed string of what only quality control may know of: its notes. SEC-10."""
        return f"complaint-desk:{self.pk}"

    @property
    def number(self) -> str:
        return f"Q-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in _OPEN

    def __str__(self) -> str:
        return self.number


class Statement(models.Model):
    """What was said in a complaint: the customer's reasons, more words of either side, or a note of quality. Final. COM-1."""

    class Kind(models.TextChoices):
        REASONS = "reasons"
        WORDS = "words"
        NOTE = "note"

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="statements", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    is_internal = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    author_kind = models.CharField(max_length=10)
    author_name = models.CharField(max_length=120)
    body = models.TextField()
    body_html = models.TextField()
    via = models.CharField(max_length=10, default="portal")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["complaint", "seq"], name="statement_once_in_its_complaint"),
            models.UniqueConstraint(fields=["complaint", "key"], name="statement_key_once"),
            models.CheckConstraint(condition=Q(kind__in=["reasons", "words", "note"]), name="statement_kind_known"),
            models.CheckConstraint(condition=Q(author_kind__in=AUTHOR_KINDS), name="statement_author_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="note", is_internal=True) | ~Q(kind="note") & Q(is_internal=False),
                name="statement_note_is_internal",
            ),
        ]

    @property
    def anchor(self) -> str:
        return f"s{self.seq}"


class StatementFile(models.Model):
    """A file that came with a statement: evidence. As final as the statement. COM-1."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="files")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "file"], name="statement_file_once")]


class Evidence(models.Model):
    """An entry of the case's record that a statement points at. COM-1."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="evidence")
    entry = models.ForeignKey("threads.Entry", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "entry"], name="evidence_once")]


class Opinion(models.Model):
    """What the research-and-development director is asked, and his answer: signed by his sign-in, then final. COM-2, TIM-7.

    `signature` is the hash of the text; it stands on the complaint's chain with his name and the moment.
    """

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="opinions")
    question = models.TextField()
    question_html = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    promise = models.OneToOneField("deadlines.Promise", models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    signature = models.CharField(max_length=64, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    answered_name = models.CharField(max_length=160, blank=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"], condition=Q(answered_at__isnull=True, ended_at__isnull=True), name="opinion_asked_once"
            ),
            models.UniqueConstraint(fields=["complaint", "key"], name="opinion_key_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, body="", signature="", answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False, ended_at__isnull=True) & ~Q(body="") & ~Q(signature=""),
                name="opinion_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")), name="opinion_of_another_person"
            ),
        ]

    @property
    def is_awaited(self) -> bool:
        return self.answered_at is None and self.ended_at is None


class Ruling(models.Model):
    """The decision of a complaint and what it brought; of a lapse too, which nobody signs. Final. COM-3 to COM-6.

    `given_back` holds units by charge id; `grant` is the pocket of granted credits, `linked_case` where the service is
    given again.
    """

    complaint = models.OneToOneField(Complaint, models.PROTECT, related_name="ruling")
    outcome = models.CharField(max_length=10)
    reasons = models.TextField(blank=True)
    reasons_html = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    by_name = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    again = models.BooleanField(default=False)
    given_back = models.JSONField(default=dict)
    credits = models.PositiveIntegerField(default=0)
    measure = models.TextField(blank=True)
    grant = models.ForeignKey("ledger.Pocket", models.PROTECT, null=True, related_name="+", db_index=False)
    linked_case = models.OneToOneField("cases.Case", models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=_OUTCOMES), name="ruling_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="lapsed", by__isnull=True, credits=0, measure="")
                | ~Q(outcome="lapsed") & Q(by__isnull=False) & ~Q(reasons=""),
                name="ruling_is_reasoned",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="dismissed") | Q(again=False, given_back={}, credits=0, measure=""),
                name="ruling_dismissed_brings_nothing",
            ),
            models.CheckConstraint(condition=~Q(outcome="upheld") | Q(again=True), name="ruling_upheld_gives_again"),
            models.CheckConstraint(
                condition=~Q(outcome="partly") | Q(again=True) | Q(credits__gt=0) | ~Q(given_back={}) | ~Q(measure=""),
                name="ruling_partly_brings_something",
            ),
            models.CheckConstraint(
                condition=Q(again=False, linked_case__isnull=True) | Q(again=True, linked_case__isnull=False),
                name="ruling_links_the_second_service",
            ),
            models.CheckConstraint(
                condition=Q(credits=0, grant__isnull=True) | Q(credits__gt=0, grant__isnull=False),
                name="ruling_credits_are_granted",
            ),
        ]


class RulingDraft(models.Model):
    """A ruling that somebody writes and has not issued. Its own; nobody else reads it."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    fields = models.JSONField(default=dict)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["complaint", "user"], name="ruling_draft_once")]
