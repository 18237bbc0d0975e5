"""Complaints of the demonstration: one in each state, told through the commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amparo.cases.models import Case, Closing
from amparo.complaints import commands, queries
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Consequences

if TYPE_CHECKING:
    from amparo.kernel.actor import Actor

    from .load import World

# How far a complaint of the demonstration came, and how many days ago its case began.
ENDS = {
    "opinion": 2.2, "upheld": 16, "raised": 0.5, "dismissed": 30, "lapsed": 44, "review": 1.3, "partly": 24, "answered": 2.6,
    "withdrawn": 19,
}  # fmt: skip

_REASONS = (
    "Volvió a fallar a la hora de haberse cerrado. La caja 3 muestra **el mismo mensaje** y no pudimos facturar toda la tarde.",
    "Lo que se cobró no corresponde: la atención fue de diez minutos y el problema sigue igual al día siguiente.",
    "Se cerró sin probar con nosotros. Pedimos dos veces que se revisara también la impresora.",
)
_QUESTION = "¿El comportamiento que se ve en el expediente es un defecto de la versión 10.1 o una configuración del equipo?"
_OPINION = (
    "Revisé el expediente y lo reproduje en el laboratorio.\n\n- El servicio pierde la conexión cuando el equipo entra en "
    "suspensión.\n- No es un defecto de la versión 10.1: es una configuración de energía que la atención no revisó.\n\n"
    "La atención **no** resolvió la causa."
)  # fmt: skip
_RULINGS = {
    "upheld": "El expediente muestra que la falla volvió a las dos horas con el mismo mensaje, y que no se revisó la "
    "configuración de energía. La atención no resolvió la causa: la queja procede.",
    "partly": "La atención resolvió lo que se pidió, pero se avisó tarde de la segunda visita. La queja procede en parte.",
    "dismissed": "El cliente pidió cambiar el formato después de haberlo aprobado por escrito. Lo entregado es lo acordado: la queja no procede.",
}


def next_end(world: World) -> str:
    """Return how far the next complaint of the demonstration comes."""
    world.complaints += 1
    return list(ENDS)[(world.complaints - 1) % len(ENDS)]


def tell(world: World, case: Case, closing: Closing, contact: Actor, end: str, *, at: datetime) -> None:
    """Let a customer refuse a closing, and what became of it."""
    number = world.complaints
    picked = list(case.thread.entries.filter(is_internal=False).order_by("-pk").values_list("pk", flat=True)[:1])
    complaint = commands.raise_complaint(
        case, seen=closing.pk, reasons=_REASONS[number % len(_REASONS)], entries=picked, key="q", actor=contact, at=at
    )
    if end == "raised":
        return
    if end == "lapsed":
        commands.lapse(complaint, at=complaint.due_at + timedelta(seconds=90))
        return
    _review(world, complaint, contact, end, at=at)


def _review(world: World, complaint: Complaint, contact: Actor, end: str, *, at: datetime) -> None:
    judge, director = world.staff["quetzali"], world.staff["rodolfo"]

    def later(hours: float) -> datetime:
        return min(at + timedelta(hours=hours), world.now - timedelta(seconds=40))

    commands.take(complaint, actor=judge, at=later(2))
    commands.say(complaint, "Agrego que también pasó el sábado por la mañana.", key="s", actor=contact, at=later(3))
    if end == "withdrawn":
        commands.withdraw(complaint, actor=contact, at=later(20))
        return
    commands.note(complaint, "Comparar con la entrada en que se detiene el reloj.", key="n", actor=judge, at=later(4))
    if end in ("opinion", "answered", "upheld"):
        asked = commands.ask_opinion(complaint, _QUESTION, key="o", actor=judge, at=later(5))
        if end != "opinion":
            commands.give_opinion(asked, _OPINION, actor=director, at=later(26))
    if end in _RULINGS:
        charges = [one.charge_id for one in queries.disputed(complaint) if one.holds]
        brought = {
            "upheld": Consequences(again=True, credits=2, measure="La coordinadora llama mañana para acordar la hora."),
            "partly": Consequences(credits=3, measure="Se entrega por escrito el procedimiento de la segunda visita."),
            "dismissed": Consequences(),
        }[end]
        assert charges or end != "upheld"
        commands.rule(
            complaint, outcome=end, reasons=_RULINGS[end], consequences=brought, key="d", actor=judge, at=later(30)
        )
