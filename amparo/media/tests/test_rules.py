"""Tokens, credentials, checksums, configuration, weak secrets: without a gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.media import gateway, rules
from amparo.media.errors import GatewayProblem

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)


def test_a_token_says_until_when_for_what_and_is_sealed():
    """SEC-38: what Janus itself reads: expiry, realm, what it opens, HMAC-SHA1."""
    token = rules.room_token("class-1", secret="s" * 40, until=AT)
    body, _sep, mac = token.rpartition(":")
    assert body == f"{int(AT.timestamp())},janus.plugin.videoroom,room=class-1" and len(mac) == 28
    assert rules.api_token(["janus.plugin.videoroom"], secret="s" * 40, until=AT).startswith(f"{int(AT.timestamp())},janus,janus.plugin.videoroom:")


@given(WORDS, WORDS, WORDS, WORDS)
def test_the_proof_of_one_is_no_proof_of_another(room, who, other_room, other):
    """SEC-38: a shared link, or another's name, opens nothing."""
    word = rules.proof(room, who, secret="k")
    assert rules.proves(word, room, who, secret="k")
    assert rules.proves(word, other_room, other, secret="k") == ((room, who) == (other_room, other))
    assert not rules.proves(word, room, who, secret="another")
    assert not rules.proves("ñ\x00", room, who, secret="k")


def test_the_relays_credentials_end_by_themselves():
    """SEC-38: coturn's REST credentials."""
    found = rules.relay_credentials("p-1", secret="north", until=datetime.fromtimestamp(1_700_000_000, UTC))
    assert found["username"] == "1700000000:p-1" and len(found["credential"]) == 28


def test_bigbluebuttons_checksum_is_the_published_one():
    """LIV-1: the vector of its documentation."""
    query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
    secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
    assert rules.checksum("create", query, secret, algorithm="sha1") == "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
    signed = rules.signed_query("create", {"name": "Test Meeting", "record": True}, secret)
    assert signed == f"name=Test+Meeting&record=true&checksum={rules.checksum('create', 'name=Test+Meeting&record=true', secret)}"


def strong() -> dict[str, str]:
    return {name: f"{name}-0123456789abcdefghijklmnopqrstuvwxyz" for name in rules.SECRETS}


@pytest.mark.parametrize("word", ["", "janusoverlord", "supersecret", "a" * 40, "kurz", strong()["api"]])
def test_a_gateway_does_not_start_on_weak_secrets(tmp_path, word):
    """SEC-38: default, empty, short, one letter, used twice."""
    folder = tmp_path / "media"
    gateway.ensure_secrets(folder)
    assert gateway.read_secrets(folder) and gateway.secrets_file(folder).stat().st_mode & 0o777 == 0o600
    gateway.secrets_file(folder).write_text(json.dumps(strong() | {"token": word}))
    with pytest.raises(GatewayProblem, match="token"):
        gateway.start_janus("/bin/true", layout(folder), environment={}, log=tmp_path / "log")
    with pytest.raises(GatewayProblem):
        gateway.start_relay("/bin/true", layout(folder), environment={}, log=tmp_path / "log")
    gateway.secrets_file(folder).write_text("not json")
    with pytest.raises(GatewayProblem):
        gateway.ensure_secrets(folder)


def layout(folder: Path) -> gateway.Layout:
    return gateway.Layout(folder=folder, address="192.0.2.7", notices_port=9300, relay_port=3478)


def test_the_configuration_opens_nothing_to_the_world(tmp_path):
    """SEC-38: administration and notices on this machine alone, no plain HTTP interface, rooms made only with the key, nothing of the samples."""
    files = gateway.janus_files(layout(tmp_path), strong(), base=None)
    main, http = files["janus.jcfg"], files["janus.transport.http.jcfg"]
    assert "token_auth = true" in main and 'admin_secret = "admin-' in main and "ipv6 = false" in main
    assert "http = false" in http and 'admin_ip = "127.0.0.1"' in http
    assert 'ws_ip = "127.0.0.1"' in files["janus.transport.websockets.jcfg"] and "admin_ws = false" in files["janus.transport.websockets.jcfg"]
    assert "admin_key" in files["janus.plugin.videoroom.jcfg"] and "room-" not in files["janus.plugin.videoroom.jcfg"]
    assert 'backend = "http://127.0.0.1:9300/notices"' in files["janus.eventhandler.sampleevh.jcfg"]
    with pytest.raises(GatewayProblem):
        gateway.janus_files(layout(tmp_path), strong() | {"api": 'a"\n}'}, base=None)


def test_the_relay_leads_into_no_private_network(tmp_path):
    """SEC-38"""
    text = gateway.relay_file(layout(tmp_path), strong())
    for line in ("use-auth-secret", "no-cli", "no-multicast-peers", "user-quota=12", "denied-peer-ip=10.0.0.0-10.255.255.255",
                 "denied-peer-ip=127.0.0.0-127.255.255.255", "denied-peer-ip=192.168.0.0-192.168.255.255", "denied-peer-ip=169.254.0.0-169.254.255.255",
                 "denied-peer-ip=::1-::1", "allowed-peer-ip=192.0.2.7"):  # fmt: skip
        assert f"{line}\n" in text
    assert text.count("allowed-peer-ip") == 1


def test_the_address_of_media_is_one_of_this_machine():
    """LIV-1"""
    own = gateway.media_address()
    assert own in [address for _name, address in gateway.addresses()] and not own.startswith("127.")
    assert gateway.media_address(gateway.interface_of(own)) == own
    with pytest.raises(GatewayProblem):
        gateway.media_address("203.0.113.9")
    assert not rules.is_word("a,b") and not rules.is_word("") and rules.is_word("class-1f")
