"""The table of files. The bytes lie under their hash in MEDIA_ROOT; each upload has its own row."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q


def new_public_id() -> str:
    """Return 128 random bits as they stand in the address of a file. They add to the check of rights. SEC-25."""
    return secrets.token_urlsafe(16)


class StoredFile(models.Model):
    """One upload: what it is by its content, whose it is, and what it belongs to.

    While it is a draft, `subject` is empty and only the person who uploaded it may use it, under `draft_key`.
    `sha256` is of the bytes as they came; `inline_sha256` of our own rendering of a picture, which alone is shown in
    a page. Once attached it stays: the record needs it (CAS-1, SEC-27), until the record itself is purged: then it loses its
    name and its bytes (`removed_at`) and nobody reads it any more. CAS-2.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    name = models.CharField(max_length=150)
    inline_sha256 = models.CharField(max_length=64, blank=True)
    inline_type = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    customer_id = models.BigIntegerField(null=True)
    draft_key = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    attached_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="file_hash_is_sha256"),
            models.CheckConstraint(
                condition=Q(inline_sha256="") | Q(inline_sha256__regex=r"^[0-9a-f]{64}$"), name="file_inline_hash"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size_not_negative"),
            models.CheckConstraint(condition=Q(subject="") | Q(attached_at__isnull=False), name="file_attached_at"),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="file_by_hash"),
            models.Index(fields=["inline_sha256"], name="file_by_inline", condition=~Q(inline_sha256="")),
            models.Index(fields=["subject"], name="file_by_subject", condition=~Q(subject="")),
            models.Index(fields=["uploaded_by", "created_at"], name="file_by_person"),
            models.Index(fields=["created_at"], name="file_drafts", condition=Q(subject="")),
            models.Index(
                fields=["id"], name="file_to_remove", condition=Q(purged_at__isnull=False, removed_at__isnull=True)
            ),
        ]

    @property
    def is_inline(self) -> bool:
        """A picture of which there is a rendering of our own making: that one is shown, the original is kept. SEC-26."""
        return bool(self.inline_sha256)

    @property
    def url(self) -> str:
        return f"/files/{self.public_id}/{self.name}"

    def __str__(self) -> str:
        return self.name
