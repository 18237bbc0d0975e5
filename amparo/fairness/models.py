"""Tables of figures as they were counted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Figure(models.Model):
    """The promises of a kind made in a month (`span` 1), or in the twelve months that end with it (12). TIM-9.

    `made` is `kept` + `late` + `running` + `ended`. `usual` and `worst` are seconds of business or opening hours, or within
    how many business days, as `counting` says.
    """

    span = models.PositiveSmallIntegerField()
    month = models.DateField()
    kind = models.CharField(max_length=40)
    counting = models.CharField(max_length=20)
    made = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    late = models.PositiveIntegerField()
    owed = models.PositiveIntegerField()
    running = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    usual = models.BigIntegerField(null=True)
    worst = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["span", "month", "kind", "counting"], name="figure_once"),
            models.CheckConstraint(condition=Q(span__in=[1, 12]), name="figure_span_known"),
            models.CheckConstraint(
                condition=Q(made=models.F("kept") + models.F("late") + models.F("running") + models.F("ended")),
                name="figure_adds_up",
            ),
        ]

    @property
    def kept_percent(self) -> int | None:
        """Of those whose time is over, how many of a hundred were kept; rounded down, so that 100 means all."""
        over = self.kept + self.late
        return self.kept * 100 // over if over else None


class Outcomes(models.Model):
    """How the complaints decided in a month, or in the twelve that end with it, ended. COM-3 to COM-6."""

    span = models.PositiveSmallIntegerField()
    month = models.DateField()
    upheld = models.PositiveIntegerField()
    partly = models.PositiveIntegerField()
    dismissed = models.PositiveIntegerField()
    lapsed = models.PositiveIntegerField()
    withdrawn = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["span", "month"], name="outcomes_once"),
            models.CheckConstraint(condition=Q(span__in=[1, 12]), name="outcomes_span_known"),
        ]
