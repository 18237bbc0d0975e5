from __future__ import annotations

import pytest

from .world import contract_for


@pytest.fixture
def contract(customer):
    """Five events, three incidents, twenty credits."""
    return contract_for(customer.pk)
