"""Devices as tests have them: a key, five parts, and what they send."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amparo.activation.commands import Signed
from amparo.activation.rules.devices import COMPONENTS, b64, component
from amparo.activation.rules.offline import Request, encode
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products

SERIAL = "CAJA-7K2M-9P4Q"
BUILT = date(2026, 10, 1)
_numbers = itertools.count(1)


def parts(word: str, *names: str) -> dict[str, str]:
    return {name: component("pos", name, f"{word}-{name}") for name in names or COMPONENTS}


@dataclass
class Device:
    word: str = "caja"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    components: dict[str, str] = field(default_factory=dict)
    version: str = "10.1"
    built_on: date = BUILT

    def __post_init__(self) -> None:
        self.components = self.components or parts(self.word)

    @property
    def public(self) -> str:
        return b64(self.key.public_key().public_bytes_raw())

    def request(self, at: datetime = NOON, **changes: object) -> Request:
        given = {
            "product": "pos", "version": self.version, "built_on": self.built_on, "device_key": self.public, "components": self.components,
            "nonce": f"{next(_numbers):016x}", "at": at.replace(microsecond=0), **changes,
        }  # fmt: skip
        return Request(**given)  # type: ignore[arg-type]

    def text(self, at: datetime = NOON, **changes: object) -> str:
        return encode(self.request(at, **changes))

    def signed(self, message: bytes = b"x", at: datetime = NOON, nonce: str = "") -> Signed:
        return Signed(message, self.key.sign(message), nonce or f"{next(_numbers):016x}", at)

    def body(self, at: datetime = NOON, **fields: object) -> dict[str, object]:
        common = {"nonce": f"{next(_numbers):016x}", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return common | fields

    def build(self) -> dict[str, object]:
        return {"version": self.version, "build_date": self.built_on.isoformat()}

    def activation(self, serial: str = SERIAL, at: datetime = NOON, **fields: object) -> dict[str, object]:
        return self.body(
            at, key=serial, product="pos", **self.build(), components=self.components, device_key=self.public, terminal=f"Caja {self.word}", **fields
        )  # fmt: skip

    def post(self, client, path: str, body: dict[str, object], **headers: str):
        raw = json.dumps(body).encode()
        signature = base64.urlsafe_b64encode(self.key.sign(b"amparo-request/1\n" + path.encode() + b"\n" + raw)).decode()
        return client.post(path, raw, content_type="application/json", headers={"Amparo-Signature": signature, **headers})


def make_licence(customer, *, terminals: int = 5, serial: str = SERIAL):
    """A product with two releases, and a licence of it."""
    at = NOON - timedelta(days=100)
    product = products.add_product("POS", "Mostrador POS", actor=SYSTEM, at=at)
    for version, days in (("10.0", 90), ("10.1", 40)):
        release = products.add_release(product, version, (NOON - timedelta(days=days)).date(), actor=SYSTEM, at=at)
        products.make_current(release, actor=SYSTEM, at=at)
    return products.register_licence(serial, product, customer, terminals=terminals, actor=SYSTEM, at=at)
