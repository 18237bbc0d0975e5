"""Stripe Checkout: a visit to its page by HTTPS, and its signed webhooks.

Spoken as Stripe documents its API: form-encoded requests with an idempotency key, JSON answers, and webhooks whose
`Stripe-Signature` header carries the time and HMAC-SHA256 of `time.body`. The address comes from the environment alone,
so that nobody who may change settings can send the secret key elsewhere. SEC-32.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from django.conf import settings

from amparo.sales import queries
from amparo.sales.errors import PaymentAway, WayNotOffered, WebhookRefused

from . import Asked, Call, Session

log = structlog.get_logger("amparo.sales")
SECRET_KEY: Final = "stripe.secret_key"  # noqa: S105 (its name, not itself)
WEBHOOK_SECRET: Final = "stripe.webhook_secret"  # noqa: S105
TIMEOUT_SECONDS: Final = 12
ANSWER_OCTETS_MAX: Final = 1_000_000
TOLERANCE_SECONDS: Final = 300
VERSION: Final = "2024-06-20"
_KINDS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


def api_base() -> str:
    """Return where Stripe is asked."""
    return str(getattr(settings, "STRIPE_API", "https://api.stripe.com")).rstrip("/")


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the signature of a call, as Stripe makes it."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def proven(header: str, body: bytes, secret: str, *, at: datetime) -> bool:
    """True where a call carries a right signature that is not older or newer than five minutes. SEC-42."""
    moment, given = None, []
    for part in header.split(",")[:20]:
        name, _sep, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) < 13:
            moment = int(value)
        elif name == "v1":
            given.append(value)
    if moment is None or not given:
        return False
    right = signature(secret, moment, body)
    matches = [hmac.compare_digest(right.encode(), one.encode()) for one in given]
    return any(matches) and abs(at.timestamp() - moment) <= TOLERANCE_SECONDS


class Stripe:
    """The one implementation of `Hosted` that there is."""

    code = "stripe"
    amount_min = 1_000  # ten pesos: Stripe takes no less

    def is_set_up(self) -> bool:
        shown = queries.secrets_shown()
        return SECRET_KEY in shown and WEBHOOK_SECRET in shown

    def begin(self, asked: Asked) -> Session:
        line = "line_items[0][price_data]"
        answer = self._ask(
            "POST",
            "/v1/checkout/sessions",
            {
                "mode": "payment",
                "client_reference_id": asked.reference,
                "line_items[0][quantity]": "1",
                f"{line}[currency]": asked.currency.lower(),
                f"{line}[unit_amount]": str(asked.amount),
                f"{line}[product_data][name]": f"{asked.number} · {asked.title}"[:250],
                "metadata[sale]": asked.number,
                "payment_intent_data[description]": asked.number,
                "customer_email": asked.email,
                "locale": "es-419" if asked.language.startswith("es") else "en",
                "success_url": asked.back_url,
                "cancel_url": asked.back_url,
                "expires_at": str(int(asked.expires_at.timestamp())),
            },
            key=asked.reference,
        )
        session = _session(answer)
        if not session.session_id or not _is_page(session.url):
            log.error("payment provider answered without a page")
            raise PaymentAway()
        return session

    def look(self, session_id: str) -> Session:
        return _session(self._ask("GET", f"/v1/checkout/sessions/{urllib.parse.quote(session_id, safe='')}"))

    def close(self, session_id: str) -> None:
        self._ask("POST", f"/v1/checkout/sessions/{urllib.parse.quote(session_id, safe='')}/expire", {}, over_is_right=True)

    def hear(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> Call:
        secret = queries.secret(WEBHOOK_SECRET)
        if not secret or not proven(headers.get("Stripe-Signature", ""), body, secret, at=at):
            raise WebhookRefused()
        try:
            event = json.loads(body)
            event_id, kind, thing = str(event["id"]), str(event["type"]), event["data"]["object"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise WebhookRefused() from None
        if not event_id or len(event_id) > 255:
            raise WebhookRefused()
        if kind not in _KINDS or not isinstance(thing, dict):
            return Call(event_id, kind[:80], None)
        return Call(event_id, kind, _session(thing), failed=kind.endswith("async_payment_failed"))

    def _ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, *, key: str = "", over_is_right: bool = False
    ) -> dict[str, Any]:
        """Ask Stripe once. Raises PaymentAway for whatever keeps it from answering, WayNotOffered without a key."""
        secret = queries.secret(SECRET_KEY)
        if not secret:
            raise WayNotOffered()
        headers = {"Authorization": f"Bearer {secret}", "Stripe-Version": VERSION, "User-Agent": "Amparo"}
        if key:
            headers["Idempotency-Key"] = key
        body = urllib.parse.urlencode({k: v for k, v in (fields or {}).items() if v}).encode() if fields is not None else None
        request = urllib.request.Request(api_base() + path, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
                found = json.loads(answer.read(ANSWER_OCTETS_MAX))
        except urllib.error.HTTPError as error:
            if over_is_right and error.code == 400:
                return {}
            log.error("payment provider refuses", status=error.code, path=path.split("/")[-1][:12])
            raise PaymentAway() from None
        except (OSError, ValueError) as error:
            log.warning("payment provider does not answer", error=type(error).__name__)
            raise PaymentAway() from None
        if not isinstance(found, dict):
            raise PaymentAway()
        return found


def _is_page(url: str) -> bool:
    """True for the address of a page that a browser may be sent to: Stripe's by HTTPS, or that of a peer of the tests."""
    parts = urllib.parse.urlsplit(url)
    if api_base() != "https://api.stripe.com" and url.startswith(api_base() + "/"):
        return True
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and bool(host) and parts.username is None


def _session(thing: Mapping[str, Any]) -> Session:
    """Read a session; what is missing or of another type becomes what never matches."""
    amount = thing.get("amount_total")
    return Session(
        session_id=_text(thing.get("id")), reference=_text(thing.get("client_reference_id")), state=_text(thing.get("status")),
        paid=thing.get("payment_status") == "paid", amount=amount if type(amount) is int else None,
        currency=_text(thing.get("currency")).upper(), payment_ref=_text(thing.get("payment_intent")),
        url=_text(thing.get("url"), 4000),
    )  # fmt: skip


def _text(value: Any, length: int = 255) -> str:
    return value if isinstance(value, str) and len(value) <= length and "\x00" not in value else ""
