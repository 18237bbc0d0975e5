"""From facts of remote sessions to notices: one that is asked for, codes that somebody guesses. LIV-2, SEC-39."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.history.queries import FactRow
from amparo.people.models import User

from .. import commands, readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import moment, tell


def offered(fact: FactRow) -> None:
    """Tell who asked for the case that a remote session is asked for: the way in is in the case, with its code."""
    matter = readers.matter_of(fact.subject)
    if matter is not None:
        tell("remote", fact, matter, readers.who_asked(matter), _offered)


def _offered(matter: Matter, fact: FactRow, reader: Reader) -> Words:
    engineer = User.objects.filter(pk=fact.data["engineer"]).values_list("name", flat=True).first() or ""
    return Words(
        title=_("%(name)s asks for a remote session in %(number)s") % {"name": engineer, "number": matter.shown}, url=matter.portal_url,
        paragraphs=(_("You are asked at your computer before anything is seen, and you stop it at any time."),), action=_("Open the case"),
    )  # fmt: skip


def withdrawn(fact: FactRow) -> None:
    """Tell the engineer that the code was withdrawn, so that another one is told."""
    matter = readers.matter_of(fact.subject)
    engineer = User.objects.filter(pk=fact.data["engineer"], is_active=True).first()
    if matter is not None and engineer is not None:
        tell("remote_guessed", fact, matter, [Reader(engineer.pk, engineer.language, engineer.time_zone)], _withdrawn)


def _withdrawn(matter: Matter, fact: FactRow, reader: Reader) -> Words:
    return Words(
        title=_("The code of %(number)s was withdrawn") % {"number": fact.data["number"]}, url=f"/desk/remote/{fact.data['session']}/",
        paragraphs=(_("Codes of remote sessions were being guessed. Offer it again: the new code holds."),), action=_("Offer the session again"),
    )  # fmt: skip


def guessed(fact: FactRow) -> None:
    """Tell quality control from where codes were guessed, and what was withdrawn for it. SEC-39."""
    told = []
    for reader in readers.staff("quality"):
        with translation.override(reader.language):
            lines = [_from_where(fact) % fact.data]
            if count := len(fact.data["withdrawn"]):
                lines.append(ngettext("%(count)s code that waited was withdrawn.", "%(count)s codes that waited were withdrawn.", count) % {"count": count})
            told.append((reader, Words(title=_("Somebody tries codes of remote sessions"), url="/desk/cases/", paragraphs=tuple(lines), action=_("See the cases"))))
    commands.tell("remote_guessed", told, subject=fact.subject, customer_id=None, fact_id=fact.id, at=moment(fact))


def _from_where(fact: FactRow) -> str:
    if fact.data.get("why", "network") == "network":
        return _("From %(network)s came %(count)s wrong codes in a few minutes. That network is refused for now.")
    return _("From %(networks)s networks came %(count)s wrong codes in a few minutes. Each network is refused once it has tried too often.")
