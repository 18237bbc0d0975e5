"""The forum that its tests share: two themes, somebody who asks, somebody who answers, two moderators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from amparo.conftest import NOON, make_contact, make_customer, make_staff, make_user
from amparo.forum import commands
from amparo.forum.commands import Written
from amparo.forum.models import Member, Theme, Topic
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.queries import actor_by_id


def joined(actor: Actor, alias: str, trust: int = 1) -> Actor:
    """Somebody who has been in the forum for a while."""
    from amparo.forum.rules import alias_key

    Member.objects.create(
        user_id=actor.user_id, alias=alias, alias_key=alias_key(alias), is_staff=actor.is_staff, trust=2 if actor.is_staff else trust,
        digested_at=NOON - timedelta(days=40), joined_at=NOON - timedelta(days=40),
    )  # fmt: skip
    return actor


@pytest.fixture
def theme(db) -> Theme:
    return commands.put_theme(None, {"name": "Punto de venta", "position": 1}, actor=SYSTEM, at=NOON)


@pytest.fixture
def other_theme(db) -> Theme:
    return commands.put_theme(None, {"name": "Inventarios", "position": 2}, actor=SYSTEM, at=NOON)


@pytest.fixture
def asker(db) -> Actor:
    return joined(actor_by_id(make_user("Paula Pregunta").pk), "Paula")


@pytest.fixture
def answerer(db) -> Actor:
    return joined(make_contact(make_customer("Tienda Norte"), "Raúl Responde"), "Raul.R")


@pytest.fixture
def newcomer(db) -> Actor:
    return actor_by_id(make_user("Nadia Nueva").pk)


@pytest.fixture
def moderator(db) -> Actor:
    return joined(make_staff("Mónica Moderadora", "moderator"), "Monica")


@pytest.fixture
def second_moderator(db) -> Actor:
    return joined(make_staff("Mateo Moderador", "moderator"), "Mateo")


@pytest.fixture
def ask(theme, asker) -> Callable[..., Topic]:
    def asked(title: str = "No imprime el corte de caja", body: str = "Desde ayer no imprime.", *, by: Actor = asker, at: Any = NOON, **more: Any) -> Topic:
        kind, where, key = more.pop("kind", "question"), more.pop("theme", theme), more.pop("key", None)
        return commands.ask(where, title, Written(body, has_proof=True, seconds=60, **more), kind=kind, key=key, actor=by, at=at)

    return asked


@pytest.fixture
def say() -> Callable[..., Any]:
    def said(topic: Topic, body: str, *, by: Actor, at: Any = NOON, key: str | None = None, **more: Any) -> Any:
        return commands.reply(topic, Written(body, has_proof=True, seconds=60, **more), key=key, actor=by, at=at)

    return said
