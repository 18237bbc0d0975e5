"""The agreements of the demonstration: published long ago, accepted by who uses what they govern, one of them about to change."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from amparo.agreements import commands
from amparo.agreements.models import Agreement, AgreementVersion
from amparo.kernel.actor import Actor
from amparo.people.models import Customer

ZONE = ZoneInfo("America/Mexico_City")
CAPACITIES = ("Propietaria", "Gerente general", "Administrador", "Jefa de sistemas", "Contadora")


def publish(world: Any) -> None:
    """Publish the shipped documents as a vendor does who had them reviewed; two are asked for."""
    begin, admin = world.on(719), world.staff["ana"]
    for agreement in Agreement.objects.order_by("position"):
        draft = agreement.versions.get(published_at__isnull=True)
        words = {name: _reviewed(getattr(draft, name)) for name in ("text_es", "text_en")}
        commands.revise(draft, words, actor=admin, at=begin)
        world.agreements[agreement.code] = commands.publish(draft, starts_at=begin, actor=admin, at=begin)
    for code in ("extended-support", "software-development"):
        agreement = world.agreements[code].agreement
        commands.govern(agreement, agreement.services, asked_from=begin, actor=admin, at=begin)


def _reviewed(text: str) -> str:
    """The text without what only a draft says."""
    text = re.sub(r"^\*\*(Borrador|Draft)[^\n]*\n+", "", text, flags=re.M)
    return re.sub(r"\[[^\]]*(abogado|lawyer)\.\]", "", text).replace("\n\n\n", "\n\n")


def accept(world: Any, customer: Customer, contacts: list[Actor], number: int, *, covered: bool) -> None:
    """Let the company's administrator accept what its services ask for, when it became a customer."""
    who = next((one for one in contacts if one.company_role == "administrator"), None)
    if who is None or not covered:
        return
    at = max(customer.created_at + timedelta(hours=3), world.on(715))
    codes = ["extended-support"] + (["software-development"] if number % 5 != 1 else [])
    for code in codes:
        version: AgreementVersion = world.agreements[code]
        language = "en" if who.language == "en" else "es"
        commands.accept(
            version, language=language, seen=version.hash_in(language), capacity="Owner" if language == "en" else CAPACITIES[number % len(CAPACITIES)],
            actor=who, at=at,
        )  # fmt: skip


def announce(world: Any) -> None:
    """Publish what comes: the next version of the development agreement, in force in three weeks; and a draft."""
    at, admin = world.on(9), world.staff["ana"]
    draft = commands.draft_version(world.agreements["software-development"].agreement, actor=admin, at=at)
    words = {
        "text_es": draft.text_es.replace("Mientras no acepte puede retirar la solicitud sin costo.",
                                         "Mientras no acepte puede retirar la solicitud sin costo, y le guardamos el borrador 12 meses."),
        "text_en": draft.text_en.replace("Until you accept you can withdraw the request at no cost.",
                                         "Until you accept you can withdraw the request at no cost, and we keep the draft for 12 months."),
        "changes_es": "Guardamos 12 meses el borrador de una solicitud retirada.",
        "changes_en": "We keep the draft of a withdrawn request for 12 months.",
    }  # fmt: skip
    draft = commands.revise(draft, words, actor=admin, at=at)
    day = (world.now + timedelta(days=21)).astimezone(ZONE).date()
    commands.publish(draft, starts_at=datetime.combine(day, time(), ZONE), actor=admin, at=at)
    commands.draft_version(world.agreements["general-conditions"].agreement, actor=admin, at=world.on(2))
