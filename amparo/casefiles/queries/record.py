"""The whole public record of a case as plain data, line by line, however long it is. CAS-1, CAS-7, SEC-10.

What only staff may know is not asked for here at all: no internal entry, no file of one, no desk chain. A fact on the case's
own chain that customers do not see is given as a link of the chain without its content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from amparo.agreements import queries as agreements
from amparo.casefiles.rules import proof
from amparo.cases import words
from amparo.cases.models import Case, ClockRun, Closing, FurtherNeed, Order
from amparo.charging.models import Charge, Part
from amparo.chat import queries as chats
from amparo.classroom import queries as classes
from amparo.complaints import queries as complaints
from amparo.deadlines.models import Promise
from amparo.files.models import StoredFile
from amparo.history.models import Chain as ChainHead
from amparo.history.models import Fact
from amparo.history.rules import digest, head_of, parts, plain_value
from amparo.live.models import Call
from amparo.quotations import queries as quotations
from amparo.quotations.queries import request_of, versions_of
from amparo.remote import queries as remote
from amparo.remote.models import Film
from amparo.threads.models import Entry, EntryFile

ROWS = 200
BROKEN_FILM = "its file is not in the store as it was kept"
# What a customer reads of its complaints, requests, quotes and orders: each step, never who was given what to do, nor a draft.
TOLD_BESIDE = frozenset(
    {
        "complaint.raised", "complaint.said", "complaint.taken", "complaint.opinion_asked", "complaint.opinion_given",
        "complaint.ruled", "complaint.lapsed", "complaint.withdrawn", "quote.presented", "quote.accepted", "quote.rejected",
        "quote.change_asked", "quote.withdrawn", "quote.expired", "order.accepted", "order.started", "order.delivered",
        "order.met", "order.not_met", "order.delayed", "order.cancelled", "order.closed", "request.begun", "request.sent",
        "request.amended", "request.frozen", "chat.opened", "chat.said", "chat.taken", "chat.transferred", "chat.returned", "chat.became",
        "chat.ended", "chat.transcript_asked",
    }
)  # fmt: skip
Line = dict[str, Any]


@dataclass(slots=True)
class Chain:
    """A chain of facts that the file holds, and the names of its facts that a customer may read."""

    subject: str
    count: int
    head: str
    names: dict[str, bool] = field(default_factory=dict)


def weight(case: Case) -> tuple[int, int]:
    """Return how many entries and how many octets of files a case file would hold. Two statements."""
    count = Entry.objects.filter(thread=case.thread_id, is_internal=False).count()
    octets = StoredFile.objects.filter(pk__in=_file_ids(case), purged_at__isnull=True).aggregate(sum=Sum("size"))["sum"]
    return count, (octets or 0) + remote.weight_of(case.pk)


def _file_ids(case: Case) -> list[int]:
    public = EntryFile.objects.filter(entry__thread=case.thread_id, entry__is_internal=False).order_by("pk")
    found = list(public.values_list("file_id", flat=True))
    for complaint in complaints.record_of(case.pk):
        found += complaint.file_ids
    found += chats.file_ids_of_case(case.pk)
    found += film_ids(case)
    if (request := request_of(case.thread)) is not None:  # what was put into it and taken out before it was sent is none of it
        sent = {one["id"] for version in versions_of(request) for one in version.files}
        found += StoredFile.objects.filter(subject=request.subject, public_id__in=sent).values_list("pk", flat=True)
    return found


def film_ids(case: Case) -> list[int]:
    """Return the files that are recordings: of classes, and of screens that a browser shared. LIV-3."""
    return [*classes.films_of_case(case.pk), *remote.film_ids_of_case(case.pk)]


def file_members(case: Case) -> dict[int, tuple[str, StoredFile]]:
    """Return file id -> (name in the archive, file): the name is the hash of the bytes, so that each lies there once."""
    found: dict[int, tuple[str, StoredFile]] = {}
    names: dict[str, str] = {}
    rows = StoredFile.objects.filter(pk__in=_file_ids(case), purged_at__isnull=True).order_by("pk")
    for file in rows:
        suffix = file.name.rpartition(".")[2] if "." in file.name else ""
        name = f"files/{file.sha256}" + (f".{suffix}" if suffix.isascii() and suffix.isalnum() and len(suffix) <= 10 else "")
        found[file.pk] = (names.setdefault(file.sha256, name), file)
    return found


# --- facts ----------------------------------------------------------------------------------------------------------


def chains(case: Case) -> list[Chain]:
    """Return the chains of a case file as they end now: the case's own, then those of its request, complaints, quotes and orders."""
    request = request_of(case.thread)
    beside = [request.subject] if request is not None else []
    beside += chats.told_subjects_of_case(case.pk)
    beside += [*(one.facts for one in complaints.record_of(case.pk)), *quotations.record_of(case.subject).subjects]
    subjects = list(dict.fromkeys([case.subject, *beside]))
    heads = {row.subject: row for row in ChainHead.objects.filter(subject__in=subjects)}
    return [Chain(one, heads[one].seq if one in heads else 0, heads[one].hash if one in heads else "") for one in subjects]


def facts(chain: Chain) -> Iterator[tuple[Line, Fact | None]]:
    """Yield each fact of a chain as its line, with the row where its reader may know of it."""
    rows = Fact.objects.filter(subject=chain.subject, seq__lte=chain.count).order_by("seq")
    for fact in rows.iterator(chunk_size=ROWS):
        head = head_of(name=fact.name, subject=fact.subject, actor=fact.actor_ref, at=fact.at, customer=fact.customer_id)
        if not is_told(fact.name):
            told = digest(head, fact.content_sha256) if fact.hash_version == 2 else ""
            yield proof.stub_line(fact.subject, fact.seq, fact.hash_version, fact.hash, told=told), None
            continue
        content = None if fact.purged_at else parts(fact.body)[1]
        line = proof.fact_line(
            fact.subject, fact.seq, fact.hash_version, fact.hash, head=head, content=content, salt=fact.salt,
            content_sha256=fact.content_sha256,
        )  # fmt: skip
        yield line, fact


def is_told(name: str) -> bool:
    """True for facts that a customer reads on the page of its case. What no page tells is not told here either. SEC-10."""
    telling = words.TELLINGS.get(name)
    return not telling.staff if telling is not None else name in TOLD_BESIDE


# --- the record -----------------------------------------------------------------------------------------------------


def header(case: Case) -> Line:
    """Return the first line: which case, whose, what kind, and how it stands. One statement where all is loaded."""
    return _line(
        "case", number=case.number, subject=case.subject, title=case.thread.title, kind_of_service=case.kind,
        asked_kind=case.asked_kind, state=case.state, created_at=case.created_at, closed_at=case.closed_at,
        closed_how=case.closed_how, close_reason=case.close_reason, explanation=case.explanation,
        customer={"nic": case.customer.nic, "name": case.customer.name},
        contact=case.contact.name if case.contact else "", product=case.product.name if case.product else "",
        contract=case.contract.number if case.contract else "", told=case.told, consent_at=case.consent_at,
        consent_how=case.consent_how, consent_by=case.consent_by, limit_minutes=case.limit_minutes,
        clock_seconds=case.clock_seconds, limit_choice=case.limit_choice,
    )  # fmt: skip


def entries(case: Case, members: dict[int, tuple[str, StoredFile]]) -> Iterator[Line]:
    """Yield what was said in public, oldest first, each with its files. CAS-1, SEC-10."""
    rows = Entry.objects.filter(thread=case.thread_id, is_internal=False).order_by("seq").prefetch_related("files")
    for entry in rows.iterator(chunk_size=ROWS):
        yield _line(
            "entry", id=entry.pk, what=entry.kind, at=entry.at, author=entry.author_name, author_kind=entry.author_kind,
            via=entry.via, body=entry.body,
            files=[_file(*members[one.file_id]) for one in entry.files.all() if one.file_id in members],
        )  # fmt: skip


def record_lines(case: Case, members: dict[int, tuple[str, StoredFile]], *, at: datetime) -> Iterator[Line]:
    """Yield every line of the record but the first and the entries: charges, orders, closings, and what hangs on them."""
    yield from _charges(case)
    for order in Order.objects.filter(case=case).select_related("proposed_by", "answered_by").order_by("pk"):
        yield _line(
            "order", id=order.pk, description=order.description, needs=order.needs, travel=order.travel,
            delivery_on=order.delivery_on, state=order.state, told=order.told, charge=order.charge_id,
            proposed_by=order.proposed_by.name, proposed_at=order.proposed_at,
            answered_by=order.answered_by.name if order.answered_by else "", answered_at=order.answered_at,
        )  # fmt: skip
    for closing in Closing.objects.filter(case=case).select_related("proposed_by", "answered_by").order_by("pk"):
        yield _line(
            "closing", id=closing.pk, reason=closing.reason, summary=closing.summary, explanation=closing.explanation,
            procedure=closing.procedure, effects=closing.effects, seconds=closing.seconds,
            proposed_by=closing.proposed_by.name, proposed_at=closing.proposed_at, answer=closing.answer,
            answered_by=closing.answered_by.name if closing.answered_by else "", answered_at=closing.answered_at,
            refused_at=closing.refused_at, refusal=closing.refusal,
        )  # fmt: skip
    for need in FurtherNeed.objects.filter(case=case).select_related("raised_by").order_by("pk"):
        yield _line(
            "need", id=need.pk, description=need.description, charge=need.charge_id, raised_by=need.raised_by.name,
            raised_at=need.raised_at, choice=need.choice, chosen_at=need.chosen_at, chosen_how=need.chosen_how,
            chosen_by=need.chosen_by,
        )  # fmt: skip
    for run in ClockRun.objects.filter(case=case).select_related("started_by").order_by("pk"):
        yield _line("clock_run", started_at=run.started_at, started_by=run.started_by.name, stopped_at=run.stopped_at)
    calls = Call.objects.filter(Q(customer=case.customer_id) | Q(customer=None), linked=case.subject, ended_at__isnull=False)
    for call in calls.select_related("taken_by").order_by("pk"):  # one that was linked by mistake is another customer's. ACC-11
        yield _line(
            "call", started_at=call.started_at, ended_at=call.ended_at, taken_by=call.taken_by.name, about=call.about,
            outcome=call.outcome, outgoing=call.is_outgoing,
        )  # fmt: skip
    for promise in Promise.objects.filter(subject_ref=case.subject).order_by("started_at", "pk"):
        yield _line(
            "promise", what=promise.kind_code, started_at=promise.started_at, due_at=promise.due_at, met_at=promise.met_at,
            ended_at=promise.ended_at, state=promise.state,
        )  # fmt: skip
    for link in case.follow_ups.order_by("pk"):
        yield _line("linked_case", number=f"C-{link.follow_up_id}", direction="follow_up", why=link.why, at=link.at)
    for link in case.follows.order_by("pk"):
        yield _line("linked_case", number=f"C-{link.case_id}", direction="follows", why=link.why, at=link.at)
    for chat in chats.record_of_case(case.pk):
        spoken = chat.pop("messages")
        yield _line("chat", **chat)
        for line in spoken:
            yield _line("chat_message", chat=chat["number"], **{**line, "files": [_file(*members[pk]) for pk in line["files"] if pk in members]})
    yield from _classes(case, members)
    yield from _requests(case, members)
    yield from _complaints(case, members)
    quoted = quotations.record_of(case.subject)
    for quote in quoted.quotes:
        yield _line("quote", **{"what" if name == "kind" else name: told for name, told in quote.items()})
    for accepted in quoted.orders:
        yield _line("service_order", **accepted)
    for one in agreements.record_of(case.customer_id, case.closed_at or at):
        yield _line("agreement", **one)


def _charges(case: Case) -> Iterator[Line]:
    """Yield each charge with the ways that were not taken, who consented and how, and what it took. CHG-1, CHG-8."""
    further = FurtherNeed.objects.filter(case=case).values_list("charge_id", flat=True)
    ids = [pk for pk in (case.charge_id, *further) if pk is not None]
    rows = Charge.objects.filter(subject=case.subject) | Charge.objects.filter(pk__in=ids)
    found = list(rows.distinct().order_by("pk"))
    taken: dict[int, list[Line]] = {}
    for part in Part.objects.filter(charge__in=found).select_related("pocket").order_by("pk"):
        taken.setdefault(part.charge_id, []).append(
            {
                "unit": part.unit, "amount": part.amount, "charged": part.charged, "given_back": part.given_back,
                "pocket": part.pocket.label,
            }
        )  # fmt: skip
    for charge in found:
        yield _line(
            "charge", id=charge.pk, subject=charge.subject, state=charge.state, needs=charge.needs, way=charge.way,
            alternatives=charge.alternatives, tariff_version=charge.tariff_version, tariff_value=charge.tariff_value,
            lessened_because=charge.lessened_because, proposed_at=charge.proposed_at, consented_at=charge.consented_at,
            consented_by=charge.consented_name, consent_how=charge.consent_how, reserved_at=charge.reserved_at,
            ended_at=charge.ended_at, ended_because=charge.ended_because, taken=taken.get(charge.pk, []),
        )  # fmt: skip


def _classes(case: Case, members: dict[int, tuple[str, StoredFile]]) -> Iterator[Line]:
    """Yield each class of the case; of a recording that is not as it was kept, `broken` says so. LIV-3."""
    for told in classes.record_of_case(case.pk):
        film = told.pop("film")
        files = [_file(*members[film])] if film in members else []
        yield _line("class", **told, files=files, broken=BROKEN_FILM if files and not files[0]["member"] else "")


def _complaints(case: Case, members: dict[int, tuple[str, StoredFile]]) -> Iterator[Line]:
    for one in complaints.record_of(case.pk):
        yield _line(
            "complaint", number=one.number, subject=one.facts, state=one.state, raised_at=one.raised_at, due_at=one.due_at,
            decided_at=one.decided_at,
            parts=[{"what": what, "author": author, "at": said_at, "text": text} for what, author, said_at, text in one.parts],
            files=[_file(*members[file_id]) for file_id in one.file_ids if file_id in members],
        )  # fmt: skip


def _requests(case: Case, members: dict[int, tuple[str, StoredFile]]) -> Iterator[Line]:
    """Yield each version that was sent of the development request that specifies the case. QUO-4, CAS-6."""
    told = quotations.request_record(case.thread)
    if told is None:
        return
    present = {file.sha256: (name, file) for name, file in members.values()}
    for version in told.pop("versions"):
        files = [_file(*present[one["sha256"]]) | {"name": one["name"]} for one in version.pop("files") if one["sha256"] in present]
        yield _line("request", **told, **version, files=files)


def films_of_sessions(case: Case, members: dict[int, tuple[str, StoredFile]]) -> dict[int, Line]:
    """Return what the line of each remote session tells of its films: hash and length as facts tell them, and the files that are still kept."""
    found: dict[int, Line] = {}
    for one in Film.objects.filter(session__case=case).order_by("session_id", "number"):
        told = found.setdefault(one.session_id, {"films": [], "files": []})
        told["films"].append({"sha256": one.sha256, "size": one.octets, "milliseconds": one.milliseconds or 0})
        told["files"] += [_file(*members[one.file_id])] if one.file_id in members else []
    return found


def _file(member: str, file: StoredFile) -> Line:
    return {"name": file.name, "size": file.size, "type": file.content_type, "sha256": file.sha256, "member": member}


def _line(kind: str, **told: Any) -> Line:
    return {"kind": kind, **plain_value(told)}


