"""When each piece of a record was, whatever the clock of the machine does meanwhile. LIV-2."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

from amparo.remote.broker.recorder import Recorder
from amparo.remote.rules.record import Kind, frames


def test_a_clock_that_is_set_back_puts_no_key_after_the_end(monkeypatch, settings, tmp_path):
    settings.RECORDINGS_ROOT = tmp_path

    async def written() -> list[int]:
        began = time.time() - 60
        tape = Recorder(SimpleNamespace(public_id="a", pk=1), since=began, before="", number=0, offset=0)  # type: ignore[arg-type]
        tape.write(Kind.SHOWN, b"first")
        monkeypatch.setattr(time, "time", lambda: began)
        tape.write(Kind.SHOWN, b"then")
        return [one.ms for one in frames(bytes(tape._screen))]

    first, then = asyncio.run(written())
    assert 60_000 <= first <= then
