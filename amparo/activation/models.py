"""Tables of activation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from amparo.products.rules import masked

SOURCES = ("online", "offline", "staff")
EVENTS = (
    "activated", "returned", "rebound", "drifted", "version", "mismatch", "released", "emergency", "offline", "refused", "moves_added",
)  # fmt: skip


class LicenceTerms(models.Model):
    """What a licence grants besides its product and number of terminals; without a row: perpetual, of no edition."""

    licence = models.OneToOneField("products.Licence", models.PROTECT, related_name="terms")
    edition = models.CharField(max_length=40, blank=True)
    features = models.JSONField(default=list)
    updates_until = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspended_reason = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


class Activation(models.Model):
    """A licence on a device, from its activation until its seat is free again. LIC-1, LIC-2.

    `token_serial` counts the tokens that were signed for it; `device_key` is the public key, base64url of 32 bytes.
    """

    public_id = models.CharField(max_length=24, unique=True)
    licence = models.ForeignKey("products.Licence", models.PROTECT, related_name="activations")
    terminal = models.OneToOneField("products.Terminal", models.PROTECT, related_name="activation")
    state = models.CharField(max_length=10, default="active")
    source = models.CharField(max_length=10)
    device_key = models.CharField(max_length=43)
    device_code = models.CharField(max_length=20)
    components = models.JSONField()
    version = models.CharField(max_length=30)
    built_on = models.DateField()
    release = models.ForeignKey("products.Release", models.PROTECT, null=True, related_name="+")
    token_serial = models.PositiveIntegerField(default=1)
    token_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    last_nonce = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    suspect_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "device_key"], condition=Q(state="active"), name="activation_device_once"
            ),
            models.CheckConstraint(
                condition=Q(state="active", released_at__isnull=True) | Q(state="released", released_at__isnull=False),
                name="activation_released_is_told",
            ),
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="activation_source_known"),
            models.CheckConstraint(condition=Q(token_serial__gte=1), name="activation_has_a_token"),
        ]

    @property
    def subject(self) -> str:
        return f"licence:{self.licence_id}"

    @property
    def is_active(self) -> bool:
        return self.state == "active"


class ActivationEvent(models.Model):
    """What happened with a licence's devices; only ever added. `source`: device, portal, staff, system."""

    licence = models.ForeignKey("products.Licence", models.PROTECT, related_name="+")
    activation = models.ForeignKey(Activation, models.PROTECT, null=True, related_name="events")
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=10)
    actor_ref = models.CharField(max_length=40)
    device_code = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["licence", "-at"], name="activation_event_by_licence")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=EVENTS), name="activation_event_known")]


class UsedNonce(models.Model):
    """A signed request that was taken: it is taken once. SEC-46. Forgotten when its time is long past."""

    activation = models.ForeignKey(Activation, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activation", "nonce"], name="activation_nonce_once")]


class SigningKey(models.Model):
    """A key that signs tokens. `next` is published before it signs, `retired` still proves what it signed.

    `sealed` is the private part, encrypted with the installation's key; it is wiped when the key retires.
    """

    kid = models.CharField(max_length=43, unique=True)
    public = models.CharField(max_length=43)
    state = models.CharField(max_length=10)
    sealed = models.TextField(blank=True)
    made_at = models.DateTimeField()
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="signing_key_one_active"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="next"), name="signing_key_one_next"),
            models.CheckConstraint(condition=Q(state__in=("next", "active", "retired")), name="signing_key_state_known"),
            models.CheckConstraint(
                condition=Q(state="retired", sealed="") | (~Q(state="retired") & ~Q(sealed="")), name="signing_key_retired_is_wiped"
            ),
        ]


class OfflineRequest(models.Model):
    """A request that came by file or picture, with what was answered: the same request gets the same answer. LIC-1."""

    licence = models.ForeignKey("products.Licence", models.PROTECT, related_name="+")
    activation = models.ForeignKey(Activation, models.PROTECT, null=True, related_name="requests")
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    response = models.TextField()
    reason = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licence", "kind", "digest"], name="offline_request_once"),
            models.CheckConstraint(condition=Q(kind__in=("activate", "release", "emergency")), name="offline_request_kind"),
        ]


class MoveAllowance(models.Model):
    """Moves that staff added for a licence beyond those of the year; only ever added."""

    licence = models.ForeignKey("products.Licence", models.PROTECT, related_name="+")
    moves = models.PositiveSmallIntegerField()
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


class KeyAttempt(models.Model):
    """A serial that was tried and not right; counted for a short time. SEC-45."""

    key_hash = models.CharField(max_length=64)
    address_hash = models.CharField(max_length=64)
    product_code = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address_hash", "at"], name="key_attempt_by_address"),
            models.Index(fields=["key_hash", "at"], name="key_attempt_by_key"),
            models.Index(fields=["product_code", "at"], name="key_attempt_by_product"),
        ]


class RegistrationRequest(models.Model):
    """A serial that a contact asks to have registered, until staff have looked at the certificate. LIC-1."""

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    product = models.ForeignKey("products.Product", models.PROTECT, related_name="+")
    serial = models.CharField(max_length=60)
    terminals = models.PositiveIntegerField(default=1)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default="asked")
    licence = models.ForeignKey("products.Licence", models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "serial"], condition=Q(state="asked"), name="registration_asked_once"),
            models.CheckConstraint(condition=Q(state__in=("asked", "registered", "refused")), name="registration_state_known"),
        ]

    @property
    def subject(self) -> str:
        return f"customer:{self.customer_id}"

    @property
    def serial_masked(self) -> str:
        return masked(self.serial)
