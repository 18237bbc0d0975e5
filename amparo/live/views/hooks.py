"""Deliveries of exchanges. They carry no session and get no page; their signature is all that counts. SEC-42."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from amparo.kernel.refusals import Refusal
from amparo.live import commands

OCTETS_MAX = 64_000


@csrf_exempt
@require_POST
def events(request: HttpRequest, exchange_id: int) -> JsonResponse:
    """Take a signed delivery; the answer says how many events were new, or in words why nothing was taken."""
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdecimal() and int(length) <= OCTETS_MAX):
        return JsonResponse({"code": "too_large", "error": f"A delivery has a length, of {OCTETS_MAX} octets at most."}, status=413)
    try:
        taken = commands.take_delivery(
            exchange_id, request.body, timestamp=request.headers.get("X-Amparo-Timestamp", ""),
            signature=request.headers.get("X-Amparo-Signature", ""), at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "error": str(refusal)}, status=refusal.status)
    return JsonResponse({"ok": True, "taken": taken.new, "repeated": taken.repeated})
