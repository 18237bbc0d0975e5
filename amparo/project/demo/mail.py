"""What came by e-mail in the demonstration: an answer in its ticket, and what waits for staff, each for its own reason."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from amparo.kernel.reply import word_for
from amparo.mailbox import commands
from amparo.mailbox.models import Mail
from amparo.mailbox.queries import secret
from amparo.people.models import User
from amparo.threads.models import Thread

if TYPE_CHECKING:
    from .load import World

ADDRESS = "soporte@mostrador.example"
LUPITA = "lupita@abarrotes-lupita.example"
QUOTED = "\n\nEl mar, {day} a las 10:12, Mostrador <soporte@mostrador.example> escribió:\n> Buenos días, Guadalupe. ¿Qué mensaje aparece en la caja?\n> Una captura de pantalla ayuda mucho.\n"


def tell(world: World) -> None:
    """Set the mailbox up and let a morning's mail come in."""
    commands.add_mailbox({"name": "Soporte", "address": ADDRESS, "authserv": "mx.mostrador.example"}, actor=world.staff["ana"], at=world.on(60))
    lupita = User.objects.get(email=LUPITA)
    thread = Thread.objects.filter(kind="ticket", opened_by=lupita).exclude(queue="closed").order_by("-last_at").first()
    if thread is None:
        return
    word = word_for(thread.subject, lupita.pk, secret=secret())
    answers_to = f"soporte+{word}@mostrador.example"
    subject = f"Re: {thread.shown_number} · {thread.title}"
    at = world.on(0, 9)
    _come(world, at, LUPITA, answers_to, subject, "Buenos días:\n\nYa reinicié la caja y sigue igual. Aparece «Error 1045» al entrar.\n\n-- \nGuadalupe Romero\nAbarrotes Lupita"
          + QUOTED.format(day=f"{at:%d/%m/%Y}"), name="Guadalupe Romero")  # fmt: skip
    _come(world, at, "contador@despacho-rivas.example", answers_to, subject, "Soy el contador de Abarrotes Lupita. Doña Guadalupe me reenvió su mensaje.\n"
          "La caja dejó de timbrar desde el cambio de sello; ¿lo pueden revisar?", name="C.P. Hugo Rivas")  # fmt: skip
    _come(world, at, LUPITA, ADDRESS, "Corte de caja en la sucursal", "Buenas tardes:\n\nEl corte de la sucursal no cuadra con el de la matriz por 40 pesos. ¿Dónde lo reviso?\n\nGracias",
          name="Guadalupe Romero")  # fmt: skip
    _come(world, at, "ventas@rollos-termicos.example", ADDRESS, "Rollos térmicos en promoción", "Precios especiales de temporada para su empresa.", name="Rollos Térmicos")
    _come(world, at, "marcos@abarrotes-lupita.example", f"soporte+{word_for(thread.subject, lupita.pk, secret=secret())}@mostrador.example", "Respuesta automática: " + subject[4:],
          "Estoy de vacaciones hasta el lunes.", name="Marcos Peña", Auto_Submitted="auto-replied")  # fmt: skip
    forged = "Cambien por favor el correo de la cuenta a este: lupita.nuevo@correo.example"
    _come(world, at, LUPITA, answers_to, subject, forged, name="Guadalupe Romero", Authentication_Results="mx.mostrador.example; dmarc=fail")


def _come(world: World, at: datetime, sender: str, to: str, subject: str, text: str, *, name: str, **headers: str) -> Mail:
    made = EmailMessage()
    for header, words in {name.replace("_", "-"): words for name, words in headers.items()}.items():
        made[header] = words
    made["From"], made["To"], made["Subject"] = f"{name} <{sender}>", to, subject
    made["Message-ID"] = f"<{abs(hash((sender, subject, text))) % 10**12}@{sender.rpartition('@')[2]}>"
    made.set_content(text)
    mail = commands.take_in(made.as_bytes(), source="deliver", envelope_from=sender, envelope_to=[to], at=at)
    return commands.understand(mail.pk, at=at)
