"""The figures of mail in for `amparo bench`: from a real IMAP server, each message once, though the process is killed twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from django.conf import settings

from amparo.kernel import clock
from amparo.people.rules import seal

from . import tasks
from .models import Arrival, Mail, Mailbox

COUNT, OCTETS, SECONDS_MAX = 1_000, 20_000, 60.0
_FETCH = "import django; django.setup()\nfrom amparo.kernel import clock\nfrom amparo.mailbox import tasks\ntasks.fetch_all(at=clock.now())\n"


def run(served: Any, password: str, *, at: datetime, count: int = COUNT) -> dict[str, Any]:
    """Lay so many messages into the server's folder, take them in with two kills between, understand them; return figures."""
    served.lay([message(number) for number in range(count)])
    Mailbox.objects.create(
        name="Bench", address="soporte@amparo.mx", host="127.0.0.1", port=served.imap, security="none", username="soporte",
        password_sealed=seal(password, settings.SECRETS["field_key"]), takes_old=True, created_at=at,
    )  # fmt: skip
    begin, kills = time.perf_counter(), 0
    for limit in (count // 4, count // 2):
        process = _fetching()
        _until(lambda limit=limit, process=process: Mail.objects.count() >= limit or process.poll() is not None)  # type: ignore[misc]
        kills += process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    while Mail.objects.count() < count and time.perf_counter() - begin < 4 * SECONDS_MAX:
        _fetching().wait()
    taken = time.perf_counter() - begin
    begin = time.perf_counter()
    understood = tasks.understand_all(at=clock.now())
    return {
        "seconds": taken, "kills": kills, "taken": Mail.objects.count(), "twice": Arrival.objects.count() - Mail.objects.count(),
        "understood": understood, "understood_seconds": time.perf_counter() - begin,
    }  # fmt: skip


def message(number: int) -> bytes:
    """One message of 20 kB, text and a file."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Cliente <cliente{number}@ejemplo.mx>", "soporte@amparo.mx", f"No abre la caja {number}"
    made["Message-ID"] = f"<{number}.bench@ejemplo.mx>"
    made.set_content(f"Desde hoy no abre la caja {number}.\n\n-- \nCliente {number}\n\n" + "> Antes decía otra cosa.\n" * 80)
    made.add_attachment(os.urandom(12_500), maintype="application", subtype="octet-stream", filename="registro.bin")
    return made.as_bytes()


def _fetching() -> subprocess.Popen[bytes]:
    """A process of its own that takes in, over the same database."""
    return subprocess.Popen([sys.executable, "-c", _FETCH])


def _until(ask: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not ask():
        time.sleep(0.005)
