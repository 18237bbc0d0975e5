"""A counter that never closes: customers with a contract, each with its engineer, for stories that are played in several languages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Protocol

from django.test.utils import override_settings
from django.utils import timezone

from amparo.conftest import make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.deadlines import commands as deadlines
from amparo.deadlines.rules import week_from_text
from amparo.kernel.actor import SYSTEM
from amparo.people.models import Contact
from amparo.people.queries import actor_by_id
from amparo.products import commands as products


class Cast(Protocol):
    """Who plays in a language: e-mail addresses of customer and engineer, and the customer's company."""

    language: str
    customer: str
    engineer: str
    shop: str


def counter(casts: Iterable[Cast]) -> dict[str, SimpleNamespace]:
    """Make a customer with contract and licence and an engineer for each cast; return them by language."""
    now = timezone.now()
    before = now - timedelta(days=40)
    made = {}
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        admin = actor_by_id(make_user("Ada", "ada@vendor.mx", roles=("administrator",)).pk)
        always = deadlines.add_calendar(
            "Siempre", zone="America/Mexico_City", weekly=week_from_text(["00:00-24:00"] * 7), country="", actor=admin, at=before
        )
        deadlines.make_default(always, actor=admin, at=before)
        plan = contracts.add_plan("Plus", events=9, incidents=4, credits=40, months=12, price=100, currency="MXN", actor=SYSTEM, at=before)
        product = products.add_product("POS", "Mostrador", actor=SYSTEM, at=before)
        release = products.add_release(product, "10.1", before.date(), actor=SYSTEM, at=before)
        products.make_current(release, actor=SYSTEM, at=before)
        for cast in casts:
            customer = make_customer(cast.shop)
            user = make_user("Lupita Romero", cast.customer, language=cast.language)
            Contact.objects.create(user=user, customer=customer, company_role="administrator", created_at=before)
            contracts.sell_contract(customer, plan, before.date(), actor=SYSTEM, at=before)
            products.register_licence(f"POS-{cast.language}-0001", product, customer, terminals=2, installed=release, actor=SYSTEM, at=before)
            make_user("Elena Ríos", cast.engineer, roles=("engineer",), language=cast.language)
            made[cast.language] = SimpleNamespace(customer=customer)
    return made
