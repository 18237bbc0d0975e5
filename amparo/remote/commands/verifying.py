"""Films of shared screens, read to their end and compared with what the record of the case tells: kept, asked for, touched, or long ago. CAS-7."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import F, Q, QuerySet

from amparo.files.commands import disk
from amparo.history.commands import signal
from amparo.kernel.actor import Actor
from amparo.kernel.locks import alone
from amparo.kernel.refusals import NotPermitted
from amparo.remote import access
from amparo.remote.models import Film, Session, Verification
from amparo.remote.queries import lies

AGAIN: Final = timedelta(days=30)  # what a disk forgets by itself touches no date
APART: Final = timedelta(minutes=1)
log = structlog.get_logger("amparo.remote")


def ask_verification(session: Session, *, actor: Actor, at: datetime) -> None:
    """Let the films of a session be verified now; who sees its case may ask. Whatever was verified within a minute is not read again. CAS-7.

    Raises NotPermitted.
    """
    if not access.visible_to(actor).filter(pk=session.pk).exists():
        raise NotPermitted(session=session.pk)
    _ask(Verification.objects.filter(film__session=session, verified_at__lt=at - APART), at)
    signal(session.subject)


def ask_for_touched(*, at: datetime) -> int:
    """Let be verified what lies there otherwise than when it was verified; return how many. Nothing is read. CAS-7."""
    rows = Verification.objects.filter(film__session__purged_at__isnull=True, asked_at__isnull=True)
    found = rows.values_list("pk", "lay", "film__sha256").iterator()
    return _ask(Verification.objects.filter(pk__in=[pk for pk, lay, sha256 in found if lay != lies(sha256)]), at)


def _ask(rows: QuerySet[Verification], at: datetime) -> int:
    return rows.filter(asked_at__isnull=True).update(asked_at=at)


def verify_due(*, at: datetime, octets_max: int = 1_000_000_000) -> int:
    """Verify films that were never verified, of which somebody asked it, or that were verified long ago; return how many. CAS-7.

    So many octets at a time: what comes round with it waits no longer; one worker at a time: another would read the same.
    """
    with alone("remote:verify") as is_ours:
        return _verify_due(at, octets_max) if is_ours else 0


def _verify_due(at: datetime, octets_max: int) -> int:
    never, long_ago = Q(verification__isnull=True), Q(verification__verified_at__lte=at - AGAIN)
    asked = Q(verification__asked_at__isnull=False)
    due = Film.objects.filter(never | asked | long_ago, session__purged_at__isnull=True).select_related("session")
    count = octets = 0
    for film in due.order_by(F("verification__asked_at").asc(nulls_last=True), F("verification__verified_at").asc(nulls_first=True), "pk")[:100]:
        if octets >= octets_max:
            break
        _verify(film, at)
        count, octets = count + 1, octets + film.octets
    return count


def _verify(film: Film, at: datetime) -> None:
    """Read one film, outside of any transaction, and note what was found."""
    lay, fault = lies(film.sha256), ""  # before it is read: whoever touches it meanwhile is found
    try:
        fault = "" if disk.hash_of(disk.path_of(film.sha256)) == film.sha256 else "changed"
    except FileNotFoundError:
        fault = "missing"
    except OSError as error:
        fault = "unreadable"
        log.error("a film cannot be read", session=film.session_id, film=film.number, why=error.strerror or type(error).__name__)
    if fault and Session.objects.filter(pk=film.session_id, purged_at__isnull=False).exists():
        return  # its time was over while it was read
    if fault:
        log.error("a film of a case does not hold", session=film.session_id, film=film.number, fault=fault)
    Verification.objects.update_or_create(film=film, defaults={"verified_at": at, "lay": lay, "fault": fault, "asked_at": None})
    signal(film.session.subject)
