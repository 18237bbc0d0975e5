"""Short messages for the next page, in a cookie."""

from __future__ import annotations

from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage


class QuietCookies(CookieStorage):
    """Removes the cookie only where the browser has one: else each answer would carry a needless deletion."""

    def _update_cookie(self, encoded_data: Any, response: Any) -> None:
        if encoded_data or self.cookie_name in self.request.COOKIES:
            super()._update_cookie(encoded_data, response)  # type: ignore[misc]
