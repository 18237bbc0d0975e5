"""Tables of remote sessions: the sessions, the chain of their records, their films, and wrong codes. LIV-2, LIV-3, SEC-39."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from .machine import OPEN, Mode, Reason, State, Way

_MODES = [mode.value for mode in Mode]


def new_public_id() -> str:
    """Return 128 random bits as they stand in names of files and in the chain's beginning."""
    return secrets.token_urlsafe(16)


class Session(models.Model):
    """One remote session of a case: who asks, for what, what was consented to, how it ended, and its record. LIV-2, LIV-3.

    Of the code and of the secret for coming back only keyed hashes are kept. `asked` is the mode that the engineer asks for, `mode` the
    one that holds; `consented` the most that was consented to. `broker` is the address of the process that has it. `clock_ours` says that
    the case's clock was started for it. `octets` is what passed, `head` the last link of the record's chain. `seen_at` is the last sign of
    life of who keeps it (its broker, or the page that shares), `viewed_at` that of the engineer's page where a browser shares.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="remote_sessions")
    engineer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    way = models.CharField(max_length=12, default=Way.HELPER.value)
    asked = models.CharField(max_length=8)
    mode = models.CharField(max_length=8, blank=True)
    consented = models.CharField(max_length=8, blank=True)
    clipboard = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=State.OFFERED.value)
    language = models.CharField(max_length=10)
    code_hash = models.CharField(max_length=64)
    resume_hash = models.CharField(max_length=64, blank=True)
    broker = models.CharField(max_length=200, blank=True)
    system = models.CharField(max_length=20, blank=True)
    helper = models.CharField(max_length=20, blank=True)
    can = models.JSONField(default=list)
    shown = models.TextField(blank=True)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    consented_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    running_since = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    viewed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)
    end_detail = models.CharField(max_length=200, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    segments = models.PositiveSmallIntegerField(default=0)
    clock_ours = models.BooleanField(default=False)
    chunks = models.PositiveIntegerField(default=0)
    octets = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    purged_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="remote_state_known"),
            models.CheckConstraint(condition=Q(way__in=[w.value for w in Way]), name="remote_way_known"),
            models.CheckConstraint(
                condition=Q(asked__in=_MODES, mode__in=["", *_MODES], consented__in=["", *_MODES]), name="remote_mode_known"
            ),
            models.CheckConstraint(condition=~Q(mode=Mode.CONTROL.value) | Q(consented=Mode.CONTROL.value), name="remote_control_was_consented"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.CONSENTED.value, State.RUNNING.value, State.DROPPED.value])
                | Q(consented_at__isnull=False) & ~Q(mode="") & ~Q(shown=""),
                name="remote_runs_after_consent",
            ),
            models.CheckConstraint(
                condition=Q(state=State.ENDED.value, ended_at__isnull=False, end_reason__in=[r.value for r in Reason])
                | ~Q(state=State.ENDED.value) & Q(ended_at__isnull=True, end_reason=""),
                name="remote_ended_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(state=State.RUNNING.value, running_since__isnull=False) | ~Q(state=State.RUNNING.value) & Q(running_since__isnull=True),
                name="remote_running_has_its_moment",
            ),
            models.UniqueConstraint(fields=["case"], condition=~Q(state=State.ENDED.value), name="remote_one_of_a_case"),
            models.UniqueConstraint(fields=["code_hash"], condition=Q(state=State.OFFERED.value), name="remote_code_once"),
            models.UniqueConstraint(fields=["resume_hash"], condition=~Q(resume_hash=""), name="remote_resume_once"),
            models.UniqueConstraint(fields=["case", "key"], name="remote_key_once"),
        ]
        indexes = [
            models.Index(fields=["code_hash"], name="remote_by_code"),
            models.Index(fields=["state"], name="remote_open", condition=~Q(state=State.ENDED.value)),
        ]

    @property
    def subject(self) -> str:
        return f"remote:{self.pk}"

    @property
    def number(self) -> str:
        return f"R-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def was_recorded(self) -> bool:
        """True where a helper's screen was recorded in chunks, or a browser's as films."""
        return self.chunks > 0 or self.films.exists()

    def __str__(self) -> str:
        return self.number


class Chunk(models.Model):
    """One link of a record's chain: where it lies in the file, from when to when, the hashes of its two parts. LIV-2."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="links")
    number = models.PositiveIntegerField()
    offset = models.BigIntegerField()
    octets = models.PositiveIntegerField()
    begins_ms = models.PositiveBigIntegerField()
    ends_ms = models.PositiveBigIntegerField()
    screen_sha256 = models.CharField(max_length=64)
    input_sha256 = models.CharField(max_length=64)
    link = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="remote_chunk_once")]


class Film(models.Model):
    """What the gateway recorded of a screen that a browser shared: the file, and its hash and length as the case's chain tells them. LIV-3.

    The row stays when the file was removed because its time was over. Of the first films nobody measured how long they play.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="films")
    number = models.PositiveSmallIntegerField()
    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    octets = models.BigIntegerField()
    milliseconds = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="remote_film_once")]


class Verification(models.Model):
    """When a film was last read to its end, how it lay there (`queries.lies`), and what did not hold (nothing: it was whole). CAS-7.

    `asked_at`: it is to be read anew, because somebody asked, or because it was touched.
    """

    film = models.OneToOneField(Film, models.PROTECT, primary_key=True, related_name="verification")
    verified_at = models.DateTimeField()
    lay = models.CharField(max_length=100, blank=True)
    fault = models.CharField(max_length=10, blank=True)
    asked_at = models.DateTimeField(null=True)


class Miss(models.Model):
    """One code that was wrong, by the keyed hashes of the network that tried it and of the block that it aimed at; kept for the limit's time. SEC-39."""

    network = models.CharField(max_length=64)
    block = models.CharField(max_length=64, blank=True, default="", db_default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["network", "at"], name="remote_misses"),
            models.Index(fields=["block", "at"], name="remote_misses_of_block", condition=~Q(block="")),
            models.Index(fields=["at"], name="remote_misses_at"),
        ]
