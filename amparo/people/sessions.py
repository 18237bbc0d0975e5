"""Sessions in the database, as Django keeps them; reading one is a prepared statement, for every request does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as OfDjango
from django.core import signing
from django.utils import timezone

from amparo.kernel.prepared import rows

_READ = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s::text AND expire_date > %s::timestamptz"


class _Text:
    """The serializer that leaves what was signed as it is."""

    def loads(self, text: bytes) -> bytes:
        return text


@lru_cache(maxsize=2048)
def _verified(signed: str, salt: str) -> bytes:
    """What a session says, once its signature held; the same text is verified once. Raises BadSignature."""
    return signing.loads(signed, salt=salt, serializer=_Text)  # type: ignore[arg-type]


class SessionStore(OfDjango):
    """Django's own, but for the reading."""

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            return self.serializer().loads(_verified(str(session_data), self.key_salt))
        except (signing.BadSignature, ValueError):
            return super().decode(session_data)  # says what is wrong with it, and takes it as empty

    def _get_session_from_db(self) -> Any:
        found = rows(_READ, [self.session_key, timezone.now()])
        if found:
            return self.model(session_key=str(self.session_key), session_data=found[0][0], expire_date=found[0][1])
        self._session_key = None
        return None
