"""Tables of the classroom: classes, who has a place in one, when the gateway saw him there, what was said, recordings. LIV-1, LIV-3."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .machine import ROLES, Film, Kind, Place, State


class LiveClass(models.Model):
    """A class: of a course, as advice in a case, or an exclusive hour of a customer. LIV-1, LIV-3, TAR-1.

    `room` is its word at the gateway, which tells nothing. Of an exclusive hour `charge` is what its customer agreed to, for
    `agreed_minutes` and `agreed_people` at once; `more_*` is what was proposed beyond that and waits for his yes.
    """

    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=10, default=State.PLANNED.value)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    instructor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    course = models.ForeignKey("campus.Course", models.PROTECT, null=True, related_name="+")
    date = models.OneToOneField("campus.ClassDate", models.SET_NULL, null=True, related_name="+")
    lesson = models.PositiveBigIntegerField(default=0)
    cohort = models.ForeignKey("campus.Cohort", models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+", db_index=False)
    charge = models.OneToOneField("charging.Charge", models.PROTECT, null=True, related_name="+")
    agreed_minutes = models.PositiveSmallIntegerField(default=0)
    agreed_people = models.PositiveSmallIntegerField(default=0)
    more_charge = models.OneToOneField("charging.Charge", models.PROTECT, null=True, related_name="+")
    more_minutes = models.PositiveSmallIntegerField(default=0)
    more_people = models.PositiveSmallIntegerField(default=0)
    room = models.CharField(max_length=40, unique=True)
    uid = models.CharField(max_length=40, unique=True)
    changes = models.PositiveIntegerField(default=0)
    has_waiting_room = models.BooleanField(default=True)
    is_recorded = models.BooleanField(default=False)
    is_recording = models.BooleanField(default=False)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="class_kind_known"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="class_state_known"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="class_lasts"),
            models.CheckConstraint(
                condition=Q(kind="course", course__isnull=False, case__isnull=True, customer__isnull=True)
                | Q(kind="advice", course__isnull=True, case__isnull=False, customer__isnull=False)
                | Q(kind="hour", course__isnull=True, case__isnull=True, customer__isnull=False),
                name="class_belongs_to_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "ended"], began_at__isnull=False) | Q(state__in=["proposed", "planned", "cancelled"], began_at__isnull=True),
                name="class_began_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ended", "cancelled"], ended_at__isnull=False) | Q(state__in=["proposed", "planned", "running"], ended_at__isnull=True),
                name="class_ended_has_its_moment",
            ),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) | Q(began_at__isnull=True) | Q(ended_at__gte=F("began_at")), name="class_ends_after_it_began"),
            models.UniqueConstraint(fields=["created_by", "key"], name="class_key_once"),
            models.UniqueConstraint(fields=["case"], condition=Q(state="running"), name="class_of_a_case_runs_once"),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="class_by_state"),
            models.Index(fields=["customer", "-starts_at"], name="class_by_customer", condition=Q(customer__isnull=False)),
        ]

    @property
    def subject(self) -> str:
        return f"class:{self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When it is planned to end."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def belongs_to(self) -> str:
        """Whose record tells what happened in it: its case's, its course's, or its own. LIV-3."""
        if self.case_id is not None:
            return f"case:{self.case_id}"
        return f"course:{self.course_id}" if self.course_id is not None else self.subject

    def __str__(self) -> str:
        return self.title


class Participant(models.Model):
    """A person's place in a class; `word` is all that the gateway and other browsers know of him there."""

    live_class = models.ForeignKey(LiveClass, models.PROTECT, related_name="participants", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+", db_index=False)
    name = models.CharField(max_length=160)
    role = models.CharField(max_length=10)
    place = models.CharField(max_length=10, default=Place.WAITING.value)
    word = models.CharField(max_length=40, unique=True)
    asked_at = models.DateTimeField()
    admitted_at = models.DateTimeField(null=True)
    hand_at = models.DateTimeField(null=True)
    floor_at = models.DateTimeField(null=True)
    is_muted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["live_class", "person"], name="classplace_once"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="classplace_role_known"),
            models.CheckConstraint(condition=Q(place__in=[place.value for place in Place]), name="classplace_place_known"),
            models.CheckConstraint(condition=Q(place="admitted") | Q(floor_at__isnull=True, hand_at__isnull=True), name="classplace_speaks_inside"),
        ]


class Presence(models.Model):
    """One stay of a participant, as the gateway told it: from joining until leaving. LIV-1.

    `handle` is the gateway's own number of that connection, so that the same notice twice is one stay.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="stays", db_index=False)
    handle = models.CharField(max_length=60)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "handle"], name="class_presence_once"),
            models.CheckConstraint(condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")), name="stay_leaves_after_joining"),
        ]
        indexes = [models.Index(fields=["participant"], name="stay_open", condition=Q(left_at__isnull=True))]


class Line(models.Model):
    """Something written in the chat of a class. The database refuses to change or remove one, but to empty it with its class. CAS-2."""

    live_class = models.ForeignKey(LiveClass, models.PROTECT, related_name="lines", db_index=False)
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    body = models.CharField(max_length=2000)
    at = models.DateTimeField()
    key = models.CharField(max_length=80)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "key"], name="classline_key_once"),
        ]
        indexes = [models.Index(fields=["live_class", "id"], name="classline_by_class")]


class Recording(models.Model):
    """What becomes of a class's tracks: one film that plays, as a file of the class; `left_out` of them are not in it. LIV-1, LIV-3."""

    live_class = models.OneToOneField(LiveClass, models.PROTECT, related_name="recording")
    state = models.CharField(max_length=8, default=Film.WAITING.value)
    percent = models.PositiveSmallIntegerField(default=0)
    file = models.ForeignKey("files.StoredFile", models.PROTECT, null=True, related_name="+")
    url = models.CharField(max_length=500, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=400, blank=True)
    left_out = models.PositiveSmallIntegerField(default=0, db_default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in Film]), name="classfilm_state_known"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="classfilm_percent"),
            models.CheckConstraint(condition=~Q(state="ready") | Q(file__isnull=False) | ~Q(url=""), name="classfilm_ready_plays"),
        ]
        indexes = [models.Index(fields=["touched_at"], name="classfilm_waits", condition=Q(state__in=["waiting", "making"]))]
