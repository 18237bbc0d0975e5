"""The hash chain of facts: pure, so that a third party can compute it too. CAS-1, CAS-2."""

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


def head_of(*, name: str, subject: str, actor: str, at: datetime, customer: int | None) -> dict[str, Any]:
    """Return what of a fact stays when its content is purged: who, what, to what, when."""
    return {"actor": actor, "at": moment(at), "customer": customer, "name": name, "subject": subject}


def canonical(
    *, name: str, subject: str, actor: str, actor_name: str, at: datetime, customer: int | None, data: Mapping[str, Any]
) -> str:
    """Return the one text of a fact: JSON, keys sorted, no spaces, UTF-8 as it is."""
    head = head_of(name=name, subject=subject, actor=actor, at=at, customer=customer)
    return text_of({**head, "actor_name": actor_name, "data": plain_value(data)})


def text_of(value: Mapping[str, Any]) -> str:
    """Return plain values as canonical JSON: keys sorted, no spaces, UTF-8 as it is (RFC 8785 for what stands here)."""
    return _as_text(value)


def parts(body: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return head and content of a fact's text: what stays, and what is purged."""
    head = json.loads(body)
    return head, {"actor_name": head.pop("actor_name"), "data": head.pop("data")}


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(salt: str, content: Mapping[str, Any]) -> str:
    """Return the hash of a fact's content. The salt lets nobody guess at what was purged or is not shown."""
    return sha256(f"{salt}:{text_of(content)}")


def digest(head: Mapping[str, Any], content_sha256: str) -> str:
    """Return what the second kind of link is made over: the head as it is, of the content its hash alone. CAS-2."""
    return sha256(f"{text_of(head)}:{content_sha256}")


def link(previous: str, seq: int, told: str) -> str:
    """Return the hash of a fact as hex: SHA-256 over `previous:seq:told`; previous is empty for the first.

    `told` is the whole text in the first kind of link, its digest in the second.
    """
    return sha256(f"{previous}:{seq}:{told}")
