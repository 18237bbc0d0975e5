"""A real exchange and a real caller for the tests: Kamailio (registrar, proxy, WebSocket) and baresip.

Extensions 101 and 102 are people, 600 listens; who dials 700 rings at 101 and 600. Their password is PASSWORD. Media go over the first
address of this machine that is not loopback, as browsers and gateways want it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amparo.media.gateway import media_address
from amparo.project import debian

from .live import free_port, until

PASSWORD = "clave-de-extension"
DOMAIN = "centralita.ejemplo.mx"
MISSING = "not run: {} is not installed (apt install {})"

_KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
alias="{domain}"
listen=udp:{address}:{port}
listen=tcp:127.0.0.1:{ws}
tcp_connection_lifetime=3610
tcp_accept_no_cl=yes
mpath="{modules}"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sanity.so"
loadmodule "auth.so"
loadmodule "nathelper.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 600)
modparam("registrar", "received_avp", "$avp(rcv)")
modparam("nathelper", "received_avp", "$avp(rcv)")
modparam("rr", "append_fromtag", 1)
modparam("tm", "fr_inv_timer", 60000)
request_route {{
  if (!mf_process_maxfwd_header("10") || !sanity_check("1511", "7")) {{ sl_send_reply("400", "Bad"); exit; }}
  if (nat_uac_test(64)) {{ force_rport(); if (is_method("REGISTER")) {{ fix_nated_register(); }} else if (!add_contact_alias()) {{ sl_reply_error(); exit; }} }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (has_totag()) {{
    if (loose_route()) {{
      if ($du == $null) {{ handle_ruri_alias(); }}
      t_relay(); exit;
    }}
    if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    sl_send_reply("404", "Not here"); exit;
  }}
  if (is_method("REGISTER")) {{
    if (!($tU =~ "^(101|102|600)$")) {{ sl_send_reply("404", "No such extension"); exit; }}
    if (!pv_www_authenticate("{domain}", "{password}", "0")) {{ www_challenge("{domain}", "1"); exit; }}
    if ($au != $tU) {{ sl_send_reply("403", "Not yours"); exit; }}
    if (!save("location")) {{ sl_reply_error(); }}
    exit;
  }}
  if (is_method("INVITE|SUBSCRIBE")) {{ record_route(); }}
  if ($rU == "700") {{
    $ru = "sip:101@{domain}";
    append_branch("sip:600@{domain}");
    if (!lookup("location")) {{ sl_send_reply("480", "Nobody"); exit; }}
    lookup_branches("location");
    t_on_branch("TO_BROWSER"); t_relay(); exit;
  }}
  if (!lookup("location")) {{ sl_send_reply("480", "Nobody"); exit; }}
  t_on_branch("TO_BROWSER");
  t_relay();
}}
branch_route[TO_BROWSER] {{ if ($du == $null) {{ handle_ruri_alias(); }} }}
onreply_route {{ if (nat_uac_test(64)) {{ add_contact_alias(); }} }}
event_route[xhttp:request] {{
  set_reply_close(); set_reply_no_connect();
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade") {{ if (ws_handle_handshake()) {{ exit; }} }}
  xhttp_reply("404", "Not Found", "", "");
}}
"""

_BARESIP = """poll_method epoll
sip_listen {address}:{port}
audio_source {source}
audio_player aufile,{folder}/heard.wav
audio_alert aufile,{folder}/alert.wav
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 2
auplay_channels 1
net_interface {interface}
rtcp_mux {mux}
module_path {modules}
module g711.so
module ausine.so
module aufile.so
module sndfile.so
module stun.so
module turn.so
module ice.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"""


def missing() -> str:
    """Return one line of what cannot be run here and why, nothing where all is there."""
    gone = [name for name in ("kamailio", "baresip") if debian.program(name) is None]
    return MISSING.format(" and ".join(gone), " ".join(debian.TELEPHONE.packages)) if gone else ""


@dataclass
class Running:
    """An exchange that runs, and where it listens."""

    folder: Path
    address: str
    port: int
    ws: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.ws}"

    @contextlib.contextmanager
    def caller(self, number: str, name: str = "", *, webrtc: bool = False, answers: bool = False) -> Iterator[Caller]:
        """Run baresip as who calls from outside, speaking as browsers do or as old telephones do; or as an extension that answers by itself."""
        control, port = free_port(), free_port()
        folder = self.folder / f"caller-{number.strip('+')}-{control}"
        folder.mkdir()
        modules = next(str(path) for path in (Path("/usr/lib/baresip/modules"), debian.UNPACKED / "usr/lib/baresip/modules") if path.exists())
        (folder / "config").write_text(_BARESIP.format(
            address=self.address, port=port, control=control, folder=folder, modules=modules, source="ausine,440", interface=_interface(self.address), rate=48000, mux="yes" if webrtc else "no",
        ))  # fmt: skip
        more = ";medianat=ice;mediaenc=dtls_srtp;rtcp_mux=yes" if webrtc else ""
        shown = f'"{name}" ' if name else ""
        more += f";auth_pass={PASSWORD};answermode=auto;regint=60" if answers else ";regint=0"
        (folder / "accounts").write_text(
            f'{shown}<sip:{number}@{DOMAIN};transport=udp>;outbound="sip:{self.address}:{self.port};transport=udp;lr";audio_codecs=PCMA/8000/1,PCMU/8000/1{more}\n'
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([str(debian.program("baresip")), "-f", str(folder), "-v", "-s"], env=debian.environment(), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder)
        self.processes.append(process)
        caller = Caller(folder, control)
        try:
            until(lambda: _listens(control))
            if answers:
                until(lambda: "200 OK" in caller.log())
            yield caller
        finally:
            caller.hang_up()
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()


@dataclass
class Caller:
    """A telephone outside, that is told what to do."""

    folder: Path
    control: int

    def say(self, command: str, params: str = "") -> dict[str, Any]:
        """Give baresip a command and return its answer."""
        with socket.create_connection(("127.0.0.1", self.control), 5) as line:
            told = json.dumps({"command": command, "params": params}).encode()
            line.sendall(b"%d:%s," % (len(told), told))
            return _netstring(line)

    def dial(self, extension: str) -> None:
        self.say("dial", f"sip:{extension}@{DOMAIN}")

    def hang_up(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.say("hangup")

    def key_heard(self, press: Callable[[], object], seconds: float = 10) -> str:
        """Return the key that comes over the call when one presses it, nothing where none does."""
        with socket.create_connection(("127.0.0.1", self.control), 5) as line:
            press()
            line.settimeout(seconds)
            with contextlib.suppress(TimeoutError):
                while told := _told(line):
                    if told.get("type") == "CALL_DTMF_START":
                        return str(told.get("param", ""))
        return ""

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def loudest(self) -> int:
        """Return how loud the loudest of what came to the caller was: of its recordings, whose heads are written at the end only."""
        samples = array("h")
        for path in self.folder.glob("dump-*-dec.wav"):
            sound = path.read_bytes()[44:]
            samples.frombytes(sound[: len(sound) // 2 * 2])
        return max(map(abs, samples), default=0)


def _netstring(line: socket.socket) -> dict[str, Any]:
    line.settimeout(5)
    while not (told := _told(line)).get("response"):
        pass
    return told


def _told(line: socket.socket) -> dict[str, Any]:
    """Read the next message of baresip: its length, a colon, and so much JSON with a comma after it."""
    length = b""
    while not length.endswith(b":"):
        sign = line.recv(1)
        if not sign:
            raise OSError("no answer")
        length += sign
    data = b""
    while left := int(length[:-1]) + 1 - len(data):
        data += line.recv(left)
    return dict(json.loads(data[:-1]))


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _interface(address: str) -> str:
    from amparo.media.gateway import interface_of

    return interface_of(address)


@contextlib.contextmanager
def running() -> Iterator[Running]:
    """Run the exchange until the block ends."""
    program = debian.program("kamailio")
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="exchange", ignore_cleanup_errors=True) as path:
        folder = Path(path)
        made = Running(folder, media_address(), free_port(), free_port())
        modules = [str(one) for one in (Path("/usr/lib/x86_64-linux-gnu/kamailio/modules"), Path("/usr/lib/aarch64-linux-gnu/kamailio/modules"),
                                        *debian.UNPACKED.glob("usr/lib/*/kamailio/modules")) if one.exists()]  # fmt: skip
        (folder / "kamailio.cfg").write_text(_KAMAILIO.format(
            domain=DOMAIN, address=made.address, port=made.port, ws=made.ws, modules=modules[0], password=PASSWORD,
        ))  # fmt: skip
        command = [program, "-DD", "-E", "-f", str(folder / "kamailio.cfg"), "-m", "32", "-M", "4", "-Y", str(folder), "-P", str(folder / "pid")]
        with (folder / "kamailio.log").open("wb") as log:
            process = subprocess.Popen(command, env=debian.environment(), stdout=log, stderr=log, cwd=folder, start_new_session=True)
        try:
            until(lambda: _listens(made.ws) or process.poll() is not None)
            assert process.poll() is None, (folder / "kamailio.log").read_text()[-3000:]
            yield made
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(8)
            process.kill()
