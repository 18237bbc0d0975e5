"""Sites with the widget, and who is in one. CHT-1, SEC-42."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from amparo.chat import access
from amparo.chat.models import Pass, Site
from amparo.kernel.actor import VISITOR, Actor
from amparo.people.queries import actor_in
from amparo.people.rules import token_hash, unseal


def sites(actor: Actor) -> list[Site]:
    """Return every site, for whoever sets them up."""
    return list(Site.objects.order_by("name", "pk")) if access.may_configure(actor) else []


def site_by_id(public_id: str) -> Site | None:
    """Return a site that is in use."""
    return Site.objects.filter(public_id=public_id[:32], is_active=True).first()


def site_secret(site: Site) -> str:
    """Return the secret with which a site signs who its readers are."""
    return unseal(site.secret_sealed, settings.SECRETS["field_key"]) or ""


def who_has(token: str, *, at: datetime) -> tuple[Actor, Site | None]:
    """Return who a pass of the widget belongs to, with the rights of this moment; a visitor where it holds no more. SEC-6."""
    if not token or len(token) > 100:
        return VISITOR, None
    found = Pass.objects.select_related("site", "user").filter(token_hash=token_hash(token), expires_at__gt=at, site__is_active=True).first()
    if found is None or token.partition(".")[0] != str(found.user.sessions_version):
        return VISITOR, None
    actor = actor_in(found.user_id, found.customer_id)
    return (actor, found.site) if actor.is_contact else (VISITOR, found.site)
