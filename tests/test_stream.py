"""The stream as it runs: who may listen to what, and what goes over the wire. SEC-6, SEC-35, SEC-36, SEC-37."""

from __future__ import annotations

import http.client
import threading
from urllib.parse import quote, urlsplit

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from joserfc import jwt
from joserfc.jwk import OctKey

from amparo.conftest import NOON
from amparo.kernel import clock
from amparo.people import commands as people
from amparo.people.models import Contact, User
from amparo.threads.commands import note
from amparo.tickets import commands as tickets

from .live import service, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.operations]


def session_of(actor) -> str:
    user = User.objects.get(pk=actor.user_id)
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), "amparo.people.backends.PeopleBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


class Listener:
    """An open stream, read by a thread."""

    def __init__(self, url: str, origin: str | None, session: str | None, topics: list[str], *, reads: bool = True, **headers: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        given = dict(headers)
        if origin is not None:
            given["Origin"] = origin
        if session:
            given["Cookie"] = f"amparo={session}"
        self.connection.request("GET", parts.path + "?" + "&".join(f"t={quote(t)}" for t in topics), headers=given)
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, dict(self.response.getheaders())
        self.lines: list[str] = []
        self.ended = threading.Event()
        if self.status == 200 and reads:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self.response:
                self.lines.append(line.decode().rstrip("\n"))
        except (OSError, http.client.HTTPException, AttributeError, ValueError):  # the connection was closed under it
            pass
        self.ended.set()

    def told(self) -> list[str]:
        return [line[6:] for line in self.lines if line.startswith("data: ") and line != "data: {}"]


@pytest.fixture(scope="module")
def running(django_db_setup, tmp_path_factory):
    with service(tmp_path_factory.mktemp("stream"), parts=("stream",)) as found:
        yield found


def test_who_may_listen_to_what(running, whole_world):
    """SEC-35, SEC-36, SEC-37: our own origin, a session, and the right to each topic; else a bare refusal."""
    mine, other = whole_world.mine, whole_world.other
    ours = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1]
    ticket, case = f"ticket:{mine.ticket.pk}", f"case:{mine.case.pk}"
    admin, stranger, engineer = session_of(mine.admin), session_of(other.admin), session_of(whole_world.staff["engineer"])
    own = session_of(mine.own)

    def status(origin, session, topics):
        listener = Listener(running.stream_url, origin, session, topics, reads=False)
        listener.connection.close()
        return listener.status

    assert status(ours, admin, [ticket, case, f"customer:{mine.customer.pk}", f"user:{mine.admin.user_id}"]) == 200
    assert status(ours, engineer, [ticket, "queue", f"ticket-desk:{mine.ticket.pk}"]) == 200
    for origin in ("http://evil.example", "null", None, ours + ".evil.example", "https://127.0.0.1"):
        assert status(origin, admin, [ticket]) == 403, origin
    assert status(ours, None, [ticket]) == 403
    assert status(ours, "x" * 32, [ticket]) == 403
    chat = f"chat:{mine.chat.pk}"
    assert status(ours, admin, [chat, f"chat-answering:{mine.chat.pk}"]) == 200
    assert status(ours, engineer, [chat, "chats", f"chat-desk:{mine.chat.pk}", f"chat-typing:{mine.chat.pk}"]) == 200
    for session, topics in (
        (stranger, [chat]), (stranger, [f"chat-answering:{mine.chat.pk}"]), (own, [chat]), (admin, ["chats"]), (admin, [f"chat-desk:{mine.chat.pk}"]),
        (admin, [f"chat-typing:{mine.chat.pk}"]), (engineer, [f"chat-answering:{mine.chat.pk}"]), (admin, [f"chat:{other.chat.pk}"]),
        (stranger, [ticket]), (stranger, [f"customer:{mine.customer.pk}"]), (own, [ticket]), (admin, ["queue"]),
        (admin, [f"ticket-desk:{mine.ticket.pk}"]), (admin, [f"user:{mine.member.user_id}"]), (admin, [ticket, f"ticket:{other.ticket.pk}"]),
        (admin, ["nothing:1"]), (admin, ["ticket:1; DROP"]), (engineer, ["promise:1"]),
    ):  # fmt: skip
        assert status(ours, session, topics) == 403, topics
    assert status(ours, admin, [f"ticket:{n}" for n in range(10_000)][:60]) == 400
    assert status(ours, admin, ["x" * 5000]) == 400
    assert status(ours, admin, []) == 400


def test_the_wire_says_that_not_what(running, whole_world):
    """SEC-36: topic and number only; a note is not even hinted at to the customer."""
    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    ours = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1]
    listener = Listener(running.stream_url, ours, session_of(mine.admin), [f"ticket:{mine.ticket.pk}"], **{"Last-Event-ID": "1"})
    until(lambda: "event: resync" in listener.lines)
    note(mine.ticket.thread, "Interno SECRETO", actor=engineer, at=NOON)
    tickets.write(mine.ticket, "Respuesta CON TEXTO", key="w1", via="desk", actor=engineer, at=NOON)
    until(lambda: listener.told())
    assert all(line.startswith(f"ticket:{mine.ticket.pk}|") for line in listener.told())
    assert "SECRETO" not in "".join(listener.lines) and "TEXTO" not in "".join(listener.lines)
    answered = mine.facts.filter(name="ticket.noted").first()
    assert answered is None or f"|{answered.pk}" not in "".join(listener.told())


def test_a_chat_on_the_wire(running, whole_world):
    """CHT-1, SEC-10, SEC-36: that something was said and who types, never what; of a whisper nothing at all."""
    from amparo.chat import commands as chats

    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    ours, pk = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1], mine.chat.pk
    customer = Listener(running.stream_url, ours, session_of(mine.admin), [f"chat:{pk}", f"chat-answering:{pk}"])
    staff = Listener(running.stream_url, ours, session_of(engineer), [f"chat:{pk}", f"chat-desk:{pk}", f"chat-typing:{pk}"])
    until(lambda: all("event: resync" in one.lines for one in (customer, staff)))
    chats.whisper(mine.chat, "Susurro SECRETO", key="w1", actor=engineer, at=NOON)
    chats.typing(mine.chat, actor=engineer, at=NOON)
    chats.typing(mine.chat, actor=mine.admin, at=NOON)
    chats.say(mine.chat, "Palabra CON TEXTO", key="s1", actor=engineer, at=NOON)
    until(lambda: len(customer.told()) == 2 and len(staff.told()) == 3)
    assert [line.partition("|")[0] for line in customer.told()] == [f"chat-answering:{pk}", f"chat:{pk}"]
    assert [line.partition("|")[0] for line in staff.told()] == [f"chat-desk:{pk}", f"chat-typing:{pk}", f"chat:{pk}"]
    assert not any(word in "".join(customer.lines + staff.lines) for word in ("SECRETO", "TEXTO"))


def test_the_frame_of_a_site_listens_by_its_pass(running, whole_world):
    """SEC-6, SEC-35, SEC-36, SEC-41: in a header and nowhere else; it opens its chat alone, counts as being there, and ends at once with its site."""
    from amparo.chat import commands as chats

    mine, admin, at = whole_world.mine, whole_world.staff["administrator"], clock.now()
    site, secret = chats.make_site("Página", ["https://www.example.com"], actor=admin, at=at)
    now = int(at.timestamp())
    claims = {"aud": site.public_id, "sub": mine.admin.email, "iat": now, "exp": now + 120, "jti": "j"}
    token, _given = chats.enter(site, jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret)), at=at)
    ours, chat = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1], f"chat:{mine.chat.pk}"

    def status(topics, *, origin=ours, mark=token, session=None):
        listener = Listener(running.stream_url, origin, session, topics, reads=False, **{"X-Chat-Pass": mark})
        listener.connection.close()
        return listener.status

    assert status([chat], origin="https://www.example.com") == status([chat], origin="null") == status([chat], mark="x" * 40) == 403
    assert status([chat], mark="", session=session_of(mine.admin)) == 403  # a frame's cookie counts for nothing
    for topic in (f"ticket:{mine.ticket.pk}", f"customer:{mine.customer.pk}", f"user:{mine.admin.user_id}", "chats", f"chat-typing:{mine.chat.pk}", f"chat-desk:{mine.chat.pk}", f"case-desk:{mine.case.pk}", *(
        f"{kind}:{one.pk}" for kind, one in (("chat", whole_world.other.chat), ("chat-answering", whole_world.other.chat), ("case", whole_world.other.case))
    )):
        assert status([chat, topic]) == 403, topic
    parts = urlsplit(running.stream_url)
    for origin, allowed in ((ours, "x-chat-pass"), ("https://www.example.com", None)):
        line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        line.request("OPTIONS", parts.path, headers={"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-chat-pass"})
        assert line.getresponse().getheader("Access-Control-Allow-Headers") == allowed
    listener = Listener(running.stream_url, ours, None, [chat, f"chat-answering:{mine.chat.pk}"], **{"X-Chat-Pass": token})
    until(lambda: "event: resync" in listener.lines)
    chats.say(mine.chat, "Palabra CON TEXTO", key="s1", actor=whole_world.staff["engineer"], at=NOON)
    until(lambda: listener.told())
    assert listener.told()[0].startswith(f"{chat}|") and "TEXTO" not in "".join(listener.lines)
    chats.new_secret(site, actor=admin, at=at)
    assert listener.ended.wait(15) and status([chat]) == 403
    assert token not in (running.mailbox.parent / "stream.log").read_text()


def test_a_person_without_rights_is_cut_off_at_once(running, whole_world):
    """SEC-6: removed from the company, or switched off, an open stream ends within seconds."""
    mine, admin = whole_world.mine, whole_world.staff["administrator"]
    ours = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1]
    member = Listener(running.stream_url, ours, session_of(mine.member), [f"ticket:{mine.ticket.pk}", f"chat:{mine.chat.pk}"])
    engineer = Listener(running.stream_url, ours, session_of(whole_world.staff["engineer"]), ["queue"])
    until(lambda: "event: resync" in member.lines and "event: resync" in engineer.lines)
    people.remove_contact(Contact.objects.get(pk=mine.contact.pk), actor=admin, at=NOON)
    assert member.ended.wait(15)
    people.deactivate_user(User.objects.get(pk=whole_world.staff["engineer"].user_id), actor=admin, at=NOON)
    assert engineer.ended.wait(15)


def test_a_lost_listener_comes_back_and_pages_are_told_to_fetch_anew(running, whole_world):
    """A killed database connection costs a page nothing but one fetch."""
    from django.db import connection

    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    ours = "http://127.0.0.1:" + running.url.rsplit(":", 1)[1]
    listener = Listener(running.stream_url, ours, session_of(mine.admin), [f"ticket:{mine.ticket.pk}"])
    until(lambda: listener.lines.count("event: resync") == 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN amparo_stream' "
                       "AND datname = current_database()")  # fmt: skip
        assert cursor.fetchall()
    until(lambda: listener.lines.count("event: resync") == 2)
    tickets.write(mine.ticket, "Sigue viva", key="w2", via="desk", actor=engineer, at=NOON)
    until(lambda: listener.told())
