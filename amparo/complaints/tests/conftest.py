from __future__ import annotations

import pytest

from amparo.cases.tests.world import contract_for
from amparo.conftest import make_staff


@pytest.fixture
def contract(customer):
    """Five events, three incidents, twenty credits."""
    return contract_for(customer.pk)


@pytest.fixture
def director(db):
    """The research-and-development director."""
    return make_staff("Dora Directora", "rnd_director")


@pytest.fixture
def other_quality(db):
    return make_staff("Querubín Calidad", "quality")
