"""Licences: what looks like guessing or copying, for staff to look at; registrations that are asked for and answered. LIC-1, SEC-44, SEC-45."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.history.queries import FactRow
from amparo.people.queries import customer_card

from .. import commands, readers
from ..commands import Words
from .shared import moment


def watched(fact: FactRow) -> None:
    """Report guessing, churn, copies with one key and used up moves to staff; nobody is cut off by it. SEC-44, SEC-45."""
    card = customer_card(fact.customer_id) if fact.customer_id else None
    kind, _sep, number = fact.subject.partition(":")
    url = f"/desk/activation/licences/{number}/" if kind == "licence" else "/desk/activation/"
    told = []
    for reader in readers.staff("operator", "sales", "administrator"):
        with translation.override(reader.language):
            title, why = {
                "activation.guessing": (_("Somebody tries many wrong serials"), _("Further tries are refused for a while. Terminals that are active notice nothing.")),
                "activation.mismatch": (_("Two computers seem to use one key"), _("It may be a copy of a terminal, or a large repair. The terminal goes on; call the customer.")),
                "activation.churn": (_("A licence is activated and released without end"), _("Further ones are refused for an hour.")),
                "activation.moves_exhausted": (_("The moves of a licence are used up"), _("The customer is asked to open a ticket. Give further moves where the reason is good.")),
                "activation.networks": (_("A licence is activated from many networks"), _("It may have been passed on, or the shops of a chain share it. Nothing stops; ask the customer.")),
            }[fact.name]  # fmt: skip
            whole = f"{title}: {card.name}" if card else title
            told.append((reader, Words(title=whole, url=url, paragraphs=(why,), action=_("Look at it"))))
    commands.tell("licence_watch", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def asked(fact: FactRow) -> None:
    """Tell who registers that a customer asks for it. LIC-1."""
    card = customer_card(fact.customer_id or 0)
    told = []
    for reader in readers.staff("operator", "sales"):
        with translation.override(reader.language):
            title = _("A licence is to be registered: %(customer)s") % {"customer": card.name if card else "?"}
            told.append((reader, Words(title=title, url="/desk/activation/", action=_("Look at it"))))
    commands.tell("licence_asked", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def answered(fact: FactRow) -> None:
    """Tell the customer that its licence is registered, or why not. LIC-1, ACC-9."""
    if fact.customer_id is None:
        return
    told = []
    for reader in readers.administrators_of(fact.customer_id):
        with translation.override(reader.language):
            if fact.name == "licence.registration_done":
                words = Words(
                    title=_("Your licence %(serial)s is registered") % {"serial": fact.data["serial_end"]},
                    url=f"/activation/licences/{fact.data['licence']}/",
                    paragraphs=(_("Each terminal activates itself now with the serial: Help, Activate."),), action=_("See the terminals"),
                )  # fmt: skip
            else:
                words = Words(
                    title=_("The serial %(serial)s was not registered") % {"serial": fact.data["serial_end"]}, url="/activation/",
                    paragraphs=(fact.data["answer"],), action=_("See the terminals"),
                )  # fmt: skip
            told.append((reader, words))
    commands.tell("licence", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))
