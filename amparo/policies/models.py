"""Values of policies: each from a moment on; the old ones stay, so that what was promised can be explained."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class PolicyValue(models.Model):
    """A policy's value from `from_at` until the next one of the same key."""

    key = models.CharField(max_length=80)
    value = models.JSONField()
    from_at = models.DateTimeField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)

    class Meta:
        indexes = [models.Index(fields=["key", "-from_at", "-id"], name="policy_value_by_key")]

    @property
    def subject(self) -> str:
        return f"policy:{self.key}"
