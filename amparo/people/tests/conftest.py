"""Fixtures of the tests of people."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_attempts_of_other_tests():
    """Limits of attempts live in the cache."""
    cache.clear()
    yield
    cache.clear()
