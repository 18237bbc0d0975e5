"""Tables of who learns: enrolments with their log, attempts, seats that companies bought, certificates. SRC-4, CHG-3."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amparo.campus.machine import ACTIVE, SeatState, State
from amparo.campus.rules.certificates import show
from amparo.campus.rules.progress import STEP_KINDS


class SeatOrder(models.Model):
    """Seats that a customer bought at once, charged in advance; what nobody used can be given back. CHG-3."""

    course = models.ForeignKey("campus.Course", models.PROTECT, related_name="seat_orders")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="seat_orders")
    cohort = models.ForeignKey("campus.Cohort", models.PROTECT, null=True, related_name="+")
    count = models.PositiveSmallIntegerField()
    charge = models.ForeignKey("charging.Charge", models.PROTECT, null=True, related_name="+")
    bought_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    bought_at = models.DateTimeField()
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="seat_order_key_once"),
            models.CheckConstraint(condition=Q(count__gte=1), name="seat_order_count"),
        ]

    @property
    def subject(self) -> str:
        return f"seats:{self.pk}"


class Seat(models.Model):
    """One place in a course: for another person until somebody has started on it. `credits` is its share of the charge."""

    order = models.ForeignKey(SeatOrder, models.PROTECT, related_name="seats")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+", db_index=False)
    course = models.ForeignKey("campus.Course", models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    credits = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, default=SeatState.FREE.value)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    moves = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="seat_once"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in SeatState]), name="seat_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["assigned", "used"], person__isnull=False) | Q(state__in=["free", "returned"], person__isnull=True),
                name="seat_assigned_to_somebody",
            ),
        ]
        indexes = [models.Index(fields=["customer", "course", "state"], name="seat_by_customer")]


class Enrolment(models.Model):
    """A person in a course, by the version that was published then; `customer` where a company pays for it. SRC-4, ACC-4."""

    course = models.ForeignKey("campus.Course", models.PROTECT, related_name="enrolments")
    version = models.ForeignKey("campus.CourseVersion", models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrolments")
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+", db_index=False)
    cohort = models.ForeignKey("campus.Cohort", models.PROTECT, null=True, related_name="enrolments")
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, related_name="enrolments")
    charge = models.OneToOneField("charging.Charge", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default=State.ENROLLED.value)
    enrolled_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="enrolment_key_once"),
            models.UniqueConstraint(
                fields=["person", "course"], condition=Q(state__in=sorted(state.value for state in ACTIVE)), name="enrolment_active_once"
            ),
            models.UniqueConstraint(fields=["seat"], condition=~Q(state="cancelled"), name="enrolment_seat_once"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="enrolment_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["completed", "cancelled"], ended_at__isnull=False)
                | Q(state__in=["enrolled", "started"], ended_at__isnull=True),
                name="enrolment_ended_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["started", "completed"], started_at__isnull=False)
                | Q(state__in=["enrolled", "cancelled"], started_at__isnull=True),
                name="enrolment_started_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "course"], name="enrolment_by_customer", condition=Q(customer__isnull=False)),
            models.Index(fields=["cohort", "state"], name="enrolment_by_cohort", condition=Q(cohort__isnull=False)),
        ]

    @property
    def subject(self) -> str:
        return f"enrolment:{self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class Step(models.Model):
    """One entry of an enrolment's log; progress is derived from these alone. The database refuses to change or remove one. SRC-4."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    lesson = models.PositiveBigIntegerField(default=0)
    passed = models.BooleanField(default=False)
    percent = models.PositiveSmallIntegerField(null=True)
    data = models.JSONField(default=dict)
    actor_ref = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "seq"], name="step_seq_once"),
            models.CheckConstraint(condition=Q(kind__in=STEP_KINDS), name="step_kind_known"),
            models.CheckConstraint(condition=Q(percent__isnull=True) | Q(percent__lte=100), name="step_percent"),
        ]


class Attempt(models.Model):
    """One try at a quiz: the paper that was drawn, the answers as they are kept, and what they were worth. SRC-4.

    Marked once; from then on nothing of it changes.
    """

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="attempts", db_index=False)
    version = models.ForeignKey("campus.CourseVersion", models.PROTECT, related_name="+", db_index=False)
    lesson = models.PositiveBigIntegerField()
    number = models.PositiveSmallIntegerField()
    paper = models.JSONField()
    answers = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)
    is_late = models.BooleanField(default=False)
    points = models.PositiveIntegerField(default=0)
    points_max = models.PositiveIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0)
    passed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "lesson", "number"], name="attempt_once"),
            models.UniqueConstraint(fields=["enrolment", "lesson"], condition=Q(marked_at__isnull=True), name="attempt_open_once"),
            models.CheckConstraint(condition=Q(percent__lte=100, points__lte=F("points_max")), name="attempt_percent"),
        ]
        indexes = [models.Index(fields=["due_at"], name="attempt_due", condition=Q(marked_at__isnull=True, due_at__isnull=False))]


class ScormState(models.Model):
    """What a package keeps for one person, to go on where he left: as large as real courses need. SRC-4."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="scorm", db_index=False)
    lesson = models.PositiveBigIntegerField()
    cmi = models.JSONField(default=dict)
    saves = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "lesson"], name="scorm_state_once")]


class Certificate(models.Model):
    """Who passed which course, when, with which mark, for which version of the product; as it was then, for ever. SRC-4."""

    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="certificate")
    code = models.CharField(max_length=20, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="certificates")
    person_name = models.CharField(max_length=160)
    course = models.ForeignKey("campus.Course", models.PROTECT, related_name="+")
    course_title = models.CharField(max_length=120)
    course_version = models.PositiveIntegerField()
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+", db_index=False)
    product_name = models.CharField(max_length=120, blank=True)
    product_version = models.CharField(max_length=30, blank=True)
    mark = models.PositiveSmallIntegerField(null=True)
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["remind_at"], name="certificate_reminders", condition=Q(remind_at__isnull=False))]

    @property
    def subject(self) -> str:
        return f"certificate:{self.pk}"

    @property
    def shown_code(self) -> str:
        return show(self.code)

    def is_expired(self, at: object) -> bool:
        return self.valid_until is not None and self.valid_until <= at  # type: ignore[operator]
