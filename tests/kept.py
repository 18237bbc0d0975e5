"""The whole world built once for a file: each test gets it as it was made, for what the one before wrote is undone.

For files in which every test that asks the database has this world, and none commits: `from .kept import kept_world, whole_world`.
"""

from __future__ import annotations

from copy import deepcopy

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test.utils import override_settings

from .conftest import build_whole_world


@pytest.fixture(scope="module")
def kept_world(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with override_settings(MEDIA_ROOT=folder, EXPORTS_ROOT=folder / "exports", RECORDINGS_ROOT=folder / "recordings"):
        around = transaction.atomic()
        with django_db_blocker.unblock():
            around.__enter__()
            world = build_whole_world()
        yield world
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture
def whole_world(kept_world, db):
    cache.clear()
    return deepcopy(kept_world)
