"""The widget: who may show it, whose word it takes, and what a pass opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from joserfc import jwt
from joserfc.jwk import OctKey

from amparo.chat import commands, queries
from amparo.chat.errors import NotHandedOver, OriginInvalid
from amparo.chat.models import Chat, HandOver, Pass, Site
from amparo.conftest import NOON, make_contact, make_staff
from amparo.files.commands import store
from amparo.files.models import StoredFile
from amparo.kernel import clock
from amparo.kernel.refusals import NotPermitted

pytestmark = pytest.mark.django_db
ORIGIN = "https://www.mostrador.example"


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=20))


@pytest.fixture
def site(administrator):
    made, secret = commands.make_site("Página", [ORIGIN + "/"], actor=administrator, at=NOON)
    made.plain = secret
    return made


def word(site, email, *, secret=None, **changed):
    now = int(NOON.timestamp())
    claims = {"aud": site.public_id, "sub": email, "iat": now, "exp": now + 120, "jti": f"j{changed.get('n', 0)}"} | changed
    claims = {name: told for name, told in claims.items() if told is not None and name != "n"}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret or site.plain))


def test_the_secret_is_shown_once_and_kept_sealed(site, administrator, engineer):
    """SEC-42: each site has its own."""
    kept = Site.objects.get()
    assert site.plain not in kept.secret_sealed and queries.site_secret(kept) == site.plain and kept.origins == [ORIGIN]
    with pytest.raises(NotPermitted):
        commands.make_site("Otra", [ORIGIN], actor=engineer, at=NOON)
    for wrong in ("https://*.example.com", "https://a.example/chat", "javascript:alert(1)", "null", "https://a b", ""):
        with pytest.raises(OriginInvalid):
            commands.make_site("Otra", [wrong], actor=administrator, at=NOON)


def test_only_a_whole_fresh_word_of_this_site_is_taken_and_once(site, administrator, contact):
    """SEC-42: unsigned, altered, too old, too long, of tomorrow, of another site's secret, replayed: refused without a reason."""
    now = int(NOON.timestamp())
    good = word(site, contact.email)
    token, given = commands.enter(site, good, at=NOON)
    assert given.user_id == contact.user_id and token not in Pass.objects.get().token_hash
    _other, secret = commands.make_site("Otra", [ORIGIN], actor=administrator, at=NOON)
    head, body, _signature = word(site, contact.email, n=1).split(".")
    bad = [
        good, f"{head}.{body}.", word(site, contact.email, n=2, secret=secret), word(site, contact.email, n=3, iat=now - 600, exp=now - 300),
        word(site, contact.email, n=4, exp=now + 301), word(site, contact.email, n=5, iat=now + 3600, exp=now + 3700), word(site, contact.email, aud="otra", n=6),
        word(site, contact.email, jti=None), word(site, contact.email, exp=None, n=7),
        word(site, "nadie@ejemplo.mx", n=9), word(site, administrator.email, n=10), word(site, contact.email, nic="1-11", n=11), "", "x.y.z", "a" * 9000,
        word(site, contact.email, jti=["a"]), word(site, contact.email, exp=True, n=12),
    ]  # fmt: skip
    for one in bad:
        with pytest.raises(NotHandedOver):
            commands.enter(site, one, at=NOON)
    assert HandOver.objects.count() == 1 and Pass.objects.count() == 1


def test_who_acts_for_several_companies_says_for_which(site, contact, other_customer, customer):
    """ACC-11"""
    from amparo.people.models import Contact

    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="member", created_at=NOON)
    with pytest.raises(NotHandedOver):
        commands.enter(site, word(site, contact.email), at=NOON)
    _token, given = commands.enter(site, word(site, contact.email, nic=customer.nic), at=NOON)
    assert given.customer_id == customer.pk


def test_the_frame_is_shown_by_the_sites_own_pages_alone(site, client):
    """SEC-35: the exact list in the frame's policy; no cookie is set."""
    frame = client.get(f"/chat/widget/{site.public_id}/")
    assert f"frame-ancestors {ORIGIN}" in frame["Content-Security-Policy"] and "frame-ancestors 'none'" not in frame["Content-Security-Policy"]
    assert not frame.cookies and "data-chat-public" in frame.content.decode()
    script = client.get(f"/chat/widget/{site.public_id}.js")
    assert script["Cross-Origin-Resource-Policy"] == "cross-origin" and site.plain not in script.content.decode() and not script.cookies
    assert client.get("/chat/widget/nothing/").status_code == 404


def test_a_chat_by_pass(site, contact, contract, licence, elena, client, other_contact):
    """CHT-1, SEC-6, SEC-36: opened, spoken and read by a header; nobody else's pass or session opens it; put out, it is over."""
    at = f"/chat/widget/{site.public_id}"
    assert client.post(f"{at}/enter/", {"word": "x"}).status_code == 401
    mark = client.post(f"{at}/enter/", {"word": word(site, contact.email)}).json()["pass"]
    held = {"X-Chat-Pass": mark}
    assert client.get(f"{at}/room/").status_code == 401 and "chat-body" in client.get(f"{at}/room/", headers=held).content.decode()
    room = client.post(f"{at}/new/", {"body": "Desde mi página", "key": "k"}, headers=held).content.decode()
    chat = Chat.objects.get()
    assert chat.site_id == site.pk and "Desde mi página" in room and f"{at}/{chat.pk}/events/" in room
    commands.take(chat, actor=elena, at=NOON)
    told = client.post(f"{at}/{chat.pk}/events/", {"since": "1"}, headers=held).json()
    assert told["last"] == 2 and "Elena" in told["html"]
    assert client.post(f"{at}/{chat.pk}/say/", {"body": "Gracias", "key": "k2"}, headers=held).json()["last"] == 3
    assert client.post(f"{at}/{chat.pk}/typing/", headers=held).status_code == 204
    assert client.get(f"{at}/{chat.pk}/asked/", headers=held).status_code == 200
    theirs = client.post(f"{at}/enter/", {"word": word(site, other_contact.email, n=1)}).json()["pass"]
    assert client.post(f"{at}/{chat.pk}/events/", headers={"X-Chat-Pass": theirs}).status_code == 404
    assert client.get(f"/chat/{chat.pk}/", headers=held).status_code == 302  # a pass opens no page of the portal
    left = client.post(f"{at}/{chat.pk}/become/ticket/", {"key": "t"}, headers=held).json()
    assert left["open"].startswith("/tickets/")
    Site.objects.update(is_active=False)
    assert client.get(f"{at}/room/", headers=held).status_code == 401


def test_files_by_pass(site, contact, contract, licence, elena, client, other_contact):
    """CHT-1, SEC-25, SEC-26, SEC-27: taken as everywhere, given out to who sees the chat, and nothing of them runs in our origin."""
    at = f"/chat/widget/{site.public_id}"
    held, theirs = ({"X-Chat-Pass": commands.enter(site, word(site, who.email, n=n), at=NOON)[0]} for n, who in enumerate((contact, other_contact)))
    page = lambda: SimpleUploadedFile("pagina.html", b"<script>alert(1)</script>")  # noqa: E731
    assert client.post(f"{at}/files/upload/", {"file": page(), "draft_key": "d"}).status_code == 401
    sent = client.post(f"{at}/files/upload/", {"file": page(), "draft_key": "d"}, headers=held)
    assert sent.status_code == 201
    dropped = client.post(f"{at}/files/upload/", {"file": page(), "draft_key": "d"}, headers=held).json()["id"]
    assert client.post(f"{at}/files/{dropped}/discard/", headers=theirs).status_code == 404
    assert client.post(f"{at}/files/{dropped}/discard/", headers=held).status_code == 204
    client.post(f"{at}/new/", {"body": "Mire", "key": "k", "files": [sent.json()["id"]], "draft_key": "d"}, headers=held)
    chat = Chat.objects.get()
    given = f"{at}{sent.json()['url']}"
    answer = client.get(given, headers=held)
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment") and "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff" and "html" not in answer["Content-Type"] and "no-store" in answer["Cache-Control"]
    assert client.get(given).status_code == 401 and client.get(given, headers=theirs).status_code == 404
    assert client.get(sent.json()["url"], headers=held).status_code == 404  # the portal's own address knows no pass
    commands.take(chat, actor=elena, at=NOON)
    note = store(SimpleUploadedFile("nota.txt", b"interna"), draft_key="w", actor=elena, at=NOON)
    commands.whisper(chat, "Entre nosotros", key="w", files=[note.public_id], draft_key="w", actor=elena, at=NOON)
    assert client.get(f"{at}{note.url}", headers=held).status_code == 404


def test_a_draft_is_its_senders_and_a_pass_its_sites(site, contact, contract, licence, client, other_contact, administrator):
    """SEC-6, SEC-27, ACC-11: nobody else reads, drops or sends what one has not sent yet; a pass of another site opens nothing here."""
    at, other = f"/chat/widget/{site.public_id}", commands.make_site("Otra", [ORIGIN], actor=administrator, at=NOON)
    other[0].plain = other[1]
    held, theirs = ({"X-Chat-Pass": commands.enter(site, word(site, who.email, n=n), at=NOON)[0]} for n, who in enumerate((contact, other_contact)))
    elsewhere = {"X-Chat-Pass": commands.enter(other[0], word(other[0], contact.email), at=NOON)[0]}
    told = client.post(f"{at}/files/upload/", {"file": SimpleUploadedFile("a.txt", b"secreto"), "draft_key": "d"}, headers=held).json()
    client.post(f"{at}/new/", {"body": "Mire", "key": "k", "files": [told["id"]], "draft_key": "d"}, headers=theirs)
    file = StoredFile.objects.get()
    assert (file.subject, file.uploaded_by_id) == ("", contact.user_id)
    for headers, status in (({}, 401), (elsewhere, 401), (theirs, 404)):
        assert client.get(f"{at}{told['url']}", headers=headers).status_code == status
        assert client.post(f"{at}/files/{told['id']}/discard/", headers=headers).status_code == status
    assert client.post(f"{at}/files/upload/", {"file": SimpleUploadedFile("b.txt", b"b"), "draft_key": "d"}, headers=elsewhere).status_code == 401
    assert StoredFile.objects.get() == file


def test_a_pass_ends(site, customer, contact, administrator):
    """SEC-6: with its time, with the contact, with the person's sessions, with another secret."""
    who = make_contact(customer, "Otra Persona")
    token, _given = commands.enter(site, word(site, who.email), at=NOON)
    assert queries.who_has(token, at=NOON)[0].user_id == who.user_id
    assert not queries.who_has(token, at=NOON + timedelta(hours=9))[0].is_signed_in
    from amparo.people.commands import end_sessions
    from amparo.people.models import Contact, User

    Contact.objects.filter(user=who.user_id).update(removed_at=NOON)
    assert not queries.who_has(token, at=NOON)[0].is_signed_in
    Contact.objects.filter(user=who.user_id).update(removed_at=None)
    end_sessions(User.objects.get(pk=who.user_id), actor=administrator, at=NOON)
    assert not queries.who_has(token, at=NOON)[0].is_signed_in
    token, _given = commands.enter(site, word(site, who.email, n=1), at=NOON)
    assert queries.who_has(token, at=NOON)[0].is_signed_in
    commands.new_secret(site, actor=administrator, at=NOON)
    assert not queries.who_has(token, at=NOON)[0].is_signed_in and not queries.who_has("x" * 200, at=NOON)[0].is_signed_in


def test_the_pages_of_sites_and_skills(site, administrator, engineer, product, client_for):
    """CHT-1, SEC-42: for administrators; the secret is shown once, on a page that nobody keeps; reload shows it no more and makes no other."""
    client = client_for(administrator)
    assert client.get("/desk/chat/sites/new/").status_code == 200
    page = client.post("/desk/chat/sites/new/", {"name": "Otra", "origins": "https://otra.example", "is_active": "on"})
    assert page.status_code == 302
    for reader in (make_staff("Otro", "administrator"), administrator):
        other = client_for(reader)
        other.cookies["amparo-once"] = client.cookies["amparo-once"].value
        assert "data-chat-secret" not in other.get(page["Location"]).content.decode(), "it is its maker's alone, in that very session"
    shown = client.get(page["Location"])
    assert "data-chat-secret" in shown.content.decode() and "no-store" in shown["Cache-Control"]
    assert "data-chat-secret" not in client.get(page["Location"]).content.decode()
    assert client.get(f"/desk/chat/sites/{site.pk}/").status_code == 200 and site.plain not in client.get(f"/desk/chat/sites/{site.pk}/").content.decode()
    assert client.post(f"/desk/chat/sites/{site.pk}/", {"name": "P", "origins": "ftp://x"}).status_code == 422
    assert client.post(f"/desk/chat/sites/{site.pk}/", {"name": "P", "origins": ORIGIN}).status_code == 302 and not Site.objects.get(pk=site.pk).is_active
    page = client.get(f"/desk/chat/sites/{site.pk}/").content.decode()  # what puts people out is one step away, not one click
    assert "data-confirm" not in page and "</details>" not in page.split(f'action="/desk/chat/sites/{site.pk}/secret/"')[0].rsplit("<details", 1)[1]
    sealed = Site.objects.get(pk=site.pk).secret_sealed
    assert "data-chat-secret" in client.post(f"/desk/chat/sites/{site.pk}/secret/", follow=True).content.decode()
    renewed = Site.objects.get(pk=site.pk).secret_sealed
    assert sealed != renewed and client.get(f"/desk/chat/sites/{site.pk}/").status_code == 200 and Site.objects.get(pk=site.pk).secret_sealed == renewed
    client.post("/desk/chat/skills/", {"user": engineer.user_id, "products": [product.pk]})
    assert queries.skills() == {engineer.user_id: [product.pk]} and client.get("/desk/chat/skills/").status_code == 200
    for path in ("sites/", "skills/", "sites/new/"):
        assert client_for(engineer).get(f"/desk/chat/{path}").status_code == 403


def test_letters(chat, contact, deliver, monkeypatch):
    """CHT-1, CHT-2, SEC-10: the transcript that was asked for, without whispers; and word of a chat that nobody attended."""
    from amparo.notifications.models import Letter

    commands.ask_transcript(chat, actor=contact, at=NOON)
    commands.present([], [(chat.pk, contact.user_id)], at=NOON + timedelta(minutes=20))
    commands.end_left(at=NOON + timedelta(minutes=21))
    deliver()
    kinds = dict(Letter.objects.values_list("kind", "pk"))
    assert {"chat_transcript", "chat_ended"} <= set(kinds)


def test_a_transcript_goes_to_nobody_who_may_not_read_the_chat_any_more(chat, member, deliver):
    """ACC-11, SEC-11: asked for as one who sees the company's, posted when he sees his own alone."""
    from amparo.notifications.commands import send_due
    from amparo.notifications.models import Letter
    from amparo.people.models import Contact

    commands.ask_transcript(chat, actor=member, at=NOON)
    deliver()
    Contact.objects.filter(user=member.user_id).update(company_role="own")
    send_due(at=NOON + timedelta(hours=1))
    assert Letter.objects.get(kind="chat_transcript").state == "dropped"


def test_who_waits_in_the_frame_is_there(site, contact, contract, licence, elena, client, client_for, monkeypatch):
    """CHT-1: no stream tells so; what the frame asks, by a POST, does, and it is not ended as left. A GET marks nothing. SEC-34"""
    token, _given = commands.enter(site, word(site, contact.email), at=NOON)
    chat = commands.take(commands.open_chat("Hola", site=site, key="k", actor=contact, at=NOON), actor=elena, at=NOON)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=9))
    at, held = f"/chat/widget/{site.public_id}/{chat.pk}/events/", {"X-Chat-Pass": token}
    assert client.get(f"{at}?since=0", headers=held).status_code == 405 and client.post(at, {"since": "0"}, headers=held).json()["last"] > 0
    assert commands.end_left(at=NOON + timedelta(minutes=11)) == 0
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=18))
    assert client_for(contact).get(f"/chat/{chat.pk}/").status_code == 200
    assert commands.end_left(at=NOON + timedelta(minutes=20)) == 1


def test_what_was_written_in_the_frame_while_all_left_is_not_lost(site, contact, contract, licence, client):
    """CHT-2"""
    token, _given = commands.enter(site, word(site, contact.email), at=NOON)
    page = client.post(f"/chat/widget/{site.public_id}/new/", {"body": "¿Hay alguien?", "key": "k"}, headers={"X-Chat-Pass": token})
    assert "¿Hay alguien?" in page.content.decode() and not Chat.objects.exists()
