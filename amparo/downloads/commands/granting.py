"""Giving out files: a right with a token, asked again at each request, counted once. ACC-3, UPD-1, UPD-2, SEC-11, SEC-25."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from amparo.downloads import access
from amparo.downloads.errors import LinkOfAnother, LinkOver, LinkShared, NotIncluded, TooManyGrants, Yanked
from amparo.downloads.models import Artifact, Download, Grant, GrantPlace, Publication
from amparo.downloads.rules import parts
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted, Remedy
from amparo.people.queries import actor_in
from amparo.policies.queries import value
from amparo.products.models import Licence

from .recalls import taken_late
from .shared import marked

RECENT_DAYS = 14  # what was begun under an earlier link is gone on with under a new one


def token_hash(token: str) -> str:
    """Return what is stored of a token: 256 random bits need no more than a hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def grant(artifact: Artifact, *, how: str = "session", actor: Actor, at: datetime) -> tuple[Grant, str]:
    """Give a person the right to a file for some days; return it with its token, which is shown this once. ACC-3, UPD-1.

    `how`: `session` (the link works where he is signed in) or `link` (for a program: whoever holds it, from few places).
    Raises NotIncluded with the way out, Yanked, TooManyGrants, NotPermitted.
    """
    if actor.user_id is None:
        raise NotPermitted()
    artifact = _as_it_is(artifact)
    why = _require(artifact, actor, at)
    customer_id = actor.customer_id if actor.is_contact else None
    with transaction.atomic():
        if not actor.is_staff:
            since = at - timedelta(hours=1)
            if Grant.objects.filter(user_id=actor.user_id, granted_at__gt=since).count() >= value("downloads.grants_hourly_max", at=at):
                raise TooManyGrants()
        return _granted(artifact, how, why, user_id=actor.user_id, customer_id=customer_id, licence=None, at=at)


def grant_to_licence(licence: Licence, artifact: Artifact, *, key: str, actor: Actor, at: datetime) -> tuple[Grant, str]:
    """Give an installation the right to a file, by its customer's standing. UPD-2, LIC-3.

    The caller has made sure that it speaks for the licence; `key` names its request: the same one again, while the link
    lasts, gets the same link and makes no other. Raises NotIncluded, Yanked, TooManyGrants.
    """
    artifact = _as_it_is(artifact)
    why = _require(artifact, SYSTEM, at, customer_id=licence.customer_id)
    token = _token_of(f"{licence.pk}:{artifact.pk}:{key}")
    with transaction.atomic():
        given = Grant.objects.filter(token_hash=token_hash(token), licence=licence, artifact=artifact, expires_at__gt=at).first()
        if given is not None:
            return given, token
        since = at - timedelta(hours=1)
        if Grant.objects.filter(licence=licence, granted_at__gt=since).count() >= value("downloads.grants_hourly_max", at=at):
            raise TooManyGrants()
        return _granted(artifact, "licence", why, user_id=None, customer_id=licence.customer_id, licence=licence, token=token, at=at)


def _token_of(text: str) -> str:
    """Return the token of a request: nobody derives it without the pepper, and the same request gets the same."""
    digest = hmac.new(settings.SECRETS["pepper"].encode(), f"downloads:grant:{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _as_it_is(artifact: Artifact) -> Artifact:
    """Return a file with its release as they are now: it may have been withdrawn since it was read."""
    return Artifact.objects.select_related("publication__release__product").get(pk=artifact.pk)


def _granted(
    artifact: Artifact, how: str, why: str, *, user_id: int | None, customer_id: int | None, licence: Licence | None,
    token: str = "", at: datetime,
) -> tuple[Grant, str]:  # fmt: skip
    token = token or secrets.token_urlsafe(32)
    made = Grant.objects.create(
        artifact=artifact, user_id=user_id, customer_id=customer_id, licence=licence, how=how, why=why,
        token_hash=token_hash(token), granted_at=at, expires_at=at + timedelta(hours=value("downloads.grant_hours", at=at)),
    )  # fmt: skip
    return made, token


def address(token: str, artifact: Artifact) -> str:
    """Return the path at which a token gives out its file."""
    return reverse("downloads:file", args=[token, artifact.name])


def _require(artifact: Artifact, actor: Actor, at: datetime, *, customer_id: int | None = None) -> str:
    """Return why somebody may have a file now. Raises Yanked, NotIncluded."""
    publication = artifact.publication
    who = access.holder(actor, at=at, customer_id=customer_id)
    page = Remedy(access.PAGE_LABEL, reverse("downloads:release", args=[publication.release_id]))
    if publication.yanked_at is not None:
        raise Yanked(f"{Yanked.message} {publication.yank_reason}", remedies=[page])
    if publication.published_at is None and not who.is_staff:
        raise NotPermitted()
    if not who.reader.may_see(publication.audience, publication.release.product_id):
        raise NotIncluded(remedies=[page])
    asked = access.came(publication.release, publication, access.siblings_of(publication.release.product_id))
    found = access.judged(artifact.asks, asked, who, at=at)
    if not found.allowed:
        raise NotIncluded(found.sentence, remedies=[found.remedy] if found.remedy else [page])
    return found.code


def open_grant(token: str, *, address: str, actor: Actor, at: datetime) -> Grant:
    """Return the grant of a token for one request: the right is asked anew, also in the middle of a file. SEC-11.

    `address` is from where it is asked. Who else uses a person's link, or a link from too many places, is refused and
    reported (fact `download.shared`, once). Raises LinkOver, LinkOfAnother, LinkShared, Yanked, NotIncluded.
    """
    found = (
        Grant.objects.select_related("artifact__publication__release__product", "licence")
        .filter(token_hash=token_hash(token)).first()
    )  # fmt: skip
    page = None if found is None else reverse("downloads:release", args=[found.artifact.publication.release_id])
    again = [Remedy(access.PAGE_LABEL, page)] if page else []
    if found is None or at >= found.expires_at or (found.revoked_at is not None and found.revoked_because != "shared"):
        raise LinkOver(remedies=again)
    if found.revoked_at is not None:
        raise LinkShared(remedies=again)
    if found.how == "session" and not actor.owns(found.user_id):
        _note_place(found, address, is_other=True, at=at)
        raise LinkOfAnother(remedies=again)
    if found.how != "session" and not _note_place(found, address, is_other=False, at=at):
        raise LinkShared(remedies=again)
    _ask_again(found, at)
    return found


def _ask_again(found: Grant, at: datetime) -> None:
    if found.licence is not None:
        if found.licence.withdrawn_at is not None:
            raise LinkOver()
        _require(found.artifact, SYSTEM, at, customer_id=found.customer_id)
        return
    assert found.user_id is not None
    _require(found.artifact, actor_in(found.user_id, found.customer_id), at)


@transaction.atomic
def _note_place(found: Grant, address: str, *, is_other: bool, at: datetime) -> bool:
    """Write down from where a link was used, once for each place; False where there are too many, which takes it back."""
    mark = marked(address)
    known = list(GrantPlace.objects.filter(grant=found).values_list("address_hash", "is_other"))
    if (mark, is_other) in known:
        return True
    if is_other and any(other for _mark, other in known):
        return True  # it was reported
    Grant.objects.select_for_update().get(pk=found.pk)
    GrantPlace.objects.bulk_create([GrantPlace(grant=found, address_hash=mark, is_other=is_other, first_at=at)], ignore_conflicts=True)
    places = GrantPlace.objects.filter(grant=found, is_other=False).count()
    if not is_other and places <= value("downloads.places_max", at=at):
        return True
    if not is_other:
        Grant.objects.filter(pk=found.pk).update(revoked_at=at, revoked_because="shared")
    record("download.shared", subject=found.artifact.publication, actor=SYSTEM, at=at, customer=found.customer_id, grant=found.pk,
           how=found.how, file=found.artifact.name, places=places)
    return is_other


@transaction.atomic
def note_sent(grant_id: int, first: int, end: int, *, actor: Actor, at: datetime) -> Download | None:
    """Write down which octets of a file were given out under a grant; count the download when that is all of it. UPD-2.

    A grant counts once, however many ranges it took and in whatever order; what was begun under an earlier link of the
    same person and ended under this one counts once too. Returns the download where this completed it.
    """
    found = Grant.objects.select_for_update(of=("self",)).select_related("artifact").get(pk=grant_id)
    found.parts = parts.merged([*found.parts, [first, end]])
    found.save(update_fields=["parts"])
    if end < found.artifact.size and not parts.is_whole(found.parts, found.artifact.size):
        return None
    if not parts.is_whole([*found.parts, *_begun_before(found, at)], found.artifact.size):
        return None
    # Whoever withdraws the release holds its row: he counts this download, or it is told that it came late.
    publication = Publication.objects.select_for_update(of=("self",)).select_related("release").get(pk=found.artifact.publication_id)
    try:
        with transaction.atomic():
            done = Download.objects.create(
                grant=found, artifact=found.artifact, publication=publication, user_id=found.user_id,
                customer_id=found.customer_id, licence_id=found.licence_id, at=at,
            )  # fmt: skip
    except IntegrityError:
        return None  # it was counted
    if publication.yanked_at is not None:
        taken_late(done, publication, at=at)
    return done


def _begun_before(found: Grant, at: datetime) -> list[list[int]]:
    if parts.is_whole(found.parts, found.artifact.size):
        return []
    same = Q(licence_id=found.licence_id) if found.licence_id else Q(user_id=found.user_id, licence_id__isnull=True)
    earlier = Grant.objects.filter(same, artifact=found.artifact, download__isnull=True, granted_at__gt=at - timedelta(days=RECENT_DAYS))
    earlier = earlier.exclude(pk=found.pk)
    return [part for one in earlier.values_list("parts", flat=True)[:20] for part in one]
