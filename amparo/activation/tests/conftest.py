from __future__ import annotations

import pytest

from amparo.activation import commands
from amparo.conftest import NOON

from .world import SERIAL, Device, make_licence


@pytest.fixture
def licence(customer):
    commands.ensure_keys(at=NOON)
    return make_licence(customer)


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def activate(licence):
    """Activate a device on the licence, over the network."""

    def act(device=None, at=NOON, *, serial=SERIAL, address="203.0.113.5", **changes):
        device = device or Device()
        return commands.activate(serial, device.request(at, **changes), terminal=f"Caja {device.word}", address=address, at=at)

    return act
