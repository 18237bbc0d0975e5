"""Pages and endpoints of chats."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.chat import commands
from amparo.chat.models import Chat, Message
from amparo.conftest import NOON
from amparo.files.queries import drafts
from amparo.kernel import clock
from amparo.threads.rules import draft_key

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=20))


def texts(chat):
    return list(Message.objects.filter(chat=chat, kind="message").order_by("seq").values_list("body", flat=True))


def test_the_door_says_how_many_wait(chat, member, contact, client_for):
    """CHT-1: the true wait; who talks already is led to his chat."""
    page = client_for(member).get("/chat/").content.decode()
    assert "1 persona espera antes que usted" in page and 'name="body"' in page
    assert f'href="/chat/{chat.pk}/"' in client_for(contact).get("/chat/").content.decode()


def test_the_door_is_honest(contact, contract, licence, client_for, monkeypatch):
    """CHT-2: with nobody there, and by night, no form: what there is instead, with its hour; what was written is not lost."""
    page = client_for(contact).get("/chat/").content.decode()
    assert "Nadie atiende chats" in page and "/tickets/new/" in page and "/cases/new/" in page and "data-chat-door" not in page
    sent = client_for(contact).post("/chat/new/", {"body": "Hola, ¿hay alguien?", "key": "k"})
    assert sent.status_code == 409 and "Hola, ¿hay alguien?" in sent.content.decode() and not Chat.objects.exists()
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=10))
    assert "vuelven a atender" in client_for(contact).get("/chat/").content.decode()


def test_who_is_not_covered_is_told_why(contact, licence, elena, client_for):
    """ACC-9"""
    page = client_for(contact).get("/chat/").content.decode()
    assert "No puede iniciar un chat" in page and "Póliza" in page


def test_a_chat_by_forms_alone(contact, contract, licence, elena, client_for):
    """CHT-1: without a script: open, read, write, end; sent twice it is one."""
    client = client_for(contact)
    opened = client.post("/chat/new/", {"body": "No abre", "key": "a1"})
    assert client.post("/chat/new/", {"body": "No abre", "key": "a1"})["Location"] == opened["Location"]
    chat = Chat.objects.get()
    desk = client_for(elena)
    assert desk.post(f"/desk/chat/{chat.pk}/take/").status_code == 302
    for _twice in range(2):
        assert client.post(f"/chat/{chat.pk}/say/", {"body": "Es la caja 3", "key": "a2"}).status_code == 302
    desk.post(f"/desk/chat/{chat.pk}/say/", {"body": "La veo", "key": "b1", "kind": "reply"})
    desk.post(f"/desk/chat/{chat.pk}/say/", {"body": "No sabe nada", "key": "b2", "kind": "note"})
    page = client.get(f"/chat/{chat.pk}/").content.decode()
    assert "La veo" in page and "Elena Ingeniera" in page and "No sabe nada" not in page
    seen = desk.get(f"/desk/chat/{chat.pk}/").content.decode()
    assert "No sabe nada" in seen and "Es la caja 3" in seen
    assert texts(chat) == ["No abre", "Es la caja 3", "La veo"]
    client.post(f"/chat/{chat.pk}/end/")
    assert "Enviarme la transcripción" in client.get(f"/chat/{chat.pk}/").content.decode()
    assert client.post(f"/chat/{chat.pk}/say/", {"body": "tarde", "key": "a9"}, headers=JSON).json()["error"] == "chat_ended"


def test_events_since_a_number(taken, contact, elena, client_for, django_assert_max_num_queries):
    """CHT-1, SEC-36: three statements; the same asked again is the same, and nothing between is missing."""
    for number in range(3):
        commands.say(taken, f"Mensaje {number}", key=f"m{number}", actor=elena, at=NOON)
    client = client_for(contact)
    client.get(f"/chat/{taken.pk}/events/?since=0")
    with django_assert_max_num_queries(3):
        told = client.get(f"/chat/{taken.pk}/events/?since=2").json()
    assert told["last"] == 5 and told["fresh"] == 3 and told["live"] and told["html"].count('class="chat-line') == 3 and told["head"]
    again = client.get(f"/chat/{taken.pk}/events/?since=5&head={told['head_version']}").json()
    assert (again["html"], again["last"], "head" in again) == ("", 5, False)
    for wrong in ("-1", "x", "99999999999", ""):
        assert client.get(f"/chat/{taken.pk}/events/?since={wrong}").status_code == 200


def test_sending_costs_little(taken, contact, elena, client_for, django_assert_max_num_queries):
    """CHT-1: with what came since in the answer; the sign to the other pages goes with the fact."""
    client = client_for(contact)
    client.post(f"/chat/{taken.pk}/say/", {"body": "a", "key": "1"}, headers=JSON)
    with django_assert_max_num_queries(11):  # three of them savepoints of the test's own transaction
        told = client.post(f"/chat/{taken.pk}/say/", {"body": "b", "key": "2", "since": 3}, headers=JSON).json()
    assert told["last"] == 4 and told["html"].count('class="chat-line') == 1


def test_files_that_wait_to_be_sent_are_there_after_a_reload(taken, contact, elena, operator, client_for):
    """CHT-1, SEC-27: each person's own, until they are sent."""
    at = {contact.user_id: f"/chat/{taken.pk}/", elena.user_id: f"/desk/chat/{taken.pk}/"}
    for actor, name in ((contact, "recibo.txt"), (elena, "guion.txt")):
        given = {"draft_key": draft_key(actor.user_id, f"chat:{taken.pk}"), "file": SimpleUploadedFile(name, b"1", "text/plain")}
        assert client_for(actor).post("/files/upload/", given).status_code == 201
    for actor, own, others in ((contact, "recibo.txt", "guion.txt"), (elena, "guion.txt", "recibo.txt")):
        client, page = client_for(actor), client_for(actor).get(at[actor.user_id]).content.decode().split("data-files-list")[1]
        assert own in page and others not in page
        assert ('value="note" checked' in client.get(at[actor.user_id]).content.decode()) == (actor is elena), "meant for a colleague, unless it is said"
        [waits] = drafts(draft_key(actor.user_id, f"chat:{taken.pk}"), actor)
        sent = {"body": "Va", "key": own, "kind": "reply", "files": waits.public_id, "draft_key": draft_key(actor.user_id, f"chat:{taken.pk}")}
        assert client.post(f"{at[actor.user_id]}say/", sent).status_code == 302
        assert f'name="files" value="{waits.public_id}"' not in client.get(at[actor.user_id]).content.decode()
    assert "guion.txt" not in client_for(operator).get(f"/desk/chat/{taken.pk}/").content.decode().split("data-files-list")[1]


def test_another_customers_chat_is_not_there(taken, other_contact, own_only, registered, client_for, client):
    """ACC-11, SEC-36: for each address alike."""
    at = f"/chat/{taken.pk}/"
    for actor in (other_contact, own_only):
        other = client_for(actor)
        assert [other.get(at + path).status_code for path in ("", "events/", "asked/")] == [404] * 3
        for path in ("say/", "read/", "typing/", "end/", "transcript/", "become/ticket/", "act/consent/"):
            assert other.post(at + path, {"body": "x"}).status_code == 404, path
        assert other.get(f"/desk/chat/{taken.pk}/").status_code == 404
    assert client_for(registered).get(at).status_code == 403
    assert client.get(at).status_code == 302 and client.get(at + "events/").status_code == 302


def test_refusals_for_the_script(taken, contact, client_for):
    """SEC-57: the sentence stands in the answer, and whether to try again."""
    client = client_for(contact)
    long = client.post(f"/chat/{taken.pk}/say/", {"body": "x" * 4001, "key": "1"}, headers=JSON)
    assert long.status_code == 422 and "4000" in long.json()["sentence"] and not long.json()["again"]
    codes = [client.post(f"/chat/{taken.pk}/say/", {"body": "x", "key": f"f{n}"}, headers=JSON).status_code for n in range(45)]
    assert codes[0] == 200 and codes[-1] == 429
    page = client.post(f"/chat/{taken.pk}/say/", {"body": "y" * 4001, "key": "2"})
    assert page.status_code == 422 and "y" * 4001 in page.content.decode()


def test_consent_and_closing_in_the_chat(taken, contact, elena, client_for):
    """CHG-1, CAS-4, CHT-3: drawn as the case's page draws it; the case's own commands answer, and note that it was by chat."""
    from amparo.cases import commands as cases
    from amparo.cases.models import Case

    desk, client, at = client_for(elena), client_for(contact), f"/chat/{taken.pk}/"
    assert "Asesor" in desk.get(f"/desk/chat/{taken.pk}/service/").content.decode()
    made = desk.post(f"/desk/chat/{taken.pk}/service/", {"kind": "advisory", "title": "Configurar", "explanation": "", "key": "s1"})
    assert made.status_code == 302, made.content.decode()[:2000]
    case = Case.objects.get()
    page = client.get(at).content.decode()
    assert f"{at}act/consent/" in page and "1 evento" in page
    assert client.post(at + "act/consent/", {"seen": "7"}).status_code == 409
    yes = client.post(at + "act/consent/", {"seen": "1"})
    assert yes.status_code == 302, yes.content.decode()[yes.content.decode().find("refusal"):][:900]
    case.refresh_from_db()
    assert (case.state, case.consent_how, case.consent_by) == ("attention", "chat", contact.name)
    assert "Proponer cierre" in desk.get(f"/desk/chat/{taken.pk}/").content.decode()
    assert f"/desk/chat/{taken.pk}/" in desk.get(f"/desk/chat/of-case/{case.pk}/").content.decode()
    form = desk.get(f"/desk/chat/{taken.pk}/closing/").content.decode()
    assert "summary" in form
    sent = desk.post(f"/desk/chat/{taken.pk}/closing/", {"reason": "information_complete", "summary": "Se explicó", "key": "c1"})
    assert sent.status_code == 302
    region = client.get(at + "asked/").content.decode()
    assert "Se explicó" in region and f"{at}act/accept_closing/" in region
    client.post(at + "act/answer/", {"body": "Falta algo", "key": "w1"})
    case.refresh_from_db()
    assert case.state == "attention"
    closing = cases.propose_closing(case, reason="information_complete", summary="Ahora sí", key="c2", actor=elena, at=NOON)
    assert client.post(at + "act/accept_closing/", {"seen": closing.pk}).status_code == 302
    case.refresh_from_db()
    assert case.state == "closed" and client.post(at + "act/nothing/").status_code == 404


def test_the_customer_leaves_it_as_a_ticket(chat, contact, client_for, monkeypatch):
    """CHT-2: with one button, when nobody attends any more."""
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=3))
    client = client_for(contact)
    assert f"/chat/{chat.pk}/become/ticket/" in client.get(f"/chat/{chat.pk}/").content.decode()
    sent = client.post(f"/chat/{chat.pk}/become/ticket/", {"key": "t"})
    assert sent["Location"].startswith("/tickets/")
    assert client.post(f"/chat/{chat.pk}/become/ticket/", {"key": "u"}).status_code == 409
    assert client.post(f"/chat/{chat.pk}/become/nothing/").status_code == 404


def test_the_desk(chat, taken, elena, operator, quality, client_for, django_assert_max_num_queries):
    """CHT-1: list, conversation and what may be done with it, in few statements; to quality nothing but reading and whispering."""
    client = client_for(elena)
    client.get(f"/desk/chat/{chat.pk}/")
    with django_assert_max_num_queries(7):
        page = client.get(f"/desk/chat/{chat.pk}/").content.decode()
    assert "data-chat-service" in page and "data-chat-end" in page and 'data-chat-duty="on"' in page
    assert "data-chat-row" in client.get("/desk/chat/column/").content.decode()
    reads = client_for(quality).get(f"/desk/chat/{chat.pk}/").content.decode()
    assert "data-chat-end" not in reads and 'value="note"' in reads
    assert client_for(quality).post(f"/desk/chat/{chat.pk}/say/", {"body": "x", "key": "k", "kind": "reply"}).status_code == 403
    assert client_for(quality).post("/desk/chat/duty/", {"on": "1"}).status_code == 403
    assert client_for(operator).post("/desk/chat/duty/", {"on": "1"}).status_code == 302
    handed = client.post(f"/desk/chat/{chat.pk}/transfer/", {"to": operator.user_id, "note": "Tuyo", "key": "h"})
    assert handed.status_code == 302 and Chat.objects.get(pk=chat.pk).assignee_id == operator.user_id
    for path in ("ticket/", "topic/", "transfer/", "service/"):
        assert client.get(f"/desk/chat/{chat.pk}/{path}").status_code == 200
    assert client.get("/desk/chat/").status_code == 200
    assert client.get("/desk/chat/999/").status_code == 404


def test_staff_who_come_by_the_customers_link(chat, elena, client_for):
    assert client_for(elena).get(f"/chat/{chat.pk}/")["Location"] == f"/desk/chat/{chat.pk}/"


def test_a_file_of_a_chat_and_of_a_whisper(taken, contact, elena, other_contact, client_for):
    """SEC-10, ACC-11: seen by who sees the chat; that of a whisper by staff alone."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = {}
    for actor, kind, at in ((contact, "reply", "/chat"), (elena, "note", "/desk/chat")):
        client = client_for(actor)
        file = client.post("/files/upload/", {"draft_key": "d1", "file": SimpleUploadedFile(f"{kind}.txt", kind.encode())}).json()
        client.post(f"{at}/{taken.pk}/say/", {"body": "", "kind": kind, "key": kind, "files": [file["id"]], "draft_key": "d1"}, headers=JSON)
        sent[kind] = file["url"]
    page = client_for(contact).get(f"/chat/{taken.pk}/").content.decode()
    assert sent["reply"] in page and "note.txt" not in page
    assert [client_for(who).get(sent["reply"]).status_code for who in (contact, elena, other_contact)] == [200, 200, 404]
    assert [client_for(who).get(sent["note"]).status_code for who in (contact, elena)] == [404, 200]


def test_a_remote_session_out_of_the_chat(taken, contact, elena, client_for):
    """CHT-1, LIV-2: one button where the case is attended; the code stands in the chat while it is valid, and is kept nowhere."""
    from amparo.cases import commands as cases
    from amparo.cases.models import Case

    desk, client = client_for(elena), client_for(contact)
    case = commands.propose_service(taken, kind="incident", explanation="Es un incidente", key="p", actor=elena, at=NOON)
    assert desk.post(f"/desk/chat/{taken.pk}/session/", {"mode": "control", "key": "r0"}).status_code == 409  # before the yes
    cases.consent(Case.objects.get(pk=case.pk), seen=1, how="chat", actor=contact, at=NOON)
    assert "data-chat-remote" in desk.get(f"/desk/chat/{taken.pk}/").content.decode()
    assert desk.post(f"/desk/chat/{taken.pk}/session/", {"mode": "control", "key": "r1"}).status_code == 302
    page = client.get(f"/chat/{taken.pk}/").content.decode()
    code = page[page.index("<strong>", page.index("data-chat-remote-code")) + 8 :][:11]
    assert code.replace(" ", "").isdecimal() and "/r/" in page
    assert not Message.objects.filter(chat=taken, data__icontains=code[:3]).exists()
    line = client.get(f"/chat/{taken.pk}/events/?since=0").json()
    assert line["html"].count('data-event="remote"') == 1


def test_clock_of_the_case_from_the_chat(taken, contact, elena, client_for):
    """CAS-5: the case's own commands; without a case it says so."""
    assert client_for(elena).post(f"/desk/chat/{taken.pk}/clock/start/").status_code == 409
    assert client_for(elena).post(f"/desk/chat/{taken.pk}/clock/dance/").status_code == 404
