"""Who may what over every address, and what no answer may say: everybody goes everywhere once, and each answer is judged. ACC-11, SEC-7, SEC-53, SEC-54."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest

from amparo.conftest import NOON
from amparo.history.commands import deliver_pending
from amparo.kernel.actor import ROLES

from . import judges, matrix, outline
from .kept import kept_world  # noqa: F401 (fixture)
from .named import named

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]  # some fifteen thousand visits, before whichever test is first
TABLE = Path(__file__).parent / "matrix.txt"
# What a visitor may always get, signed in or not; metrics answer callers on the same machine, as the test is one.
OPEN_TO_ALL = {"classroom:told", "short:enter", "short:where", "remote_browser:share", "remote_browser:answer", "remote_browser:beat", "remote_browser:stop", "knowledge:home", "knowledge:article", "knowledge:article_by_number", "knowledge:useful", "codes:by_code",
               "search:search", "search:suggest", "search:palette", "search:settled", "search:click",
               "health", "ui:accent_css", "ui:choose", "web:home", "contracts:plans", "policies:logo", "casefiles:key", "casefiles:key_pem", "people:choose_language",
               "people:choose_theme", "people:invitation", "metrics",
               "sales:shelf", "sales:stripe", "activation:codes", "activation:v1_keys", "activation:v1_time", "activation:v1_activations", "activation:v1_validate",
               "activation:v1_refresh", "activation:v1_release", "activation:v1_version", "activation:v1_update", "agreements:documents", "agreements:document", "agreements:version", "agreements:version_pdf",
               "agreements:changes", "videos:gallery", "videos:video", "videos:media", "videos:track", "blog:list", "blog:post", "blog:post_by_number", "blog:product", "blog:tag", "blog:mine",
               "blog:feed", "blog:product_feed", "blog:tag_feed", "forum:home", "forum:theme", "forum:feed", "forum:topic", "forum:post", "forum:similar", "forum:leave", "campus:courses", "campus:course", "campus:verify", "campus:verified",
               "downloads:home", "downloads:product", "downloads:release", "downloads:feed", "downloads:checksum", "downloads:signature",
               "downloads:updates", "downloads:updates_signature", "downloads:key", "downloads:key_file",
               "chat:widget", "chat:widget_script", "web:levels", "web:tariff", "web:products", "web:product", "web:sitemap", "web:sitemap_part", "web:robots", "web:opensearch", "web:llms"}  # fmt: skip

# Giving out a file is told of: whose link it was, and that somebody else used it. UPD-2, SEC-25
COUNTED = {"downloads:file"}


@pytest.fixture(scope="module")
def walked(kept_world, django_db_blocker):  # noqa: F811
    """Every address as everybody: its rows of the table, what breaks a law, and what each judge found."""
    with django_db_blocker.unblock():
        world = deepcopy(kept_world)
        values = named(world)
        while deliver_pending(at=NOON):
            pass
        heard = judges.all_of_them()
        lines, broken, found = [], [], {name: {} for name in heard}
        for route, method, answers in matrix.walk(_actors(world), values, more={"other_own": world.other.own}):
            for one in answers:
                for name, judge in heard.items():
                    found[name] |= {f"{route.name}: {fault}": one.who for fault in judge(one)}
            words = {one.who: one.word for one in answers if one.who in matrix.STANDINGS}
            if len(words) == len(matrix.STANDINGS) and method != "HEAD":
                lines.append(matrix.line(route, method, words))
                broken += list(_laws(route, method, words))
            broken += [f"{route.name}: reading it as {one.who} left a fact" for one in answers if method != "POST" and one.facts and route.name not in COUNTED]
    return SimpleNamespace(lines=lines, broken=broken, found=found)


def _actors(world):
    found = {"anonymous": None, "registered": world.registered, "other_contact": world.other.admin, "own_only": world.mine.own,
             "member": world.mine.member, "company_admin": world.mine.admin}  # fmt: skip
    return found | {role: world.staff[role] for role in ROLES}


def test_every_address_answers_everybody_as_the_table_says(walked):
    """ACC-11, SEC-1, SEC-7, SEC-53, SEC-54"""
    text = "\n".join(walked.lines) + "\n"
    if os.environ.get("AMPARO_WRITE_MATRIX"):
        TABLE.write_text(text, encoding="utf-8")
    assert not walked.broken, "\n" + "\n".join(walked.broken)
    assert text == TABLE.read_text(encoding="utf-8"), "look at the difference; write it with AMPARO_WRITE_MATRIX=1 if it is right"


def test_reading_writes_nothing(walked):
    """SEC-34, SEC-54, SEC-60: GET and HEAD rotate, mark and count nothing, whoever asks; a visitor's make no session either."""
    assert not {fault: who for fault, who in walked.found["writes"].items() if fault.partition(": ")[0] not in COUNTED}


def test_every_answer_says_what_may_be_done_with_it(walked):
    """SEC-12, SEC-60: as visitor, contact and administrator; not found and not allowed stand in tests/test_security_headers.py."""
    assert not walked.found["headers"]


def test_no_answer_holds_a_hash_or_token(walked):
    """SEC-34: nothing that is kept as a secret is in any page or JSON, not even for the administrator."""
    assert not walked.found["secrets"]


def test_nothing_of_another_tenant_is_read_anywhere(walked):
    """ACC-11, SEC-7, SEC-9, SEC-10, SEC-25, SEC-29: by address; by search in tests/test_canary.py."""
    assert not walked.found["tenants"]


def test_no_internal_note_is_in_any_page_of_a_customer(walked):
    """SEC-10, SEC-20: no note, nor what staff noted of the customer."""
    assert not walked.found["notes"]


def test_no_page_in_spanish_speaks_english(walked):
    """Each page as somebody who reads Spanish gets it, without the words only English has."""
    assert not walked.found["english"]


def test_every_page_has_an_outline(walked):
    """One heading of the page, no level left out, landmarks told apart."""
    assert not walked.found["outline"]


def test_each_judge_finds_what_it_is_there_for():
    """A judge that never finds anything proves nothing."""
    judges.prove()


def test_what_is_wrong_with_a_page_s_outline_is_seen():
    whole = "<nav aria-label=Uno></nav><main><h1>A</h1><h2 id=b>B</h2><section aria-labelledby=b></section><dialog><h4>C</h4></dialog></main>"
    assert outline.faults(whole) == [] == outline.faults("<p>a piece")
    for wrong in (whole.replace("h2", "h3"), whole.replace("h1", "h2"), whole + "<nav aria-label=Uno></nav>", whole + "<h1>D</h1>", whole + "<h2></h2>"):
        assert len(outline.faults(wrong)) > 0, wrong


def _laws(route, method, words):
    """What no table can bless."""
    for standing, answer in words.items():
        if answer.startswith("FAULT"):
            yield f"{route.name} {method}: {answer} for {standing}"
    inside = {"registered", "other_contact", "own_only", "member", "company_admin"}
    if route.name.startswith("desk_"):
        if words["anonymous"] not in ("login", "405"):
            yield f"{route.name} {method}: a visitor gets {words['anonymous']} at the desk"
        yield from (
            f"{route.name} {method}: {standing} gets {words[standing]} at the desk"
            for standing in inside
            if words[standing] not in ("404", "405")
        )
    private = {"mail_id", "entry_id", "case_id", "licence_id", "terminal_id", "contract_id", "contact_id", "invitation_id", "public_id", "number", "sale_id", "acceptance_id", "request_id", "quote_id", "order_id", "answer_id", "chat_id", "class_id", "place_id"}
    if not route.name.startswith(("desk_", "activation:v1_")) and private & set(route.parameters):  # programs prove a device's key, whoever is signed in
        for standing in ("anonymous", "registered", "other_contact"):
            if words[standing] not in ("404", "403", "405", "login"):
                yield f"{route.name} {method}: {standing} gets {words[standing]} of another's"
    if not route.name.startswith(("desk_", "chat:widget")) and {"case_id", "number", "sale_id", "quote_id", "order_id", "chat_id"} & set(route.parameters) and words["own_only"] not in ("404", "405"):
        yield f"{route.name} {method}: a contact with «own only» gets {words['own_only']} of a colleague's matter"
    if words["anonymous"] == "ok" and not route.name.startswith(("account_", "mfa_")) and route.name not in OPEN_TO_ALL:
        yield f"{route.name} {method}: open to visitors, and nobody said so"
