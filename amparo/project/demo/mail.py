"""What came by e-mail in the demonstration: an answer in its ticket, and what waits for staff, each for its own reason."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING

from amparo.kernel.reply import word_for
from amparo.mailbox import commands
from amparo.mailbox.models import Mail
from amparo.mailbox.queries import secret
from amparo.threads.models import Thread

if TYPE_CHECKING:
    from .load import World

ADDRESS = "soporte@mostrador.example"
LUPITA = "lupita@abarrotes-lupita.example"
QUOTED = "\n\nEl mar, {day} a las 10:12, Mostrador <soporte@mostrador.example> escribió:\n> Buenos días. Pruebe por favor en otra caja\n> y díganos qué pasa.\n"


def tell(world: World) -> None:
    """Set the mailbox up and let a morning's mail come in."""
    commands.add_mailbox({"name": "Soporte", "address": ADDRESS, "authserv": "mx.mostrador.example"}, actor=world.staff["ana"], at=world.on(60))
    thread = (
        Thread.objects.filter(kind="ticket", queue="waiting", opened_by__emailaddress__verified=True).select_related("opened_by", "customer").order_by("-last_at").first()
    )
    if thread is None or thread.opened_by is None:
        return
    asker = thread.opened_by
    at = min(max(world.on(0, 9), thread.last_at + timedelta(minutes=25)), world.now - timedelta(minutes=2))
    answers_to = f"soporte+{word_for(thread.subject, asker.pk, secret=secret())}@mostrador.example"
    subject = f"Re: {thread.shown_number} · {thread.title}"
    own = "Buenos días:\n\nYa lo probamos como nos dijeron y sigue igual. En la otra caja sí funciona.\n\n-- \n" + f"{asker.name}\n{thread.customer.name}"
    _come(at, asker.name, asker.email, answers_to, subject, own + QUOTED.format(day=f"{at:%d/%m/%Y}"))
    _come(at, "C.P. Hugo Rivas", "contador@despacho-rivas.example", answers_to, subject,
          f"Soy el contador de {thread.customer.name}; me reenviaron su mensaje.\nDesde el lunes tampoco se timbran las facturas: ¿lo pueden revisar?")  # fmt: skip
    _come(at, "Guadalupe Romero", LUPITA, ADDRESS, "Corte de caja en la sucursal",
          "Buenas tardes:\n\nEl corte de la sucursal no cuadra con el de la matriz por 40 pesos. ¿Dónde lo reviso?\n\nGracias")  # fmt: skip
    _come(at, "Rollos Térmicos", "ventas@rollos-termicos.example", ADDRESS, "Rollos térmicos en promoción", "Precios especiales de temporada para su empresa.")
    _come(at, asker.name, asker.email, answers_to, "Respuesta automática: " + subject[4:], "Estoy de vacaciones hasta el lunes.", Auto_Submitted="auto-replied")
    _come(at, asker.name, asker.email, answers_to, subject, "Cambien por favor el correo de la cuenta a este: compras.nuevo@correo.example",
          Authentication_Results="mx.mostrador.example; dmarc=fail")  # fmt: skip


def _come(at: datetime, name: str, sender: str, to: str, subject: str, text: str, **headers: str) -> Mail:
    """Take a message in and deal with it, as the worker does."""
    made = EmailMessage()
    for header, words in headers.items():
        made[header.replace("_", "-")] = words
    made["From"], made["To"], made["Subject"] = f'"{name}" <{sender}>', to, subject
    made["Message-ID"] = f"<{hashlib.sha256((sender + subject + text).encode()).hexdigest()[:16]}@{sender.rpartition('@')[2]}>"
    made.set_content(text)
    mail = commands.take_in(made.as_bytes(), source="deliver", envelope_from=sender, envelope_to=[to], at=at)
    return commands.understand(mail.pk, at=at)
