"""The terminals of the demonstration: tills that activated themselves, one that fell silent, one that looks like a copy. LIC-1, LIC-2."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amparo.activation import commands, errors
from amparo.activation.rules.devices import COMPONENTS, b64, component
from amparo.activation.rules.offline import Request, encode
from amparo.kernel.actor import Actor
from amparo.products import commands as products
from amparo.products.models import Licence

if TYPE_CHECKING:
    from .load import World

BUILT = {"9.2": 700, "10.0": 340, "10.1": 130}
SHOPS = (0, 1, 2, 3, 5, 8)


class Till:
    """A computer of a story: its key comes from its name, so that the story is told the same each time."""

    def __init__(self, world: World, licence: Licence, name: str, version: str) -> None:
        seed = hashlib.sha256(f"demo:{world.now:%Y%m%d%H}:{licence.pk}:{name}".encode()).digest()
        self.key, self.word = Ed25519PrivateKey.from_private_bytes(seed), f"{licence.pk}-{name}"
        self.version, self.built_on, self.product = version, world.on(BUILT.get(version, 200)).date(), licence.product.code

    def parts(self, word: str = "") -> dict[str, str]:
        return {name: component(self.product, name, f"{word or self.word}-{name}") for name in COMPONENTS}

    def request(self, at: datetime, number: int = 1) -> Request:
        key = b64(self.key.public_key().public_bytes_raw())
        return Request(self.product, self.version, self.built_on, key, self.parts(), f"{number:016x}", at.replace(microsecond=0))


def tell(world: World, licence: Licence, contacts: list[Actor], number: int) -> None:
    """Activate the tills of some shops, renew them, and let something happen to a few."""
    licence.refresh_from_db()
    if number not in SHOPS or licence.withdrawn_at is not None or licence.installed is None:
        return
    version, begun = licence.installed.version, world.on(21 + number)
    if number in (0, 2):
        licence = products.change_terminals(licence, 6, actor=world.staff["oscar"], at=begun)
    free = licence.terminals - licence.bindings.filter(released_at__isnull=True).count()
    names = [f"Caja {place}" for place in range(2, 2 + min(free, 3))]
    for place, name in enumerate(names):
        till = Till(world, licence, name, version)
        try:
            made = commands.activate(licence.serial, till.request(begun), terminal=name, address=f"189.203.{number}.{place}", at=begun)
        except errors.UpdatesExpired:
            return  # this shop runs a version that its licence does not include
        if number == 3 and place == 0:
            continue  # silent since
        _renew(world, till, made.activation.public_id, number, place)
    if number == 0 and licence.terminals > len(names) + 1:
        _without_network(world, licence, contacts[0], version)


def _renew(world: World, till: Till, public_id: str, number: int, place: int) -> None:
    at = world.now - timedelta(hours=2 + 5 * place, minutes=11 * number)
    signed = commands.Signed(b"demo", till.key.sign(b"demo"), f"{2:016x}", at)
    try:
        commands.refresh(public_id, signed, version=till.version, built_on=till.built_on, components=till.parts("copia" if (number, place) == (2, 0) else ""), at=at)
    except errors.DeviceMismatch:
        return


def _without_network(world: World, licence: Licence, contact: Actor, version: str) -> None:
    at = world.on(6, 17)
    till = Till(world, licence, "Bodega", version)
    commands.answer_request(licence, encode(till.request(at)), terminal="Bodega", actor=contact, at=at)


def ask(world: World, contact: Actor) -> None:
    """Let a contact ask for a further licence to be registered."""
    assert world.product is not None
    commands.ask_registration("POSX-88K2-41RT-09", world.product, terminals=2, actor=contact, at=world.on(1, 12))
