"""Tables of people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amparo.kernel.actor import ROLES
from amparo.kernel.ids import format_nic

ROLE_LABELS = {
    "operator": _("Operator"),
    "engineer": _("Engineer"),
    "moderator": _("Moderator"),
    "quality": _("Quality"),
    "rnd_director": _("Research and development director"),
    "developer": _("Developer"),
    "sales": _("Sales"),
    "instructor": pgettext_lazy("staff", "Instructor"),
    "editor": _("Editor"),
    "administrator": _("Administrator"),
}
PROFILE_FIELDS = ("name", "phone", "language", "theme", "time_zone", "shortcuts_on")
COMPANY_ROLE_LABELS = {
    "administrator": _("Administrator"),
    "member": _("Member (all matters of the company)"),
    "own": _("Own matters only"),
}


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")

    def create_user(self, email: str, password: str | None = None, **extra: object) -> User:
        return super().create(email=email.strip().lower(), password=make_password(password), **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, by e-mail. Staff have roles, customers' people are contacts; a person may be neither."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, default="es-mx", choices=[("es-mx", "Español"), ("en", "English")])
    theme = models.CharField(max_length=10, default="auto", choices=[("auto", "auto"), ("light", "light"), ("dark", "dark")])
    time_zone = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    shortcuts_on = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(db_default=models.functions.Now())
    sessions_version = models.PositiveIntegerField(default=0)
    acting_customer = models.ForeignKey("people.Customer", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    @property
    def subject(self) -> str:
        return f"user:{self.pk}"

    def get_full_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Every session carries this: it ends with a new password, and with a new `sessions_version`. SEC-6."""
        basis = f"{self.password}:{self.sessions_version}"
        return salted_hmac("amparo.people.User.session", basis, secret=secret, algorithm="sha256").hexdigest()

    def __str__(self) -> str:
        return self.get_full_name()


class StaffRole(models.Model):
    """A role that a member of staff holds. Service rules, section 1."""

    user = models.ForeignKey(User, models.CASCADE, related_name="staff_roles")
    role = models.CharField(max_length=20, choices=[(role, ROLE_LABELS[role]) for role in ROLES])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="staff_role_once"),
            models.CheckConstraint(condition=models.Q(role__in=ROLES), name="staff_role_known"),
        ]


class Customer(models.Model):
    """A company or person who buys software or service; has one NIC, never reused."""

    nic = models.CharField(max_length=22, unique=True)
    name = models.CharField(max_length=160)
    legal_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, default="company", choices=[("company", _("Company")), ("person", _("Person"))])
    country = models.CharField(max_length=2, default="MX")
    state = models.CharField(max_length=6, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    external_ref = models.CharField(max_length=80, null=True, blank=True, unique=True)
    creation_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(nic__regex=r"^[0-9]{5,20}$"), name="nic_is_digits")]

    @property
    def subject(self) -> str:
        return f"customer:{self.pk}"

    @property
    def customer_id(self) -> int:
        return self.pk

    @property
    def nic_shown(self) -> str:
        return format_nic(self.nic)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A user who acts for a customer. One person may be a contact of several customers. ACC-11."""

    user = models.ForeignKey(User, models.PROTECT, related_name="contacts")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts")
    company_role = models.CharField(max_length=20, choices=list(COMPANY_ROLE_LABELS.items()))
    title = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "customer"], condition=models.Q(removed_at__isnull=True), name="contact_once"
            ),
            models.CheckConstraint(
                condition=models.Q(company_role__in=list(COMPANY_ROLE_LABELS)), name="company_role_known"
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="contact_by_customer")]


class Invitation(models.Model):
    """An invitation by e-mail to act for a customer, or to join the staff.

    The link's secret is stored hashed; until the letter has gone out it also stands here sealed, so that it is
    neither on the record nor readable from a copy of the database. SEC-4.
    """

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="invitations")
    company_role = models.CharField(max_length=20, blank=True)
    roles = models.JSONField(default=list)
    language = models.CharField(max_length=10, default="es-mx")
    title = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    token_sealed = models.TextField(blank=True)
    creation_key = models.CharField(max_length=64, null=True, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(customer__isnull=False, company_role__in=list(COMPANY_ROLE_LABELS))
                | models.Q(customer__isnull=True, company_role=""),
                name="invitation_is_for_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="invitation_by_customer")]

    @property
    def subject(self) -> str:
        return f"invitation:{self.pk}"

    def is_open(self, at: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and at < self.expires_at
