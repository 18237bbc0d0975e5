"""Records whose time is over in the demonstration: one purged, one that a lawsuit holds, one about to be purged. CAS-2."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from amparo.casefiles import commands
from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.contracts.commands import sell_contract
from amparo.history.commands import deliver_pending

from .matters import Attending
from .stories import CASES

if TYPE_CHECKING:
    from amparo.kernel.actor import Actor
    from amparo.people.models import Customer
    from amparo.products.models import Licence

    from .load import World

OLD, NEARLY = 405, 350  # how many days ago they were closed
HELD = "old-1"


def tell(world: World, customer: Customer, contact: Actor, licence: Licence) -> None:
    """Let a customer have had three cases under a contract that ended."""
    begin = world.on(OLD + 7, 9, 30)
    sell_contract(customer, world.plans["Plus"], begin.date(), actor=world.staff["sara"], at=begin)
    stories = [story for story in CASES if story.kind in ("advisory", "incident") and story.reason != "not_technically_possible"]
    for place, days in enumerate((OLD, OLD - 1, NEARLY)):
        story = stories[place % len(stories)]
        case = cases.open_case(
            story.title, story.body, key=f"old-{place}", asked_kind=story.kind, product_id=licence.product_id, licence_id=licence.pk,
            actor=contact, at=world.on(days, 10 + place),
        )  # fmt: skip
        Attending(world, case, story, contact, place, place, complaint="").go_to("closed")


def keep(world: World) -> None:
    """Let retention have run as it would have: told, held, purged."""

    def ago(days: float) -> dict[str, object]:
        return {"at": world.now - timedelta(days=days)}

    while deliver_pending(at=world.now, limit=500):
        pass
    while commands.enrol_closed(at=world.now):
        pass
    commands.tell_due(**ago(69))  # type: ignore[arg-type]
    while deliver_pending(at=world.now, limit=500):
        pass
    held = Case.objects.filter(thread__open_key__endswith=HELD).first()
    if held is not None:
        commands.set_hold(held, reason="Juicio mercantil 214/2026: el juzgado pidió conservar el expediente.", actor=world.staff["ana"], **ago(60))  # type: ignore[arg-type]
    commands.purge_due(**ago(35))  # type: ignore[arg-type]
    commands.tell_due(**ago(12))  # type: ignore[arg-type]
