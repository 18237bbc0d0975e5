from __future__ import annotations

import pytest

from amparo.cases.tests.world import contract_for

from . import world


@pytest.fixture(autouse=True)
def stores(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.EXPORTS_ROOT, settings.RECORDINGS_ROOT = tmp_path / "exports", tmp_path / "recordings"
    settings.PUBLISHED_KEYS = tmp_path / "case-file-keys.pem"
    return tmp_path


@pytest.fixture
def contract(customer):
    return contract_for(customer.pk)


@pytest.fixture
def case(contract, contact, engineer):
    return world.told(contact, engineer)


@pytest.fixture
def over(contract, contact, engineer):
    return world.closed(contact, engineer)
