"""The table of tickets. What is said is in threads."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .machine import State

# Words by audience: what the customer sees says whose turn it is.
CUSTOMER_LABELS = {
    State.OPEN: _("We will answer"),
    State.WAITING: _("We wait for your answer"),
    State.CLOSED: _("Closed"),
}
STAFF_LABELS = {
    State.OPEN: _("To answer"),
    State.WAITING: _("Waiting for the customer"),
    State.CLOSED: _("Closed"),
}


class Ticket(models.Model):
    """A free question or fault report about a product. Its id is its thread's number. TKT-1."""

    id = models.BigIntegerField(primary_key=True)
    thread = models.OneToOneField("threads.Thread", models.PROTECT, related_name="ticket")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey("products.Product", models.PROTECT, related_name="+")
    licence = models.ForeignKey("products.Licence", models.PROTECT, null=True, related_name="+", db_index=False)
    release = models.ForeignKey("products.Release", models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=10, default=State.OPEN.value)
    is_fault = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    defect_report = models.OneToOneField(
        "defects.DefectReport", models.PROTECT, null=True, related_name="ticket"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="ticket_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.CLOSED.value, closed_at__isnull=False)
                | (~Q(state=State.CLOSED.value) & Q(closed_at__isnull=True)),
                name="ticket_closed_has_a_time",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"ticket:{self.pk}"

    @property
    def shown_number(self) -> str:
        return f"T-{self.pk}"

    def __str__(self) -> str:
        return self.shown_number
