"""Sites with the widget, and their signed word of who their reader is. CHT-1, SEC-42."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from amparo.chat import access, queries
from amparo.chat.errors import NotHandedOver, OriginInvalid
from amparo.chat.models import HandOver, Pass, Site
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.ids import parse_nic
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.models import Contact
from amparo.people.rules import seal, token_hash
from amparo.policies.queries import value
from amparo.threads.rules import clean_line

HAND_OVER_MAX = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
_ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?")


def _origins(given: Sequence[str]) -> list[str]:
    """Return exact origins. Raises OriginInvalid for a path, a pattern, or anything else. SEC-35."""
    found = list(dict.fromkeys(one.strip().lower().rstrip("/") for one in given if one.strip()))
    if not found or len(found) > 20 or any(len(one) > 200 or not _ORIGIN.fullmatch(one) for one in found):
        raise OriginInvalid(field="origins")
    return found


@transaction.atomic
def make_site(name: str, origins: Sequence[str], *, actor: Actor, at: datetime) -> tuple[Site, str]:
    """Add a site that may show the widget; return it with its secret, which is shown once. Fact: `chatsite.made`.

    Raises NotPermitted, Invalid, OriginInvalid.
    """
    if not access.may_configure(actor):
        raise NotPermitted()
    if not (name := clean_line(name, 80)):
        raise Invalid(field="name")
    secret = secrets.token_urlsafe(32)
    site = Site.objects.create(
        name=name, public_id=secrets.token_hex(8), secret_sealed=seal(secret, settings.SECRETS["field_key"]), origins=_origins(origins),
        created_at=at,
    )  # fmt: skip
    record("chatsite.made", subject=site, actor=actor, at=at, title=name, origins=site.origins)
    return site, secret


@transaction.atomic
def change_site(site: Site, *, name: str, origins: Sequence[str], is_active: bool, actor: Actor, at: datetime) -> Site:
    """Change where a site's widget may stand, or switch it off: who is in it is put out at once. Fact: `chatsite.changed`.

    Raises NotPermitted, Invalid, OriginInvalid.
    """
    if not access.may_configure(actor):
        raise NotPermitted()
    site = Site.objects.select_for_update().get(pk=site.pk)
    if not (name := clean_line(name, 80)):
        raise Invalid(field="name")
    site.name, site.origins, site.is_active = name, _origins(origins), is_active
    site.save(update_fields=["name", "origins", "is_active"])
    if not is_active:
        _put_out(site)
    record("chatsite.changed", subject=site, actor=actor, at=at, title=name, origins=site.origins, is_active=is_active)
    return site


@transaction.atomic
def new_secret(site: Site, *, actor: Actor, at: datetime) -> str:
    """Give a site another secret; what the old one signs holds no more, and who is in its widget is put out. Fact: `chatsite.renewed`.

    Raises NotPermitted.
    """
    if not access.may_configure(actor):
        raise NotPermitted()
    secret = secrets.token_urlsafe(32)
    Site.objects.filter(pk=site.pk).update(secret_sealed=seal(secret, settings.SECRETS["field_key"]))
    _put_out(site)
    record("chatsite.renewed", subject=site, actor=actor, at=at)
    return secret


def _put_out(site: Site) -> None:
    """End every pass of a site; streams that were opened by one end at once. SEC-6."""
    people = Pass.objects.filter(site=site).values_list("user_id", flat=True).distinct()
    signal(*[f"rights:{one}" for one in people])
    Pass.objects.filter(site=site).delete()


@transaction.atomic
def enter(site: Site, word: str, *, at: datetime) -> tuple[str, Pass]:
    """Take a site's signed word of who its reader is, once; return the pass of its frame. CHT-1, SEC-42.

    The word is a JWT of at most five minutes, signed with HS256 by the site's secret: `aud` the site, `sub` the e-mail of a
    contact, `nic` its company where there are several, `iat`, `exp`, `jti`. Raises NotHandedOver, without saying why.
    """
    claims = _claims(site, word, at)
    contact = _contact(claims)
    if contact is None:
        raise NotHandedOver()
    try:
        with transaction.atomic():
            HandOver.objects.create(site=site, jti=claims["jti"], at=at)
    except IntegrityError:
        raise NotHandedOver() from None
    token = f"{contact.user.sessions_version}.{secrets.token_urlsafe(32)}"  # who ends his sessions ends this one too. SEC-6
    given = Pass.objects.create(
        token_hash=token_hash(token), site=site, user_id=contact.user_id, customer_id=contact.customer_id, created_at=at,
        expires_at=at + timedelta(hours=value("chat.pass_hours", at=at)),
    )  # fmt: skip
    record("chatsite.entered", subject=site, actor=Actor(kind="contact", user_id=contact.user_id), at=at, customer=contact.customer_id)
    return token, given


def _claims(site: Site, word: str, at: datetime) -> dict[str, Any]:
    if not word or len(word) > 4000:
        raise NotHandedOver()
    try:
        claims = jwt.decode(word, OctKey.import_key(queries.site_secret(site)), algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        raise NotHandedOver() from None
    begun, until, jti = claims.get("iat"), claims.get("exp"), claims.get("jti")
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (begun, until)) and isinstance(jti, str) and 0 < len(jti) <= 80
    if not whole or claims.get("aud") != site.public_id or not isinstance(claims.get("sub"), str):
        raise NotHandedOver()
    now, skew, longest = at.timestamp(), SKEW.total_seconds(), HAND_OVER_MAX.total_seconds()
    assert isinstance(begun, int) and isinstance(until, int)
    if not (begun - skew <= now < until and 0 < until - begun <= longest):
        raise NotHandedOver()
    return claims


def _contact(claims: dict[str, Any]) -> Contact | None:
    """Return the one contact that a word names: staff, and who is of several companies and names none, are nobody."""
    found = Contact.objects.filter(
        user__email=claims["sub"].strip().lower(), user__is_active=True, removed_at__isnull=True, customer__is_active=True,
        user__staff_roles__isnull=True,
    )  # fmt: skip
    if nic := claims.get("nic"):
        found = found.filter(customer__nic=parse_nic(str(nic)[:30]) or "-")
    two = list(found.select_related("user").order_by("pk")[:2])
    return two[0] if len(two) == 1 else None
