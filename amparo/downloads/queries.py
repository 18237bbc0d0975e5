"""Reads of downloads, shaped for pages and for the rungs above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse

from amparo.contracts.models import Plan, SupportContract
from amparo.contracts.rules.audience import ANYBODY, Reader
from amparo.kernel import markdown, signing
from amparo.kernel.actor import Actor
from amparo.products.models import Licence, Product
from amparo.products.queries import LicenceRow, licences_of
from amparo.ui import formats

from . import access
from .access import Entitlement, Price
from .models import Artifact, Download, Grant, GrantPlace, Publication, RecallTask, Upload
from .rules import rollout, versions
from .rules.entitlement import Holder
from .rules.proof import canonical, checksum_line

CHANNELS_OF = {"stable": ("stable",), "candidate": ("stable", "candidate"), "beta": ("stable", "candidate", "beta")}
SIZES_MAX = 200


# --- pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file with why it is, or is not, included for whoever looks. ACC-9."""

    artifact: Artifact
    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as pages show it, with its files and how they stand for whoever looks."""

    publication: Publication
    files: tuple[FileRow, ...]

    @property
    def release(self) -> Any:
        return self.publication.release

    @property
    def version(self) -> str:
        return self.publication.release.version

    @property
    def entitlement(self) -> Entitlement | None:
        """That of the installer or update where there is one, else of the first file: what the list says of the release."""
        main = [one for one in self.files if one.artifact.kind in ("installer", "update")] or list(self.files)
        return next((one.entitlement for one in main if not one.entitlement.allowed), main[0].entitlement if main else None)


def _whole(found: QuerySet[Publication]) -> QuerySet[Publication]:
    return found.select_related("release__product").prefetch_related(
        Prefetch("artifacts", queryset=Artifact.objects.order_by("kind", "platform", "name"))
    )


def _newest(found: Iterable[Publication]) -> list[Publication]:
    return sorted(found, key=lambda one: versions.order(one.release.version), reverse=True)


def products(who: Reader) -> list[dict[str, Any]]:
    """Return the products that have something to download that a reader may know of, with their newest stable version. One statement."""
    rows: Any = (
        access.published(who).filter(yanked_at__isnull=True)
        .order_by("release__product__name", "-release__released_on")
        .values("release_id", "channel", "published_at", "is_critical", product_id=F("release__product_id"), name=F("release__product__name"),
                description=F("release__product__description"), version=F("release__version"), released_on=F("release__released_on"),
                is_current=F("release__is_current"), files=Count("artifacts"))
    )  # fmt: skip
    found: dict[int, dict[str, Any]] = {}
    for row in rows[:2000]:
        kept = found.setdefault(row["product_id"], row | {"releases": 0})
        kept["releases"] += 1
        if _rank(row) > _rank(kept):
            found[row["product_id"]] = row | {"releases": kept["releases"]}
    return list(found.values())


def _rank(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["channel"] == "stable", versions.order(row["version"]))


def product_rows(product_id: int, who: Holder, *, at: datetime, customer_id: int | None = None, price: Price | None = None) -> list[ReleaseRow]:
    """Return a product's releases, newest version first, each file with why it is included or not. Two statements. ACC-9, UPD-1."""
    found = _newest(_whole(access.published(who.reader).filter(release__product_id=product_id)))
    siblings = [(one.release.version, one.release.released_on) for one in found]
    return [_row(one, siblings, who, at, customer_id, price) for one in found]


def release_row(publication: Publication, who: Holder, *, at: datetime, customer_id: int | None = None, price: Price | None = None) -> ReleaseRow:
    """Return one release as its page shows it; `publication` came from `whole`. One statement more."""
    return _row(publication, access.siblings_of(publication.release.product_id), who, at, customer_id, price)


def whole(actor: Actor, release_id: int, who: Holder | None, *, at: datetime) -> Publication | None:
    """Return a release with product and files where somebody may know of it. Two statements besides the reader's."""
    seen = access.published(who.reader) if who is not None and not actor.is_staff else access.visible_to(actor, at=at)
    return _whole(seen.filter(release_id=release_id)).first()


def _row(
    publication: Publication, siblings: Iterable[tuple[str, date]], who: Holder, at: datetime, customer_id: int | None, price: Price | None
) -> ReleaseRow:
    asked = access.came(publication.release, publication, siblings)
    files = tuple(
        FileRow(file, access.judged(file.asks, asked, who, at=at, customer_id=customer_id, price=price))
        for file in publication.artifacts.all()
    )
    return ReleaseRow(publication, files)


def cheapest_contract() -> str:
    """Return the price of the cheapest plan on sale as it is shown, empty where none is. One statement. UPD-1."""
    plan = Plan.objects.filter(is_on_sale=True, price__gt=0).order_by("price").first()
    return f"${formats.number(round(plan.price))} {plan.currency}" if plan else ""


def since(rows: Sequence[ReleaseRow], version: str) -> list[ReleaseRow]:
    """Return the releases that came after a version, newest first: «desde mi versión». UPD-2."""
    return [row for row in rows if row.publication.yanked_at is None and versions.is_newer(row.version, version)]


@dataclass(frozen=True, slots=True)
class Owned:
    """A licence of the customer with what is due for it."""

    row: LicenceRow
    update: Update


def mine(actor: Actor, who: Holder, *, at: datetime) -> list[Owned]:
    """Return a customer's licences with the update that is due for each, and the way to it. Three statements. UPD-2, TKT-4."""
    if actor.customer_id is None:
        return []
    rows = [row for row in licences_of(actor.customer_id, at) if row.licence.withdrawn_at is None]
    published: dict[int, list[Publication]] = {}
    for one in _whole(access.published(who.reader).filter(release__product_id__in={row.licence.product_id for row in rows})):
        published.setdefault(one.release.product_id, []).append(one)
    return [
        Owned(
            row,
            _update(
                published.get(row.licence.product_id, []), row.licence.installed.version if row.licence.installed else "", "stable", "",
                who=who, licence_id=row.licence.pk, at=at,
            ),
        )
        for row in rows
    ]  # fmt: skip


def history_of(user_id: int, *, limit: int = 30) -> list[dict[str, Any]]:
    """Return what a person downloaded, newest first. One statement."""
    rows: Any = Download.objects.filter(user_id=user_id).order_by("-at").values(
        "at", name=F("artifact__name"), size=F("artifact__size"), version=F("publication__release__version"),
        product=F("publication__release__product__name"), release_id=F("publication__release_id"), yanked_at=F("publication__yanked_at"),
    )  # fmt: skip
    return list(rows[:limit])


def history_of_customer(customer_id: int, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return what a customer's people and installations downloaded, newest first. One statement. ACC-9."""
    rows: Any = Download.objects.filter(customer_id=customer_id).order_by("-at").values(
        "at", "licence_id", name=F("artifact__name"), size=F("artifact__size"), version=F("publication__release__version"),
        product=F("publication__release__product__name"), release_id=F("publication__release_id"), yanked_at=F("publication__yanked_at"),
        person=F("user__name"),
    )  # fmt: skip
    return list(rows[:limit])


# --- which update is due ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Update:
    """What an installation of some version is due. UPD-2, LIC-3.

    `available` tells whether anything newer is out for it; `entitled` is None where nobody in particular asks. `way`: the
    versions to install one after the other, the last being `version`; empty where there is no way. `yanked`: the installed
    version itself was withdrawn, for that reason. `beyond`: a newer one still, which is not included, and why.
    """

    product_id: int
    installed: str
    channel: str
    available: bool = False
    release_id: int | None = None
    version: str = ""
    released_on: date | None = None
    is_critical: bool = False
    from_version: str = ""
    way: tuple[str, ...] = ()
    entitled: bool | None = None
    code: str = ""
    sentence: str = ""
    remedy_url: str = ""
    remedy_label: str = ""
    yanked: str = ""
    files: tuple[Artifact, ...] = ()
    publication: Publication | None = None
    beyond: str = ""
    beyond_why: Entitlement | None = None

    @property
    def next_version(self) -> str:
        """What to install first."""
        return self.way[0] if self.way else ""


def update_for(
    product_id: int, version: str, channel: str = "stable", *, platform: str = "", licence: Licence | None = None,
    actor: Actor | None = None, at: datetime,
) -> Update:
    """Tell which update is due for an installed version. UPD-2, LIC-3.

    Whoever asks: an installation by its `licence` (entitlement is its customer's), a person (`actor`), or nobody, to whom only
    what is for visitors, and fully handed out, is told. It gives no address of a file: `commands.grant_to_licence` does.
    """
    from amparo.kernel.actor import SYSTEM

    if licence is not None:
        who = access.holder(SYSTEM, at=at, customer_id=licence.customer_id)
    else:
        who = access.holder(actor, at=at) if actor is not None else Holder(access.NOBODY, ANYBODY)
    found = list(_whole(access.published(who.reader).filter(release__product_id=product_id)))
    return _update(found, version, channel, platform, who=who, licence_id=licence.pk if licence else None,
                   judged=licence is not None or actor is not None, at=at)  # fmt: skip


def _update(
    found: Sequence[Publication], version: str, channel: str, platform: str, *, who: Holder, licence_id: int | None, at: datetime,
    judged: bool = True,
) -> Update:
    product_id = found[0].release.product_id if found else 0
    siblings = [(one.release.version, one.release.released_on) for one in found]
    withdrawn = next((one.yank_reason for one in found if one.yanked_at and _is(one.release.version, version)), "")
    offered = [one for one in _newest(found) if one.yanked_at is None and one.channel in CHANNELS_OF.get(channel, ("stable",))]
    marks = f"licence:{licence_id}" if licence_id else ""
    due = [
        one for one in offered
        if versions.is_newer(one.release.version, version) and rollout.reached(one.release_id, marks, one.rollout)
        and (not platform or any(file.platform in ("", platform) for file in one.artifacts.all()))
    ]  # fmt: skip
    if not due:
        return Update(product_id, version, channel, yanked=withdrawn)
    best, entitled, beyond = due[0], None, None
    if judged:
        answers = [(one, _of_installer(one, siblings, who, at)) for one in due]
        best, entitled = next(((one, answer) for one, answer in answers if answer.allowed), answers[0])
        beyond = answers[0] if best is not due[0] else None
    steps = [versions.Step(one.release.version, one.from_version) for one in offered]
    remedy = entitled.remedy if entitled is not None else None
    return Update(
        product_id, version, channel, True, best.release_id, best.release.version, best.release.released_on,
        any(one.is_critical for one in due), best.from_version, versions.way(version, best.release.version, steps) or (),
        entitled.allowed if entitled else None, entitled.code if entitled else "", entitled.sentence if entitled else "",
        remedy.url if remedy else "", str(remedy.label) if remedy else "", withdrawn,
        tuple(file for file in best.artifacts.all() if file.kind in ("installer", "update") and (not platform or file.platform in ("", platform))),
        best, beyond[0].release.version if beyond else "", beyond[1] if beyond else None,
    )  # fmt: skip


def _is(one: str, other: str) -> bool:
    return one == other or (versions.parse(one) is not None and versions.parse(one) == versions.parse(other))


def _of_installer(one: Publication, siblings: Iterable[tuple[str, date]], who: Holder, at: datetime) -> Entitlement:
    asks = next((file.asks for file in one.artifacts.all() if file.kind in ("installer", "update")), "included")
    return access.judged(asks, access.came(one.release, one, siblings), who, at=at)


def as_answer(update: Update) -> dict[str, Any]:
    """Return an update as the signed answer of the service: plain data without any address of a file. UPD-2."""
    answer: dict[str, Any] = {
        "format": "amparo-update/1", "installed": update.installed, "channel": update.channel, "available": update.available,
        "installed_withdrawn": update.yanked,
    }  # fmt: skip
    if update.available:
        answer |= {
            "version": update.version, "released_on": update.released_on.isoformat() if update.released_on else "",
            "critical": update.is_critical, "minimum": update.from_version, "way": list(update.way),
            "notes": settings.PUBLIC_URL + reverse("downloads:release", args=[update.release_id]),
            "files": [
                {"name": file.name, "kind": file.kind, "platform": file.platform, "size": file.size, "sha256": file.sha256,
                 "signature": file.signature, "key": file.key_fingerprint}
                for file in update.files
            ],
        }  # fmt: skip
    return answer


def signed_answer(answer: dict[str, Any]) -> tuple[bytes, str]:
    """Return an answer as canonical JSON and its Ed25519 signature in hex, by the installation's key. UPD-2."""
    body = canonical(answer)
    return body, signing.key_of(settings.SECRETS).sign(body).hex()


def checksum_of(artifact: Artifact) -> bytes:
    """Return the line that was signed for a file. UPD-2."""
    return checksum_line(artifact.name, artifact.sha256)


# --- for feeds, maps and searches ------------------------------------------------------------------------------------


def feed(product: Product, *, limit: int = 30) -> list[Publication]:
    """Return the releases of a product that anybody may know of, newest first. Two statements. UPD-2."""
    found = access.published(ANYBODY).filter(release__product=product, yanked_at__isnull=True)
    return list(_whole(found).order_by("-published_at", "-id")[:limit])


def public_product(product_id: int) -> Product | None:
    """Return a product with something that anybody may know of."""
    seen = access.published(ANYBODY).filter(release__product=OuterRef("pk"))
    return Product.objects.filter(Exists(seen), pk=product_id).first()


def product_of(code: str) -> Product | None:
    """Return a product by its code, as update checks name it."""
    return Product.objects.filter(code=code.strip().lower()[:40]).first()


def sitemap(at: datetime) -> Iterator[tuple[str, datetime]]:
    """Return the addresses that anybody may open, with when they changed. One statement."""
    rows: Any = access.published(ANYBODY).order_by("-published_at").values_list("release_id", "release__product_id", "changed_at", "published_at")
    newest: dict[int, datetime] = {}
    for release_id, product_id, changed_at, published_at in rows[:20_000]:
        changed = max(changed_at, published_at)
        newest[product_id] = max(newest.get(product_id, changed), changed)
        yield reverse("downloads:release", args=[release_id]), changed
    for product_id, changed in newest.items():
        yield reverse("downloads:product", args=[product_id]), changed


def as_document(publication: Publication) -> dict[str, Any]:
    """Return what the search keeps of a release: plain text. `publication` has its release with product and its files."""
    release = publication.release
    files = list(publication.artifacts.all())
    return {
        "kind": "release", "title": f"{release.product.name} {release.version}", "url": reverse("downloads:release", args=[release.pk]),
        "audience": publication.audience, "product_id": release.product_id, "published_at": publication.published_at,
        "summary": markdown.excerpt(publication.notes, 300), "codes": [release.version],
        "body": "\n".join([markdown.plain(publication.notes), markdown.plain(publication.notes_en), publication.requirements,
                           *(f"{file.name} {file.title}" for file in files)]),
    }  # fmt: skip


# --- who took what ---------------------------------------------------------------------------------------------------


def who_took(publication_id: int) -> set[int]:
    """Return the users who downloaded all of a file of a release. One statement. UPD-2."""
    return set(Download.objects.filter(publication_id=publication_id, user_id__isnull=False).values_list("user_id", flat=True))


def customers_running(publication: Publication) -> set[int]:
    """Return the customers whose licence is told, or reports, to run a release, or whose installation took it. Two statements."""
    running = Licence.objects.filter(installed_id=publication.release_id, withdrawn_at__isnull=True).values_list("customer_id", flat=True)
    took = Download.objects.filter(publication=publication, user_id__isnull=True, customer_id__isnull=False)
    return {*running, *took.values_list("customer_id", flat=True)}


def covered_among(customer_ids: Iterable[int], *, at: datetime) -> list[int]:
    """Return which of some customers have a contract in force. One statement."""
    found = SupportContract.objects.filter(customer_id__in=list(customer_ids), starts_at__lte=at, ends_at__gt=at)
    return sorted(set(found.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=at)).values_list("customer_id", flat=True)))


def customers_with(product_id: int) -> set[int]:
    """Return the customers with a licence of a product, who are told of its new versions."""
    return set(Licence.objects.filter(product_id=product_id, withdrawn_at__isnull=True).values_list("customer_id", flat=True))


# --- the desk --------------------------------------------------------------------------------------------------------


def releases(*, product_id: int | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Return releases for the desk: drafts first, then newest, with their files and downloads. One statement."""
    rows = Publication.objects.filter(release__product_id=product_id) if product_id else Publication.objects.all()
    listed: Any = rows.order_by(F("published_at").desc(nulls_first=True), "-id").values(
        "release_id", "channel", "audience", "published_at", "yanked_at", "rollout", "is_critical", version=F("release__version"),
        product=F("release__product__name"), released_on=F("release__released_on"), is_current=F("release__is_current"),
        files=Count("artifacts", distinct=True), taken=Count("downloads", distinct=True),
        recalls_open=Count("recalls", filter=Q(recalls__done_at__isnull=True), distinct=True),
    )  # fmt: skip
    return list(listed[:limit])


def uploads_of(publication: Publication) -> list[Upload]:
    """Return the uploads that are under way, or were refused. One statement."""
    return list(publication.uploads.select_related("uploaded_by").order_by("-created_at")[:20])


def counts_of(publication: Publication) -> dict[int, int]:
    """Return how often each file was downloaded. One statement."""
    rows = Download.objects.filter(publication=publication).values("artifact_id").annotate(n=Count("id")).order_by()
    return {row["artifact_id"]: row["n"] for row in rows}


def recalls(*, is_open: bool = True, publication: Publication | None = None, limit: int = 200) -> list[RecallTask]:
    """Return the tasks of withdrawn releases, the oldest first. One statement. UPD-2."""
    rows = RecallTask.objects.select_related("publication__release__product", "customer", "done_by")
    if publication is not None:
        return list(rows.filter(publication=publication).order_by("done_at", "opened_at", "pk")[:limit])
    return list(rows.filter(done_at__isnull=is_open).order_by("opened_at", "pk")[:limit])


def shared_links(*, limit: int = 100) -> list[dict[str, Any]]:
    """Return grants that were used by others or from too many places, newest first. One statement. SEC-25."""
    others = GrantPlace.objects.filter(grant=OuterRef("pk"), is_other=True)
    rows: Any = Grant.objects.annotate(by_others=Exists(others)).filter(Q(by_others=True) | Q(revoked_because="shared"))
    return list(
        rows.order_by("-granted_at").values(
            "id", "granted_at", "how", "revoked_at", "revoked_because", name=F("artifact__name"), person=F("user__name"),
            customer_name=F("customer__name"), n_places=Count("places"),
            n_others=Count("places", filter=Q(places__is_other=True)),
        )[:limit]
    )  # fmt: skip
