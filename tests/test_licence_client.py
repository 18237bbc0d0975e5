"""The client package as a process, against the service as a process: what a shop's computer goes through. LIC-1, LIC-2, SEC-46."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from amparo.activation import commands
from amparo.activation.models import Activation
from amparo.activation.tests.world import SERIAL, make_licence
from amparo.conftest import make_contact, make_customer, make_staff
from amparo.kernel import clock

from .live import service

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.django_db(transaction=True)


class Till:
    """A computer with the client, in a folder of its own."""

    def __init__(self, url: str, folder: Path, keys: Path, word: str) -> None:
        self.url, self.folder, self.keys, self.word, self.version, self.changed = url, folder, keys, word, "10.1", {}

    def run(self, *arguments: str, status: int = 0, url: str = "", language: str = "es", given: str = "") -> dict:
        names = ("board", "disk", "system", "network", "tpm")
        parts = ",".join(f"{name}={self.changed.get(name, self.word + name)}" for name in names)
        done = subprocess.run(
            [sys.executable, "-m", "amparo_licence.cli", "--service", url or self.url, "--product", "pos", "--version", self.version, "--built",
             "2026-10-01", "--folder", str(self.folder), "--keys", str(self.keys), "--language", language, "--json", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "clients/python"), "AMPARO_LICENCE_PARTS": parts},
            capture_output=True, text=True, input=given, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def running(django_db_setup, tmp_path_factory):
    with service(tmp_path_factory.mktemp("service"), parts=("web",)) as found:
        yield found


@pytest.fixture
def world(running, tmp_path):
    customer = make_customer("Abarrotes Lupita")
    commands.ensure_keys(at=clock.now())
    licence = make_licence(customer, terminals=2)
    keys = tmp_path / "keys.json"
    keys.write_bytes(urllib.request.urlopen(running.url + "/activation/v1/keys").read())
    tills = [Till(running.url, tmp_path / word, keys, word) for word in ("uno", "dos", "tres")]
    return {"licence": licence, "customer": customer, "tills": tills, "keys": keys}


def test_a_till_lives_through_a_year(world, tmp_path):
    """LIC-1, LIC-2, LIC-3, SEC-46"""
    one, two, three = world["tills"]
    assert one.run("status")["mode"] == "unlicensed"
    refused = one.run("activate", "NADA-0000-0000", "--terminal", "Caja 1", status=1)
    assert refused["code"] == "KEY_UNKNOWN" and "serie" in refused["detail"] and refused["remedy"]["url"].startswith(one.url)
    assert one.run("activate", "NADA-0000-0000", "--terminal", "Caja 1", status=1, language="en")["detail"].startswith("This serial")

    assert one.run("activate", SERIAL, "--terminal", "Caja 1")["code"] == "OK"
    assert one.run("status")["mode"] == "full" and one.run("validate")["valid"]
    assert two.run("activate", SERIAL, "--terminal", "Caja 2")["code"] == "OK"
    assert three.run("activate", SERIAL, "--terminal", "Caja 3", status=1)["code"] == "SEATS_EXHAUSTED"
    assert one.run("refresh")["serial"] == 2
    one.version = "10.0"
    assert one.run("report")["is_known"] is True
    assert one.run("update")["update"]["available"] is False

    nowhere = "http://127.0.0.1:9"
    assert one.run("refresh", status=3, url=nowhere)["code"] == "NOT_REACHED"
    assert one.run("status", url=nowhere)["mode"] == "full", "a service that is down stops nobody"

    one.changed = {"disk": "nuevo", "network": "nueva"}
    assert one.run("status")["mode"] == "full" and one.run("refresh")["code"] == "OK"
    one.changed |= {"board": "otra", "tpm": "otro", "system": "otro"}
    assert one.run("status")["code"] == "NOT_ACTIVATED" and one.run("refresh", status=1)["code"] == "NOT_ACTIVATED"
    one.changed = {"disk": "nuevo", "network": "nueva"}

    (one.folder / "device.key").unlink()  # the system was installed anew
    assert one.run("status")["mode"] == "unlicensed"
    again = one.run("activate", SERIAL, "--terminal", "Caja 1")
    assert again["code"] == "OK" and Activation.objects.filter(state="active").count() == 2

    assert two.run("release")["receipt"].count(".") == 2 and two.run("status")["mode"] == "unlicensed"
    assert three.run("activate", SERIAL, "--terminal", "Caja 3")["code"] == "OK"


def test_a_till_without_network_activates_and_gives_back(world, tmp_path):
    """LIC-1, LIC-2, SEC-46: file, tombstone, an old file loaded again, an altered one"""
    till, other, _third = world["tills"]
    contact, at = make_contact(world["customer"], "Lupita Romero"), clock.now()
    request = till.run("request")["file"]
    answer = commands.answer_request(world["licence"], request, terminal="Caja 1", actor=contact, at=at)
    assert till.run("load", "-", given=answer.response[:-8] + "AAAAAAAA", status=1)["code"] == "TOKEN_INVALID"
    assert other.run("load", "-", given=answer.response, status=1)["code"] == "DEVICE_MISMATCH", "replayed on another terminal"
    assert till.run("load", "-", given=answer.response)["code"] == "OK" and till.run("status")["mode"] == "full"
    address = till.run("request", "--address")["address"]
    assert address.startswith("HTTP://127.0.0.1:") and commands.read_request(address).components
    word = till.run("give-back")["file"]
    assert till.run("status")["mode"] == "unlicensed"
    assert till.run("load", "-", given=answer.response, status=1)["code"] == "REPLAYED", "what was given back is not loaded again"
    commands.answer_tombstone(word, actor=contact, at=clock.now())
    assert not Activation.objects.filter(state="active").exists()


def test_keys_are_learnt_from_those_that_are_trusted(world):
    """LIC-1: two generations live"""
    till = world["tills"][0]
    admin = make_staff("Ada", "administrator")
    before = till.run("keys")["keys"]
    for _turn in range(2):
        commands.rotate_keys(actor=admin, at=clock.now())
    assert till.run("activate", SERIAL, "--terminal", "Caja 1", status=1)["code"] == "TOKEN_INVALID", "signed by a key that it has not learnt"
    pinned = json.loads(world["keys"].read_text())
    assert len(before) == 2 and len(pinned["keys"]) == 2


def test_one_rotation_needs_nothing_of_programs(world):
    """LIC-1"""
    till = world["tills"][0]
    till.run("activate", SERIAL, "--terminal", "Caja 1")
    commands.rotate_keys(actor=make_staff("Ada", "administrator"), at=clock.now())
    assert till.run("refresh")["serial"] == 2
    assert len(till.run("keys")["keys"]) == 3
    commands.rotate_keys(actor=make_staff("Eva", "administrator"), at=clock.now())
    assert till.run("refresh")["serial"] == 3 and till.run("status")["mode"] == "full"


def test_keys_are_learnt_again_from_those_that_were_learnt(world):
    """LIC-1: pinned, learnt, learnt again: nothing that was proven is forgotten."""
    till = world["tills"][0]
    till.run("activate", SERIAL, "--terminal", "Caja 1")
    for turn, name in enumerate(("Ada", "Eva", "Ana")):
        commands.rotate_keys(actor=make_staff(name, "administrator"), at=clock.now())
        assert len(till.run("keys")["keys"]) == 3 + turn
        assert len(till.run("keys")["keys"]) == 3 + turn, "once more changes nothing"
        assert till.run("refresh")["serial"] == 2 + turn and till.run("status")["mode"] == "full"
