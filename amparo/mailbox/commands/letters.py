"""The short letter to who may not open a ticket by mail: why, and the way. ACC-9, SEC-15, SEC-16."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.mailbox import queries
from amparo.mailbox.models import Mail, PlainAnswer
from amparo.mailbox.rules import Letter
from amparo.mailbox.rules.charsets import one_line
from amparo.mailbox.rules.marks import is_from_list, takes_no_answer
from amparo.mailbox.rules.routing import LOOP_HEADER
from amparo.people.models import User
from amparo.people.rules import is_email
from amparo.policies.queries import group, value

from .shared import let_wait, locked, settle

log = structlog.get_logger(__name__)
ATTEMPTS_MAX = 5


@transaction.atomic
def answer(
    mail: Mail, letter: Letter, reason: str, *, person: User | None = None, ways: queries.Ways | None = None, at: datetime
) -> Mail:
    """Answer who may not open a ticket by mail, once a day, and set the message aside where staff still find it. ACC-9."""
    mail = locked(mail.pk)
    if mail.state != "taken":
        return mail
    _put(mail, letter, reason, person, ways, at)
    why = ways.why if ways else ""
    return settle(mail, "answered", reason=reason, detail=why, user_id=person.pk if person else None, at=at)


@transaction.atomic
def ask_which(mail: Mail, letter: Letter, person: User, *, at: datetime) -> Mail:
    """Ask a contact of several products for which one it is: a link to choose; meanwhile staff may. TKT-1."""
    mail = let_wait(mail, "which_product", user_id=person.pk, at=at)
    _put(mail, letter, "which_product", person, None, at)
    return mail


def _put(mail: Mail, letter: Letter, kind: str, person: User | None, ways: queries.Ways | None, at: datetime) -> None:
    """Lay the letter ready, unless one went to this address today or too many went to all within the hour.

    It goes to the author's own address, wherever the message asks answers to: a stranger's Reply-To names a victim. SEC-14.
    """
    if not is_email(mail.from_email) or takes_no_answer(mail.from_email) or is_from_list(letter.headers):
        return
    if PlainAnswer.objects.filter(created_at__gt=at - timedelta(hours=1)).count() >= value("mailbox.answers_hourly_max", at=at):
        return
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    url = f"/mailbox/choose/{mail.pk}/" if kind == "which_product" else ways.url if ways else "/account/signup/"
    PlainAnswer.objects.bulk_create(
        [
            PlainAnswer(
                mail=mail, to=mail.from_email, day=day, kind=kind, language=person.language if person else "es-mx",
                why=ways.why[:500] if ways else "", way=ways.label[:200] if ways else "", url=url[:300],
                in_reply_to=letter.message_id or "", next_at=at, created_at=at,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def send_due(*, at: datetime, limit: int = 20) -> int:
    """Send the letters that lie ready; claimed first, sent outside any transaction. Return how many were looked at."""
    with transaction.atomic():
        claimed = list(
            PlainAnswer.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="waiting", next_at__lte=at)
            .order_by("next_at", "id")[:limit]
        )  # fmt: skip
        PlainAnswer.objects.filter(pk__in=[one.pk for one in claimed]).update(next_at=at + timedelta(minutes=2))
    for one in claimed:
        _send(one, at)
    return len(claimed)


def _send(one: PlainAnswer, at: datetime) -> None:
    try:
        message(one, at).send()
    except (SMTPException, OSError) as error:
        log.warning("plain answer not sent", answer=one.pk, error=type(error).__name__)
        gone = one.attempts + 1 >= ATTEMPTS_MAX
        PlainAnswer.objects.filter(pk=one.pk).update(
            attempts=one.attempts + 1, state="given_up" if gone else "waiting", next_at=at + timedelta(minutes=5 * 4**one.attempts)
        )
        return
    PlainAnswer.objects.filter(pk=one.pk).update(state="sent", sent_at=at, attempts=one.attempts + 1)


def message(one: PlainAnswer, at: datetime) -> EmailMessage:
    """Write the letter: nothing of what the other wrote stands in it, so that nobody mails through us. SEC-16."""
    identity = group("identity", at=at)
    with translation.override(one.language):
        words = {
            "stranger": _("Thank you for writing. We do not know this address, so that we could not open a ticket. If you are a customer, "
                          "write from the address with which you sign in, or open your ticket here; if not, you can register free of charge:"),
            "no_standing": _("Thank you for writing. We could not open a ticket of your message:"),
            "which_product": _("Thank you for writing; your message is kept. You have several products with us: choose here which one it is "
                               "about, and your ticket is open. You need not write it again."),
        }[one.kind]  # fmt: skip
        way = f"{one.way}: " if one.way else ""
        url = one.url if "://" in one.url else f"{settings.PUBLIC_URL}{one.url}"
        signature = "\n".join(line for line in (identity["name"], identity["telephone"], identity["hours"]) if line)
        body = "\n\n".join(filter(None, (words, one.why, f"{way}{url}", f"-- \n{signature}"))) + "\n"
        subject = _("Your message to %(name)s") % {"name": identity["name"]}
    headers = {
        "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", LOOP_HEADER.title(): queries.own_host(),
    }  # fmt: skip
    if one.in_reply_to.startswith("<") and one.in_reply_to.isascii():
        headers |= {"In-Reply-To": one.in_reply_to, "References": one.in_reply_to}
    sender = identity["mail_from"] or settings.DEFAULT_FROM_EMAIL
    return EmailMessage(one_line(subject, 200), body, sender, [one.to], headers=headers)
