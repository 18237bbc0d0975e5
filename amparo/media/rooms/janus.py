"""Rooms of Janus' VideoRoom, by its administration alone: no session and no handle of ours, nothing to lose in a restart. LIV-1."""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from amparo.media import gateway, rules
from amparo.media.errors import GatewayAway, GatewayProblem, GatewayRefused
from amparo.policies.queries import value

from .shared import MODERATOR, ROLES, Present, Recording

TIMEOUT_SECONDS: Final = 3
MAGIC: Final = b"MJR00002"  # so a track begins; one without a frame holds nothing else
NO_SUCH_ROOM, ROOM_EXISTS, NO_SUCH_FEED = 426, 427, 428
_kept: dict[Path, tuple[int, dict[str, str]]] = {}


def secrets() -> dict[str, str]:
    """Return the secrets that we share with the gateway. Raises GatewayAway where there are none."""
    folder = Path(settings.GATEWAY_FOLDER)
    try:
        changed = gateway.secrets_file(folder).stat().st_mtime_ns
        known = _kept.get(folder)
        if known is None or known[0] != changed:
            _kept[folder] = known = (changed, gateway.read_secrets(folder))
        return known[1]
    except (OSError, GatewayProblem):
        raise GatewayAway from None


def ask(message: dict[str, Any], *, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Ask the administration of Janus, which listens on this machine alone. Raises GatewayAway."""
    if not settings.GATEWAY_ADMIN:
        raise GatewayAway
    body = json.dumps({**message, "transaction": uuid.uuid4().hex, "admin_secret": secrets()["admin"]}).encode()
    request = urllib.request.Request(settings.GATEWAY_ADMIN, body, {"Content-Type": "application/json"})  # noqa: S310 (ours)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            found = json.loads(answer.read())
    except (urllib.error.URLError, OSError, ValueError):
        raise GatewayAway from None
    return dict(found)


def ask_room(request: str, room: str = "", **more: Any) -> dict[str, Any]:
    """Ask the VideoRoom. Raises GatewayAway, GatewayRefused with Janus' own number."""
    body: dict[str, Any] = {"request": request, **more}
    if room:
        body |= {"room": room, "secret": rules.proof(room, "room", secret=secrets()["room"])}
    found = ask({"janus": "message_plugin", "plugin": rules.VIDEOROOM, "request": body})
    response = found.get("response") or {}
    if found.get("janus") != "success" or "error_code" in response:
        error = response.get("error_code") or found.get("error", {}).get("code", 0)
        raise GatewayRefused(error=error, reason=str(response.get("error") or found.get("error", {}).get("reason", "")))
    return dict(response)


class JanusRooms:
    """VideoRoom: private rooms that only signed tokens open; made by whoever holds the key, which no browser does."""

    is_external = False

    def create_room(self, room: str, *, title: str, publishers_max: int, recorded: bool, at: datetime) -> None:
        folder = _folder(room)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(_Exists):
            self._make(room, title, publishers_max, recorded, folder, value("media.bitrate_kilobits", at=at) * 1000)

    def _make(self, room: str, title: str, publishers_max: int, recorded: bool, folder: Path, bitrate: int) -> None:
        try:
            ask_room(
                "create", room, admin_key=secrets()["room_key"], description=title[:120], is_private=True, signed_tokens=True,
                publishers=publishers_max, bitrate=bitrate, bitrate_cap=True, fir_freq=10, audiocodec="opus", videocodec="vp8,h264",
                audiolevel_event=True, audio_active_packets=15, audio_level_average=55, notify_joining=False, require_pvtid=False,
                record=recorded, rec_dir=str(folder), lock_record=True, permanent=False,
            )  # fmt: skip
        except GatewayRefused as refused:
            if refused.error == ROOM_EXISTS:
                raise _Exists from None
            raise

    def token(self, room: str, participant: str, role: str, *, seconds: int, name: str, at: datetime) -> dict[str, Any]:
        assert rules.is_word(room) and rules.is_word(participant) and role in ROLES
        known, until = secrets(), at + timedelta(seconds=seconds)
        return {
            "kind": "janus", "room": room, "participant": participant, "role": role, "until": until.isoformat(),
            "token": rules.room_token(room, secret=known["token"], until=until), "proof": rules.proof(room, participant, secret=known["room"]),
        }  # fmt: skip

    def end(self, room: str) -> None:
        with _absent_is_well(NO_SUCH_ROOM):
            ask_room("destroy", room, permanent=False)

    def participants(self, room: str) -> list[Present]:
        with _absent_is_well(NO_SUCH_ROOM):
            found = ask_room("listparticipants", room)
            return [Present(str(one["id"]), bool(one.get("publisher"))) for one in found.get("participants", ())]
        return []

    def record(self, room: str, on: bool) -> None:
        ask_room("enable_recording", room, record=on)

    def recordings(self, room: str) -> list[Recording]:
        """Return the tracks that lie in the room's folder, with the moment of their first frame."""
        found = [track for path in sorted(_folder(room).glob("*.mjr")) if (track := read_track(path)) is not None]
        return sorted(found, key=lambda one: one.begun_at or datetime.min.replace(tzinfo=UTC))

    def mute(self, room: str, participant: str, stream: str, on: bool) -> None:
        with _absent_is_well(NO_SUCH_ROOM, NO_SUCH_FEED):
            ask_room("moderate", room, id=participant, mid=stream, mute=on)

    def remove(self, room: str, participant: str) -> None:
        with _absent_is_well(NO_SUCH_ROOM, NO_SUCH_FEED):
            ask_room("kick", room, id=participant)


class _Exists(Exception):
    """The room is there already."""


@contextlib.contextmanager
def _absent_is_well(*errors: int) -> Any:
    try:
        yield
    except GatewayRefused as refused:
        if refused.error not in errors:
            raise


def forget(room: str, *, but: Collection[Path] = ()) -> None:
    """Remove the tracks of a room, once they were made into one recording, but those that are not in it."""
    folder = _folder(room)
    if not but:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path not in but:
            path.unlink(missing_ok=True)


def broken(room: str) -> list[Path]:
    """Return the tracks of a room that hold something, but whose head cannot be read: they are among no `recordings`."""
    return [path for path in sorted(_folder(room).glob("*.mjr")) if path.stat().st_size > len(MAGIC) and read_track(path) is None]


def _folder(room: str) -> Path:
    assert rules.is_word(room)
    return Path(settings.GATEWAY_FOLDER) / "recordings" / room


def read_track(path: Path) -> Recording | None:
    """Read the head of a track as Janus writes it; None where it holds no frame yet or is broken."""
    try:
        with path.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                return None
            (size,) = struct.unpack("!H", stream.read(2))
            head = json.loads(stream.read(size))
    except (OSError, ValueError, struct.error):
        return None
    if not head.get("u"):
        return None
    kind = {"v": "video", "a": "audio"}.get(str(head.get("t")))
    # videoroom-ROOM-user-PARTICIPANT-MOMENT-KIND-MID.mjr
    who = path.name.partition("-user-")[2].rsplit("-", 3)[0]
    if kind is None or not who:
        return None
    return Recording(who, kind, datetime.fromtimestamp(head["u"] / 1e6, UTC), path)


def play(track: Path, target: Path, *, seconds_max: float) -> bool:
    """Turn a track into a file that plays, of the kind that the target's name tells; False where that fails.

    Raises OSError where Janus' own program is missing, TimeoutExpired.
    """
    unpacked = Path(settings.BASE_DIR) / ".cache" / "debian" / "root" / "usr" / "bin"
    program = shutil.which("janus-pp-rec") or shutil.which("janus-pp-rec", path=str(unpacked)) or "janus-pp-rec"
    done = subprocess.run([program, str(track), str(target)], capture_output=True, check=False, timeout=seconds_max)  # noqa: S603 (ours)
    return done.returncode == 0 and target.exists() and target.stat().st_size > 0


def publishes(role: str) -> bool:
    """Tell whether a role may send at all before it is given the floor."""
    return role == MODERATOR
