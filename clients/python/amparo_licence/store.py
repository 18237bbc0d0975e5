"""What a device keeps in its folder: its key, its token, and the highest time that it was ever sure of."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional, Union

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from . import grace
from .tokens import b64, unb64


class Store:
    """One folder, readable by its owner alone. The notes are bound to the device's key, so that a copy of them is worth nothing."""

    def __init__(self, folder: Union[str, Path]) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key = self._key()

    def _key(self) -> Ed25519PrivateKey:
        path = self.folder / "device.key"
        try:
            return Ed25519PrivateKey.from_private_bytes(unb64(path.read_text(encoding="ascii").strip()))
        except FileNotFoundError:
            key = Ed25519PrivateKey.generate()
            self._write(path, b64(self._raw(key)))
            return key

    @staticmethod
    def _raw(key: Ed25519PrivateKey) -> bytes:
        return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def token(self) -> Optional[str]:
        """Return the token that was loaded last."""
        try:
            return (self.folder / "licence.amparo").read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def keep_token(self, text: Optional[str]) -> None:
        """Keep a token, or none."""
        path = self.folder / "licence.amparo"
        if text is None:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        else:
            self._write(path, text)

    def notes(self) -> dict[str, Any]:
        """Return what was noted; altered notes count as none, except that their file is there."""
        try:
            found = json.loads((self.folder / "notes.json").read_text(encoding="utf-8"))
            if hmac.compare_digest(found["mac"], self._mac(found["notes"])):
                return dict(found["notes"])
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError):
            pass
        return {"altered": True}

    def note(self, **changes: Any) -> None:
        """Note something beside what stands."""
        notes = {**self.notes(), **changes}
        self._write(self.folder / "notes.json", json.dumps({"notes": notes, "mac": self._mac(notes)}))

    def _mac(self, notes: Any) -> str:
        text = json.dumps(notes, sort_keys=True).encode()
        return hmac.new(hashlib.sha256(self._raw(self.key)).digest(), text, hashlib.sha256).hexdigest()

    def highest(self) -> Optional[datetime]:
        """Return the highest time that this device was ever sure of."""
        seconds = self.notes().get("highest")
        return datetime.fromtimestamp(seconds, timezone.utc) if isinstance(seconds, (int, float)) else None

    def saw(self, moment: datetime) -> None:
        """Remember a time, if it is later than any before."""
        before = self.highest()
        if before is None or moment > before:
            self.note(highest=int(moment.timestamp()))

    def lived(self, moment: datetime) -> None:
        """Count the days on which the program was started since the newest token: a day counts once, and only a later one."""
        notes, day = self.notes(), moment.date().toordinal()
        if day > notes.get("day", 0):
            self.note(day=day, days=notes.get("days", 0) + 1)

    def set_right(self, issued: datetime, newest: Optional[datetime]) -> None:
        """Take a token's time into account; of one that is newer than all before the days begin anew."""
        notes = self.notes()
        highest = grace.set_right(issued_at=issued, highest=self.highest(), newest=newest, lived_days=notes.get("days", 0))
        self.note(highest=int(highest.timestamp()))
        if newest is None or issued > newest:
            self.note(newest=int(issued.timestamp()), day=highest.date().toordinal(), days=0)

    def _write(self, path: Path, text: str) -> None:
        handle, name = tempfile.mkstemp(dir=str(self.folder))  # readable by the owner alone
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
