"""MeshCentral: tokens, versions and links as it wants them; the real one where AMPARO_MESHCENTRAL points to it. LIV-2, SEC-39."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.urls import reverse
from websockets.sync.server import serve

from amparo.cases.models import Case
from amparo.conftest import NOON
from amparo.history.queries import facts as history
from amparo.kernel.refusals import Invalid
from amparo.remote import commands, meshcentral
from amparo.remote.errors import MeshCentralAway, MeshCentralOld
from amparo.remote.rules import meshcentral as rules

from .world import a_case

KEY = "00112233445566778899aabbccddeeff" * 5
NODE = "node//" + "A" * 40
REAL = os.environ.get("AMPARO_MESHCENTRAL", "")
needs_real = pytest.mark.skipif(not REAL, reason="not run without AMPARO_MESHCENTRAL, the folder in which npm installed meshcentral and image-size")


def test_a_token_is_laid_out_as_the_server_reads_it():
    """SEC-39"""
    token = rules.login_token("user//elena", KEY, nonce=b"n" * 12, seconds=1_800_000_000)
    laid = base64.b64decode(token.replace("@", "+").replace("$", "/"))
    assert laid[:12] == b"n" * 12 and "+" not in token and "/" not in token
    plain = AESGCM(bytes.fromhex(KEY)[:32]).decrypt(laid[:12], laid[28:] + laid[12:28], None)
    assert json.loads(plain) == {"u": "user//elena", "a": 3, "time": 1_800_000_000}
    for key, nonce in (("00" * 16, b"n" * 12), (KEY, b"short"), ("no", b"n" * 12)):
        with pytest.raises(ValueError):
            rules.login_token("user//elena", key, nonce=nonce, seconds=1)


@pytest.mark.parametrize(("page", "good"), [
    ("MeshCentral 1.3.1", True), ("MeshCentral v1.4.0", True), ("MeshCentral 2.0.0", True), ("MeshCentral 1.3.0", False), ("MeshCentral 1.1.55", False),
    ("MeshCentral", False), ("", False), ("MeshCentral {serverversion}", False),
])  # fmt: skip
def test_older_servers_are_refused(page, good):
    """SEC-39: and those that do not say how old they are."""
    assert rules.new_enough(rules.version_in(f"<div>{page}</div>")) is good


def test_a_link_is_for_one_device_a_time_and_consent():
    """LIV-2: the customer is asked there too, each time; nothing but the desktop."""
    asked = rules.share_request(NODE, guest="Elena", minutes=30, view_only=True)
    assert asked["p"] == 2 and asked["consent"] & 8 and asked["expire"] == 30 and asked["viewOnly"] is True
    for node, minutes in (("node//x", 30), ("https://evil.example/", 30), (NODE, 0), (NODE, 10_000)):
        with pytest.raises(ValueError):
            rules.share_request(node, guest="x", minutes=minutes, view_only=False)


def test_what_is_not_set_or_does_not_answer_is_said(settings):
    """LIV-2"""
    with pytest.raises(MeshCentralAway):
        meshcentral.version()
    settings.MESHCENTRAL_URL, settings.MESHCENTRAL_USER, settings.MESHCENTRAL_KEY = "https://127.0.0.1:9", "user//elena", KEY
    with pytest.raises(MeshCentralAway):
        meshcentral.devices(at=NOON)


@contextlib.contextmanager
def _peer(version: str):
    """A server of ours that answers as MeshCentral does: the sign-in page with its footer, one computer, a link to it."""
    asked: list[dict] = []

    def page(connection, request):
        return None if request.headers.get("Upgrade") else connection.respond(200, f"<p>MeshCentral {version}</p>\n")

    def control(line):
        for text in line:
            question = json.loads(text)
            asked.append(question)
            line.send(json.dumps({"action": "event"}))
            told = {"nodes": {"mesh": [{"_id": NODE, "name": "CAJA-1"}]}} if question["action"] == "nodes" else {"result": "OK", "url": "https://mesh.example/s/1"}
            line.send(json.dumps({"action": question["action"], "responseid": question["responseid"], **told}))

    with serve(control, "127.0.0.1", 0, process_request=page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/", asked
        server.shutdown()


@pytest.mark.django_db
def test_the_engineer_gets_a_link_from_the_case_and_an_older_server_is_refused_in_words(client_for, contact, engineer, sales, settings, time_machine):
    """LIV-2, LIV-3, CAS-5, SEC-39: what was opened is on the record, and the clock runs; another computer than those told is none."""
    time_machine.move_to(NOON, tick=False)
    case = a_case(contact, engineer)
    desk, beside, place = client_for(engineer), reverse("desk_remote:of_case", args=[case.pk]), reverse("desk_remote:mesh", args=[case.pk])
    assert place not in desk.get(beside).text and desk.get(place).status_code == 503
    with _peer("1.1.55") as (url, asked):
        settings.MESHCENTRAL_URL, settings.MESHCENTRAL_USER, settings.MESHCENTRAL_KEY = url, "user//elena", KEY
        assert place in desk.get(beside).text
        refused = desk.get(place)
        assert refused.status_code == 503 and "1.1.55" in refused.text and "1.3.1" in refused.text and not asked
    with _peer("1.3.1") as (url, asked):
        settings.MESHCENTRAL_URL = url
        assert client_for(sales).get(place).status_code == 403 and not asked
        assert "CAJA-1" in desk.get(place).text
        assert desk.post(f"{place}link/", {"device": "node//" + "B" * 40, "mode": "view"}).status_code == 422
        assert Case.objects.get(pk=case.pk).clock.since is None
        made = desk.post(f"{place}link/", {"device": NODE, "mode": "view"})
        assert "https://mesh.example/s/1" in made.text and asked[-1]["viewOnly"] is True and asked[-1]["expire"] == 30
    told = [fact for fact in history(case.subject) if fact.name in ("remote.linked", "case.clock_started")]
    assert [fact.name for fact in told] == ["case.clock_started", "remote.linked"] and told[1].data["device"] == "CAJA-1"
    assert Case.objects.get(pk=case.pk).clock.since == NOON


@pytest.mark.django_db
def test_no_session_with_a_code_is_called_one_of_meshcentral(contact, engineer):
    """LIV-2"""
    with pytest.raises(Invalid):
        commands.offer(a_case(contact, engineer), mode="view", way="meshcentral", key="k", actor=engineer, at=NOON)


@needs_real
def test_the_real_server_takes_what_we_make(settings, tmp_path, monkeypatch):
    """LIV-2, SEC-39: version, token and link, at the server itself, to a computer with its own agent; refused while it is older than may be."""
    with _server(tmp_path) as (url, key, authority, found):
        settings.MESHCENTRAL_URL, settings.MESHCENTRAL_USER, settings.MESHCENTRAL_KEY, settings.MESHCENTRAL_CA = url, "user//elena", key, authority
        if found < rules.OLDEST:
            with pytest.raises(MeshCentralOld):
                meshcentral.version()
        monkeypatch.setattr(rules, "OLDEST", (1, 0, 0))
        assert meshcentral.version() == found
        from django.utils import timezone

        assert meshcentral.devices(at=timezone.now()) == []
        with pytest.raises(MeshCentralAway):  # a device that is not there
            meshcentral.share(NODE, guest="Elena", minutes=30, view_only=True, at=timezone.now())
        with _agent(tmp_path, url) as ran:
            ends = time.monotonic() + 60
            while not (found_ := meshcentral.devices(at=timezone.now())) and time.monotonic() < ends and ran.poll() is None:
                time.sleep(0.5)
            [device] = found_
            assert device["conn"] & 1, "the agent is connected"
            link = meshcentral.share(device["_id"], guest="Elena", minutes=30, view_only=True, at=timezone.now())
            with urllib.request.urlopen(link, context=ssl.create_default_context(cafile=authority), timeout=10) as page:
                assert page.status == 200 and b"agent-desktop" in page.read()
        settings.MESHCENTRAL_KEY = "11" * 80
        with pytest.raises(MeshCentralAway):
            meshcentral.devices(at=timezone.now())


@contextlib.contextmanager
def _agent(folder: Path, url: str):
    """The agent for Linux that comes with the server, joined to a group of its own, without being installed."""
    place = folder / "agent"
    place.mkdir()
    account = ["--url", url.replace("https", "wss"), "--loginuser", "elena", "--loginpass", "Prueba-larga-2026", "--ignoretls"]
    control = ["node", f"{REAL}/node_modules/meshcentral/meshctrl.js"]
    subprocess.run([*control, "AddDeviceGroup", "--name", "Cajas", *account], check=True, capture_output=True, timeout=60)
    told = subprocess.run([*control, "ListDeviceGroups", "--json", *account], check=True, capture_output=True, timeout=60).stdout
    group = json.loads(told)[0]["_id"].rpartition("/")[2]
    with urllib.request.urlopen(f"{url}/meshsettings?id={group}", context=ssl._create_unverified_context(), timeout=10) as answer:
        settings_ = answer.read().decode()
    (place / "meshagent.msh").write_text(re.sub("MeshServer=.*", f"MeshServer={url.replace('https', 'wss')}/agent.ashx", settings_))
    shutil.copy(f"{REAL}/node_modules/meshcentral/agents/meshagent_x86-64", place / "meshagent")
    (place / "meshagent").chmod(0o755)
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([str(place / "meshagent"), "connect"], cwd=place, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _server(folder: Path):
    @contextlib.contextmanager
    def running():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = folder / "data"
        data.mkdir()
        (data / "config.json").write_text(json.dumps({
            "settings": {"cert": "localhost", "port": port, "redirPort": 0, "agentTimeStampServer": False, "selfUpdate": False, "WANonly": True, "exactPorts": True,
                         "mpsPort": 0, "telemetry": False},
            "domains": {"": {"title": "M", "footer": "MeshCentral {serverversion}", "loginfooter": "MeshCentral {serverversion}"}},
        }))  # fmt: skip
        base = ["node", f"{REAL}/node_modules/meshcentral/meshcentral", "--datapath", str(data), "--filespath", str(folder / "files")]
        subprocess.run([*base, "--createaccount", "elena", "--pass", "Prueba-larga-2026", "--email", "elena@ejemplo.mx"], capture_output=True, timeout=120, check=False)
        said = subprocess.run([*base, "--logintokenkey"], capture_output=True, text=True, timeout=60, check=False).stdout
        key = max(said.split(), key=len)
        log = (folder / "log").open("wb")
        process = subprocess.Popen(base, stdout=log, stderr=log)
        version = json.loads(Path(REAL, "node_modules/meshcentral/package.json").read_text())["version"]
        authority = data / "root-cert-public.crt"
        try:
            ends = time.monotonic() + 90
            while time.monotonic() < ends:
                with contextlib.suppress(OSError):
                    context = ssl.create_default_context()
                    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                    urllib.request.urlopen(f"https://localhost:{port}/", context=context, timeout=3).read(10)
                    break
                time.sleep(0.5)
            yield f"https://localhost:{port}", key, str(authority), tuple(map(int, version.split(".")))
        finally:
            process.terminate()
            process.wait(20)
            print((folder / "log").read_text(errors="replace")[-2000:])

    return running()
