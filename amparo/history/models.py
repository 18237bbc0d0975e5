"""Tables of the record. Facts are only ever added, their content once purged: triggers refuse everything else."""

from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """Something that happened. Written by the database function `history_append` alone.

    `hash_version` says how the link is made (rules.py). Purged, a fact keeps who, what, when and its hash; `body`, `data` and
    `salt` are empty. CAS-2.
    """

    subject = models.CharField(max_length=80)
    seq = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    actor_ref = models.CharField(max_length=40)
    customer_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    body = models.TextField()
    data = models.JSONField()
    hash = models.CharField(max_length=64)
    hash_version = models.PositiveSmallIntegerField(default=1, db_default=1)
    content_sha256 = models.CharField(max_length=64, default="", db_default="", blank=True)
    salt = models.CharField(max_length=32, default="", db_default="", blank=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="fact_once_in_its_chain")]
        indexes = [
            models.Index(fields=["customer_id", "-id"], name="fact_by_customer"),
            models.Index(fields=["name", "at"], name="fact_by_name"),
        ]


class Chain(models.Model):
    """The last link of a subject's facts: the row that serialises them."""

    subject = models.CharField(max_length=80, primary_key=True)
    seq = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)


class Delivery(models.Model):
    """A reaction that a fact asks for. Its mark is set in the reaction's own transaction."""

    fact = models.ForeignKey(Fact, models.CASCADE, related_name="deliveries")
    reaction = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=models.functions.Now())
    done_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "reaction"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], name="delivery_open", condition=models.Q(done_at__isnull=True)),
        ]
