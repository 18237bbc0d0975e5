"""Telephone calls of the demonstration's last week: answered, missed and called back, told as an exchange tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amparo.kernel.actor import Actor
from amparo.live import commands, rules
from amparo.live.models import Call, Callback, Exchange, Outcome
from amparo.people.models import Customer
from amparo.people.queries import actor_by_id

if TYPE_CHECKING:
    from .load import World

_ABOUT = (
    ("Cómo se da de alta un artículo con tallas", Outcome.ADVICE), ("Pide la fecha en que termina su póliza", Outcome.INFORMATION),
    ("La impresora de tickets no corta el papel", Outcome.ADVICE), ("Quiere agregar dos terminales", Outcome.LEAD), ("Número equivocado", Outcome.OTHER),
    ("Duda con el corte de caja de ayer", Outcome.INFORMATION),
)  # fmt: skip
_DAYS = 5


class _Office:
    """The exchange of the office, with two extensions, and a clock."""

    def __init__(self, world: World, exchange: Exchange, people: dict[str, Actor]) -> None:
        self.world, self.exchange, self.people, self.count = world, exchange, people, 0

    def tell(self, at: datetime, told: Sequence[tuple[int, str, str]], *, number: str, name: str = "", direction: str = "in") -> None:
        self.count += 1
        for seconds, state, extension in told:
            moment = at + timedelta(seconds=seconds)
            ours, other = (number, "700") if direction == "in" else (extension, number)
            event = rules.Event(f"demo-{self.count}-{state}", f"demo-{self.count}", state, moment, direction, ours, name, other, extension)
            commands.take_event(self.exchange, event, at=moment)

    def answered(self, at: datetime, customer: Customer, extension: str, *, waited: int, talked: int, direction: str = "in") -> None:
        told = ((0, "ringing", extension), (waited, "answered", extension), (waited + talked, "ended", extension))
        self.tell(at, told, number=customer.phone, direction=direction)
        call = Call.objects.filter(line__exchange=self.exchange).latest("pk")
        about, outcome = _ABOUT[self.count % len(_ABOUT)]
        commands.end_call(call, about=about, outcome=outcome, actor=self.people[extension], at=at + timedelta(seconds=waited + talked + 40))

    def missed(self, at: datetime, number: str, *, waited: int, state: str) -> None:
        self.tell(at, ((0, "ringing", "700"), (waited, state, "")), number=number)


def tell(world: World) -> None:
    """Connect the office's exchange and let a week of calls come in; today's fill the board."""
    staff, since = world.staff, world.on(30)
    exchange, _secret = commands.add_exchange({"name": "Conmutador de la oficina", "kind": "webhook"}, actor=staff["ana"], at=since)
    people = {"101": actor_by_id(staff["oscar"].user_id or 0), "102": actor_by_id(staff["elena"].user_id or 0)}
    for extension, person in people.items():
        commands.give_line(exchange, extension, user_id=person.user_id or 0, actor=staff["ana"], at=since)
    customers = list(Customer.objects.filter(phone__startswith="+52").order_by("pk")[:24])
    if len(customers) < 6:
        return
    office = _Office(world, exchange, people)
    for day in range(_DAYS, 0, -1):
        for turn, hour in enumerate((9, 11, 16)):
            at = world.on(day, hour, 7 * turn + day)
            office.answered(at, customers[(3 * day + turn) % len(customers)], "101" if turn % 2 else "102", waited=6 + 3 * turn, talked=95 + 40 * day)
    past = world.on(2, 13, 20)
    office.missed(past, customers[5].phone, waited=31, state="missed")
    office.answered(past + timedelta(minutes=50), customers[5], "101", waited=9, talked=140, direction="out")
    wrong = world.on(1, 12, 5)
    office.missed(wrong, "+525587654321", waited=8, state="ended")
    commands.settle_callback(
        Callback.objects.get(number="+525587654321", state=Callback.State.OPEN), reason="Escribió después por correo: buscaba otra empresa", actor=people["101"],
        at=wrong + timedelta(minutes=30),
    )  # fmt: skip
    _today(world, office, customers)


def _today(world: World, office: _Office, customers: Sequence[Customer]) -> None:
    """What came in within the last hours: some answered, one who called three times, one who gave up."""
    for number, minutes in enumerate((170, 131, 96, 74, 52, 21)):
        office.answered(world.now - timedelta(minutes=minutes), customers[(7 * number + 2) % len(customers)], ("101", "102")[number % 2], waited=5 + 4 * number, talked=80 + 35 * number)
    for minutes in (63, 58, 44):
        office.missed(world.now - timedelta(minutes=minutes), customers[9 % len(customers)].phone, waited=26, state="missed")
    office.missed(world.now - timedelta(minutes=15), "+523398765432", waited=12, state="ended")
