"""The general development request: specified, sent as a case, amended, frozen by its order. QUO-4, CAS-6, CAS-8, CHG-2."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from amparo.agreements.tests.conftest import make_version, yes
from amparo.cases import commands as cases
from amparo.cases.models import Case, CaseLink
from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.files import commands as files
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.ledger import queries as ledger
from amparo.quotations import access, commands, queries
from amparo.quotations.errors import NothingNew, RequestFrozen, RequestMissing
from amparo.quotations.models import ServiceRequest
from amparo.quotations.rules import requests as rules
from amparo.quotations.tests.world import card_for, content

pytestmark = pytest.mark.django_db

WORDS = {
    "aim": "Saber qué se vende en cada caja.",
    "present": "Se suma a mano cada noche.",
    "wanted": "Un reporte por caja y por día.",
    "data": "Tabla de ventas; reporte «Ventas del día».",
    "acceptance": "- La suma coincide con el corte.\n- Tarda menos de 5 segundos.",
}


def written(actor, product_id, key="r1", at=NOON, **more) -> ServiceRequest:
    request = commands.begin_request(title="Ventas por caja", product_id=product_id, key=key, actor=actor, at=at)
    return commands.keep_request(
        request, WORDS, title="Ventas por caja", product_id=product_id, product_version="10.1", actor=actor, at=at, **more
    )


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def balances(customer) -> dict[str, int]:
    return {pocket.unit: pocket.available for pocket in ledger.pockets(customer.pk, NOON)}


@pytest.fixture
def world(whole_world):
    return whole_world


def test_a_request_opens_a_development_case_and_consumes_nothing(world):
    """QUO-4, CHG-2"""
    mine, before = world.mine, balances(world.mine.customer)
    request = written(mine.admin, world.product.pk)
    case = cases.open_development(request, actor=mine.admin, at=NOON)
    assert case.asked_kind == "development" and case.state == "requested" and case.product_id == world.product.pk
    entry = case.thread.entries.first()
    assert "SOL-" in entry.body and all(words.split("\n")[0] in entry.body for words in WORDS.values())
    assert cases.open_development(request, actor=mine.admin, at=NOON) == case  # sent twice is once
    request = fresh(request)
    assert (request.sent, request.thread_id) == (1, case.thread_id) and balances(mine.customer) == before
    assert queries.request_of(case.thread) == request


def test_the_agreement_in_force_governs_it_and_is_named(world, facts):
    """QUO-4, AGR-1: its acceptance is recorded, and named by the request."""
    mine = world.mine
    version = make_version("software-desarrollo", services=("development",))
    with pytest.raises(NoStanding):
        written(mine.admin, world.product.pk)
    yes(version, mine.admin)
    request = written(mine.admin, world.product.pk)
    cases.open_development(request, actor=mine.admin, at=NOON)
    assert fresh(request).acceptance is None  # another document than that of AGR-1 governs here, and it is not named
    assert facts(request)[-1] == "request.sent"


def test_the_request_names_the_acceptance_of_the_development_agreement(world):
    """QUO-4"""
    from amparo.agreements import commands as agreements
    from amparo.agreements.models import AgreementVersion
    from amparo.kernel.actor import SYSTEM

    draft = AgreementVersion.objects.get(agreement__code="software-development")
    version = agreements.publish(draft, starts_at=NOON, actor=SYSTEM, at=NOON)
    agreements.govern(version.agreement, ["development"], asked_from=NOON, actor=SYSTEM, at=NOON)
    said = yes(version, world.mine.admin)
    request = written(world.mine.member, world.product.pk)
    case = cases.open_development(request, actor=world.mine.member, at=NOON)
    assert fresh(request).acceptance == said
    record = queries.request_record(case.thread)
    assert record and (record["agreement"], record["agreement_version"]) == ("software-development", 1)
    assert record["agreement_sha256"] == version.hash_es


@pytest.mark.parametrize("part", ["title", "product", "aim", "present", "wanted", "acceptance"])
def test_a_request_that_lacks_a_part_is_not_sent(world, part):
    """QUO-4: the refusal names the part; nothing is opened."""
    mine = world.mine
    request = written(mine.admin, world.product.pk)
    given = {"title": "Ventas", "product_id": world.product.pk}
    if part == "title":
        given["title"] = " "
    if part == "product":
        given["product_id"] = None
    commands.keep_request(request, WORDS | {part: " \n"}, actor=mine.admin, at=NOON, **given)
    count = Case.objects.count()
    with pytest.raises(RequestMissing) as refusal:
        cases.open_development(request, actor=mine.admin, at=NOON)
    assert refusal.value.field == part and Case.objects.count() == count


def test_advice_may_end_in_a_request_that_is_linked(world, facts):
    """CAS-8"""
    mine = world.mine
    request = cases.begin_development(mine.case, key="d1", actor=mine.admin, at=NOON)
    assert request.origin_id == mine.case.thread_id and request.title == mine.case.thread.title
    commands.keep_request(request, WORDS, title="Otra", product_id=world.product.pk, actor=mine.admin, at=NOON)
    case = cases.open_development(request, actor=mine.admin, at=NOON)
    link = CaseLink.objects.get(case=mine.case, follow_up=case)
    assert link.why == "development" and "case.linked" in facts(mine.case)
    with pytest.raises(NotPermitted):
        cases.begin_development(mine.case, key="d2", actor=world.other.admin, at=NOON)


def test_versions_follow_until_an_order_freezes_the_specification(world, facts):
    """QUO-4, CAS-6: the hash proves what was ordered; what was typed and not sent is dropped."""
    mine, engineer = world.mine, world.staff["engineer"]
    card_for(mine.customer.pk, 100)
    request = written(mine.admin, world.product.pk)
    case = cases.open_development(request, actor=mine.admin, at=NOON)
    request = fresh(request)
    with pytest.raises(NothingNew):
        commands.amend_request(request, actor=mine.admin, at=NOON)
    changed = WORDS | {"wanted": "Un reporte por caja, por día y por hora."}
    given = {"title": "Ventas por caja", "product_id": world.product.pk, "product_version": "10.1"}
    commands.keep_request(request, changed, actor=mine.admin, at=NOON, **given)
    second = commands.amend_request(fresh(request), actor=mine.admin, at=NOON)
    assert second.number == 2
    first = request.versions.get(number=1)
    [(label, lines)] = queries.changes(first, second)
    assert str(label) == "Resultado que se quiere" or str(label) == "Wanted result"
    assert any(mark == "ins" for line in lines for mark, _text in line.pieces)
    quote = commands.draft_quote(case.thread, kind="development", title="Ventas", content=content(), key="q1", actor=engineer, at=NOON)
    quote = commands.present_quote(quote, actor=engineer, at=NOON)
    commands.keep_request(fresh(request), changed | {"aim": "No enviado"}, actor=mine.admin, at=NOON, **given)
    order = commands.accept_quote(quote, seen=1, actor=mine.admin, at=NOON)
    request = fresh(request)
    assert request.frozen_hash == second.hash and request.order == order and request.content["aim"] == WORDS["aim"]
    canonical = rules.canonical(
        title=second.title, product=second.product, product_version=second.product_version, content=second.content, files=second.files
    )
    assert rules.fingerprint(canonical) == request.frozen_hash and "request.frozen" in facts(request)
    for act in (
        lambda: commands.keep_request(request, changed, actor=mine.admin, at=NOON, **given),
        lambda: commands.amend_request(request, actor=mine.admin, at=NOON),
        lambda: commands.discard_request(request, actor=mine.admin, at=NOON),
    ):
        with pytest.raises(RequestFrozen):
            act()
    for act in (
        lambda: ServiceRequest.objects.filter(pk=request.pk).update(content={}),
        lambda: request.versions.update(content={}),
        lambda: request.versions.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_whoever_attends_is_told_of_a_new_version(world, deliver, client_for):
    """QUO-4"""
    from amparo.notifications.models import Notice
    from amparo.threads.commands import assign

    mine, engineer = world.mine, world.staff["engineer"]
    request = written(mine.admin, world.product.pk)
    case = cases.open_development(request, actor=mine.admin, at=NOON)
    assign(case.thread, engineer.user_id, actor=engineer, at=NOON)
    given = {"title": "Ventas por caja", "product_id": world.product.pk, "product_version": "10.1", "actor": mine.admin, "at": NOON}
    commands.keep_request(fresh(request), WORDS | {"aim": "Otro objetivo."}, **given)
    commands.amend_request(fresh(request), actor=mine.admin, at=NOON)
    deliver()
    notice = Notice.objects.filter(user_id=engineer.user_id, url__contains="/requests/").get()
    assert client_for(engineer).get(notice.url).status_code == 200


def test_accepting_an_agreement_leads_back_to_the_quote(world):
    """AGR-1, ACC-9"""
    mine, engineer = world.mine, world.staff["engineer"]
    case = cases.open_development(written(mine.admin, world.product.pk), actor=mine.admin, at=NOON)
    quote = commands.draft_quote(case.thread, kind="development", title="Ventas", content=content(), key="q1", actor=engineer, at=NOON)
    quote = commands.present_quote(quote, actor=engineer, at=NOON)
    make_version("desarrollo", services=("development",))
    with pytest.raises(NoStanding) as refusal:
        commands.accept_quote(quote, seen=1, actor=mine.admin, at=NOON)
    assert refusal.value.remedies[0].url == f"/agreements/accept/?service=development&next=%2Fquotations%2F{quote.pk}%2F"


def test_files_stand_in_the_specification_by_their_hash(world):
    """QUO-4, CAS-6"""
    mine = world.mine
    upload = SimpleUploadedFile("pantalla.txt", b"bosquejo", "text/plain")
    stored = files.store(upload, draft_key="req", actor=mine.admin, at=NOON)
    request = written(mine.admin, world.product.pk, add=[stored.public_id], draft_key="req")
    assert request.files[0]["sha256"] == stored.sha256
    case = cases.open_development(request, actor=mine.admin, at=NOON)
    assert "pantalla.txt" in case.thread.entries.first().body
    without = written(mine.admin, world.product.pk, key="r2")
    assert fresh(request).versions.get().hash != rules.fingerprint(commands.requests.canonical_of(without))
    commands.keep_request(
        fresh(request), WORDS, title="Ventas por caja", product_id=world.product.pk, product_version="10.1", keep=[], actor=mine.admin, at=NOON
    )
    assert commands.amend_request(fresh(request), actor=mine.admin, at=NOON).files == []
    assert fresh(stored).subject == request.subject  # what was sent once stays


def test_who_sees_and_writes_a_request(world):
    """QUO-4, ACC-11, SEC-7, SEC-8: staff see what was sent; drafts are the company's alone."""
    mine, other, engineer = world.mine, world.other, world.staff["engineer"]
    request = written(mine.admin, world.product.pk)
    seen = {name: access.may_see_request_id(actor, request.pk) for name, actor in {
        "admin": mine.admin, "member": mine.member, "own": mine.own, "other": other.admin, "engineer": engineer, "registered": world.registered,
    }.items()}  # fmt: skip
    assert seen == {"admin": True, "member": True, "own": False, "other": False, "engineer": False, "registered": False}
    given = {"title": "x", "product_id": world.product.pk, "at": NOON}
    for actor in (other.admin, engineer, mine.own):
        with pytest.raises(NotPermitted):
            commands.keep_request(request, WORDS, actor=actor, **given)
        with pytest.raises(NotPermitted):
            cases.open_development(request, actor=actor, at=NOON)
    with pytest.raises(NotPermitted):
        commands.begin_request(key="x", actor=engineer, at=NOON)
    cases.open_development(request, actor=mine.admin, at=NOON)
    assert access.may_see_request_id(engineer, request.pk)
    with pytest.raises(NotPermitted):
        commands.begin_request(origin=other.case.thread, key="y", actor=mine.admin, at=NOON)


def test_bad_input_is_refused(world):
    """SEC-49"""
    mine = world.mine
    request = written(mine.admin, world.product.pk)
    given = {"title": "x", "actor": mine.admin, "at": NOON}
    with pytest.raises(Stale):
        commands.keep_request(request, WORDS, product_id=world.product.pk, seen=1, **given)
    with pytest.raises(Invalid):
        commands.keep_request(request, WORDS, product_id=10**9, **given)
    long = commands.keep_request(request, {"aim": "a" * 99_999, "other": "x", "present": ["x"]}, product_id=None, **given)
    assert len(long.content["aim"]) == rules.PART_MAX and set(long.content) == set(rules.PARTS)
    commands.discard_request(request, actor=mine.admin, at=NOON)
    assert not access.may_see_request_id(mine.admin, request.pk) and fresh(request).content == {}


def test_without_a_contract_it_is_told_what_is_missing(world):
    """ACC-8, ACC-9"""
    with pytest.raises(NoStanding):
        commands.begin_request(key="z", actor=world.mine.admin, at=NOON + timedelta(days=900))
