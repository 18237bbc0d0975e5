"""What Wagtail may let somebody do: asked of the staff roles, never of its own groups. SEC-53."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from amparo.people.queries import actor_of

from .access import may_by_permission


class EditorBackend(BaseBackend):
    """Signs nobody in; answers for permissions by the roles of this moment."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return may_by_permission(actor_of(user_obj), perm)
