"""Tables of products."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .rules import masked


class Product(models.Model):
    """Something the vendor makes, sells and supports."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    @property
    def subject(self) -> str:
        return f"product:{self.pk}"

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """A version of a product. One of a product's releases is current; `superseded_at` is when another became it."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="releases")
    version = models.CharField(max_length=30)
    released_on = models.DateField()
    is_current = models.BooleanField(default=False)
    current_from = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="release_version_once"),
            models.UniqueConstraint(
                fields=["product"], condition=models.Q(is_current=True), name="release_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(is_current=False)
                | models.Q(current_from__isnull=False, superseded_at__isnull=True),
                name="release_current_is_not_superseded",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"release:{self.pk}"

    def __str__(self) -> str:
        return self.version


class Licence(models.Model):
    """The right of a customer to use one product on a number of terminals. LIC-1.

    `serial_key` is what is compared and searched by prefix, `serial` what stands on the certificate.
    """

    serial = models.CharField(max_length=60)
    serial_key = models.CharField(max_length=40, unique=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="licences")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="licences")
    terminals = models.PositiveIntegerField(default=1)
    installed = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="+")
    declared_at = models.DateTimeField(null=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)
    key = models.CharField(max_length=80, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(terminals__gte=1), name="licence_has_a_terminal"),
            models.CheckConstraint(
                condition=models.Q(serial_key__regex=r"^[0-9A-Z]{6,40}$"), name="licence_serial_is_normal"
            ),
        ]

    @property
    def subject(self) -> str:
        return f"licence:{self.pk}"

    @property
    def serial_masked(self) -> str:
        return masked(self.serial)

    @property
    def version_source(self) -> str:
        """Who says which version is installed: reported, confirmed, declared, or nobody. LIC-3."""
        if self.installed_id is None:
            return ""
        if self.reported_at is not None:
            return "reported"
        return "confirmed" if self.confirmed_at is not None else "declared"

    def __str__(self) -> str:
        return self.serial_masked


class Terminal(models.Model):
    """A computer on which a licence is active, until it is released. LIC-2."""

    licence = models.ForeignKey(Licence, models.PROTECT, related_name="bindings")
    name = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=128)
    bound_at = models.DateTimeField()
    bound_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "fingerprint"],
                condition=models.Q(released_at__isnull=True),
                name="terminal_bound_once",
            )
        ]

    def __str__(self) -> str:
        return self.name
