"""Faults of the product: who reported one is told by when it is corrected and what became of it. TKT-5, TIM-5."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.defects.models import Defect
from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.products.models import Release

from .. import commands, readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import moment, subject, tell, when


def marked(fact: FactRow) -> None:
    """Tell who asked that it is a fault and by when it is corrected, and who corrects that there is one. TKT-5, TIM-5."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return
    number = fact.data["defect"]

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        due_at = fact.data.get("due_at")
        return Words(
            title=_("We are correcting what you reported in %(matter)s") % {"matter": subject(matter)},
            url=f"/defects/{number}/",
            paragraphs=(_("It is a fault of the product, with the number D-%(number)s.") % {"number": number},),
            figures=((_("Corrected no later than"), when(due_at, reader)),) if due_at else (),
            action=_("See the fault"),
        )

    tell("defect", fact, matter, readers.who_asked(matter), write)
    _tell_developers(fact, matter, number)


def _tell_developers(fact: FactRow, matter: Matter, number: int) -> None:
    defect = Defect.objects.get(pk=number)
    told = []
    for reader in readers.staff("developer") or readers.staff("engineer"):
        if fact.actor_ref == f"user:{reader.user_id}":
            continue
        with translation.override(reader.language):
            due_at: str | None = fact.data.get("due_at")
            told.append(
                (
                    reader,
                    Words(
                        title=_("A fault to correct: %(defect)s") % {"defect": f"{defect.shown_number} · {defect.title}"},
                        url=f"/desk/defects/{number}/",
                        paragraphs=(_("Reported in %(matter)s.") % {"matter": subject(matter)},),
                        figures=((_("Promised by"), when(due_at, reader)),) if due_at else (),
                        action=_("Open it"),
                    ),
                )
            )
    commands.tell(
        "defect_staff", told, subject=defect.subject, customer_id=None, fact_id=fact.id, at=moment(fact)
    )  # fmt: skip




def corrected(fact: FactRow) -> None:
    """Tell who reported a fault that its correction is handed over, and where to get it. TIM-5, UPD-1."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return
    release = Release.objects.filter(pk=fact.data.get("release") or 0).first()
    names = ", ".join(file["name"] for file in fact.data.get("files", ()))

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures = [(_("Corrected in version"), release.version)] if release else []
        if names:
            figures.append((_("To download"), names))
        return Words(
            title=_("Corrected: what you reported in %(matter)s") % {"matter": subject(matter)},
            url=f"/defects/{fact.data['defect']}/",
            paragraphs=(excerpt(fact.data.get("answer", ""), 1200),),
            figures=tuple(figures),
            action=_("See the correction"),
        )

    tell("defect", fact, matter, readers.who_asked(matter), write)


def rejected(fact: FactRow) -> None:
    """Give who reported it the reasoned answer that it is not a fault. TIM-5."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        return Words(
            title=_("It is not a fault of the product: %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(excerpt(fact.data.get("answer", ""), 1200), _("If you do not agree, answer there.")),
            action=_("Read and answer"),
        )

    tell("defect", fact, matter, readers.who_asked(matter), write)
