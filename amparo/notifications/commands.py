"""The verbs of notices: tell, send, read, choose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from smtplib import SMTPException
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import Min

from amparo.deadlines.queries import calendar_for
from amparo.history.commands import signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid
from amparo.policies.queries import value

from . import access, letters
from .kinds import KINDS, Kind
from .models import Letter, Notice, Preference, UnitWarning
from .rules import not_before, retry_after

log = structlog.get_logger(__name__)

# Long enough for every warning of one contract and its pockets, short enough to be at once for people.
GATHERED: Final = timedelta(minutes=5)
GATHERING: Final = 5_1105  # the space of advisory locks that telling customers uses


@dataclass(frozen=True, slots=True)
class Words:
    """What is told, in the person's language: a title, paragraphs, figures, and where it leads.

    `papers` go with the letter, made when it is sent: (file name, typed string of what is printed). `leave_url` is where one press
    stops such letters, without signing in (RFC 8058). `about` is the typed string of what is quoted, where it is less than the
    notice's subject: who may not read it any more when the letter goes does not get it.
    """

    title: str
    url: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    action: str = ""
    footnote: str = ""
    papers: tuple[tuple[str, str], ...] = ()
    leave_url: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to be told, as the people app knows the person."""

    user_id: int
    language: str = "es-mx"
    time_zone: str = ""


@transaction.atomic
def tell(
    kind_code: str,
    readers: Iterable[tuple[Reader, Words]],
    *,
    subject: str,
    customer_id: int | None,
    fact_id: int,
    at: datetime,
) -> int:
    """Put a notice in the page and a letter in the post for each reader, as each chose; return how many were told.

    The same fact tells the same person the same kind once, however often this runs.
    """
    kind = KINDS[kind_code]
    people = list(readers)
    chosen = {
        row.user_id: row
        for row in Preference.objects.filter(user_id__in=[reader.user_id for reader, _w in people], kind=kind_code)
    }
    notices, posted = [], []
    for reader, words in people:
        own = chosen.get(reader.user_id)
        if own.page if own else kind.page:
            notices.append(
                Notice(
                    user_id=reader.user_id, kind=kind_code, subject_ref=subject, title=words.title[:300],
                    url=words.url, fact_id=fact_id, at=at,
                )
            )  # fmt: skip
        if kind.must_mail or (own.mail if own else kind.mail):
            posted.append(
                Letter(
                    user_id=reader.user_id, kind=kind_code, subject_ref=subject, customer_id=customer_id,
                    words=asdict(words), fact_id=fact_id, created_at=at,
                    not_before=_when(kind, reader.time_zone, customer_id, at),
                )
            )  # fmt: skip
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    Letter.objects.bulk_create(posted, ignore_conflicts=True)
    if people:
        signal(*sorted({f"user:{reader.user_id}" for reader, _w in people}))
    return len(people)


@transaction.atomic
def gather(
    kind_code: str, said: dict[str, Any], *, subject: str, customer_id: int, fact_id: int, at: datetime
) -> None:
    """Keep a warning about units for the customer's letter of the day; the same fact again changes nothing. LED-5."""
    UnitWarning.objects.bulk_create(
        [
            UnitWarning(
                kind=KINDS[kind_code].code, said=said, subject_ref=subject, customer_id=customer_id, fact_id=fact_id, at=at
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def tell_gathered(
    tell_customer: Callable[[int, list[UnitWarning], datetime], None], *, at: datetime, limit: int = 200
) -> int:
    """Tell customers what was gathered, each at most once a day by its own clock; return how many were told. LED-5.

    What comes within some minutes is told together; what comes later on a day of which the customer was told waits for
    the next. Any number of workers may run this.
    """
    told = 0
    waiting = UnitWarning.objects.filter(told_at__isnull=True)
    ripe = waiting.values("customer_id").annotate(first=Min("at")).filter(first__lte=at - GATHERED)
    for customer_id in list(ripe.order_by("first").values_list("customer_id", flat=True)[:limit]):
        try:
            told += _tell_gathered(tell_customer, customer_id, at)
        except Exception as error:  # the edge of the job: one customer's fault keeps no letter of another's
            log.error("warnings not told", customer=customer_id, error=type(error).__name__, exc_info=True)
    return told


@transaction.atomic
def _tell_gathered(tell_customer: Callable[[int, list[UnitWarning], datetime], None], customer_id: int, at: datetime) -> int:
    if not _holds(customer_id):
        return 0
    own = UnitWarning.objects.filter(customer_id=customer_id)
    zone = ZoneInfo(calendar_for(customer_id, at).zone)
    morning = datetime.combine(at.astimezone(zone).date(), time(), zone)
    if own.filter(told_at__gte=morning).exists():
        return 0
    lines = list(own.filter(told_at__isnull=True).order_by("at", "pk"))
    if not lines:
        return 0
    tell_customer(customer_id, lines, at)
    UnitWarning.objects.filter(pk__in=[line.pk for line in lines]).update(told_at=at)
    return 1


def _holds(customer_id: int) -> bool:
    """True where nobody else is telling this customer at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [GATHERING, customer_id % 2**31])
        return bool(cursor.fetchone()[0])


def _when(kind: Kind, time_zone: str, customer_id: int | None, at: datetime) -> datetime:
    """Return when a letter may go: not at night where its reader is, or, where he never said, where his company is."""
    if kind.at_night:
        return at
    if not time_zone and kind.side == "customer" and customer_id is not None:
        time_zone = calendar_for(customer_id, at).zone
    return not_before(
        at,
        zone=time_zone or settings.TIME_ZONE,
        quiet_from=value("notifications.quiet_from_hour", at=at),
        quiet_until=value("notifications.quiet_until_hour", at=at),
    )


def purge(subjects: Sequence[str], *, at: datetime) -> int:
    """Remove the notices and letters that told of these things; return how many. CAS-2.

    What waits to be sent is told first: while a letter waits, it stays.
    """
    notices, _of = Notice.objects.filter(subject_ref__in=list(subjects)).delete()
    letters, _of = Letter.objects.filter(subject_ref__in=list(subjects)).exclude(state="waiting").delete()
    return notices + letters


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Send letters whose time has come; return how many were looked at.

    A letter is claimed for two minutes, then sent outside any transaction: a mail server that hangs holds
    no row. Whether its reader may still see the matter is asked at this moment. SEC-20.
    """
    with transaction.atomic():
        claimed = list(
            Letter.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(state="waiting", not_before__lte=at)
            .order_by("not_before", "id")[:limit]
        )
        Letter.objects.filter(pk__in=[letter.pk for letter in claimed]).update(not_before=at + timedelta(minutes=2))
    for letter in claimed:
        _send(letter, at)
    return len(claimed)


def _send(letter: Letter, at: datetime) -> None:
    if not access.may_still_read(letter):
        Letter.objects.filter(pk=letter.pk).update(state="dropped")
        return
    # What was due by day and is late, after a stop or a failed attempt, does not wake anybody either.
    morning = _when(KINDS[letter.kind], letter.user.time_zone, letter.customer_id, at)
    if morning > at:
        Letter.objects.filter(pk=letter.pk).update(not_before=morning)
        return
    try:
        _message(letter, at).send()
    except (SMTPException, OSError) as error:
        _postpone(letter, error, at)
        return
    Letter.objects.filter(pk=letter.pk).update(state="sent", sent_at=at, attempts=letter.attempts + 1, error="")


def _message(letter: Letter, at: datetime) -> EmailMultiAlternatives:
    is_staff = KINDS[letter.kind].side == "staff"
    answers_to = letters.answer_address(letter, is_staff=is_staff, at=at)
    subject, text, html = letters.render(letter.words, language=letter.user.language, at=at, answerable=bool(answers_to))
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=letters.sender(at),
        to=[letter.user.email],
        reply_to=[answers_to] if answers_to else None,
        headers=letters.headers(letter),
    )
    message.attach_alternative(html, "text/html")
    for name, content in letters.papers(letter.words, at=at):
        message.attach(name, content, "text/calendar" if name.endswith(".ics") else "application/pdf")
    return message


def _postpone(letter: Letter, error: Exception, at: datetime) -> None:
    delay = retry_after(letter.attempts + 1)
    log.warning("letter not sent", letter=letter.pk, attempts=letter.attempts + 1, error=type(error).__name__)
    Letter.objects.filter(pk=letter.pk).update(
        attempts=letter.attempts + 1,
        error=type(error).__name__,
        state="waiting" if delay else "given_up",
        not_before=at + (delay or timedelta()),
    )


def mark_bounced(letter_id: int, *, user_id: int, subject: str) -> bool:
    """Mark a letter that was sent as not arrived, where it is that person's and about that thing. SEC-15."""
    found = Letter.objects.filter(pk=letter_id, user_id=user_id, subject_ref=subject, state="sent")
    return bool(found.update(state="bounced"))


@transaction.atomic
def mark_read(notice_ids: Iterable[int] | None, *, actor: Actor, at: datetime) -> int:
    """Mark the actor's own notices as read, all where none are named; return how many were new."""
    own = Notice.objects.filter(user_id=actor.user_id or 0, read_at__isnull=True)
    if notice_ids is not None:
        own = own.filter(pk__in=list(notice_ids))
    count = own.update(read_at=at)
    if count:
        signal(f"user:{actor.user_id}")
    return count


@transaction.atomic
def choose(choices: dict[str, tuple[bool, bool]], *, actor: Actor, at: datetime) -> None:
    """Keep a person's matrix: kind -> (page, mail). Raises Invalid for a kind of the other side."""
    side = "staff" if actor.is_staff else "customer"
    for code, (page, mail) in choices.items():
        if code not in KINDS or KINDS[code].side != side:
            raise Invalid(field=code)
        Preference.objects.update_or_create(
            user_id=actor.user_id or 0, kind=code, defaults={"page": page, "mail": mail or KINDS[code].must_mail}
        )
