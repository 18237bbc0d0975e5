"""Tokens, credentials and checksums of the gateways. Pure: the secrets and the moment are given. LIV-1, SEC-38."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

JANUS: Final = "janus"
VIDEOROOM: Final = "janus.plugin.videoroom"
SIP: Final = "janus.plugin.sip"
SECRET_LENGTH_MIN: Final = 32
SECRETS: Final = ("api", "token", "admin", "room_key", "room", "relay", "notices")
KNOWN_SECRETS: Final = frozenset({"janusoverlord", "janusrocks", "supersecret", "adminpwd", "secret", "changeme", "password", "north"})
_WORD = re.compile(r"[A-Za-z0-9_-]{1,80}")


def is_word(text: str) -> bool:
    """Tell whether a name can be that of a room or a participant: letters, digits, hyphens; nothing that a token could be split at."""
    return bool(_WORD.fullmatch(text))


def sign(realm: str, extras: Iterable[str], *, secret: str, until: datetime) -> str:
    """Return a token that Janus itself believes until a moment: `expiry,realm,extra…:HMAC-SHA1`. SEC-38."""
    body = ",".join([str(int(until.timestamp())), realm, *extras])
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha1).digest()
    return f"{body}:{base64.b64encode(mac).decode()}"


def api_token(plugins: Iterable[str], *, secret: str, until: datetime) -> str:
    """Return the token that every request of a browser carries; it opens the named plugins and nothing else."""
    return sign(JANUS, plugins, secret=secret, until=until)


def room_token(room: str, *, secret: str, until: datetime) -> str:
    """Return the token for one room; for any other it is worth nothing."""
    return sign(VIDEOROOM, [f"room={room}"], secret=secret, until=until)


def proof(room: str, participant: str, *, secret: str) -> str:
    """Return what shows to us, in the gateway's notices, that whoever calls himself a participant was sent by us.

    A room's token says which room, not who. The browser attaches with this word as its opaque id, which the gateway tells us
    and nobody else; whoever joins under another's name without it is sent out.
    """
    mac = hmac.new(secret.encode(), f"proof|{room}|{participant}".encode(), hashlib.sha256).hexdigest()[:32]
    return f"{participant}.{mac}"


def proves(word: str, room: str, participant: str, *, secret: str) -> bool:
    """Tell whether a word is the proof of a participant in a room."""
    return hmac.compare_digest(word.encode(), proof(room, participant, secret=secret).encode())


def relay_credentials(participant: str, *, secret: str, until: datetime) -> dict[str, str]:
    """Return user and password for the relay, made from the secret that it shares with us; they end by themselves."""
    user = f"{int(until.timestamp())}:{participant}"
    mac = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return {"username": user, "credential": base64.b64encode(mac).decode()}


def checksum(call: str, query: str, secret: str, *, algorithm: str = "sha256") -> str:
    """Return BigBlueButton's checksum over exactly the query that is sent."""
    return hashlib.new(algorithm, f"{call}{query}{secret}".encode()).hexdigest()


def signed_query(call: str, parameters: Mapping[str, str | int | bool], secret: str, *, algorithm: str = "sha256") -> str:
    """Return the query of a call to BigBlueButton with its checksum at the end."""
    words = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()}
    query = urlencode(words)
    return f"{query}{'&' if query else ''}checksum={checksum(call, query, secret, algorithm=algorithm)}"


def weak_secrets(found: Mapping[str, str]) -> list[str]:
    """Return the names of secrets that must not be started with: missing, empty, known from samples, short, or used twice. SEC-38."""
    values = [found.get(name, "") for name in SECRETS]
    return [
        name
        for name, word in zip(SECRETS, values, strict=True)
        if len(word) < SECRET_LENGTH_MIN or word.lower() in KNOWN_SECRETS or len(set(word)) < 8 or values.count(word) > 1
    ]
