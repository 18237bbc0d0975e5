"""The hash chain of facts: pure, so that a third party can compute it too. CAS-1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

GENESIS = ""
_PLAIN = frozenset({str, int, bool})
_as_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def plain_value(value: Any) -> Any:
    """Return a value as JSON takes it: moments as UTC with Z, days as ISO, numbers and text as they are."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, (bool, int, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): plain_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain_value(v) for v in value]
        return sorted(items) if isinstance(value, (set, frozenset)) else items
    raise TypeError(f"{type(value).__name__} has no place on the record")


def moment(at: datetime) -> str:
    """Return a moment as the record writes it: UTC, microseconds always, `Z` last."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(
    *, name: str, subject: str, actor: str, actor_name: str, at: datetime, customer: int | None, data: Mapping[str, Any]
) -> str:
    """Return the one text of a fact that is hashed: JSON, keys sorted, no spaces, UTF-8 as it is."""
    row = {
        "actor": actor,
        "actor_name": actor_name,
        "at": moment(at),
        "customer": customer,
        "data": plain_value(data),
        "name": name,
        "subject": subject,
    }
    return _as_text(row)


def link(previous: str, seq: int, body: str) -> str:
    """Return the hash of a fact as hex: SHA-256 over `previous:seq:body`; previous is empty for the first."""
    return hashlib.sha256(f"{previous}:{seq}:{body}".encode()).hexdigest()
