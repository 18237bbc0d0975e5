"""What the doctor looks at of the gateways of sound and image: programs, secrets, address, what answers. It knows only files and ports."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from amparo.media import gateway
from amparo.media.errors import GatewayProblem
from amparo.project import debian

TIMEOUT_SECONDS = 3
Told = tuple[str, str, str, str]  # what, verdict, sentence, remedy
INSTALL = f"Install {' '.join(debian.MEDIA.packages)}, or run `make setup`."


def gateways(home: Path, admin: str | None) -> Iterator[Told]:
    """Janus: installed, its secrets fit to use, its address, and whether it answers; and the relay."""
    if os.environ.get("AMPARO_BIGBLUEBUTTON_URL") and len(os.environ.get("AMPARO_BIGBLUEBUTTON_SECRET", "")) < 16:
        yield "BigBlueButton", "bad", "AMPARO_BIGBLUEBUTTON_SECRET is missing or short.", "Take it from `bbb-conf --secret` on its server."
    program = debian.program("janus")
    if not program:
        yield "gateway", "warning", f"No Janus: {debian.MEDIA.without}.", INSTALL
        return
    folder = Path(os.environ.get("AMPARO_MEDIA_FOLDER") or home / "media")
    try:
        address = gateway.media_address(os.environ.get("AMPARO_MEDIA_ADDRESS", ""))
        if gateway.secrets_file(folder).exists():
            gateway.read_secrets(folder)
        sip = "with SIP" if gateway.has_sip(program) else "without SIP"
        yield "gateway", "good", f"{program}, {_version(program)}, {sip}; media from {address}", ""
    except GatewayProblem as problem:
        yield "gateway", "warning", str(problem), "See «Sound and image» in the operator guide."
        return
    yield _answers(folder, os.environ.get("AMPARO_MEDIA_ADMIN") or admin)
    yield _relay()


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10, env=debian.environment())  # noqa: S603
    found = re.search(r"\((\d+\.\d+\.\d+)\)", done.stdout + done.stderr)
    return found[1] if found else "of an unknown version"


def _answers(folder: Path, admin: str | None) -> Told:
    remedy = "Start it with `amparo up` (or `amparo media`); log/janus.log says why it stopped. Without it classes have neither sound nor image."
    if not admin or not gateway.secrets_file(folder).exists():
        return "janus", "warning", "does not run.", remedy
    message = {"janus": "ping", "transaction": "doctor", "admin_secret": gateway.read_secrets(folder)["admin"]}
    request = urllib.request.Request(admin, json.dumps(message).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            if json.loads(answer.read()).get("janus") == "pong":
                return "janus", "good", f"{admin} answers", ""
        return "janus", "bad", f"{admin} refuses us: it runs with other secrets.", "Restart `amparo media`."
    except (urllib.error.URLError, OSError, ValueError) as error:
        return "janus", "warning", f"{admin} does not answer ({getattr(error, 'reason', error)})", remedy


def _relay() -> Told:
    if os.environ.get("AMPARO_MEDIA_RELAY"):
        found = debian.program("turnserver")
        own = "" if found or not os.environ.get("AMPARO_MEDIA_RELAY_PORT") else " but coturn is not installed"
        return "relay", "warning" if own else "good", f"{os.environ['AMPARO_MEDIA_RELAY']}{own}", INSTALL if own else ""
    return (
        "relay", "warning", "No relay is set: who sits behind a strict firewall has no sound and image.",
        "Set AMPARO_MEDIA_RELAY and AMPARO_MEDIA_RELAY_PORT (operator guide, «Sound and image»). On this machine alone none is needed.",
    )  # fmt: skip
