"""Chats of the demonstration: of each end one, told through the commands; and, in office hours, one that goes on as the visitor looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amparo.cases import commands as cases
from amparo.chat import commands
from amparo.chat.models import Chat
from amparo.deadlines.queries import is_open_at
from amparo.kernel.actor import Actor
from amparo.people.models import User
from amparo.people.queries import actor_by_id

if TYPE_CHECKING:
    from .load import World

Said = Sequence[tuple[str, str]]  # who: c(ustomer), s(taff), w(hisper)
_PRINTER: Said = (
    ("s", "Buenos días. ¿La caja 2 imprime la página de prueba de Windows?"), ("c", "Sí, esa sí sale. Desde el sistema no."),
    ("w", "Ya les pasó en marzo: es el puerto que se cambia solo."), ("s", "Entonces es el puerto. Abra **Configuración › Impresoras** y dígame qué puerto aparece."),
    ("c", "Dice USB002."), ("s", "Cámbielo a USB001 y vuelva a imprimir."), ("c", "Ya salió. Muchas gracias."),
)  # fmt: skip
_ADVICE: Said = (
    ("s", "Con gusto. Revisar cómo conviene armar sus categorías es una asesoría personal; le mando aquí lo que es y lo que cuesta."),
    ("c", "De acuerdo, lo veo."),
)  # fmt: skip
_QUESTION: Said = (
    ("s", "Lo consulto con desarrollo y le respondo por escrito: lo dejo como ticket para que no se pierda."), ("c", "Perfecto, quedo pendiente."),
)  # fmt: skip
_NOW: Said = (
    ("s", "Hola, le atiende Elena. ¿Le aparece algún código de error?"), ("c", "Sí, **E-204** en la caja 3."),
    ("w", "Mismo error que reportó la Ferretería Sur ayer."), ("s", "Gracias. Déjeme revisarlo un momento."), ("c", "Claro, aquí espero."),
)  # fmt: skip


def _actor(email: str) -> Actor | None:
    pk = User.objects.filter(email=email).values_list("pk", flat=True).first()
    return actor_by_id(pk) if pk else None


def _begun(world: World, contact: Actor, body: str, key: str, at: datetime) -> Chat | None:
    """Open a chat where the counter is open, with somebody there."""
    if not is_open_at(at):
        return None
    commands.set_duty(True, actor=world.staff["elena"], at=at)
    return commands.open_chat(body, key=f"demo-{key}", actor=contact, at=at)


def _when(world: World, days: float, hour: int, minute: int = 0) -> datetime:
    """Return a moment about so many days ago at which the counter was open: a holiday gives way to the day before."""
    found = (world.on(days + more, hour, minute) for more in range(6))
    return next((at for at in found if is_open_at(at)), world.on(days, hour, minute))


def _talk(world: World, chat: Chat, contact: Actor, said: Said, at: datetime) -> datetime:
    elena = world.staff["elena"]
    commands.take(chat, actor=elena, at=at)
    for number, (who, text) in enumerate(said):
        at += timedelta(seconds=20)
        verb = commands.whisper if who == "w" else commands.say
        verb(chat, text, key=f"d{number}", actor=contact if who == "c" else elena, at=at)
    return at


def tell(world: World) -> None:
    """Tell what was said in chats of the last weeks."""
    lupita, emily, elena = _actor("lupita@abarrotes-lupita.example"), _actor("emily@papeleria-lapiz.example"), world.staff.get("elena")
    if lupita is None or elena is None:
        return
    minute = timedelta(minutes=1)
    at = _when(world, 9, 10, 20)
    if chat := _begun(world, lupita, "No imprime la caja 2 desde esta mañana", "printer", at):
        end = _talk(world, chat, lupita, _PRINTER, at + minute)
        commands.read(chat, 99, actor=lupita, at=end)
        commands.end(chat, actor=lupita, at=end + minute)
    at = _when(world, 6, 11)
    if chat := _begun(world, lupita, "¿Se puede cobrar con dos monedas en el mismo ticket?", "question", at):
        end = _talk(world, chat, lupita, _QUESTION, at + minute)
        commands.become_ticket(chat, "Cobrar con dos monedas", key="demo", actor=elena, at=end + minute)
    at = _when(world, 4, 12)
    if chat := _begun(world, lupita, "¿Cómo conviene armar las categorías de abarrotes?", "advice", at):
        end = _talk(world, chat, lupita, _ADVICE, at + minute)
        words = "Es asesoría personal: revisamos con usted cómo armar las categorías de su tienda."
        case = commands.propose_service(chat, kind="advisory", explanation=words, title="Categorías de la tienda", key="demo", actor=elena, at=end)
        case = cases.consent(case, seen=case.classification, how="chat", actor=lupita, at=end + minute)
        closing = cases.propose_closing(
            case, reason="information_complete", summary="Se armaron juntas las categorías de abarrotes y se explicó cómo moverlas.",
            key="demo-chat", actor=elena, at=end + 12 * minute,
        )  # fmt: skip
        cases.accept_closing(case, seen=closing.pk, actor=lupita, at=end + 14 * minute)
        commands.end(chat, actor=lupita, at=end + 15 * minute)
    at = _when(world, 2, 16)
    if emily is not None and (chat := _begun(world, emily, "Is there anybody to look at a stuck update?", "alone", at)):
        commands.set_duty(False, actor=elena, at=at + minute)
        commands.present([], [(chat.pk, emily.user_id or 0)], at=at + 21 * minute)
        commands.end_left(at=at + 21 * minute)
    commands.set_duty(False, actor=elena, at=world.now - 5 * minute)
    _goes_on(world, lupita, emily)


def _goes_on(world: World, lupita: Actor, emily: Actor | None) -> None:
    """In office hours: one that is attended now, and one that waits."""
    at = world.now - timedelta(minutes=3)
    if chat := _begun(world, lupita, "La caja 3 no abre el turno", "now", at):
        _talk(world, chat, lupita, _NOW, at + timedelta(seconds=30))
        if emily is not None:
            _begun(world, emily, "A quick question about labels", "waits", world.now - timedelta(seconds=50))
