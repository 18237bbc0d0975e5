"""How a letter of sign-in is written: from words to a message with text and HTML, sent to one address."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import formataddr
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from amparo.policies.queries import group

from .errors import EmailNotRight
from .rules import is_email
from .words import Letter


def one_line(text: str) -> str:
    """Return a text fit for a header: no line break, no control character, not endless. SEC-18."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029\s]+", " ", text).strip()[:200]


def own_address(url: str) -> str:
    """Return a link of ours with the host of the settings, whatever host the request named. SEC-3."""
    parts = urlsplit(url)
    own = urlsplit(settings.PUBLIC_URL)
    return urlunsplit((own.scheme, own.netloc, parts.path, parts.query, ""))


def sender(at: datetime) -> str:
    """Return the vendor's name and address as a From header takes them."""
    identity = group("identity", at=at)
    return formataddr((one_line(identity["name"]), identity["mail_from"] or settings.DEFAULT_FROM_EMAIL))


def write(letter: Letter, *, to: str, language: str, at: datetime) -> EmailMultiAlternatives:
    """Return a message to exactly one address. Raises EmailNotRight for a list or a line break. SEC-3, SEC-18."""
    if not is_email(to):
        raise EmailNotRight()
    identity = group("identity", at=at)
    url = own_address(letter.url) if letter.url else ""
    context = {
        "title": letter.subject,
        "paragraphs": letter.paragraphs,
        "action": letter.action,
        "url": url,
        "footnote": letter.footnote,
        "identity": identity,
        "language": language,
        "preferences_url": "",
    }
    with translation.override(language):
        html = render_to_string("people/mail/letter.html", context)
    parts = [letter.subject, *letter.paragraphs]
    if url:
        parts.append(f"{letter.action}:\n{url}")
    if letter.footnote:
        parts.append(letter.footnote)
    signature = [identity["name"], identity["telephone"], identity["hours"], identity["address"]]
    parts.append("-- \n" + "\n".join(line for line in signature if line))
    message = EmailMultiAlternatives(
        one_line(letter.subject),
        "\n\n".join(parts) + "\n",
        sender(at),
        [to],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    message.attach_alternative(html, "text/html")
    return message
