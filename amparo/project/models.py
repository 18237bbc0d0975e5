"""What the composition root itself keeps: signs of life of its parts."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a part of the service was last alive."""

    part = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
