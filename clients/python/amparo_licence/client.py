"""A device towards the service: activate, renew, give back, without network too; and what its program may do now."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Mapping, Optional, Union

from . import fingerprint, grace, offline, tokens
from .store import Store

TIMEOUT_SECONDS = 10
ANSWER_MAX = 65_536
REFRESH = timedelta(hours=24)


@dataclass(frozen=True)
class Product:
    """What runs: its code, version, and the day on which it was built; the program carries them, signed with itself."""

    code: str
    version: str
    built_on: date

    @property
    def minor(self) -> str:
        return ".".join(re.findall(r"\d+", self.version)[:2])


class Refused(Exception):
    """The service, or a rule here, refused. `code` is of the protocol, `detail` and `remedy` are for people."""

    def __init__(self, code: str, detail: str = "", remedy: Optional[Mapping[str, str]] = None, retry_after: Optional[int] = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail, self.remedy, self.retry_after = code, detail, remedy, retry_after


class NotReached(Exception):
    """The service did not answer. Nothing changes by it: leases and grace run on."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


class Client:
    """A device. `keys`: the pinned JWK set; `folder`: where key, token and notes lie; `language`: es or en."""

    def __init__(
        self, service: str, product: Product, *, folder: Union[str, Path], keys: Mapping[str, Any], language: str = "es"
    ) -> None:
        self.service, self.product, self.language = service.rstrip("/"), product, language
        self.store = Store(folder)
        self.pinned = dict(keys)
        self._open = urllib.request.build_opener(_NoRedirects).open

    # --- what runs without network -------------------------------------------------------------------------------

    @property
    def device_key(self) -> str:
        return tokens.b64(self.store.public)

    @property
    def device_code(self) -> str:
        return tokens.device_code(self.store.public)

    def keys(self) -> dict[str, bytes]:
        """Return the keys that are trusted: the pinned ones, and those that one of them has signed since."""
        found = tokens.key_set(self.pinned)
        for learnt in self._learnt():
            with contextlib.suppress(tokens.BadToken):
                found = {**tokens.key_set(tokens.read(learnt, found, tokens.KEYS)), **found}
        return found

    def _learnt(self) -> list[str]:
        """Return the signed sets that were learnt, each proven by a key of those before it."""
        learnt = self.store.notes().get("keys", [])
        return [learnt] if isinstance(learnt, str) else list(learnt)

    def components(self) -> dict[str, str]:
        return fingerprint.components(self.product.code)

    def claims(self) -> Optional[dict[str, Any]]:
        """Return what the loaded token says, None where there is none that is ours."""
        token = self.store.token()
        if token is None:
            return None
        try:
            claims = tokens.read(token, self.keys())
        except tokens.BadToken:
            return None
        return claims if self._why_not(claims) is None else None

    def _why_not(self, claims: Mapping[str, Any]) -> Optional[str]:
        """Return the code of what makes a proven token not this device's; unknown claims are passed over."""
        if claims.get("schema_min", 1) > tokens.SCHEMA:
            return "BAD_REQUEST"
        if claims.get("product") != self.product.code:
            return "PRODUCT_MISMATCH"
        if claims.get("device") != self.device_key:
            return "DEVICE_MISMATCH"
        stored, mine = claims.get("components", {}), self.components()
        if sum(1 for name, value in stored.items() if mine.get(name) == value) < claims.get("match", 3):
            return "DEVICE_MISMATCH"
        if claims.get("activation") and claims["activation"] in self.store.notes().get("given_back", []):
            return "REPLAYED"
        return None

    def load(self, text: str, *, now: Optional[datetime] = None) -> dict[str, Any]:
        """Load a token or a licence file; always possible, whatever the state. Raises Refused."""
        now = now or datetime.now(timezone.utc)
        try:
            token = tokens.unarmoured(text)
            claims = tokens.read(token, self.keys())
        except tokens.BadToken:
            raise Refused("TOKEN_INVALID") from None
        why = self._why_not(claims)
        if why is not None:
            raise Refused(why)
        if max(now, self.store.highest() or now) < _moment(claims["iat"]) - grace.DAY:  # a clock far behind
            raise Refused("CLOCK_SKEW")
        before = self.claims()
        if before is not None and before.get("activation") == claims["activation"] and claims["serial"] < before["serial"]:
            raise Refused("REPLAYED")
        newest = max(self.store.notes().get("newest", 0), before["iat"] if before else 0)
        self.store.keep_token(token)
        self.store.set_right(_moment(claims["iat"]), _moment(newest) if newest else None)
        return claims

    def state(self, *, now: Optional[datetime] = None, shop_is_open: bool = False) -> grace.Verdict:
        """Say what the program may do now, and remember the time. Needs no network."""
        now = now or datetime.now(timezone.utc)
        claims, notes = self.claims(), self.store.notes()
        highest = self.store.highest()
        if claims is not None and notes.get("altered"):
            highest = max(highest or now, _moment(claims["iat"]))
        found = grace.judge(
            _lease(claims) if claims else None, now=now, highest=highest, built_on=self.product.built_on, minor=self.product.minor,
            shop_is_open=shop_is_open, was_reduced=bool(notes.get("reduced")),
        )  # fmt: skip
        self.store.saw(now)
        self.store.lived(now)
        if bool(notes.get("reduced")) != (found.mode == "reduced"):
            self.store.note(reduced=found.mode == "reduced")
        return found

    def refresh_is_due(self, *, now: Optional[datetime] = None) -> bool:
        """True once a day."""
        claims = self.claims()
        return claims is not None and (now or datetime.now(timezone.utc)) >= _moment(claims["iat"]) + REFRESH

    def offline_request(self, *, now: Optional[datetime] = None) -> str:
        """Return the letters of a request, for a picture or a file."""
        return offline.encode(
            product=self.product.code, version=self.product.version, built_on=self.product.built_on, device_key=self.device_key,
            components=self.components(), nonce=_nonce(), at=now or datetime.now(timezone.utc),
        )  # fmt: skip

    def give_back_offline(self, *, now: Optional[datetime] = None) -> str:
        """Wipe the licence and return the device's signed word for it, as a file: handed in, it frees the seat. Raises Refused."""
        claims = self.claims()
        if claims is None or not claims.get("activation"):
            raise Refused("NOT_ACTIVATED")
        self._wipe(claims["activation"])
        word = {
            "activation": claims["activation"], "licence": claims["licence"], "serial": claims["serial"], "nonce": _nonce(),
            "iat": int((now or datetime.now(timezone.utc)).timestamp()),
        }  # fmt: skip
        return tokens.armoured(tokens.sign(word, self.store.key, self.device_code, tokens.TOMBSTONE), "RELEASE")

    def _wipe(self, activation: str) -> None:
        given = self.store.notes().get("given_back", [])
        self.store.note(given_back=[*given, activation][-50:], reduced=False)
        self.store.keep_token(None)

    # --- what asks the service -----------------------------------------------------------------------------------

    def activate(self, serial: str, *, terminal: str, edition: str = "") -> dict[str, Any]:
        """Activate this device with a serial, and load the token. Raises Refused, NotReached."""
        given = {
            "key": serial, "product": self.product.code, **self._build(), "components": self.components(), "device_key": self.device_key,
            "terminal": terminal,
        }  # fmt: skip
        answer = self._signed("/activation/v1/activations", {**given, **({"edition": edition} if edition else {})})
        self.load(answer["token"], now=_read_time(answer["server_time"]))
        return answer

    def refresh(self) -> dict[str, Any]:
        """Begin a new lease. Raises Refused, NotReached."""
        answer = self._of_activation("refresh", {**self._build(), "components": self.components()})
        self.load(answer["token"], now=_read_time(answer["server_time"]))
        return answer

    def refresh_quietly(self) -> str:
        """Try to begin a new lease; return the code of what came of it. Nothing is lost where it fails."""
        try:
            return str(self.refresh()["code"])
        except Refused as refusal:
            return refusal.code
        except NotReached:
            return "NOT_REACHED"

    def release(self) -> str:
        """Give the seat back, wipe the licence, and return the signed receipt. Raises Refused, NotReached.

        Nothing is wiped for a receipt that no trusted key signed: TOKEN_INVALID says so.
        """
        claims = self.claims()
        answer = self._of_activation("release", {})
        self._prove_receipt(str(answer["receipt"]))
        assert claims is not None
        self._wipe(claims["activation"])
        return str(answer["receipt"])

    def _prove_receipt(self, receipt: str) -> None:
        """Raise Refused unless a trusted key signed it; keys that changed since are learnt first."""
        for learn in (False, True):
            try:
                if learn:
                    self.learn_keys()
                tokens.read(receipt, self.keys(), tokens.RECEIPT)
            except tokens.BadToken:
                continue
            return
        raise Refused("TOKEN_INVALID")

    def report_version(self) -> dict[str, Any]:
        """Tell the service which version runs here."""
        return self._of_activation("version", self._build())

    def update(self, channel: str = "stable") -> dict[str, Any]:
        """Ask which update is due, and where its files are."""
        return dict(self._of_activation("update", {**self._build(), "channel": channel})["update"])

    def validate(self) -> dict[str, Any]:
        """Ask the service how the loaded token stands."""
        token = self.store.token()
        if token is None:
            raise Refused("NOT_ACTIVATED")
        return self._ask("/activation/v1/validate", json.dumps({"token": token}).encode(), {})

    def learn_keys(self) -> list[str]:
        """Take the published set, if a key that is trusted has signed it; return the names of those trusted now."""
        answer = self._ask("/activation/v1/keys", None, {})
        known = self.keys()
        try:
            new = tokens.key_set(tokens.read(answer["signed"], known, tokens.KEYS))
        except (tokens.BadToken, KeyError):
            raise Refused("TOKEN_INVALID") from None
        if not set(new) <= set(known):  # kept behind those before: a later set may be signed by a key that only they tell
            self.store.note(keys=[*self._learnt(), answer["signed"]])
        return sorted(self.keys())

    def _build(self) -> dict[str, str]:
        return {"version": self.product.version, "build_date": self.product.built_on.isoformat()}

    def _of_activation(self, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        claims = self.claims()
        if claims is None or not claims.get("activation"):
            raise Refused("NOT_ACTIVATED")
        return self._signed(f"/activation/v1/activations/{claims['activation']}/{verb}", given)

    def _signed(self, path: str, given: dict[str, Any]) -> dict[str, Any]:
        """Ask with the device's signature; a wrong clock is put right by what the service says, once."""
        at = max(datetime.now(timezone.utc), self.store.highest() or datetime.fromtimestamp(0, timezone.utc))
        try:
            return self._sent(path, given, at)
        except _Skewed as skewed:
            return self._sent(path, given, skewed.server_time)

    def _sent(self, path: str, given: dict[str, Any], at: datetime) -> dict[str, Any]:
        body = json.dumps({**given, "nonce": _nonce(), "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()
        signature = self.store.key.sign(b"amparo-request/1\n" + path.encode() + b"\n" + body)
        return self._ask(path, body, {"Amparo-Signature": base64.urlsafe_b64encode(signature).decode()})

    def _ask(self, path: str, body: Optional[bytes], headers: Mapping[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(
            self.service + path, data=body, method="GET" if body is None else "POST",
            headers={"Content-Type": "application/json", "Accept": "application/json", "Accept-Language": self.language, **headers},
        )  # fmt: skip
        try:
            with self._open(request, timeout=TIMEOUT_SECONDS) as response:
                found = json.loads(response.read(ANSWER_MAX))
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, ValueError) as error:
            raise NotReached(str(error)) from None
        if not isinstance(found, dict):
            raise NotReached("not an answer of the service")
        self.store.saw(_read_time(found["server_time"]))
        return found

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        try:
            found = json.loads(error.read(ANSWER_MAX))
            code, moment = str(found["code"]), _read_time(found["server_time"])
        except (ValueError, KeyError, TypeError):
            return NotReached(f"HTTP {error.code}")
        if code == "CLOCK_SKEW":
            return _Skewed(moment, found)
        wait = error.headers.get("Retry-After", "")
        return Refused(code, str(found.get("detail", "")), found.get("remedy"), int(wait) if wait.isdecimal() else None)


class _Skewed(Refused):
    def __init__(self, server_time: datetime, found: Mapping[str, Any]) -> None:
        super().__init__("CLOCK_SKEW", str(found.get("detail", "")), found.get("remedy"))
        self.server_time = server_time


def _lease(claims: Mapping[str, Any]) -> grace.Lease:
    return grace.Lease(
        _moment(claims["iat"]), _moment(claims["exp"]), int(claims["grace_days"]), date.fromisoformat(claims["updates_until"]),
        tuple(claims.get("minors", ())),
    )  # fmt: skip


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _nonce() -> str:
    return os.urandom(8).hex()
