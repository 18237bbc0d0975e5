"""Tables of cases. The constraints repeat the life of machine.py; triggers (migration `guards`) keep the record. CAS-1."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value

from .machine import ATTENDED_KINDS, ENDED, ORDERED_KINDS, REASONS, Consent, Kind, NeedChoice, Reason, State
from .rules import Clock

_KINDS = [kind.value for kind in Kind]
# How a case closed: by the customer's word or silence, by nobody's answer, or by what became of a complaint. CAS-4, COM-4 to COM-6.
CLOSED_HOWS = ["accepted", "tacit", "uncharged", "dismissed", "partly", "upheld", "lapsed"]
_HOWS = [how.value for how in Consent]


def _reason_fits() -> Q:
    """CAS-3 once more: what closed was attended and closes for a reason of its kind, or was not and ended in agreement."""
    fits = Q(consent_at__isnull=True, kind__in=sorted(ATTENDED_KINDS), close_reason=Reason.MUTUAL_AGREEMENT.value)
    for kind, reasons in REASONS.items():
        fits |= Q(consent_at__isnull=False, kind=kind.value, close_reason__in=[reason.value for reason in reasons])
    return fits


class Case(models.Model):
    """One piece of technical service: its kind, where it stands, its clock, what it charges. Its id is its number. CAS-1.

    `classification` counts how often it was classified: a consent names the one that it was given to. `told` is what the
    customer was told it costs (`{"incident": 1}`), `moves` counts its moves, so that a stale page is noticed.
    Attention begins with the consent (`consent_at`) to the classification that holds now.
    """

    thread = models.OneToOneField("threads.Thread", models.PROTECT, related_name="case")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="cases", db_index=False)
    contact = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_kind = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=20, default=State.REQUESTED.value)
    contract = models.ForeignKey("contracts.SupportContract", models.PROTECT, null=True, related_name="+")
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+")
    licence = models.ForeignKey("products.Licence", models.PROTECT, null=True, related_name="+")
    explanation = models.TextField(blank=True)
    charge = models.ForeignKey("charging.Charge", models.PROTECT, null=True, related_name="+")
    classification = models.PositiveSmallIntegerField(default=0)
    told = models.JSONField(default=dict)
    consent_at = models.DateTimeField(null=True)
    consent_how = models.CharField(max_length=12, blank=True)
    consent_by = models.CharField(max_length=160, blank=True)
    moves = models.PositiveIntegerField(default=0)
    last_key = models.CharField(max_length=80, blank=True)
    limit_minutes = models.PositiveSmallIntegerField(default=0)
    clock_seconds = models.PositiveIntegerField(default=0)
    clock_since = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)
    limit_choice = models.CharField(max_length=10, blank=True)
    close_reason = models.CharField(max_length=30, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_how = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="case_state_known"),
            models.CheckConstraint(condition=Q(kind__in=["", *_KINDS]), name="case_kind_known"),
            models.CheckConstraint(condition=Q(asked_kind__in=["", *_KINDS]), name="case_asked_kind_known"),
            models.CheckConstraint(condition=Q(state=State.REQUESTED.value) | ~Q(kind=""), name="case_is_classified"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.ATTENTION.value, State.PROCEDURE.value])
                | Q(consent_at__isnull=False, charge__isnull=False),
                name="case_attended_after_consent",
            ),
            models.CheckConstraint(
                condition=Q(clock_since__isnull=True) | Q(state__in=[State.ATTENTION.value, State.PROCEDURE.value]),
                name="case_clock_runs_in_attention",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in ENDED), closed_at__isnull=False)
                | ~Q(state__in=sorted(s.value for s in ENDED)) & Q(closed_at__isnull=True, closed_how=""),
                name="case_closed_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.CLOSED.value) | Q(closed_how__in=CLOSED_HOWS) & _reason_fits(),
                name="case_closed_for_a_reason_of_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.WITHDRAWN.value)
                | Q(kind__in=sorted(ORDERED_KINDS), consent_at__isnull=True, closed_how="withdrawn"),
                name="case_withdrawn_before_its_order",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="case_by_customer"),
            models.Index(fields=["state", "-id"], name="case_by_state"),
            models.Index(fields=["clock_since"], name="case_clock", condition=Q(clock_since__isnull=False)),
        ]

    @property
    def subject(self) -> str:
        return f"case:{self.pk}"

    @property
    def number(self) -> str:
        return f"C-{self.pk}"

    @property
    def clock(self) -> Clock:
        return Clock(self.clock_seconds, self.clock_since, self.limit_minutes)

    @property
    def is_attended(self) -> bool:
        return self.consent_at is not None

    def __str__(self) -> str:
        return self.number


class ClockRun(models.Model):
    """One run of a case's clock: two of one case never overlap, one at most runs. CAS-5."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="runs")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(stopped_at__isnull=True), name="clock_runs_once"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gte=F("started_at")), name="clock_stops_after_start"
            ),
            # A range for the case's id spares the extension btree_gist, which an embedded server may lack.
            ExclusionConstraint(
                name="clock_runs_apart",
                expressions=[
                    (Func(F("case"), F("case"), Value("[]"), function="int8range"), "&&"),
                    (Func(F("started_at"), F("stopped_at"), function="tstzrange"), "&&"),
                ],
            ),
        ]

    def seconds(self) -> int:
        assert self.stopped_at
        return max(0, int((self.stopped_at - self.started_at).total_seconds()))


class Order(models.Model):
    """A price for general or development service as its case shows it, accepted by the customer. CHG-3, CAS-3.

    It stands for one version of a quote, which decides (`quotations`); orders older than quotes have none.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        REPLACED = "replaced"
        WITHDRAWN = "withdrawn"
        CANCELLED = "cancelled"

    case = models.ForeignKey(Case, models.PROTECT, related_name="orders")
    quote = models.ForeignKey("quotations.Quote", models.PROTECT, null=True, related_name="+")
    quote_version = models.PositiveSmallIntegerField(default=0)
    description = models.TextField()
    description_html = models.TextField()
    needs = models.JSONField()
    travel = models.CharField(max_length=200, blank=True)
    delivery_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    told = models.JSONField(default=dict)
    charge = models.ForeignKey("charging.Charge", models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="proposed"), name="order_proposed_once"),
            models.UniqueConstraint(fields=["case"], name="order_accepted_once", condition=Q(state="accepted")),
            models.UniqueConstraint(fields=["case", "key"], name="order_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "accepted", "declined", "replaced", "withdrawn", "cancelled"]), name="order_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", answered_at__isnull=True) | ~Q(state="proposed") & Q(answered_at__isnull=False),
                name="order_answered_has_its_moment",
            ),
        ]


class Closing(models.Model):
    """A proposal to close: reason, summary, what it would charge or give back, and what became of it. CAS-4, CHG-7.

    It is open while `answer` is empty. `effects` lists the charges: id, effect, label, amounts. `next_at` is when the
    next reminder (or the tacit acceptance) is due; computed when it was proposed, from `steps`. `complaint` is the number
    of the complaint that refuses it, `decide_by` the end of its time: a mirror of what stands there. COM-1, COM-7.
    """

    class Answer(models.TextChoices):
        OPEN = ""
        ACCEPTED = "accepted"
        TACIT = "tacit"
        ANSWERED = "answered"
        REPLACED = "replaced"
        UNCHARGED = "uncharged"
        DISMISSED = "dismissed"
        PARTLY = "partly"
        UPHELD = "upheld"
        LAPSED = "lapsed"

    case = models.ForeignKey(Case, models.PROTECT, related_name="closings")
    reason = models.CharField(max_length=30)
    summary = models.TextField()
    summary_html = models.TextField()
    explanation = models.TextField(blank=True)
    procedure = models.TextField(blank=True)
    effects = models.JSONField(default=list)
    seconds = models.PositiveIntegerField(default=0)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    proposed_at = models.DateTimeField()
    reminder_at = models.JSONField(default=list)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    tacit_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)
    complaint = models.BigIntegerField(null=True)
    decide_by = models.DateTimeField(null=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answer=""), name="closing_open_once"),
            models.UniqueConstraint(fields=["case", "key"], name="closing_key_once"),
            models.CheckConstraint(condition=Q(reason__in=[r.value for r in Reason]), name="closing_reason_known"),
            models.CheckConstraint(condition=~Q(summary=""), name="closing_has_its_summary"),
            models.CheckConstraint(
                condition=~Q(reason=Reason.NOT_TECHNICALLY_POSSIBLE.value) | ~Q(explanation="") & ~Q(procedure=""),
                name="closing_explains_what_is_not_possible",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | ~Q(answer="") & Q(answered_at__isnull=False, next_at__isnull=True),
                name="closing_answered_has_its_moment",
            ),
            models.CheckConstraint(condition=Q(refused_at__isnull=True) | Q(next_at__isnull=True), name="closing_refused_waits"),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="closing_due", condition=Q(next_at__isnull=False)),
            models.Index(
                fields=["id"], name="closing_refused_unheard",
                condition=Q(answer="", refused_at__isnull=False, complaint__isnull=True),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return not self.answer

    def steps(self) -> list[datetime]:
        """The moments of the reminders, as they were computed when it was proposed."""
        return [datetime.fromisoformat(text) for text in self.reminder_at]


class FurtherNeed(models.Model):
    """A need that came up during attention, and what the customer chose. With a charge it is a further service. CHG-5."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="needs")
    description = models.CharField(max_length=400)
    charge = models.ForeignKey("charging.Charge", models.PROTECT, null=True, related_name="+")
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    raised_at = models.DateTimeField()
    choice = models.CharField(max_length=10, blank=True)
    chosen_at = models.DateTimeField(null=True)
    chosen_how = models.CharField(max_length=12, blank=True)
    chosen_by = models.CharField(max_length=160, blank=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "key"], name="need_key_once"),
            models.CheckConstraint(condition=Q(choice__in=["", *[c.value for c in NeedChoice]]), name="need_choice_known"),
            models.CheckConstraint(
                condition=Q(choice="", chosen_at__isnull=True) | ~Q(choice="") & Q(chosen_at__isnull=False, chosen_how__in=_HOWS),
                name="need_chosen_has_its_moment",
            ),
        ]


class CaseLink(models.Model):
    """A follow-up service: a case that came out of another. CAS-3, CAS-8."""

    class Why(models.TextChoices):
        PROCEDURE = "procedure"
        NEED = "need"
        DEVELOPMENT = "development"
        COMPLAINT = "complaint"
        OTHER = "other"

    case = models.ForeignKey(Case, models.PROTECT, related_name="follow_ups")
    follow_up = models.ForeignKey(Case, models.PROTECT, related_name="follows")
    why = models.CharField(max_length=12, choices=Why.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "follow_up"], name="case_link_once"),
            models.CheckConstraint(condition=~Q(case=F("follow_up")), name="case_link_of_two"),
            models.CheckConstraint(condition=Q(why__in=["procedure", "need", "development", "complaint", "other"]), name="case_link_why_known"),
        ]
