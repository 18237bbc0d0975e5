"""Sessions in the database, as Django keeps them; reading one is a prepared statement, for every request does."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as OfDjango
from django.utils import timezone

from amparo.kernel.prepared import rows

_READ = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s::text AND expire_date > %s::timestamptz"


class SessionStore(OfDjango):
    """Django's own, but for the reading."""

    def _get_session_from_db(self) -> Any:
        found = rows(_READ, [self.session_key, timezone.now()])
        if found:
            return self.model(session_key=str(self.session_key), session_data=found[0][0], expire_date=found[0][1])
        self._session_key = None
        return None
