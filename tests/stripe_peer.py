"""A local server that speaks the part of Stripe's protocol that we use, with a page that a browser can click.

POST and GET of checkout sessions, their expiry, idempotency keys, and signed webhooks. It is written from Stripe's
public documentation; it is not Stripe. `Peer.start()` runs it on a free port; it can be away, slow, or lie.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import http.client
import json
import secrets
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_KEY = "sk_test_peer_0123456789abcdef"
WEBHOOK_SECRET = "whsec_peer_0123456789abcdef"


def signature(secret: str, moment: int, body: bytes) -> str:
    """Sign a call as Stripe says that it does: HMAC-SHA256 of `time.body`, in hexadecimal."""
    return hmac.new(secret.encode(), str(moment).encode() + b"." + body, hashlib.sha256).hexdigest()


class Peer:
    """The server and what it knows. `away`: every call of the API is answered with 503; `strict_clock`: it minds the hour."""

    def __init__(self, *, strict_clock: bool = False) -> None:
        self.strict_clock = strict_clock
        self.sessions: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, tuple[dict[str, str], str]] = {}
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.webhook_url = ""
        self.away = False
        self._one_at_a_time = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> Peer:
        # How soon it hears that it is to end; half a second if nobody says.
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- what a person does on the page ---

    def pay(self, session_id: str, *, webhook: bool = True) -> dict[str, Any]:
        """Let the visitor pay; the webhook goes out as Stripe's would."""
        session = self.sessions[session_id]
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": "pi_" + secrets.token_hex(8)}
        if webhook and self.webhook_url:
            self.send(self.event("checkout.session.completed", session))
        return session

    # --- webhooks ---

    @staticmethod
    def event(kind: str, session: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """Return an event about a session, as Stripe writes them."""
        return {
            "id": "evt_" + secrets.token_hex(10), "object": "event", "type": kind, "created": int(time.time()),
            "livemode": False, "data": {"object": {**session, **changed}},
        }  # fmt: skip

    @staticmethod
    def signed(event: dict[str, Any] | bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> tuple[bytes, str]:
        """Return the body and the header of a call."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        moment = int(time.time() if at is None else at)
        return body, f"t={moment},v1={signature(secret, moment, body)},v0=0000"

    def send(self, event: dict[str, Any]) -> int:
        """Call the webhook; return the status that it answered."""
        body, header = self.signed(event)
        parts = urllib.parse.urlsplit(self.webhook_url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        line.request("POST", parts.path, body, {"Content-Type": "application/json", "Stripe-Signature": header})
        status = line.getresponse().status
        line.close()
        return status

    # --- the API ---

    def create(self, fields: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        with self._one_at_a_time:
            return self._create(fields, key)

    def _create(self, fields: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        if key in self.by_key:
            before, session_id = self.by_key[key]
            if before != fields:
                return 400, {"error": {"type": "idempotency_error"}}
            return 200, self.sessions[session_id]
        if fields.get("mode") != "payment" or not fields.get("success_url"):
            return 400, {"error": {"type": "invalid_request_error"}}
        left = int(fields["expires_at"]) - time.time()
        if self.strict_clock and not 1800 - 5 <= left <= 86400:  # from half an hour to a day
            return 400, {"error": {"type": "invalid_request_error", "param": "expires_at"}}
        session_id = "cs_test_" + secrets.token_hex(16)
        price = "line_items[0][price_data]"
        self.sessions[session_id] = {
            "id": session_id, "object": "checkout.session", "status": "open", "payment_status": "unpaid",
            "amount_total": int(fields[f"{price}[unit_amount]"]) * int(fields["line_items[0][quantity]"]),
            "currency": fields[f"{price}[currency]"], "client_reference_id": fields.get("client_reference_id"),
            "payment_intent": None, "url": f"{self.url}/pay/{session_id}", "success_url": fields["success_url"],
            "cancel_url": fields.get("cancel_url", ""), "name": fields[f"{price}[product_data][name]"],
        }  # fmt: skip
        if key:
            self.by_key[key] = (fields, session_id)
        return 200, self.sessions[session_id]

    def expire(self, session_id: str) -> tuple[int, dict[str, Any]]:
        session = self.sessions[session_id]
        if session["status"] != "open":
            return 400, {"error": {"type": "invalid_request_error"}}
        session |= {"status": "expired", "url": None}
        return 200, session


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: Any, kind: str = "application/json") -> None:
            octets = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def _go(self, where: str) -> None:
            self.send_response(303)
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _fields(self) -> dict[str, str]:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            return dict(urllib.parse.parse_qsl(text))

        def do_GET(self) -> None:
            parts = self.path.split("?")[0].strip("/").split("/")
            if parts[0] == "pay":
                return self._page(parts[1])
            self._api("GET", parts, {})

        def do_POST(self) -> None:
            parts, fields = self.path.strip("/").split("/"), self._fields()
            if parts[0] == "pay":
                session = peer.sessions[parts[1]]
                if fields.get("act") == "pay" and session["status"] == "open":
                    peer.pay(parts[1])
                return self._go(session["success_url"] if fields.get("act") == "pay" else session["cancel_url"])
            self._api("POST", parts, fields)

        def _page(self, session_id: str) -> None:
            session = peer.sessions[session_id]
            amount = f"{session['amount_total'] / 100:,.2f} {session['currency'].upper()}"
            self._answer(
                200,
                f"<!doctype html><meta charset=utf-8><title>Pay</title><h1>{html.escape(session['name'])}</h1>"
                f"<p id=amount>{amount}</p><form method=post><button name=act value=pay id=pay>Pay</button> "
                "<button name=act value=back id=back>Back</button></form>",
                "text/html",
            )

        def _api(self, method: str, parts: list[str], fields: dict[str, str]) -> None:
            peer.calls.append((method, "/" + "/".join(parts), fields))
            if peer.away:
                return self._answer(503, {"error": {"type": "api_error"}})
            if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
                return self._answer(401, {"error": {"type": "invalid_request_error"}})
            if parts[:3] != ["v1", "checkout", "sessions"] or (len(parts) > 3 and parts[3] not in peer.sessions):
                return self._answer(404, {"error": {"type": "invalid_request_error"}})
            if method == "POST" and len(parts) == 3:
                return self._answer(*peer.create(fields, self.headers.get("Idempotency-Key", "")))
            if method == "POST" and parts[4:] == ["expire"]:
                return self._answer(*peer.expire(parts[3]))
            self._answer(200, peer.sessions[parts[3]])

        def log_message(self, *_given: Any) -> None:
            pass

    return Handler


def main() -> None:
    """Run the peer by hand: prints its address and keys, and where to send the service's webhooks from the argument."""
    import sys

    peer = Peer(strict_clock=True)
    peer.webhook_url = sys.argv[1] if len(sys.argv) > 1 else ""
    print(f"AMPARO_STRIPE_API={peer.url}\nsecret key {SECRET_KEY}\nwebhook secret {WEBHOOK_SECRET}", flush=True)
    peer._server.serve_forever()


if __name__ == "__main__":
    main()
