"""Database and disk, away from the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")
_pool = ThreadPoolExecutor(6, thread_name_prefix="remote")
_disk = ThreadPoolExecutor(2, thread_name_prefix="remote-record")


def _called(what: Callable[..., T], *args: object, **named: object) -> T:
    close_old_connections()
    try:
        return what(*args, **named)
    finally:
        close_old_connections()


async def run(what: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Do what asks the database, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_pool, partial(_called, what, *args, **named))


async def on_disk(what: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Do what writes the record, in a thread of its own, so that no question waits for it."""
    return await asyncio.get_running_loop().run_in_executor(_disk, partial(_called, what, *args, **named))
