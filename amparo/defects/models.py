"""Tables of defects."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .machine import State

STATE_LABELS = {
    State.OPEN: _("Open"),
    State.CORRECTED: _("Corrected"),
    State.NOT_A_DEFECT: _("Not a defect"),
}


class Defect(models.Model):
    """A fault of a product's version. TKT-5."""

    product = models.ForeignKey("products.Product", models.PROTECT, related_name="+", db_index=False)
    release = models.ForeignKey("products.Release", models.PROTECT, null=True, related_name="+", db_index=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=20, default=State.OPEN.value)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    corrected_in = models.ForeignKey("products.Release", models.PROTECT, null=True, related_name="+", db_index=False)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="defect_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.OPEN.value) | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="defect_answer_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="defect_by_state"),
            models.Index(fields=["product", "state", "-id"], name="defect_by_product"),
        ]

    @property
    def subject(self) -> str:
        return f"defect:{self.pk}"

    @property
    def shown_number(self) -> str:
        return f"D-{self.pk}"

    def __str__(self) -> str:
        return f"{self.shown_number} {self.title}"


class DefectReport(models.Model):
    """Who reported a defect, in which ticket or case, when; and the fix guarantee where the customer was covered then."""

    defect = models.ForeignKey(Defect, models.PROTECT, related_name="reports")
    source = models.CharField(max_length=80, unique=True)
    thread = models.ForeignKey("threads.Thread", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_covered = models.BooleanField()
    answered_at = models.DateTimeField(null=True)
    promise = models.ForeignKey("deadlines.Promise", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_covered=False) | Q(promise__isnull=False), name="covered_report_has_a_promise"
            ),
        ]
