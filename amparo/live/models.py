"""Tables of live service: calls of people, exchanges and their lines, what exchanges told, calls back that are owed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .machine import LIVE, State, Told


class Outcome(models.TextChoices):
    """What came of a call. TEL-2, TEL-3."""

    INFORMATION = "information", _("Information was given")
    ADVICE = "advice", _("Limited free advice was given")
    TICKET = "ticket", _("A ticket was opened or followed up")
    CASE = "case", _("A case was opened or followed up")
    LEAD = "lead", _("Passed on to sales")
    REGISTERED = "registered", _("A customer was registered")
    PRODUCT = "product", _("A product was registered")
    OTHER = "other", _("Something else")
    DROPPED = "dropped", _("The line was cut or nobody spoke")


KINDS = {
    "webhook": _("Signed messages: the exchange, or a script of it, tells us"),
    "ami": _("Asterisk (also FreePBX, Issabel) by its manager interface"),
    "sip": _("Any exchange: an extension of ours that listens"),
}
BROWSERS = {
    "": _("Not in the browser: on their own telephones"),
    "websocket": _("In the browser, straight to the exchange (it speaks WebRTC)"),
    "janus": _("In the browser, through our gateway (the exchange speaks plain SIP)"),
}
RECORDINGS = {
    "off": _("Calls are not recorded, or not linked here"),
    "exchange": _("Recorded; the exchange says the announcement"),
    "operator": _("Recorded; whoever answers says the announcement"),
}
TRANSPORTS = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
STATE_LABELS = {
    State.RINGING: pgettext_lazy("call", "ringing"),
    State.ANSWERED: pgettext_lazy("call", "talking"),
    State.HELD: pgettext_lazy("call", "on hold"),
    State.ENDED: pgettext_lazy("call", "ended"),
    State.MISSED: pgettext_lazy("call", "missed"),
}
DIRECTION_LABELS = {"in": _("incoming"), "out": _("outgoing"), "internal": _("internal")}


class Exchange(models.Model):
    """A telephone exchange that tells us of its calls. Its secret is kept encrypted and shown to nobody. SEC-42, SEC-57."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    host = models.CharField(max_length=200, blank=True)
    port = models.PositiveIntegerField(default=0)
    transport = models.CharField(max_length=5, default="udp")
    username = models.CharField(max_length=120, blank=True)
    secret_sealed = models.TextField(blank=True)
    region = models.CharField(max_length=2, default="MX")
    dial_context = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=80, blank=True)
    prefix = models.CharField(max_length=8, blank=True)
    browser = models.CharField(max_length=10, blank=True)
    socket_url = models.CharField(max_length=300, blank=True)
    sip_domain = models.CharField(max_length=200, blank=True)
    sip_proxy = models.CharField(max_length=200, blank=True)
    recording = models.CharField(max_length=10, default="off")
    recording_base = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=20, blank=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="exchange_kind_known"),
            models.CheckConstraint(condition=Q(browser__in=list(BROWSERS)), name="exchange_browser_known"),
            models.CheckConstraint(condition=Q(recording__in=list(RECORDINGS)), name="exchange_recording_known"),
            models.CheckConstraint(condition=Q(transport__in=list(TRANSPORTS)), name="exchange_transport_known"),
        ]

    @property
    def subject(self) -> str:
        return f"exchange:{self.pk}"

    @property
    def is_listened_to(self) -> bool:
        """True where a process of ours must connect; webhooks come by themselves."""
        return self.kind in ("ami", "sip")

    @property
    def may_originate(self) -> bool:
        return self.kind == "ami"

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """A person's extension at an exchange. Its SIP password reaches that person's browser only. SEC-57."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="lines")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    extension = models.CharField(max_length=20)
    sip_user = models.CharField(max_length=80, blank=True)
    sip_password_sealed = models.TextField(blank=True)
    takes_group = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["extension", "id"]
        constraints = [models.UniqueConstraint(fields=["exchange", "extension"], name="line_extension_once")]

    @property
    def subject(self) -> str:
        return self.exchange.subject


class ExchangeCall(models.Model):
    """A call as its exchange tells it, under the exchange's own name for it; the record of what was said is `Call`. TEL-3.

    `rang_at` … `extensions` are what machine.Told holds; `offered_to` are the people on whose screens it opens. Where nobody told the end,
    `ended_at` is until when it surely went on, and `seen_late_at` when it was seen to be over.
    """

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="calls", db_index=False)
    call_id = models.CharField(max_length=120)
    also_known = ArrayField(models.CharField(max_length=120), default=list)
    direction = models.CharField(max_length=10, default="in")
    number = models.CharField(max_length=20, blank=True)
    number_text = models.CharField(max_length=80, blank=True)
    name_text = models.CharField(max_length=120, blank=True)
    called = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, default=State.RINGING)
    rang_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_late_at = models.DateTimeField(null=True)
    gave_up = models.BooleanField(default=True)
    live = models.CharField(max_length=12, blank=True)
    live_at = models.DateTimeField(null=True)
    extension = models.CharField(max_length=20, blank=True)
    extension_at = models.DateTimeField(null=True)
    extensions = ArrayField(models.CharField(max_length=20), default=list)
    offered_to = ArrayField(models.BigIntegerField(), default=list)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+", db_index=False)
    contact_user_id = models.BigIntegerField(null=True)
    matches = models.PositiveSmallIntegerField(default=0)
    recording = models.CharField(max_length=600, blank=True)
    changed_at = models.DateTimeField()
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exchange", "call_id"], name="exchange_call_once"),
            models.CheckConstraint(condition=Q(state__in=list(State)), name="exchange_call_state_known"),
            models.CheckConstraint(condition=Q(direction__in=list(DIRECTION_LABELS)), name="exchange_call_direction_known"),
            models.CheckConstraint(condition=Q(number="") | Q(number__regex=r"^\+[0-9]{4,15}$"), name="exchange_call_number_is_e164"),
        ]
        indexes = [
            models.Index(fields=["exchange", "rang_at"], name="exchange_call_live", condition=Q(state__in=list(LIVE))),
            models.Index(fields=["-rang_at"], name="exchange_call_by_time"),
            models.Index(fields=["rang_at"], name="exchange_call_kept", condition=Q(purged_at__isnull=True)),
            models.Index(fields=["customer", "-rang_at"], name="exchange_call_by_customer", condition=Q(customer__isnull=False)),
        ]

    @property
    def subject(self) -> str:
        return f"line:{self.pk}"

    @property
    def told(self) -> Told:
        return Told(
            self.direction, self.rang_at, self.answered_at, self.ended_at, self.gave_up, self.live, self.live_at, self.extension,
            self.extension_at, tuple(self.extensions),
        )  # fmt: skip

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_withheld(self) -> bool:
        return not self.number and not self.number_text


class ExchangeEvent(models.Model):
    """That an exchange told something: one row for each name, so that it counts once. TEL-3, SEC-42."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="+", db_index=False)
    event_id = models.CharField(max_length=120)
    call = models.ForeignKey(ExchangeCall, models.CASCADE, related_name="events")
    state = models.CharField(max_length=12)
    extension = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exchange", "event_id"], name="exchange_event_once")]


class Delivery(models.Model):
    """The signature of a delivery that was taken: the very same bytes are not taken again. SEC-42."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="+", db_index=False)
    signature = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exchange", "signature"], name="exchange_delivery_once")]
        indexes = [models.Index(fields=["signed_at"], name="exchange_delivery_time")]


class Callback(models.Model):
    """A caller whom we owe a call back: one for each number, however often he called. Kept by calling, or by saying why. TEL-3."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("callback", "owed")
        CALLED = "called", pgettext_lazy("callback", "we spoke")
        MARKED = "marked", pgettext_lazy("callback", "settled with a reason")
        ANSWERED = "answered", pgettext_lazy("callback", "the call had been answered")

    number = models.CharField(max_length=20)
    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="+", db_index=False)
    caller_name = models.CharField(max_length=120, blank=True)
    called = models.CharField(max_length=80, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    due_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=Q(state="open"), name="callback_one_open"),
            models.CheckConstraint(condition=Q(state="open", settled_at__isnull=True) | ~Q(state="open") & Q(settled_at__isnull=False), name="callback_settled_when"),
            models.CheckConstraint(condition=~Q(state="marked") | ~Q(reason=""), name="callback_marked_with_reason"),
        ]
        indexes = [
            models.Index(fields=["first_at"], name="callback_open", condition=Q(state="open")),
            models.Index(fields=["-settled_at"], name="callback_settled", condition=Q(settled_at__isnull=False)),
            models.Index(fields=["settled_at"], name="callback_kept", condition=Q(settled_at__isnull=False, purged_at__isnull=True)),
        ]

    @property
    def subject(self) -> str:
        return f"callback:{self.pk}"


class Dial(models.Model):
    """A number that somebody asked to call from a screen: counted for the daily cap, and carried out once. SEC-43."""

    STATES = ("asked", "sent", "refused", "browser")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey(Line, models.CASCADE, related_name="+")
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="asked")
    error = models.CharField(max_length=20, blank=True)
    asked_at = models.DateTimeField()
    key = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=["asked", "sent", "refused", "browser"]), name="dial_state_known")]
        indexes = [
            models.Index(fields=["user", "-asked_at"], name="dial_of_person"),
            models.Index(fields=["id"], name="dial_asked", condition=Q(state="asked")),
        ]

    @property
    def subject(self) -> str:
        return f"dial:{self.pk}"


class Call(models.Model):
    """One telephone conversation: who, when, how long, what about, what came of it. TEL-3.

    `line` is the call of an exchange that it was, where one told us; `hung_up_at` is when the exchange says that it was over.
    """

    phone = models.CharField(max_length=20, blank=True)
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, blank=True, related_name="calls")
    caller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    caller_name = models.CharField(max_length=120, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_outgoing = models.BooleanField(default=False)
    line = models.ForeignKey(ExchangeCall, models.PROTECT, null=True, related_name="conversations")
    started_at = models.DateTimeField()
    hung_up_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    about = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    notes = models.TextField(blank=True)
    linked = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=64, unique=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(phone="") | Q(phone__regex=r"^\+[0-9]{4,15}$"), name="call_phone_is_e164"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="call_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="")
                | Q(ended_at__isnull=False, outcome__in=Outcome.values) & ~Q(about=""),
                name="call_ended_says_what_came",
            ),
            models.CheckConstraint(condition=Q(linked="") | Q(linked__regex=r"^[a-z]+:[0-9]+$"), name="call_link_is_typed"),
        ]
        indexes = [
            models.Index(fields=["customer", "-started_at"], name="call_by_customer"),
            models.Index(fields=["linked"], name="call_by_link", condition=~Q(linked="")),
            models.Index(fields=["taken_by"], name="call_open", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["-started_at"], name="call_by_time"),
            models.Index(fields=["started_at"], name="call_kept", condition=Q(purged_at__isnull=True)),
        ]

    @property
    def subject(self) -> str:
        return f"call:{self.pk}"

    @property
    def seconds(self) -> int | None:
        """How long it took, None while it goes on."""
        if self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.started_at).total_seconds()))

    def same_request(self, **asked: Any) -> bool:
        """True where a repeated key asks for the same call. CHG-10."""
        return all(getattr(self, name) == wanted for name, wanted in asked.items())
