"""The verbs of the general development request: drafted, sent as the specification of a case, frozen by its order. QUO-4, CAS-6, CAS-8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from amparo.agreements import queries as agreements
from amparo.contracts import access as standing
from amparo.files import commands as files
from amparo.files.models import StoredFile
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.products.models import Product
from amparo.quotations import access
from amparo.quotations.errors import NothingNew, RequestFrozen, RequestMissing
from amparo.quotations.models import RequestVersion, ServiceOrder, ServiceRequest
from amparo.quotations.rules import requests as rules
from amparo.threads.models import Thread

from .shared import permit

AGREEMENT = "software-development"  # the document that governs development (QUO-4)
SERVICE = "development"


@transaction.atomic
def begin_request(
    *, title: str = "", product_id: int | None = None, origin: Thread | None = None, key: str, actor: Actor, at: datetime
) -> ServiceRequest:
    """Begin the draft of a development request; `origin` is the conversation of the advice that it came out of. QUO-4, CAS-8.

    Consumes nothing (CHG-2). The same key returns the first. Fact: `request.begun`. Raises NotPermitted, NoStanding.
    """
    permit(actor.is_contact)
    assert actor.customer_id is not None and actor.user_id is not None
    standing.require(actor, SERVICE, at=at)
    if origin is not None and origin.customer_id != actor.customer_id:
        raise NotPermitted(thread=origin.pk)
    made, is_new = ServiceRequest.objects.get_or_create(
        key=f"{actor.ref}:{key}"[:120],
        defaults={
            "customer_id": actor.customer_id, "contact_id": actor.user_id, "title": rules.clean_line(title, rules.TITLE_MAX),
            "product": _product(product_id), "origin": origin, "created_at": at, "updated_at": at,
        },
    )  # fmt: skip
    if is_new:
        record("request.begun", subject=made, actor=actor, at=at, origin=origin.subject if origin else "")
    return made


@transaction.atomic
def keep_request(
    request: ServiceRequest,
    content: Mapping[str, Any],
    *,
    title: str,
    product_id: int | None,
    product_version: str = "",
    keep: Sequence[str] | None = None,
    add: Sequence[str] = (),
    draft_key: str = "",
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> ServiceRequest:
    """Keep what is written of a request; nobody but the company sees it before it is sent. QUO-4, SEC-49.

    `add` are new files under `draft_key`, `keep` the public ids of those that stay (None: all). `seen` is the `revision`
    on the page. Raises NotPermitted, RequestFrozen, Stale, NotAttachable, TooManyFiles, Invalid.
    """
    request = _writable(request, actor, seen)
    request.title = rules.clean_line(title, rules.TITLE_MAX)
    request.product, request.product_version = _product(product_id), rules.clean_line(product_version, rules.VERSION_MAX)
    request.content = rules.content_from(content)
    staying = [one for one in request.files if keep is None or one["id"] in keep]
    if add:
        attached = files.attach(add, subject=request.subject, draft_key=draft_key, actor=actor, at=at)
        staying += [_file(one) for one in attached]
    if len(staying) > rules.FILES_MAX:
        raise Invalid(field="files")
    request.files = staying
    request.revision += 1
    request.updated_at = at
    request.save()
    return request


def _file(stored: StoredFile) -> dict[str, Any]:
    return {"id": stored.public_id, "name": stored.name, "size": stored.size, "sha256": stored.sha256, "type": stored.content_type}


@transaction.atomic
def send_request(request: ServiceRequest, thread: Thread, *, seen: int | None = None, actor: Actor, at: datetime) -> RequestVersion:
    """Send a draft as the specification of the case that it opened. QUO-4, CHG-2.

    The acceptance of the development agreement in force is named by it, where there is one in force that is asked for.
    Sent already, the first version is returned. Fact: `request.sent`.
    Raises NotPermitted, NoStanding, RequestMissing (with the field), Stale.
    """
    request = _locked(request)
    permit(access.may_write_request(actor, request), request=request.pk)
    if not request.is_draft:
        return request.versions.get(number=1)
    _not_stale(request, seen)
    standing.require(actor, SERVICE, at=at)
    request.acceptance = agreements.accepted(request.customer_id, AGREEMENT, at)
    request.thread, request.sent_at = thread, at
    return _sent(request, "request.sent", actor, at)


@transaction.atomic
def amend_request(request: ServiceRequest, *, seen: int | None = None, actor: Actor, at: datetime) -> RequestVersion:
    """Send what was changed since as the next version, until an order freezes it. QUO-4, CAS-6.

    Fact: `request.amended`. Raises NotPermitted, RequestFrozen, RequestMissing, NothingNew, Stale.
    """
    request = _writable(request, actor, seen)
    permit(not request.is_draft, request=request.pk)
    last = request.versions.order_by("-number").first()
    if last is not None and last.hash == rules.fingerprint(canonical_of(request)):
        raise NothingNew
    return _sent(request, "request.amended", actor, at)


def _sent(request: ServiceRequest, fact: str, actor: Actor, at: datetime) -> RequestVersion:
    if lacking := rules.missing(request.title, request.content, request.product.name if request.product else ""):
        raise RequestMissing(field=lacking[0], fields=lacking)
    assert actor.user_id is not None, "contacts send requests"
    request.sent += 1
    request.revision += 1
    request.updated_at = at
    version = RequestVersion(
        request=request, number=request.sent, title=request.title, product=request.product.name if request.product else "",
        product_version=request.product_version, content=request.content, files=request.files,
        hash=rules.fingerprint(canonical_of(request)), sent_by_id=actor.user_id, sent_by_name=actor.name[:160], sent_at=at,
    )  # fmt: skip
    request.save()
    version.save(force_insert=True)
    acceptance = request.acceptance
    record(
        fact, subject=request, actor=actor, at=at, matter=request.thread.subject if request.thread else "", version=version.number,
        sha256=version.hash, agreement=acceptance.version.agreement.code if acceptance else "",
        agreement_version=acceptance.version.number if acceptance else None, acceptance=request.acceptance_id,
        origin=request.origin.subject if request.origin else "",
    )  # fmt: skip
    return version


def canonical_of(request: ServiceRequest) -> str:
    """Return the text of what a request says now, as it is hashed. CAS-6."""
    return rules.canonical(
        title=request.title, product=request.product.name if request.product else "", product_version=request.product_version,
        content=request.content, files=request.files,
    )  # fmt: skip


@transaction.atomic
def discard_request(request: ServiceRequest, *, actor: Actor, at: datetime) -> None:
    """Drop a draft: what was written in it is emptied. Fact: `request.discarded`. Raises NotPermitted, RequestFrozen."""
    request = _writable(request, actor, None)
    permit(request.is_draft, request=request.pk)
    request.discarded_at, request.content, request.files, request.title, request.updated_at = at, {}, [], "", at
    request.save()
    record("request.discarded", subject=request, actor=actor, at=at)


def freeze_request(thread: Thread, order: ServiceOrder, *, actor: Actor, at: datetime) -> ServiceRequest | None:
    """Freeze the specification of a case by the order that was accepted of its quote; None where it has no request. CAS-6.

    It is the version sent last: what was typed since and not sent is dropped. In the caller's transaction. A later order
    of the same case finds it frozen, and leaves it. Fact: `request.frozen`.
    """
    request = _lock(ServiceRequest.objects.filter(thread=thread)).first()
    if request is None or request.is_frozen:
        return request
    last = request.versions.order_by("-number").first()
    assert last is not None, "what has a case was sent"
    request.title, request.content, request.files = last.title, last.content, last.files
    request.product_version = last.product_version
    request.order, request.frozen_hash, request.frozen_at, request.updated_at = order, last.hash, at, at
    request.revision += 1
    request.save()
    record(
        "request.frozen", subject=request, actor=actor, at=at, matter=thread.subject, version=last.number, sha256=last.hash,
        order=order.pk,
    )  # fmt: skip
    return request


def purge_request(thread: Thread, *, actor: Actor, at: datetime) -> int:
    """Empty what the request of a purged case says; its hashes and moments stay. CAS-2. Raises NotPermitted."""
    permit(actor.is_system, thread=thread.pk)
    RequestVersion.objects.filter(request__thread=thread).update(title="", content={}, files=[])
    return ServiceRequest.objects.filter(thread=thread).update(title="", content={}, files=[])


def _product(product_id: int | None) -> Product | None:
    if product_id is None:
        return None
    if (found := Product.objects.filter(pk=product_id).first()) is None:
        raise Invalid(field="product")
    return found


def _lock(found: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    related = ("product", "thread", "origin", "acceptance__version__agreement")
    return found.select_for_update(of=("self",)).select_related(*related)


def _locked(request: ServiceRequest) -> ServiceRequest:
    return _lock(ServiceRequest.objects.filter(pk=request.pk)).get()


def _not_stale(request: ServiceRequest, seen: int | None) -> None:
    if seen is not None and seen != request.revision:
        raise Stale(request=request.pk)


def _writable(request: ServiceRequest, actor: Actor, seen: int | None) -> ServiceRequest:
    request = _locked(request)
    permit(access.may_write_request(actor, request), request=request.pk)
    if request.is_frozen:
        raise RequestFrozen
    if request.discarded_at is not None:
        raise Stale(request=request.pk)
    _not_stale(request, seen)
    return request
