"""Reads of general development requests: lists, the page, the words of a case, what belongs to its file. QUO-4, CAS-6, CAS-7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amparo.agreements.rules import Line, compare
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page
from amparo.quotations import access
from amparo.quotations.models import RequestVersion, ServiceRequest
from amparo.quotations.models.requests import request_number
from amparo.quotations.rules import requests as rules
from amparo.threads.models import Thread

from .shared import newest

LABELS: Final[Mapping[str, Any]] = {
    "aim": _("Aim"),
    "present": _("Present situation"),
    "wanted": _("Wanted result"),
    "data": _("Data, screens and reports concerned"),
    "acceptance": _("Acceptance criteria"),
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as lists show it."""

    id: int
    number: str
    title: str
    sent: int
    case: int | None
    frozen_at: datetime | None
    updated_at: datetime
    by: str

    @property
    def is_draft(self) -> bool:
        return self.sent == 0


def requests_list(actor: Actor, *, after: str = "", size: int = 30) -> Page[RequestRow]:
    """Return the requests that the actor may see, newest first. One statement. ACC-11."""
    found = access.requests_visible_to(actor).values(
        "id", "title", "sent", "thread__number", "frozen_at", "updated_at", "contact__name"
    )
    return newest(found, _row, after=after, size=size)


def _row(row: dict[str, Any]) -> RequestRow:
    return RequestRow(
        row["id"], request_number(row["id"]), row["title"], row["sent"], row["thread__number"], row["frozen_at"],
        row["updated_at"], row["contact__name"],
    )  # fmt: skip


def request_page(actor: Actor, request_id: int) -> ServiceRequest | None:
    """Return a request with what its page names, None for who may not see it. One statement. ACC-11."""
    related = ("thread", "origin", "product", "contact", "customer", "order", "acceptance__version__agreement")
    return access.requests_visible_to(actor).select_related(*related).filter(pk=request_id).first()


def request_of(thread: Thread) -> ServiceRequest | None:
    """Return the request that is the specification of a case; the caller has asked whether the case may be seen."""
    related = ("product", "contact", "order", "acceptance__version__agreement")
    return ServiceRequest.objects.select_related(*related).filter(thread=thread, sent__gte=1).first()


def versions_of(request: ServiceRequest) -> list[RequestVersion]:
    """Return what was sent, newest first."""
    return list(request.versions.order_by("-number"))


def parts_in_words(content: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the parts that say something, as safe HTML, in the order of the form."""
    return [
        {"part": part, "label": LABELS[part], "text": content[part], "html": markdown.render(content[part])}
        for part in rules.PARTS
        if content.get(part)
    ]


def is_changed(request: ServiceRequest, last: RequestVersion | None) -> bool:
    """True where something was written since the version sent last."""
    if last is None or request.is_frozen:
        return False
    product = request.product.name if request.product else ""
    now = (request.title, product, request.product_version, request.content, [one["id"] for one in request.files])
    return now != (last.title, last.product, last.product_version, last.content, [one["id"] for one in last.files])


def summary(request: ServiceRequest) -> str:
    """Return what a request says as the first words of its case, in the active language. Markdown."""
    product = f"{request.product.name} {request.product_version}".strip() if request.product else "—"
    told = [gettext("General development request %(number)s") % {"number": request.number}, f"**{gettext('Product and version')}:** {product}"]
    told += [f"**{LABELS[part]}**\n\n{request.content[part]}" for part in rules.PARTS if request.content.get(part)]
    if request.files:
        told.append(f"**{gettext('Files')}:** " + ", ".join(one["name"] for one in request.files))
    return "\n\n".join(told)


def changes(before: RequestVersion, after: RequestVersion) -> list[tuple[Any, list[Line]]]:
    """Return what a version changes against another, part by part; parts that stay are left out."""
    pairs: list[tuple[Any, str, str]] = [
        (gettext("Title"), before.title, after.title),
        (gettext("Product and version"), f"{before.product} {before.product_version}", f"{after.product} {after.product_version}"),
    ]
    pairs += [(LABELS[part], before.content.get(part, ""), after.content.get(part, "")) for part in rules.PARTS]
    pairs.append((gettext("Files"), _names(before), _names(after)))
    return [(label, compare(old.strip(), new.strip(), around=1)) for label, old, new in pairs if old.strip() != new.strip()]


def _names(version: RequestVersion) -> str:
    return "\n".join(one["name"] for one in version.files)


def request_record(thread: Thread) -> dict[str, Any] | None:
    """Return the request of a case as plain data with every version sent, for the case's file. CAS-6, CAS-7.

    `sha256` of a version is that of `rules.requests.canonical` of it.
    """
    request = request_of(thread)
    if request is None:
        return None
    acceptance = request.acceptance
    return {
        "number": request.number,
        "agreement": acceptance.version.agreement.code if acceptance else "",
        "agreement_version": acceptance.version.number if acceptance else None,
        "agreement_sha256": acceptance.text_hash if acceptance else "",
        "frozen_sha256": request.frozen_hash,
        "frozen_at": request.frozen_at,
        "versions": [
            {
                "version": one.number, "title": one.title, "product": one.product, "product_version": one.product_version,
                **{part: one.content.get(part, "") for part in rules.PARTS},
                "files": [{"name": file["name"], "sha256": file["sha256"], "size": file["size"]} for file in one.files],
                "sha256": one.hash, "sent_by": one.sent_by_name, "sent_at": one.sent_at,
            }
            for one in request.versions.order_by("number")
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Specification:
    """What a case's request says, as it stands beside the quote that is written for it. QUO-4."""

    id: int
    number: str
    version: int
    sent: int
    frozen_at: datetime | None
    title: str
    product: str
    parts: list[dict[str, Any]]
    files: list[dict[str, Any]]


def beside_quote(thread: Thread) -> Specification | None:
    """Return the version sent last of the request of a case, None where it has none. Two statements. QUO-4."""
    request = request_of(thread)
    last = request.versions.order_by("-number").first() if request else None
    if request is None or last is None:
        return None
    return Specification(
        request.pk, request.number, last.number, request.sent, request.frozen_at, last.title,
        f"{last.product} {last.product_version}".strip(), parts_in_words(last.content), last.files,
    )  # fmt: skip
