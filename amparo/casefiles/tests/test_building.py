"""What a case file holds, and what it never holds. CAS-7."""

import json
import zipfile

import pytest

from amparo.casefiles.commands.keys import current_key
from amparo.casefiles.rules import paper, proof
from amparo.casefiles.rules.verifier import verify
from amparo.conftest import NOON, make_staff
from amparo.history.commands import deliver_pending
from amparo.history.queries import faults_of_chain
from amparo.kernel.actor import SYSTEM
from amparo.live import commands as live

from . import world

pytestmark = pytest.mark.django_db


def settle(at):
    while deliver_pending(at=at):
        pass


def members(path):
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        return {info.filename: found.read(info) for info in found.infolist()}


def lines(raw):
    return [json.loads(line) for line in raw.decode().splitlines()]


def test_the_file_of_a_case_holds_its_record_and_proves_itself(over, tmp_path):
    """CAS-1, CAS-7, CHG-7, CHG-8"""
    path = world.made(over, tmp_path)
    verdict = verify(path)
    assert verdict.problems == [] and verdict.case == over.number and verdict.facts > 10
    found = members(path)
    assert list(found)[:5] == list(proof.FIXED) and list(found)[-2:] == [proof.MANIFEST, proof.SIGNATURE]
    assert found["case.pdf"].startswith(b"%PDF-")
    record = lines(found[proof.RECORD])
    kinds = {line["kind"] for line in record}
    assert {"case", "entry", "charge", "closing", "need", "clock_run", "promise"} <= kinds
    bodies = [line["body"] for line in record if line["kind"] == "entry"]
    assert "Aquí va la foto: señal «rota» 💥\n\nCon dos párrafos." in bodies and "La vemos." in bodies
    [charge] = [line for line in record if line["kind"] == "charge"]
    assert "alternatives" in charge and charge["consented_by"] == "Lupita Romero" and charge["taken"][0]["charged"] == 1
    files = [one for line in record if line["kind"] == "entry" for one in line["files"]]
    assert [found[one["member"]] for one in files] == [b"la foto", b"el manual"]
    facts = lines(found[proof.FACTS])
    assert [line["seq"] for line in facts] == list(range(1, len(facts) + 1)) and facts[0]["head"]["name"]
    assert list(faults_of_chain(over.subject)) == []


def test_the_development_request_is_in_it_with_its_files_and_its_chain(contract, contact, engineer, quality, tmp_path, monkeypatch):
    """QUO-4, CAS-6, CAS-7: as it was sent; not what was taken out of the draft before."""
    drawn: list[str] = []
    monkeypatch.setattr(paper, "wrapped", lambda text, *given, _real=paper.wrapped: (drawn.append(text), _real(text, *given))[1])
    case = world.developed(contact, engineer, quality, make_staff("Dora Directora", "rnd_director"), settle)
    path = world.made(case, tmp_path)
    assert verify(path, keys=[proof.raw_public(current_key())]).problems == []
    found = members(path)
    [request] = [line for line in lines(found[proof.RECORD]) if line["kind"] == "request"]
    assert request["wanted"] == "ZAPOTE wanted" and request["sha256"] == request["frozen_sha256"]
    assert [found[one["member"]] for one in request["files"]] == [b"ZAPOTE especificado"]
    assert b"ZAPOTE descartado" not in found.values() and "ZAPOTE wanted" in drawn and "ZAPOTE-especificado.txt" in drawn
    told = [line["head"]["name"] for line in lines(found[proof.FACTS]) if line["chain"].startswith("request:") and "head" in line]
    assert told == ["request.begun", "request.sent", "request.frozen"]


def test_a_call_of_another_customer_is_not_in_it(case, contact, other_contact, engineer, tmp_path):
    """ACC-11, CAS-7: though somebody named the wrong case at its end; what the operator noted for himself is in no file."""
    for customer_id, about in ((contact.customer_id, "Propia"), (None, "Sin nombre"), (other_contact.customer_id, "AJENA")):
        call = live.start_call(phone="+525512345678", customer_id=customer_id, key=about, actor=engineer, at=NOON)
        live.end_call(call, about=about, outcome="case", notes="APUNTE", linked=case.subject, actor=engineer, at=NOON)
    found = members(world.made(case, tmp_path))
    assert [line["about"] for line in lines(found[proof.RECORD]) if line["kind"] == "call"] == ["Propia", "Sin nombre"]
    assert b"APUNTE" not in found[proof.RECORD] + found[proof.FACTS]


def test_a_chat_of_the_case_is_in_it_without_its_whispers(contact, contract, engineer, tmp_path, monkeypatch):
    """CAS-1, CAS-7, CHT-2, SEC-10: what both sides read, with its files, its facts in their chain, and on the paper; purged with the case."""
    from amparo.chat import commands as chats
    from amparo.chat.models import Message

    drawn: list[str] = []
    monkeypatch.setattr(paper, "wrapped", lambda text, *given, _real=paper.wrapped: (drawn.append(text), _real(text, *given))[1])
    chats.set_duty(True, actor=engineer, at=NOON)
    chat = chats.take(chats.open_chat("DICHO por el cliente", key="c", actor=contact, at=NOON), actor=engineer, at=NOON)
    chats.whisper(chat, "INTERNO-SUSURRO", key="w", actor=engineer, at=NOON)
    public_id, draft_key = world.upload(b"lo que se ve", "foto.txt", actor=contact)
    chats.say(chat, "va la foto", files=[public_id], draft_key=draft_key, key="f", actor=contact, at=NOON)
    case = chats.become_case(chat, "", key="b", actor=engineer, at=NOON)
    path = world.made(case, tmp_path)
    assert verify(path, keys=[proof.raw_public(current_key())]).problems == []
    found = members(path)
    told = [line for line in lines(found[proof.RECORD]) if line["kind"] == "chat_message"]
    assert [line["body"] for line in told if line["what"] == "message"] == ["DICHO por el cliente", "va la foto"]
    assert b"lo que se ve" in found.values() and "DICHO por el cliente" in drawn
    assert b"INTERNO-SUSURRO" not in b"".join(found.values()) and not any("SUSURRO" in text for text in drawn)
    names = [line["head"]["name"] for line in lines(found[proof.FACTS]) if line["chain"] == chat.subject and "head" in line]
    assert names == ["chat.opened", "chat.said", "chat.taken", "chat.said", "chat.became"]
    assert not [line for line in lines(found[proof.FACTS]) if line["chain"] == chat.desk_subject]
    chats.end(chat, actor=contact, at=NOON)
    assert chats.purge([case.pk], actor=SYSTEM, at=NOON) == [chat.subject, chat.desk_subject]
    assert set(Message.objects.filter(chat=chat).values_list("body", flat=True)) == {""}


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_no_internal_word_is_in_the_file(case, tmp_path, language, monkeypatch):
    """SEC-10, CAS-7: notes, their files and who was assigned are not there; the chain holds without them."""
    drawn: list[str] = []
    monkeypatch.setattr(paper, "wrapped", lambda text, *given, _real=paper.wrapped: (drawn.append(text), _real(text, *given))[1])
    path = world.made(case, tmp_path, language=language)
    assert verify(path).is_valid
    raw = path.read_bytes()
    assert b"INTERNO" not in raw
    found = members(path)
    text = found[proof.FACTS] + found[proof.RECORD]
    assert b"INTERNO" not in text and b"assigned" not in text and b"-desk:" not in text
    stubs = [line for line in lines(found[proof.FACTS]) if "digest" in line]
    assert stubs and all(set(line) == {"chain", "seq", "version", "hash", "digest"} for line in stubs)
    assert "La vemos." in drawn and not [line for line in drawn if "INTERNO" in line]


def test_the_same_moment_gives_the_same_bytes(case, tmp_path):
    """CAS-7: nothing in it depends on the clock of the machine or on chance."""
    world.made(case, tmp_path)
    assert world.made(case, tmp_path).read_bytes() == world.made(case, tmp_path).read_bytes()


def test_a_file_that_is_lost_from_the_store_is_said_to_be_away(case, tmp_path):
    """CAS-7: the rest can still be taken away."""
    from amparo.files.commands import disk
    from amparo.files.models import StoredFile

    lost = StoredFile.objects.get(name="manual.txt")
    disk.path_of(lost.sha256).unlink()
    path = world.made(case, tmp_path)
    assert verify(path).is_valid
    files = [one for line in lines(members(path)[proof.RECORD]) if line["kind"] == "entry" for one in line["files"]]
    assert [one["member"] == "" for one in files] == [False, True]


def test_bytes_that_were_changed_in_the_store_are_not_signed(case, tmp_path):
    """CAS-7"""
    from amparo.casefiles.commands.building import Unsound
    from amparo.files.commands import disk
    from amparo.files.models import StoredFile

    disk.path_of(StoredFile.objects.get(name="manual.txt").sha256).write_bytes(b"otro manu")
    with pytest.raises(Unsound):
        world.made(case, tmp_path)


def test_what_people_write_is_drawn_and_nothing_is_fetched(case, tmp_path, contact, monkeypatch):
    """SEC-24: markup, links to files and to inner addresses are letters on the paper."""
    import socket
    import urllib.request

    def never(*_given, **_more):
        raise AssertionError("something was fetched")

    evil = '<img src="file:///etc/passwd"><link href="http://169.254.169.254/" rel="stylesheet"> <para>&x; @import url(file:///etc/shadow)'
    world.wrote(case, evil, actor=contact)
    world.wrote(case, "palabra" * 400 + "\x07‮" + "字" * 200, actor=contact)
    monkeypatch.setattr(urllib.request, "urlopen", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    path = world.made(world.world.fresh(case), tmp_path)
    assert verify(path).is_valid and b"root:" not in members(path)["case.pdf"]
