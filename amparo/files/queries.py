"""Reads of files."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Sum

from amparo.kernel.actor import Actor

from .models import StoredFile


def used_today(actor: Actor, *, since: datetime) -> tuple[int, int]:
    """Return how many files and octets a person has uploaded since a moment."""
    sums = StoredFile.objects.filter(uploaded_by_id=actor.user_id, created_at__gt=since).aggregate(
        count=Count("pk"), octets=Sum("size")
    )
    return sums["count"], sums["octets"] or 0


def drafts(draft_key: str, actor: Actor) -> list[StoredFile]:
    """Return a person's files under a draft key that are not attached yet, in order. SEC-27."""
    if actor.user_id is None or not draft_key:
        return []
    return list(
        StoredFile.objects.filter(uploaded_by_id=actor.user_id, draft_key=draft_key, subject="").order_by("pk")
    )


def files_of(subject: str) -> list[StoredFile]:
    """Return the files of a thing, in order; the caller has asked whether it may be seen."""
    return list(StoredFile.objects.filter(subject=subject, purged_at__isnull=True).order_by("attached_at", "pk"))


def find(public_id: str) -> StoredFile | None:
    return StoredFile.objects.filter(public_id=public_id).first()
