"""What is taken out of a chat: its transcript, and its question without what is private. CHT-2, FOR-1."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from amparo.chat import rules, words
from amparo.chat.models import Chat, Message, MessageFile
from amparo.kernel.markdown import plain
from amparo.people.models import Contact, Customer
from amparo.products.models import Licence
from amparo.ui import formats


def transcript(chat: Chat, *, since: int = 0) -> str:
    """Return what was said in public, as Markdown, oldest first, in the language that is active. CHT-2, SEC-10.

    What each said is quoted, so that nobody puts words into another's mouth. Whispers are not asked for. Files stand as links that ask again who reads.
    """
    zone = timezone.get_current_timezone()
    files: dict[int, list[str]] = {}
    for row in MessageFile.objects.filter(message__chat=chat, message__seq__gt=since).select_related("file").order_by("pk"):
        files.setdefault(row.message_id, []).append(f"[{row.file.name}](/files/{row.file.public_id}/{row.file.name})")
    parts = []
    for line in Message.objects.filter(chat=chat, seq__isnull=False, seq__gt=since).order_by("seq"):
        at = formats.clock(line.at, zone=zone)
        if line.kind == "event":
            parts.append(f"*{at} · {words.sentence(line.event, line.data)}*")
        else:
            said = "\n\n".join([part for part in (line.body, " ".join(files.get(line.pk, []))) if part])
            parts.append(f"**{line.author_name}**, {at}:\n{rules.quoted(said)}")
    return "\n\n".join(parts)


def transcript_lines(chat: Chat) -> list[str]:
    """Return what was said in public as plain lines, oldest first: for a letter. CHT-1, SEC-10."""
    zone, found = timezone.get_current_timezone(), []
    for line in Message.objects.filter(chat=chat, seq__isnull=False).order_by("seq"):
        said = words.sentence(line.event, line.data) if line.kind == "event" else f"{line.author_name}: {plain(line.body) or '📎'}"
        found.append(f"{formats.clock(line.at, zone=zone)} · {said}")
    return found


def _private(chat: Chat) -> list[str]:
    customer = Customer.objects.get(pk=chat.customer_id)
    names = [customer.name, customer.legal_name, chat.contact_name]
    for name, email in Contact.objects.filter(customer=customer).values_list("user__name", "user__email"):
        names += [name, email]
    serials = list(Licence.objects.filter(customer=customer).values_list("serial", flat=True))
    exact = [customer.nic, customer.phone, customer.email, *serials]
    return [*rules.private_words(names), *(word for word in exact if word)]


def cleaned(chat: Chat, text: str) -> str:
    """Return a text without the names of the customer and its people, its numbers, and whatever masking knows. FOR-1, CHT-2."""
    return rules.without_private(text, _private(chat))


def question_of(chat: Chat) -> tuple[str, str]:
    """Return title and text of the question that a chat would be in the forum, cleaned, for the engineer to edit. CHT-2."""
    said = Message.objects.filter(chat=chat, kind="message").order_by("seq").values_list("author_kind", "body")
    asked = [body for kind, body in said if kind == "customer" and body]
    answered = [body for kind, body in said if kind == "staff" and body]
    parts = ["\n\n".join(asked)]
    if answered:
        with translation.override(chat.language):
            heading = _("What was answered")
        parts += [f"**{heading}**", "\n\n".join(answered)]
    return cleaned(chat, chat.about)[:140], cleaned(chat, "\n\n".join(parts))
