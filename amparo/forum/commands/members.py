"""What members choose: their name, what they hear of, how far they have read; and the proof that new ones are no robots. FOR-1."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import altcha
from django.conf import settings
from django.db import IntegrityError, transaction

from amparo.forum import access, rules
from amparo.forum.errors import AliasTaken
from amparo.forum.models import DIGESTS, LEVELS, Member, Post, ReadMark, SpentProof, Theme, Topic, Watch
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.policies.queries import value

from .shared import free_name, indexed, member_for

PROOF_MINUTES = 20


@transaction.atomic
def introduce(alias: str, digest: str, *, actor: Actor, at: datetime) -> Member:
    """Choose one's name in the forum and the digest that one gets. Fact: `member.introduced`. Raises NoStanding, AliasInvalid, AliasTaken, Invalid."""
    access.require_standing(actor, at=at)
    name = rules.alias_of(alias)
    if digest not in DIGESTS:
        raise Invalid(field="digest")
    member = member_for(actor, alias=alias, at=at)
    free_name(rules.alias_key(name), member.pk, at=at)
    member.alias, member.alias_key, member.digest = name, rules.alias_key(name), digest
    try:
        with transaction.atomic():
            member.save(update_fields=["alias", "alias_key", "digest"])
    except IntegrityError:
        raise AliasTaken(field="alias") from None
    record("member.introduced", subject=member, actor=actor, at=at, alias=member.alias, digest=digest)
    return member


@transaction.atomic
def watch(kind: str, target_id: int, level: str, *, actor: Actor, at: datetime) -> str:
    """Say what one wants to hear of a topic, a theme or a product; «normal» forgets it. Raises NotPermitted, Invalid."""
    if actor.user_id is None:
        raise NotPermitted()
    if level not in LEVELS or kind not in ("topic", "theme", "product"):
        raise Invalid(field="level")
    if not _may_hear_of(kind, target_id, actor, at):
        raise NotPermitted()
    if level == "normal":
        Watch.objects.filter(user_id=actor.user_id, kind=kind, target_id=target_id).delete()
    else:
        Watch.objects.update_or_create(user_id=actor.user_id, kind=kind, target_id=target_id, defaults={"level": level})
    return level


def _may_hear_of(kind: str, target_id: int, actor: Actor, at: datetime) -> bool:
    if kind == "topic":
        return access.visible_to(actor, at=at).filter(pk=target_id).exists()
    themes = access.themes_for(access.reader(actor, at=at))
    return themes.filter(**({"pk": target_id} if kind == "theme" else {"product_id": target_id})).exists()


@transaction.atomic
def unsubscribe(user_id: int, what: str, *, actor: Actor, at: datetime) -> str:
    """Do what a letter's link of leaving says: mute a topic, or send no digest any more. The signed word was checked. FOR-1.

    `what` is `topic:9` or `digest`. Nobody has to be signed in: a mail program does it alone (RFC 8058). Returns `what`.
    Raises Invalid.
    """
    kind, _sep, number = what.partition(":")
    if what == "digest":
        Member.objects.filter(pk=user_id).update(digest="none")
    elif kind == "topic" and number.isdecimal() and Topic.objects.filter(pk=int(number)).exists():
        Watch.objects.update_or_create(user_id=user_id, kind="topic", target_id=int(number), defaults={"level": "muted"})
    else:
        raise Invalid()
    return what


@transaction.atomic
def read_up_to(topic: Topic, post_id: int, *, actor: Actor, at: datetime) -> None:
    """Remember up to which post somebody has read a topic; reading further up again changes nothing."""
    if actor.user_id is None:
        return
    if not Post.objects.filter(topic=topic, pk=post_id).exists():
        raise Invalid(field="post")
    found, is_new = ReadMark.objects.select_for_update().get_or_create(
        user_id=actor.user_id, topic=topic, defaults={"post_id": post_id, "at": at}
    )
    if not is_new and found.post_id < post_id:
        found.post_id, found.at = post_id, at
        found.save(update_fields=["post_id", "at"])


@transaction.atomic
def make_digest(user_id: int, *, at: datetime) -> bool:
    """Let a member's digest be written, once a day however many workers come; false where another one has. Fact: `member.digest_due`."""
    member = Member.objects.select_for_update(skip_locked=True).filter(pk=user_id, digested_at__lt=at - timedelta(hours=12)).first()
    if member is None:
        return False
    since, member.digested_at = member.digested_at, at
    member.save(update_fields=["digested_at"])
    record("member.digest_due", subject=member, actor=SYSTEM, at=at, since=since)
    return True


# -- themes ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_theme(theme: Theme | None, fields: dict[str, Any], *, actor: Actor, at: datetime) -> Theme:
    """Make a theme, or say anew what it is and who reads it. FOR-1. Facts: `theme.added`, `theme.changed`. Raises NotPermitted.

    The search is told of all its topics, so that nobody finds what he may no longer read. SEC-11, SEC-29.
    """
    if not (actor.is_system or access.may_manage_themes(actor)):
        raise NotPermitted()
    name = "theme.changed" if theme else "theme.added"
    theme = theme or Theme(created_at=at)
    for field, given in fields.items():
        setattr(theme, field, given)
    theme.save()
    for topic in Topic.objects.select_related("theme").filter(theme=theme, visibility="shown"):
        indexed(topic, at=at)
    record(name, subject=theme, actor=actor, at=at, title=theme.name, audience=theme.audience, product=theme.product_id)
    return theme


# -- proof of work ---------------------------------------------------------------------------------------------------


def _proof_key() -> str:
    return hashlib.sha256(f"forum:proof:{settings.SECRETS['secret_key']}".encode()).hexdigest()


def proof_asked(*, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return the work that the browser of a new member does before its post is taken: for this person, for twenty minutes. FOR-1."""
    made = altcha.create_challenge_v1(
        algorithm="SHA-256", max_number=value("forum.proof_numbers_max", at=at), salt_length=12, hmac_key=_proof_key(), salt="", number=None,
        expires=at + timedelta(minutes=PROOF_MINUTES), params={"who": actor.ref},
    )  # fmt: skip
    return made.to_dict()


@transaction.atomic
def spend_proof(payload: str, *, actor: Actor, at: datetime) -> bool:
    """Take a proof of work: true once, for the person it was made for, while it is fresh. A second time it is worth nothing. SEC-48."""
    if not payload or len(payload) > 2_000:
        return False
    try:
        told = json.loads(base64.b64decode(payload, validate=True))
        salt, signature = str(told["salt"]), str(told["signature"])
        asked = parse_qs(salt.partition("?")[2].rstrip("&"))
        expires_at = datetime.fromtimestamp(int(asked["expires"][0]), UTC)
        whole, _error = altcha.verify_solution_v1(payload, _proof_key(), check_expires=False)
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError, OverflowError, AttributeError):
        return False
    if not whole or asked.get("who") != [actor.ref] or at >= expires_at or len(signature) > 80:
        return False
    try:
        with transaction.atomic():
            SpentProof.objects.create(signature=signature, expires_at=expires_at)
    except IntegrityError:
        return False
    return True


def forget_proofs(*, at: datetime) -> int:
    """Forget used proofs whose time is over: nobody can use them again anyhow."""
    return SpentProof.objects.filter(expires_at__lt=at).delete()[0]
