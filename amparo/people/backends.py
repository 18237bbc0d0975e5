"""Sign-in by e-mail, and the signed-in user loaded with all rights in one statement."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from .models import User
from .queries import person


class PeopleBackend(AuthenticationBackend):
    """allauth's backend; `get_user` brings roles and companies along, so that a request needs one statement."""

    def get_user(self, user_id: Any) -> User | None:
        return person(int(user_id))

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Nobody holds rights of Django's own tables: rights are asked of each app's access. SEC-53."""
        return False

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
