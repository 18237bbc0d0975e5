"""A real IMAP server for the tests: Debian's Dovecot, with LMTP before it and SMTP (aiosmtpd) before that."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from amparo.project import debian

from .live import free_port, until

_NUMBERS = itertools.count()  # no two messages of a Maildir have one name
USER, PASSWORD = "soporte", "clave-de-prueba"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = amparo-tests
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%n
recipient_delimiter = +
auth_username_format = %Ln
auth_mechanisms = plain login
first_valid_uid = 1
default_internal_user = {service}
default_internal_group = {service_group}
default_login_user = {service}
mail_max_userip_connections = 50
{paths}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/home/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  user = {lmtp_user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass
class Dovecot:
    """A running server. `imap`, `imaps`, `lmtp`: its ports on 127.0.0.1; `smtp`: of the server before it."""

    folder: Path
    imap: int
    imaps: int
    lmtp: int
    smtp: int = 0
    certificate: Path | None = None

    def send(self, *messages: EmailMessage | bytes, to: str = "soporte@amparo.mx", sender: str = "ana@ejemplo.mx") -> None:
        """Bring messages by SMTP, as anybody on the net would."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as line:
            for one in messages:
                line.sendmail(sender, [to], one if isinstance(one, bytes) else one.as_bytes())

    def lay(self, octets: Sequence[bytes], user: str = USER) -> None:
        """Lay messages straight into the Maildir: for many."""
        new = self.folder / "mail" / user / "new"
        owner = _owner()
        for part in ("new", "cur", "tmp"):
            (new.parent / part).mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(octets):
            (new / f"{1_700_000_000 + next(_NUMBERS)}.M{number}P{os.getpid()}.amparo").write_bytes(one)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", str(self.folder / "mail" / user)], check=True)


def available() -> bool:
    return debian.dovecot() is not None


def _owner() -> Any:
    """Whose the mail is: Dovecot opens none as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _service() -> tuple[str, str]:
    if os.geteuid():
        return getpass.getuser(), str(os.getgid())
    known = {one.pw_name for one in pwd.getpwall()}
    return ("dovecot", "dovecot") if "dovecot" in known else ("nobody", "nogroup")


def _certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1, signed by itself."""
    path = folder / "tls.pem"
    subprocess.run(
        [debian.openssl() or "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(folder / "tls.crt")], env=debian.environment(),
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "tls.crt"


@contextlib.contextmanager
def imap_server() -> Iterator[Dovecot]:
    """Run Dovecot with SMTP before it until the block ends; its folder has a short path, for its sockets do."""
    with tempfile.TemporaryDirectory(prefix="dovecot", ignore_cleanup_errors=True) as folder, _running(Path(folder)) as served:
        yield served


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Dovecot]:
    program = debian.dovecot()
    assert program is not None
    owner, (service, group) = _owner(), _service()
    for part in ("run", "state", "mail", "home"):
        (folder / part).mkdir()
        if os.geteuid() == 0 and part in ("mail", "home"):
            shutil.chown(folder / part, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)  # the mail's owner must reach it
    served = Dovecot(folder, free_port(), free_port(), free_port())
    certificate = _certificate(folder) if debian.openssl() else None
    served.certificate = certificate
    root = debian.UNPACKED
    paths = ""
    if str(program).startswith(str(root)):
        paths = f"libexec_dir = {root}/usr/lib/dovecot\nmail_plugin_dir = {root}/usr/lib/dovecot/modules\n"
    config = folder / "dovecot.conf"
    config.write_text(_CONFIGURATION.format(
        folder=folder, ssl="yes" if certificate else "no", paths=paths, password=PASSWORD, owner=owner.pw_uid, owner_group=owner.pw_gid,
        certificate=f"ssl_cert = <{folder}/tls.crt\nssl_key = <{folder}/tls.pem" if certificate else "", imap=served.imap,
        imaps=served.imaps if certificate else 0, lmtp=served.lmtp, service=service, service_group=group,
        lmtp_user="root" if os.geteuid() == 0 else service,
    ))  # fmt: skip
    process = subprocess.Popen([program, "-F", "-c", str(config)], env=debian.environment(), stderr=subprocess.PIPE)
    relay = Controller(_Relay(served), hostname="127.0.0.1", port=free_port())
    try:
        until(lambda: (_answers(served.imap) and _answers(served.lmtp)) or _died(process, folder))
        relay.start()
        served.smtp = relay.port
        yield served
    finally:
        with contextlib.suppress(Exception):
            relay.stop()
        process.terminate()
        process.wait(10)


class _Relay:
    """The SMTP server before it: hands over by LMTP, as Postfix does."""

    def __init__(self, served: Dovecot) -> None:
        self.served = served

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with smtplib.LMTP("127.0.0.1", self.served.lmtp) as line:
            line.sendmail(envelope.mail_from or "<>", envelope.rcpt_tos, envelope.original_content)
        return "250 delivered"


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _died(process: subprocess.Popen[bytes], folder: Path) -> bool:
    if process.poll() is not None:
        log = folder / "dovecot.log"
        raise RuntimeError(f"dovecot ended: {process.stderr.read()!r} {log.read_text() if log.exists() else ''}")  # type: ignore[union-attr]
    return False
