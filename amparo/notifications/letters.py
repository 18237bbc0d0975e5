"""How a letter is written: from words to subject, plain text and HTML. Pure but for the templates and identity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import formataddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from amparo.kernel.documents import NoDocuments
from amparo.kernel.reply import address_for, is_pattern, word_for
from amparo.policies.queries import group, value

from .models import Letter

# What can go with a letter as PDF: kind of a typed string -> dotted function (id, at) -> bytes, None where there is none.
PAPERS: dict[str, str] = {
    "agreement-acceptance": "amparo.agreements.queries.paper_of",
    "class": "amparo.classroom.queries.calendar_of",
}


def papers(words: dict[str, Any], *, at: datetime) -> Iterator[tuple[str, bytes]]:
    """Print what goes with a letter. Where the machine makes no PDF the letter goes alone: it leads to the page."""
    for name, subject in words.get("papers") or ():
        kind, _sep, number = subject.partition(":")
        try:
            content = import_string(PAPERS[kind])(int(number), at=at)
        except NoDocuments:
            continue
        if content is not None:
            yield one_line(name), content


def one_line(text: str) -> str:
    """Return a text fit for a header: no line break, no control code, not endless. SEC-18."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029\s]+", " ", text).strip()[:200]


def sender(at: datetime) -> str:
    """Return the vendor's name and address as a From header takes them."""
    identity = group("identity", at=at)
    return formataddr((one_line(identity["name"]), identity["mail_from"] or settings.DEFAULT_FROM_EMAIL))


def own_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "amparo"


def word_of(letter: Letter) -> str | None:
    """Return the signed word of a letter's matter for its reader, None where it is about nothing that has a number. SEC-13."""
    kind, _sep, number = letter.subject_ref.partition(":")
    if not (kind.isalpha() and kind.islower() and number.isdecimal()):
        return None
    return word_for(letter.subject_ref, letter.user_id, secret=settings.SECRETS["secret_key"])


def message_id(letter: Letter) -> str:
    """Return the letter's own id, the same at each attempt, so that a receiver drops a double.

    It holds the signed word: an answer that lost its address is still known by the id it answers to, and a report that
    the letter did not arrive by the id it returns. SEC-13, SEC-15.
    """
    return f"<{word_of(letter) or f'letter-{letter.fact_id}'}.{letter.pk}@{own_host()}>"


@lru_cache(1)
def _doors() -> Mapping[str, str]:
    """Which kinds of things take answers by mail stands in the composition root, above this app."""
    return import_string(getattr(settings, "MAIL_DOORS", "amparo.project.mail_doors.DOORS"))


def answer_address(letter: Letter, *, is_staff: bool, at: datetime) -> str:
    """Return where an answer to a letter goes, "" where it may not be answered by mail. TKT-1, SEC-13.

    Each matter and each reader has an address of its own. Staff have one only where the administrator allows it.
    """
    pattern = value("notifications.answer_address", at=at)
    if not is_pattern(pattern) or letter.subject_ref.partition(":")[0] not in _doors():
        return ""
    if is_staff and not value("notifications.staff_answer_by_mail", at=at):
        return ""
    word = word_of(letter)
    return address_for(pattern, word) if word else ""


def headers(letter: Letter) -> dict[str, str]:
    """Return what a letter says of itself: a machine wrote it, it is ours, and which other letters it belongs to.

    All letters of a matter to a person refer to one id that never was a letter, so that mail programs show them together.
    """
    found = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Amparo-Loop": own_host(),
        "Message-ID": message_id(letter),
    }
    if word := word_of(letter):
        found["References"] = f"<{word}@{own_host()}>"
    if path := letter.words.get("leave_url"):
        found["List-Unsubscribe"] = f"<{settings.PUBLIC_URL}{path}>"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def render(words: dict[str, Any], *, language: str, at: datetime, answerable: bool = False) -> tuple[str, str, str]:
    """Return subject, text and HTML of a letter in a language; where it may be answered by mail, it says so."""
    identity = group("identity", at=at)
    with translation.override(language):
        url = settings.PUBLIC_URL + words["url"]
        context = {
            **words,
            "url": url,
            "action": words["action"] or _("Open it"),
            "identity": identity,
            "language": language,
            "preferences_url": f"{settings.PUBLIC_URL}/notifications/choices/",
            "leave_url": settings.PUBLIC_URL + words["leave_url"] if words.get("leave_url") else "",
        }
        if answerable:
            hint = _("You can also answer this e-mail: what you write goes into the matter.")
            context["footnote"] = " ".join(filter(None, (words.get("footnote", ""), hint)))
        html = render_to_string("notifications/mail/letter.html", context)
        return one_line(words["title"]), text_of(context), html


def text_of(context: dict[str, Any]) -> str:
    """Return the plain twin of a letter."""
    parts = [context["title"], *context["paragraphs"]]
    if context["figures"]:
        parts.append("\n".join(f"{label}: {figure}" for label, figure in context["figures"]))
    parts.append(f"{context['action']}: {context['url']}")
    if context["footnote"]:
        parts.append(context["footnote"])
    if context["leave_url"]:
        parts.append(_("Stop these letters: %(url)s") % {"url": context["leave_url"]})
    identity = context["identity"]
    signature = [identity["name"], identity["telephone"], identity["hours"], identity["address"]]
    parts.append("-- \n" + "\n".join(line for line in signature if line))
    parts.append(_("You choose what we write to you about: %(url)s") % {"url": context["preferences_url"]})
    return "\n\n".join(parts) + "\n"
