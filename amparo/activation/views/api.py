"""What programs ask under /activation/v1/: JSON in and out, no cookies, problem details for refusals. LIC-1, SEC-33, SEC-45, SEC-46."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from amparo.activation import commands, errors, queries
from amparo.activation.commands import Issued, Signed
from amparo.activation.forms import BODY_MAX, read_body
from amparo.activation.models import Activation
from amparo.activation.rules.offline import Request
from amparo.agreements.queries import waiting
from amparo.downloads import queries as downloads
from amparo.downloads.commands import granting
from amparo.downloads.errors import NotIncluded, Yanked
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value

Answer = tuple[int, dict[str, Any]]
SIGNATURE = "Amparo-Signature"
DEVICE = ("nonce", "time")
BUILD = ("version", "build_date")


def stamp(moment: datetime) -> str:
    """Return a moment as the protocol writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def endpoint(method: str) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """Answer one method with JSON; refusals become problem details (RFC 9457) with code, sentence and remedy."""

    def decorate(act: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(act)
        def view(request: HttpRequest, **given: Any) -> HttpResponse:
            try:
                if request.method != method and not (method == "GET" and request.method == "HEAD"):
                    raise errors.WrongMethod()
                if method == "POST":
                    _check_media(request)
                status, found = act(request, **given)
            except Refusal as refusal:
                return _problem(request, refusal, method)
            return _sent(request, status, found, "application/json")

        return view

    return decorate


def _check_media(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise errors.WrongMedia()
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length[:12]) > BODY_MAX:
        raise errors.TooLarge()
    if len(request.body) > BODY_MAX:
        raise errors.TooLarge()


def _problem(request: HttpRequest, refusal: Refusal, method: str) -> HttpResponse:
    remedy = refusal.remedies[0] if refusal.remedies else None
    found: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/activation/codes/#{refusal.code}",
        "title": refusal.code,
        "status": refusal.status,
        "code": refusal.code,
        "detail": str(refusal),
        "remedy": {"label": str(remedy.label), "url": f"{settings.PUBLIC_URL}{remedy.url}"} if remedy else None,
    }
    if refusal.context.get("reason"):
        found["problem"] = {"field": refusal.context.get("field", ""), "reason": refusal.context["reason"]}
    response = _sent(request, refusal.status, found, "application/problem+json")
    if wait := refusal.context.get("wait_seconds"):
        response["Retry-After"] = str(wait)
    if isinstance(refusal, errors.WrongMethod):
        response["Allow"] = method
    return response


def _sent(request: HttpRequest, status: int, found: dict[str, Any], media: str) -> HttpResponse:
    answer = {**found, "server_time": stamp(request.now)}  # type: ignore[attr-defined]
    response = JsonResponse(answer, status=status, content_type=media, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "Accept-Language"
    return response


def _signed(request: HttpRequest, given: dict[str, Any]) -> Signed:
    """Return the body as it was signed: the path binds a signature to what it asks for. SEC-46."""
    try:
        signature = base64.urlsafe_b64decode(request.headers.get(SIGNATURE, "") + "==")
    except ValueError:
        raise errors.SignatureInvalid() from None
    if len(signature) != 64:
        raise errors.SignatureInvalid()
    message = b"amparo-request/1\n" + request.path.encode() + b"\n" + request.body
    return Signed(message, signature, given["nonce"], given["time"])


def _activation(issued: Issued, at: datetime) -> dict[str, Any]:
    mine = issued.activation
    refresh_at = min(at + timedelta(hours=value("activation.refresh_hours", at=at)), mine.lease_until)
    return {
        "code": issued.code,
        "activation": {
            "id": mine.public_id, "terminal": mine.terminal.name, "state": mine.state, "lease_until": stamp(mine.lease_until),
            "refresh_after": stamp(refresh_at), "grace_days": value("activation.grace_days", at=at), "serial": mine.token_serial,
        },
        "token": issued.token,
    }  # fmt: skip


def _notices(issued: Issued, at: datetime) -> list[dict[str, str]]:
    """What the program may show, and what stops nothing. AGR-1."""
    if not waiting(issued.activation.licence.customer_id, at):
        return []
    told = _("New terms wait for your company's acceptance in the portal. Nothing stops until then.")
    return [{"code": "TERMS_PENDING", "detail": told, "url": f"{settings.PUBLIC_URL}/agreements/mine/"}]


@endpoint("POST")
def activations(request: HttpRequest) -> Answer:
    """Activate: 201 with a new seat, 200 for a device that has one. LIC-1, LIC-2."""
    given = read_body(request.body, "key", "product", *BUILD, "components", "device_key", "terminal", *DEVICE, "edition")
    at = request.now  # type: ignore[attr-defined]
    signed = _signed(request, given)
    if not commands.is_signed_by(given["device_key"], signed):
        raise errors.SignatureInvalid()
    commands.check_clock(given["time"], at=at)
    asked = Request(
        given["product"], given["version"], given["build_date"], given["device_key"], given["components"], given["nonce"], given["time"]
    )
    issued = commands.activate(
        given["key"], asked, terminal=given["terminal"], edition=given["edition"], address=request.META.get("REMOTE_ADDR", ""), at=at
    )
    return (201 if issued.is_new else 200), {**_activation(issued, at), "notices": []}


@endpoint("POST")
def refresh(request: HttpRequest, public_id: str) -> Answer:
    """A new lease, signed for by the device. LIC-1, LIC-3."""
    given, at = read_body(request.body, *DEVICE, *BUILD, "components"), request.now  # type: ignore[attr-defined]
    issued = commands.refresh(
        public_id, _signed(request, given), version=given["version"], built_on=given["build_date"], components=given["components"], at=at
    )
    return 200, {**_activation(issued, at), "notices": _notices(issued, at)}


@endpoint("POST")
def release(request: HttpRequest, public_id: str) -> Answer:
    """Give the seat back; the receipt is signed. LIC-2."""
    given = read_body(request.body, *DEVICE)
    receipt = commands.release_by_device(public_id, _signed(request, given), at=request.now)  # type: ignore[attr-defined]
    return 200, {"code": "OK", "receipt": receipt}


@endpoint("POST")
def version(request: HttpRequest, public_id: str) -> Answer:
    """Report the installed version. LIC-3."""
    given, at = read_body(request.body, *DEVICE, *BUILD), request.now  # type: ignore[attr-defined]
    mine = commands.report_version(public_id, _signed(request, given), version=given["version"], built_on=given["build_date"], at=at)
    return 200, {"code": "OK", "version": mine.version, "is_known": mine.release_id is not None}


@endpoint("POST")
def update(request: HttpRequest, public_id: str) -> Answer:
    """Say which update is due for an installation, and whether the licence includes it. UPD-1, UPD-2."""
    given, at = read_body(request.body, *DEVICE, *BUILD, "channel"), request.now  # type: ignore[attr-defined]
    mine = commands.prove(public_id, _signed(request, given), at=at)
    found = downloads.update_for(mine.licence.product_id, given["version"], given["channel"], licence=mine.licence, at=at)
    told = downloads.as_answer(found)
    told["files"] = [_file(one, mine, given["nonce"], at) for one in found.files] if found.entitled else []
    if not found.entitled and found.remedy_url:
        told["remedy"] = {"label": found.remedy_label, "url": f"{settings.PUBLIC_URL}{found.remedy_url}"}
    return 200, {"code": "OK", "update": told}


def _file(artifact: Any, mine: Activation, nonce: str, at: datetime) -> dict[str, Any]:
    """A file with an address that is good for some hours, for this licence alone; why not where it is not included. UPD-2, ACC-9."""
    told = {
        "name": artifact.name, "kind": artifact.kind, "platform": artifact.platform, "size": artifact.size, "sha256": artifact.sha256,
        "signature": artifact.signature, "key": artifact.key_fingerprint,
    }  # fmt: skip
    try:
        grant, token = granting.grant_to_licence(mine.licence, artifact, key=f"{mine.public_id}:{nonce}", actor=SYSTEM, at=at)
    except (NotIncluded, Yanked) as refusal:
        remedy = refusal.remedies[0] if refusal.remedies else None
        way = {"label": str(remedy.label), "url": f"{settings.PUBLIC_URL}{remedy.url}"} if remedy else None
        return {**told, "included": False, "why": str(refusal), "remedy": way}
    return {**told, "included": True, "expires": stamp(grant.expires_at), "url": f"{settings.PUBLIC_URL}{granting.address(token, artifact)}"}


@endpoint("POST")
def validate(request: HttpRequest) -> Answer:
    """Say how a token stands. SEC-46."""
    given = read_body(request.body, "token")
    verdict = commands.validate(given["token"], at=request.now)  # type: ignore[attr-defined]
    refusal = errors.BY_CODE.get(verdict.code)
    way = refusal() if refusal else None
    return 200, {
        "valid": verdict.is_valid,
        "code": verdict.code,
        "detail": str(way) if way else "",
        "remedy": {"label": str(way.remedies[0].label), "url": settings.PUBLIC_URL + way.remedies[0].url} if way and way.remedies else None,
        "until": stamp(verdict.until) if verdict.until else None,
    }


@endpoint("GET")
def server_time(request: HttpRequest) -> Answer:
    """Tell the time."""
    return 200, {"code": "OK"}


@csrf_exempt
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys, as a JWK set, with the same set signed by the key in use. RFC 7517, RFC 9864."""
    if request.method not in ("GET", "HEAD"):
        return _problem(request, errors.WrongMethod(), "GET")
    found = commands.signed_keys(at=request.now)  # type: ignore[attr-defined]
    response = JsonResponse({**found, "server_time": stamp(request.now)}, content_type="application/jwk-set+json")  # type: ignore[attr-defined]
    response["Cache-Control"] = "public, max-age=3600"
    response["ETag"] = f'"{hashlib.sha256(repr(queries.published_keys()).encode()).hexdigest()[:32]}"'
    return response


@csrf_exempt
def elsewhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address that this version does not have."""
    return _problem(request, errors.NotHere(), "GET")
