from __future__ import annotations

import pytest

from amparo.conftest import make_staff

from .world import contract_for


@pytest.fixture
def contract(customer):
    """Five events, three incidents, twenty credits."""
    return contract_for(customer.pk)


@pytest.fixture
def developer(db):
    return make_staff("Delia Desarrolladora", "developer")
