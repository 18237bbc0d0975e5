"""How each delivered development fares with each release. QUO-7."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

VERDICTS = ("fits", "adapted", "breaks")


class Compatibility(models.Model):
    """What was found of a delivered development with a release: it fits, it was adapted, or it does not work with it. QUO-7.

    Before a release becomes current each development of its product has such a row; what was found may be found anew.
    """

    order = models.ForeignKey("quotations.ServiceOrder", models.PROTECT, related_name="compatibilities", db_index=False)
    release = models.ForeignKey("products.Release", models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8)
    note = models.CharField(max_length=600, blank=True)
    judged_at = models.DateTimeField()
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "release"], name="compatibility_once"),
            models.CheckConstraint(condition=Q(verdict__in=VERDICTS), name="compatibility_verdict_known"),
            models.CheckConstraint(condition=Q(verdict="fits") | ~Q(note=""), name="compatibility_told_in_words"),
        ]
