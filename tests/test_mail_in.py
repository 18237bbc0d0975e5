"""Mail in over real servers: SMTP to Dovecot, IMAP to us; LMTP and the pipe; killed, cut off, refused."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.conf import settings
from django.db import connection
from imapclient import IMAPClient

from amparo.kernel import clock
from amparo.kernel.reply import address_for, word_for
from amparo.mailbox import commands, lmtp, tasks
from amparo.mailbox.models import Arrival, Mail, Mailbox
from amparo.mailbox.queries import secret
from amparo.mailbox.tests.conftest import contract, licence, media, open_one, product, ticket  # noqa: F401 fixtures
from amparo.people.rules import seal
from amparo.threads.models import Entry

from .dovecot import PASSWORD, USER, Dovecot, available, imap_server
from .live import free_port, until
from .source import ROOT

pytestmark = pytest.mark.skipif(not available(), reason="no Dovecot here: `make setup` says how to have it")


@pytest.fixture(scope="module")
def served():
    with imap_server() as running:
        yield running


@pytest.fixture
def emptied(served):
    """The folder without messages."""
    with IMAPClient("127.0.0.1", served.imap, ssl=False) as client:
        client.login(USER, PASSWORD)
        for folder in ("INBOX", "Hecho"):
            if client.folder_exists(folder):
                client.select_folder(folder)
                if found := client.search():
                    client.delete_messages(found)
                    client.expunge()
    return served


def mailbox(served: Dovecot, **more: object) -> Mailbox:
    given = {
        "name": "Soporte", "address": "soporte@amparo.mx", "host": "127.0.0.1", "port": served.imap, "security": "none", "username": USER,
        "password_sealed": seal(PASSWORD, settings.SECRETS["field_key"]), "takes_old": True, "created_at": clock.now(),
    }  # fmt: skip
    return Mailbox.objects.create(**(given | more))


def written(number: int = 0, *, sender: str = "ana@ejemplo.mx", to: str = "soporte@amparo.mx", text: str = "Hola") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, to, f"Número {number}", f"<{number}.{text[:9]}@ejemplo.mx>"
    made.set_content(f"{text} {number}\n" + "línea de relleno\n" * 20)
    return made


def database(port: int | None = None) -> str:
    """The address of the tests' database; with another port, of none."""
    told = connection.settings_dict
    host = "127.0.0.1" if port else told["HOST"] or "127.0.0.1"
    return f"postgresql://{told['USER']}:{told['PASSWORD']}@localhost:{port or told['PORT'] or 5432}/{told['NAME']}?host={host}"


def flags(served: Dovecot, folder: str = "INBOX") -> list[tuple[bytes, ...]]:
    with IMAPClient("127.0.0.1", served.imap, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.select_folder(folder, readonly=True)
        return [told[b"FLAGS"] for told in client.fetch(client.search(), ["FLAGS"]).values()]


@pytest.mark.django_db(transaction=True)
def test_an_answer_goes_by_smtp_and_imap_into_its_ticket(emptied, ticket, contact):  # noqa: F811
    """TKT-1: the whole way, with real servers: SMTP, LMTP, Dovecot, IMAP, us; the address with its word is read at the plain one."""
    box = mailbox(emptied)
    pattern = "soporte+{word}@amparo.mx"
    to = address_for(pattern, word_for(ticket.subject, contact.user_id, secret=secret()))
    emptied.send(written(1, sender=contact.email, to=to, text="Ya quedó, gracias."), to=to, sender=contact.email)
    assert until(lambda: tasks.fetch_all(at=clock.now()), 10) == 1
    tasks.understand_all(at=clock.now())
    mail = Mail.objects.get()
    assert (mail.state, mail.matter) == ("said", ticket.subject)
    assert Entry.objects.filter(thread=ticket.thread, via="email").get().body.startswith("Ya quedó, gracias. 1")
    assert rb"\Seen" in flags(emptied)[0]
    assert tasks.fetch_all(at=clock.now()) == 0
    box.refresh_from_db()
    assert box.looked_at and not box.error


@pytest.mark.django_db(transaction=True)
def test_each_once_though_killed_twice(emptied):
    """CHG-10: killed in the middle of taking in, twice; nothing is missing and nothing is there twice."""
    count = 300
    emptied.lay([written(n).as_bytes() for n in range(count)])
    mailbox(emptied)
    for limit in (60, 160):
        process = _fetching()
        until(lambda limit=limit, process=process: Mail.objects.count() > limit or process.poll() is not None, 60, 0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert 60 < Mail.objects.count() < count
    assert until(lambda: _fetching().wait() == 0 and Mail.objects.count() == count, 60)
    assert Arrival.objects.filter(settled_at__isnull=False).count() == count
    assert len(flags(emptied)) == count and all(rb"\Seen" in one for one in flags(emptied))
    titles = Mail.objects.values_list("title", flat=True)
    assert sorted(titles) == sorted(f"Número {n}" for n in range(count))


def _fetching() -> subprocess.Popen[bytes]:
    """Fetch in a process of its own, over the database of the tests."""
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from amparo.kernel import clock\n"
        "from amparo.mailbox import tasks\n"
        "tasks.fetch_all(at=clock.now())\n"
    )
    env = {**os.environ, "DATABASE_URL": database(), "AMPARO_BUILD": "1", "DJANGO_SETTINGS_MODULE": "amparo.project.settings",
           "AMPARO_DATA": str(settings.MEDIA_ROOT.parent)}  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=env)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("after", "left", "moved"), [("seen", 3, 0), ("move", 0, 3), ("delete", 0, 0)])
def test_what_is_kept_is_marked_moved_or_deleted(emptied, after, left, moved):
    mailbox(emptied, after=after, move_to="Hecho")
    emptied.lay([written(n, text=after).as_bytes() for n in range(3)])
    assert tasks.fetch_all(at=clock.now()) == 3
    assert len(flags(emptied)) == left
    if moved:
        assert len(flags(emptied, "Hecho")) == moved


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_and_not_marked_is_marked_the_next_time(emptied):
    """As though it had been killed between keeping and marking."""
    mailbox(emptied, after="delete")
    emptied.lay([written(1, text="marca").as_bytes()])
    tasks.fetch_all(at=clock.now())
    emptied.lay([written(2, text="marca").as_bytes()])
    with IMAPClient("127.0.0.1", emptied.imap, ssl=False) as client:
        client.login(USER, PASSWORD)
        told = client.select_folder("INBOX")
        [uid] = client.search()
        octets = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    box = Mailbox.objects.get()
    commands.take_in_many([commands.Arrived(octets, uid=uid)], source="imap", mailbox=box, uidvalidity=int(told[b"UIDVALIDITY"]), at=clock.now())
    assert len(flags(emptied)) == 1
    assert tasks.fetch_all(at=clock.now()) == 0 and not flags(emptied)


@pytest.mark.django_db(transaction=True)
def test_numbers_that_begin_anew_bring_nothing_twice(emptied):
    """UIDVALIDITY: a folder restored or renamed has other numbers; the messages are known by what they are."""
    box = mailbox(emptied)
    emptied.lay([written(n, text="otra vez").as_bytes() for n in range(4)])
    tasks.fetch_all(at=clock.now())
    Mailbox.objects.filter(pk=box.pk).update(uidvalidity=1, taken_uid=999_999)
    tasks.fetch_all(at=clock.now())
    assert Mail.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_an_old_mailbox_is_left_alone_unless_asked(emptied):
    """What lay there before the mailbox was set up is nobody's question of today."""
    emptied.lay([written(n, text="viejo").as_bytes() for n in range(3)])
    mailbox(emptied, takes_old=False)
    assert tasks.fetch_all(at=clock.now()) == 0
    emptied.send(written(9, text="nuevo"))
    assert until(lambda: tasks.fetch_all(at=clock.now()), 10) == 1


@pytest.mark.django_db(transaction=True)
def test_a_folder_that_moved_to_another_server_brings_nothing_from_before_the_mailbox(emptied):
    """UIDVALIDITY: its numbers begin anew, so that what was left alone stands above them again."""
    box = mailbox(emptied, takes_old=False)
    tasks.fetch_all(at=clock.now())
    with IMAPClient("127.0.0.1", emptied.imap, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.append("INBOX", written(1, text="viejo").as_bytes(), msg_time=clock.now() - timedelta(days=400))
        client.append("INBOX", written(2, text="nuevo").as_bytes())
    commands.take_in_many([commands.Arrived(b"From: a@b.mx\n\nx", uid=7)], source="imap", mailbox=box, uidvalidity=1, at=clock.now())
    for _turn in range(2):
        tasks.fetch_all(at=clock.now())
        assert sorted(Mail.objects.exclude(title="").values_list("title", flat=True)) == ["Número 2"]


@pytest.mark.django_db(transaction=True)
def test_what_is_too_large_stays_and_is_seen(emptied, administrator):
    """SEC-17: its head is kept, staff see it wait, and it stays in the mailbox as it was."""
    from amparo.policies import commands as policies

    at = clock.now()
    policies.set_value("mailbox.megabytes_max", 1, from_at=at, actor=administrator, at=at)
    mailbox(emptied, after="delete")
    big = written(1, text="grande")
    big.add_attachment(b"x" * 1_200_000, maintype="application", subtype="octet-stream")
    emptied.lay([big.as_bytes(), written(2, text="chico").as_bytes()])
    assert tasks.fetch_all(at=clock.now()) == 2
    tasks.understand_all(at=clock.now())
    mail = Mail.objects.get(title="Número 1")
    assert (mail.state, mail.reason, mail.is_whole) == ("waiting", "too_large", False)
    assert len(flags(emptied)) == 1


@pytest.mark.django_db(transaction=True)
def test_tls_is_spoken_and_certificates_are_looked_at(emptied, monkeypatch):
    """SEC-57: a server that cannot prove its name gets no password, and no error repeats one."""
    assert emptied.certificate is not None, "`make setup` brings openssl in"
    boxes = [mailbox(emptied, port=emptied.imaps, security="tls"), mailbox(emptied, security="starttls", address="dos@amparo.mx")]
    for box in boxes:
        commands.fetch(box, at=clock.now())
        box.refresh_from_db()
        assert box.error == "SSLCertVerificationError" and box.failing_since
    monkeypatch.setenv("SSL_CERT_FILE", str(emptied.certificate))
    emptied.lay([written(1, text="cifrado").as_bytes()])
    for box in boxes:
        commands.fetch(box, at=clock.now())
        box.refresh_from_db()
        assert not box.error and box.failing_since is None
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_outage_is_noted_and_the_others_go_on(emptied, caplog):
    """SEC-57"""
    bad = mailbox(emptied, address="uno@amparo.mx", password_sealed=seal("secreto-canario", settings.SECRETS["field_key"]))
    gone = mailbox(emptied, address="dos@amparo.mx", port=free_port())
    accented = mailbox(emptied, address="tres@amparo.mx", password_sealed=seal("contraseña", settings.SECRETS["field_key"]))
    mailbox(emptied)
    emptied.lay([written(1, text="sigue").as_bytes()])
    assert tasks.fetch_all(at=clock.now()) == 1
    bad.refresh_from_db(), gone.refresh_from_db(), accented.refresh_from_db()
    assert bad.error == accented.error == "LoginError" and gone.error == "ConnectionRefusedError"
    assert "secreto-canario" not in caplog.text + bad.error


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_looks_into_a_mailbox(emptied):
    box = mailbox(emptied)
    emptied.lay([written(1, text="a solas").as_bytes()])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [box.subject])
        assert commands.fetch(box, at=clock.now()) == 0
    finally:
        other.close()
    assert until(lambda: commands.fetch(box, at=clock.now()), 10) == 1


# -- handed over -------------------------------------------------------------------------------------------------------


@pytest.fixture
def listening(transactional_db):
    server = lmtp.start("127.0.0.1", free_port())
    yield server
    server.stop()


def test_a_mail_server_hands_over_by_lmtp(listening):
    """TKT-1: kept before it is answered, one answer for each recipient; what is not ours is refused at once."""
    mailbox_ = Mailbox.objects.create(name="S", address="soporte@amparo.mx", created_at=clock.now())
    with smtplib.LMTP("127.0.0.1", listening.port) as line:
        line.ehlo_or_helo_if_needed()
        assert line.mail("ana@ejemplo.mx")[0] == 250
        codes = [line.rcpt(to)[0] for to in ("soporte@amparo.mx", "soporte+x@amparo.mx", "otro@otra.mx")]
        assert codes == [250, 250, 550]
        assert line.data(written(1).as_bytes())[0] == 250 and line.getreply()[0] == 250  # one answer for each
        assert line.noop()[0] == 250
        line.sendmail("", ["soporte@amparo.mx"], written(2).as_bytes())
    first, second = Mail.objects.order_by("pk")
    assert first.envelope_to == ["soporte@amparo.mx", "soporte+x@amparo.mx"] and first.envelope_from == "ana@ejemplo.mx"
    assert second.envelope_from in ("", "<>") and mailbox_


def test_while_the_database_is_away_the_mail_server_keeps_it(listening, monkeypatch):
    """What was not kept is never answered for."""
    Mailbox.objects.create(name="S", address="soporte@amparo.mx", created_at=clock.now())

    def away(*_given, **_more):
        raise OSError("no database")

    monkeypatch.setattr(commands, "take_in", away)
    with smtplib.LMTP("127.0.0.1", listening.port) as line, pytest.raises(smtplib.SMTPDataError) as answer:
        line.sendmail("ana@ejemplo.mx", ["soporte@amparo.mx"], written(1).as_bytes())
    assert answer.value.smtp_code == 451 and not Mail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_pipes_a_message(tmp_path):
    """TKT-1: 0 once it is kept; 75 while the database is away, so that the mail server tries again."""
    url = database()
    env = {**os.environ, "AMPARO_BUILD": "1", "AMPARO_DEBUG": "1", "AMPARO_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "amparo", "mail", "deliver", "--from", "ana@ejemplo.mx", "--to", "soporte@amparo.mx"]
    gone = database(free_port())
    done = subprocess.run(command, input=written(1).as_bytes(), env={**env, "DATABASE_URL": gone}, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 75 and not Mail.objects.exists()
    done = subprocess.run(command, input=written(1).as_bytes(), env={**env, "DATABASE_URL": url}, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Mail.objects.get().envelope_to == ["soporte@amparo.mx"]
    done = subprocess.run(command, input=b"", env={**env, "DATABASE_URL": url}, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 2


