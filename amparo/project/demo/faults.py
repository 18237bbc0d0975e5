"""Faults of the product in the demonstration: corrected with a patch, found to be none, or reported by several and open."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.defects import commands as defects
from amparo.defects.models import Defect
from amparo.files import commands as files
from amparo.kernel.actor import SYSTEM, Actor
from amparo.tickets import commands as tickets
from amparo.tickets.models import Ticket

RECENT = timedelta(days=10)
PATCH = b"PK\x05\x06" + b"\x00" * 18  # an empty archive


def report(ticket: Ticket, title: str, answer: str, *, number: int, actor: Actor, at: datetime, now: datetime) -> bool:
    """Mark a ticket as a fault, and answer it where it is old enough to be over; True where the answer was given so.

    What is recent joins the open fault of the same words, so that several customers follow one.
    """
    recent = now - ticket.opened_at < RECENT
    known = Defect.objects.filter(title=title, state="open", product=ticket.product_id).first() if recent else None
    marked_at = min(ticket.opened_at + timedelta(hours=1), at)
    tickets.mark_defect(ticket, title=title, defect_id=known.pk if known else None, actor=actor, at=marked_at)
    if recent:
        return False
    ticket.refresh_from_db()
    assert ticket.defect_report is not None
    defect = ticket.defect_report.defect
    if number % 4 == 0:
        defects.reject(defect, reason="Se debe a la configuración de la terminal, no al programa. " + answer, actor=actor, at=at)
    else:
        patch = files.store(SimpleUploadedFile(f"correccion-{defect.pk}.zip", PATCH), draft_key="demo", actor=actor, at=at)
        defects.correct(
            defect, answer=answer, files=[patch.public_id], draft_key="demo", release_id=defect.release_id, actor=actor, at=at
        )  # fmt: skip
    tickets.follow_defect_answer(ticket.pk, actor=SYSTEM, at=at)
    return True
