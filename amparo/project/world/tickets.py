"""Tickets of the large world. What is written here is what `tickets.commands` and `threads.commands` would have. TKT."""

from __future__ import annotations

from .plan import Plot
from .talk import Talk, World

PRIORITY_MEDIUM = 2


def tell_ticket(world: World, plot: Plot) -> None:
    """Tell one ticket from its first message to where it stands."""
    talk = Talk(world, plot, steps=plot.messages)
    talk.open("open", PRIORITY_MEDIUM)
    client = plot.client
    talk.story.tell(
        "ticket.opened", talk.actor, talk.at, title=talk.thread["title"], product=client.product, is_fault=False,
        via="portal", due_at=talk.promises[0]["due_at"], **talk.first,
    )  # fmt: skip
    _converse(talk, plot)
    row = {
        "id": talk.number, "thread_id": talk.thread_id, "customer_id": client.id, "product_id": client.product,
        "licence_id": client.licence, "release_id": client.release, "opened_at": plot.at, "state": talk.thread["state"],
    }  # fmt: skip
    if plot.fate == "closed":
        talk.later()
        by_customer = world.dice.random() < 0.6
        closer = talk.actor if by_customer else talk.engineer
        row |= {"state": "closed", "closed_at": talk.at, "closed_by_id": closer.user_id}
        talk.place("closed", "closed")
        talk.thread["closed_at"] = talk.at
        talk.story.tell("ticket.closed", closer, talk.at, by="customer" if by_customer else "staff", unanswered=0)
    world.tape.add("tickets.Ticket", **row)
    talk.finish()


def _converse(talk: Talk, plot: Plot) -> None:
    """Turn by turn; the last word is of who is not waited for."""
    left = plot.messages - 1
    ours_last = plot.fate != "open"
    if left and talk.dice.random() < 0.5:
        talk.later((2, 30))
        talk.assign()
    if left > 1 and talk.dice.random() < 0.04:
        talk.later()
        talk.note()
        left -= 1
    while left:
        if (left % 2 == 1) == ours_last:
            talk.later()
            talk.answer()
            talk.place("waiting", "waiting")
        else:
            talk.later()
            talk.ask()
            talk.place("open", "answer")
        left -= 1
