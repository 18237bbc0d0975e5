"""Tables of what is taught: courses as they are edited, what was published of them, cohorts and dates. SRC-4, ACC-4."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amparo.campus.rules.progress import LESSON_KINDS
from amparo.campus.rules.quiz import QUESTION_KINDS
from amparo.contracts.rules.audience import AUDIENCES

OPEN, LICENSED, COVERED, CREDITS = "open", "licensed", "covered", "credits"
ACCESS: Final = (OPEN, LICENSED, COVERED, CREDITS)
LANGUAGES: Final = ("es", "en")


class Course(models.Model):
    """A course as its instructor writes it; people take what was published of it. SRC-4, ACC-4.

    `audience` says who may know of it, `access` who may take it. `edits` counts changes, so that nobody writes over another.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=240)
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=2, default="es")
    audience = models.CharField(max_length=12, default="visitor")
    access = models.CharField(max_length=8, default=OPEN)
    price = models.PositiveIntegerField(default=0)
    in_order = models.BooleanField(default=True)
    gives_certificate = models.BooleanField(default=True)
    valid_months = models.PositiveSmallIntegerField(default=0)
    prerequisites = models.ManyToManyField("self", symmetrical=False, related_name="opens", blank=True)
    instructor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published = models.ForeignKey("campus.CourseVersion", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    edits = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=AUDIENCES), name="course_audience_known"),
            models.CheckConstraint(condition=Q(access__in=ACCESS), name="course_access_known"),
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="course_language_known"),
            models.CheckConstraint(
                condition=Q(access=CREDITS, price__gte=1) | (~Q(access=CREDITS) & Q(price=0)), name="course_price_where_paid"
            ),
            models.CheckConstraint(
                condition=Q(published__isnull=True, published_at__isnull=True) | Q(published__isnull=False, published_at__isnull=False),
                name="course_published_has_its_moment",
            ),
        ]
        indexes = [models.Index(fields=["-published_at"], name="course_list", condition=Q(published__isnull=False, retired_at__isnull=True))]

    @property
    def subject(self) -> str:
        return f"course:{self.pk}"

    @property
    def is_offered(self) -> bool:
        return self.published_id is not None and self.retired_at is None

    def __str__(self) -> str:
        return self.title


class CourseVersion(models.Model):
    """What was published of a course: everything in it as it was then. Never changed, never removed. SRC-4."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    content = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="course_version_once")]

    def __str__(self) -> str:
        return f"{self.course_id} v{self.number}"


class Section(models.Model):
    """A part of a course, as it is edited."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="sections")
    title = models.CharField(max_length=120)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Package(models.Model):
    """A SCORM package that was read and judged safe to keep; its files lie under their hashes. SRC-4, SEC-28."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="packages")
    title = models.CharField(max_length=200)
    standard = models.CharField(max_length=8)
    entry = models.CharField(max_length=400)
    files = models.JSONField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    mastery = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(standard__in=["1.2", "2004"]), name="package_standard_known"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="package_hash"),
        ]


class Lesson(models.Model):
    """A lesson, as it is edited. What counts for its kind: text `body`; video a typed string; file; quiz settings; package.

    Its number stays the same in every version, so that what was done of it counts in the next.
    """

    section = models.ForeignKey(Section, models.CASCADE, related_name="lessons")
    kind = models.CharField(max_length=8)
    title = models.CharField(max_length=160)
    position = models.PositiveIntegerField()
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(default=5)
    is_required = models.BooleanField(default=True)
    video = models.CharField(max_length=40, blank=True)
    file = models.ForeignKey("files.StoredFile", models.PROTECT, null=True, related_name="+")
    quiz = models.JSONField(default=dict)
    package = models.ForeignKey(Package, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=LESSON_KINDS), name="lesson_kind_known")]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question of a course's bank. `options`: [{id, text, is_right, feedback}]; a quiz draws from a `pool`."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="questions")
    pool = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=4)
    text = models.TextField()
    text_html = models.TextField()
    options = models.JSONField()
    feedback = models.CharField(max_length=600, blank=True)
    points = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["pool", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=QUESTION_KINDS), name="question_kind_known"),
            models.CheckConstraint(condition=Q(points__gte=1, points__lte=100), name="question_points"),
        ]


class Cohort(models.Model):
    """People who take a course together, between two days; `capacity` null: as many as come."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="cohorts")
    name = models.CharField(max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField()
    capacity = models.PositiveIntegerField(null=True)
    instructor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="cohort_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(capacity__isnull=True) | Q(capacity__gte=1), name="cohort_capacity"),
        ]

    @property
    def subject(self) -> str:
        return f"cohort:{self.pk}"

    def __str__(self) -> str:
        return self.name


class ClassDate(models.Model):
    """When a live class is given, to everybody or to one cohort; `place` is a link or words."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="dates")
    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, related_name="dates")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    place = models.CharField(max_length=300, blank=True)
    uid = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="class_minutes")]
