"""How a letter is written: from words to subject, plain text and HTML. Pure but for the templates and identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from amparo.policies.queries import group
from amparo.ui.documents import NoDocuments

from .models import Letter

# What can go with a letter as PDF: kind of a typed string -> dotted function (id, at) -> bytes, None where there is none.
PAPERS: dict[str, str] = {"agreement-acceptance": "amparo.agreements.queries.paper_of"}


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


def message_id(letter: Letter) -> str:
    """Return the letter's own id, the same at each attempt, so that a receiver drops a double."""
    return f"<letter.{letter.pk}.{letter.fact_id}@{urlsplit(settings.PUBLIC_URL).hostname or 'amparo'}>"


def render(words: dict[str, Any], *, language: str, at: datetime) -> tuple[str, str, str]:
    """Return subject, text and HTML of a letter in a language."""
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
        }
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
    identity = context["identity"]
    signature = [identity["name"], identity["telephone"], identity["hours"], identity["address"]]
    parts.append("-- \n" + "\n".join(line for line in signature if line))
    parts.append(_("You choose what we write to you about: %(url)s") % {"url": context["preferences_url"]})
    return "\n\n".join(parts) + "\n"
