"""The verbs of a release on its way out: prepared, changed, published. UPD-2, UPD-3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from amparo.contracts.rules.audience import AUDIENCES
from amparo.downloads import access
from amparo.downloads.errors import BadVersion, NoFiles, NoNotes, Published
from amparo.downloads.models import CHANNELS, Artifact, Publication
from amparo.downloads.rules import versions
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid
from amparo.products import commands as products
from amparo.products.models import Product, Release

from .shared import locked, permit, show_in_search


@dataclass(frozen=True, slots=True)
class Sheet:
    """What staff write of a release. `from_version`: the lowest version from which one comes to it."""

    channel: str = "stable"
    audience: str = "visitor"
    notes: str = ""
    notes_en: str = ""
    requirements: str = ""
    from_version: str = ""
    built_on: date | None = None
    supported_until: date | None = None
    is_critical: bool = False
    rollout: int = 100


@transaction.atomic
def prepare(
    product: Product, version: str, sheet: Sheet, *, released_on: date, actor: Actor, at: datetime
) -> Publication:
    """Begin a release of a product; nobody outside knows of it before it is published. UPD-2.

    A version that products know already gets its sheet; else it is added there. Fact: `release.prepared`. Raises
    NotPermitted, BadVersion, VersionTaken, Invalid.
    """
    permit(access.may_keep(actor))
    if versions.parse(version) is None:
        raise BadVersion(field="version")
    release = Release.objects.filter(product=product, version=version.strip(), publication__isnull=True).first()
    if release is None:
        release = products.add_release(product, version, released_on, sheet.notes[:10_000], actor=actor, at=at)
    publication = Publication(release=release, created_at=at, created_by_id=actor.user_id, changed_at=at)
    _write(publication, sheet)
    publication.save(force_insert=True)
    record("release.prepared", subject=publication, actor=actor, at=at, version=release.version, channel=sheet.channel)
    return publication


@transaction.atomic
def change(publication: Publication, sheet: Sheet, *, seen: int | None = None, actor: Actor, at: datetime) -> Publication:
    """Write down what a release says now; of one that is out everything but its channel. Fact: `release.changed`.

    Raises NotPermitted, Stale, Invalid, Published.
    """
    permit(access.may_keep(actor))
    publication = locked(publication, seen)
    if publication.yanked_at is not None or (publication.published_at and sheet.channel != publication.channel):
        raise Published()
    before = {"rollout": publication.rollout, "critical": publication.is_critical, "audience": publication.audience}
    _write(publication, sheet)
    if publication.published_at and not sheet.notes.strip():
        raise NoNotes(field="notes")
    publication.changed_at, publication.moves = at, publication.moves + 1
    publication.save()
    record("release.changed", subject=publication, actor=actor, at=at, before=before,
           after={"rollout": sheet.rollout, "critical": sheet.is_critical, "audience": sheet.audience})
    show_in_search(publication)
    return publication


def _write(publication: Publication, sheet: Sheet) -> None:
    if sheet.channel not in dict(CHANNELS):
        raise Invalid(field="channel")
    if sheet.audience not in AUDIENCES:
        raise Invalid(field="audience")
    if not 0 <= sheet.rollout <= 100:
        raise Invalid(field="rollout")
    if sheet.from_version and versions.parse(sheet.from_version) is None:
        raise BadVersion(field="from_version")
    values: dict[str, Any] = {
        "channel": sheet.channel, "audience": sheet.audience, "notes": sheet.notes.strip(), "notes_en": sheet.notes_en.strip(),
        "notes_html": markdown.render(sheet.notes), "notes_en_html": markdown.render(sheet.notes_en),
        "requirements": sheet.requirements.strip(), "from_version": sheet.from_version.strip(), "built_on": sheet.built_on,
        "supported_until": sheet.supported_until, "is_critical": sheet.is_critical, "rollout": sheet.rollout,
    }  # fmt: skip
    for name, value in values.items():
        setattr(publication, name, value)


@transaction.atomic
def publish(publication: Publication, *, seen: int | None = None, actor: Actor, at: datetime) -> Publication:
    """Let a release out: its page, its files, the feed, the search; whoever has the product is told by his choice. UPD-2.

    That it becomes the *current* one is another act (`products.commands.make_current`), after the developments were
    looked at (QUO-7). Fact: `release.published`. Raises NotPermitted, NoFiles, NoNotes, Stale; again changes nothing.
    """
    permit(access.may_keep(actor))
    publication = locked(publication, seen)
    if publication.published_at is not None:
        return publication
    if not publication.notes.strip():
        raise NoNotes(field="notes")
    if not publication.artifacts.exists():
        raise NoFiles()
    today = at.astimezone(access.zone()).date()
    if publication.release.released_on > today:  # it is out earlier than was planned
        products.come_out_on(publication.release, today, actor=actor, at=at)
        publication.release.released_on = today
    publication.published_at, publication.published_by_id, publication.changed_at = at, actor.user_id, at
    publication.moves += 1
    publication.save()
    record("release.published", subject=publication, actor=actor, at=at, product=publication.release.product_id,
           version=publication.release.version, channel=publication.channel, critical=publication.is_critical)
    show_in_search(publication)
    return publication


@transaction.atomic
def remove_file(artifact: Artifact, *, actor: Actor, at: datetime) -> None:
    """Take a file out of a release that is not out yet. Its bytes stay until nothing names them. Raises NotPermitted, Published."""
    permit(access.may_keep(actor))
    publication = locked(artifact.publication)
    if publication.published_at is not None:
        raise Published()
    record("release.file_removed", subject=publication, actor=actor, at=at, file=artifact.name, sha256=artifact.sha256)
    Artifact.objects.filter(pk=artifact.pk).delete()
