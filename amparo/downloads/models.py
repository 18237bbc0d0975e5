"""Tables of downloads. What the database refuses by itself is in migration 0002_guards."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.contracts.rules.audience import AUDIENCES

from .rules.entitlement import ASKS

CHANNELS = [("stable", _("Stable")), ("candidate", _("Candidate")), ("beta", _("Beta"))]
KINDS = [
    ("installer", _("Installer")),
    ("update", _("Update")),
    ("sdk", _("Development kit (SDK)")),
    ("tool", _("Tool")),
    ("report", _("Report")),
    ("example", _("Example")),
    ("document", _("Document")),
]
PLATFORMS = [
    ("", _("Any")),
    ("windows", "Windows"),
    ("windows-arm64", "Windows ARM"),
    ("macos", "macOS"),
    ("linux", "Linux"),
    ("android", "Android"),
    ("ios", "iOS"),
]
ASK_LABELS = [
    ("included", _("Included by licence and contract")),
    ("registered", _("Anybody registered")),
    ("customer", _("Customers")),
    ("licensed", _("Who has the current version")),
    ("covered", _("Who has a contract in force")),
]
_HASH = r"^[0-9a-f]{64}$"


def new_public_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


class Publication(models.Model):
    """What a release says of itself to whom. A draft until it is published; withdrawn («yanked») only for a reason. UPD-2.

    `from_version`: the lowest version from which one comes to it. `rollout`: to how many of a hundred it is offered
    without their asking. `audience`: who may know of it; what its files ask is said by each of them.
    """

    release = models.OneToOneField("products.Release", models.PROTECT, related_name="publication")
    channel = models.CharField(max_length=12, choices=CHANNELS, default="stable")
    audience = models.CharField(max_length=12, default="visitor")
    built_on = models.DateField(null=True)
    supported_until = models.DateField(null=True)
    notes = models.TextField(blank=True)
    notes_html = models.TextField(blank=True)
    notes_en = models.TextField(blank=True)
    notes_en_html = models.TextField(blank=True)
    requirements = models.TextField(blank=True)
    from_version = models.CharField(max_length=30, blank=True)
    is_critical = models.BooleanField(default=False)
    rollout = models.PositiveSmallIntegerField(default=100)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    yanked_at = models.DateTimeField(null=True)
    yanked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    yank_reason = models.TextField(blank=True)
    moves = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=[code for code, _label in CHANNELS]), name="publication_channel_known"),
            models.CheckConstraint(condition=Q(audience__in=AUDIENCES), name="publication_audience_known"),
            models.CheckConstraint(condition=Q(rollout__lte=100), name="publication_rollout_percent"),
            models.CheckConstraint(
                condition=Q(yanked_at__isnull=True, yank_reason="") | Q(yanked_at__isnull=False, published_at__isnull=False) & ~Q(yank_reason=""),
                name="publication_yanked_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["-published_at", "-id"], name="publication_newest", condition=Q(published_at__isnull=False))]

    @property
    def subject(self) -> str:
        return f"release:{self.release_id}"

    @property
    def is_offered(self) -> bool:
        """Published and not withdrawn."""
        return self.published_at is not None and self.yanked_at is None

    def html(self, language: str) -> str:
        """The notes in a language, in the other where they are not told in that one."""
        return (self.notes_en_html if language.startswith("en") else self.notes_html) or self.notes_html or self.notes_en_html


class Artifact(models.Model):
    """One file of a release. What was published is never another: its name, hash and signature stay. UPD-2, UPD-3.

    `signature` is Ed25519 over `rules.proof.checksum_line`, by the key named in `key_fingerprint`.
    """

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="artifacts")
    kind = models.CharField(max_length=12, choices=KINDS)
    platform = models.CharField(max_length=16, choices=PLATFORMS, blank=True)
    name = models.CharField(max_length=150)
    title = models.CharField(max_length=160, blank=True)
    asks = models.CharField(max_length=12, choices=ASK_LABELS)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_fingerprint = models.CharField(max_length=64)
    contents = models.JSONField(default=list)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "name"], name="artifact_name_once"),
            models.CheckConstraint(condition=Q(kind__in=[code for code, _label in KINDS]), name="artifact_kind_known"),
            models.CheckConstraint(condition=Q(platform__in=[code for code, _label in PLATFORMS]), name="artifact_platform_known"),
            models.CheckConstraint(condition=Q(asks__in=ASKS), name="artifact_asks_known"),
            models.CheckConstraint(condition=Q(sha256__regex=_HASH, key_fingerprint__regex=_HASH), name="artifact_hashes"),
            models.CheckConstraint(condition=Q(signature__regex=r"^[0-9a-f]{128}$"), name="artifact_is_signed"),
            models.CheckConstraint(condition=Q(size__gt=0), name="artifact_not_empty"),
        ]
        indexes = [models.Index(fields=["sha256"], name="artifact_by_hash")]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file that staff are sending, piece by piece; it can be gone on with until it expires. UPD-2.

    `ends_at` is moved on by each piece. When all of it is there (`received_at`) the worker scans, hashes and signs it.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id)
    publication = models.ForeignKey(Publication, models.CASCADE, related_name="uploads")
    kind = models.CharField(max_length=12)
    platform = models.CharField(max_length=16, blank=True)
    asks = models.CharField(max_length=12)
    title = models.CharField(max_length=160, blank=True)
    name = models.CharField(max_length=150)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=300, blank=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offset__gte=0, offset__lte=F("size")), name="upload_within_its_size")]
        indexes = [models.Index(fields=["ends_at"], name="upload_by_end")]


class Grant(models.Model):
    """The right to one file for some days, asked again at each request. Its token is known here by its hash alone. SEC-11, SEC-25.

    `how`: `session` (whoever is signed in as `user`), `link` (whoever holds the address, from few places), `licence`
    (an installation, from few places). `why` is the code of entitlement when it was given.
    """

    HOW = [("session", _("In the browser")), ("link", _("By a link")), ("licence", _("By the installation"))]

    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+")
    licence = models.ForeignKey("products.Licence", models.PROTECT, null=True, related_name="+", db_index=False)
    how = models.CharField(max_length=8, choices=HOW)
    why = models.CharField(max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    parts = models.JSONField(default=list)
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(how__in=["session", "link", "licence"]), name="grant_how_known"),
            models.CheckConstraint(condition=~Q(how="licence") | Q(licence__isnull=False), name="grant_of_a_licence"),
            models.CheckConstraint(condition=Q(how="licence") | Q(user__isnull=False), name="grant_of_a_person"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="grant_lasts"),
        ]
        indexes = [
            models.Index(fields=["user", "-granted_at"], name="grant_by_user"),
            models.Index(fields=["licence", "-granted_at"], name="grant_by_licence", condition=Q(licence__isnull=False)),
            models.Index(fields=["artifact", "user"], name="grant_by_artifact"),
        ]

    @property
    def subject(self) -> str:
        return f"grant:{self.pk}"


class GrantPlace(models.Model):
    """From where a grant was used: a keyed hash of the address and, where somebody else was signed in, who. SEC-25."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="places")
    address_hash = models.CharField(max_length=64)
    is_other = models.BooleanField(default=False)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "address_hash", "is_other"], name="grant_place_once")]


class Download(models.Model):
    """That all of a file was given out, once for each grant; who is told when the release is withdrawn. UPD-2."""

    grant = models.OneToOneField(Grant, models.PROTECT, related_name="download")
    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="downloads")
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+")
    licence = models.ForeignKey("products.Licence", models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["publication", "-at"], name="download_by_release")]


class RecallTask(models.Model):
    """What is to be done with a covered customer who took, or runs, a release that was withdrawn. UPD-2."""

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="recalls")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "customer"], name="recall_once"),
            models.CheckConstraint(condition=Q(done_at__isnull=True, note="") | Q(done_at__isnull=False) & ~Q(note=""), name="recall_done_has_a_note"),
        ]
        indexes = [models.Index(fields=["opened_at"], name="recall_open", condition=Q(done_at__isnull=True))]

    @property
    def subject(self) -> str:
        return f"recall:{self.pk}"
