"""Whatever is altered, reordered, dropped or added in a case file is found, and the message says what. CAS-7, SEC-28.

Each mutation is asked of both verifiers: ours, and the short one of the documentation.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import random
import re
import struct
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amparo.casefiles.commands.keys import current_key
from amparo.casefiles.rules import archive, proof
from amparo.casefiles.rules.verifier import verify
from amparo.history.rules import text_of
from amparo.project.cli import verify_case

from . import world

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
OTHER = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)


def second():
    spec = importlib.util.spec_from_file_location("second_verifier", ROOT / "docs" / "verify_case.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SECOND = second()


@pytest.fixture
def path(over, tmp_path):
    return world.made(over, tmp_path)


@pytest.fixture
def trusted():
    return [proof.raw_public(current_key())]


def unpacked(path) -> dict[str, bytes]:
    with path.open("rb") as file:
        return {m.name: b"".join(archive.content(file, m)) for m in archive.read_layout(file)}


def packed(path, members, *, order=None, sign=None, tidy=True):
    """Write members in the lawful layout; `tidy` brings the manifest's list up to date, `sign` signs it with a key."""
    members = dict(members)
    if sign or not tidy:
        manifest = json.loads(members[proof.MANIFEST])
        if tidy:
            manifest["members"] = [
                {"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
                for name, raw in members.items() if name not in (proof.MANIFEST, proof.SIGNATURE)
            ]  # fmt: skip
        members[proof.MANIFEST] = text_of(manifest).encode()
        if sign:
            members[proof.SIGNATURE] = sign.sign(members[proof.MANIFEST])
    with path.open("w+b") as out:
        writer = archive.Writer(out)
        for name in order or members:
            writer.add(name, [members[name]])
        writer.finish()


def refused(path, trusted, *words):
    """Both say no, neither falls over, and ours says what it is."""
    verdict = verify(path, keys=trusted)
    assert verdict.problems, "ours found nothing"
    assert SECOND.problems(path, trusted), "the second found nothing"
    said = " ".join(verdict.problems)
    for word in words:
        assert word in said, said
    return said


def test_both_accept_what_was_made(path, trusted):
    """CAS-7"""
    assert verify(path, keys=trusted).problems == [] and SECOND.problems(path, trusted) == []
    assert verify(path).problems == [] and "fingerprint" in verify(path).notes[0]


def test_one_flipped_bit_anywhere_is_found(path, trusted):
    """CAS-7: at every byte outside of contents, and at many inside of them."""
    raw = bytearray(path.read_bytes())
    with path.open("rb") as file:
        found = archive.read_layout(file)
    inside = {at for m in found for at in range(m.start, m.start + m.size)}
    dice = random.Random(7)
    small = {at for m in found if m.size < 700 for at in range(m.start, m.start + m.size)}
    places = [at for at in range(len(raw)) if at not in inside] + sorted(small) + dice.sample(sorted(inside), 250)
    for at in places:
        bit = 1 << dice.randrange(8)
        raw[at] ^= bit
        path.write_bytes(raw)
        assert verify(path, keys=trusted).problems, f"byte {at} of {len(raw)}"
        assert SECOND.problems(path, trusted), f"byte {at}: the second"
        raw[at] ^= bit


@pytest.mark.parametrize("name", [proof.FACTS, proof.RECORD])
def test_lines_dropped_twice_swapped_or_added_are_found(path, trusted, name):
    """CAS-7, CAS-1: of facts the chain says which, though the list were signed anew."""
    whole = unpacked(path)
    lines = whole[name].splitlines(keepends=True)
    for at in range(len(lines)):
        for changed in (lines[:at] + lines[at + 1 :], lines[: at + 1] + lines[at:]):
            packed(path, whole | {name: b"".join(changed)})
            refused(path, trusted, f"{name} was altered")
    for at in range(len(lines) - 1):
        swapped = [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
        packed(path, whole | {name: b"".join(swapped)})
        refused(path, trusted, f"{name} was altered")


def test_the_chain_itself_finds_it_when_somebody_else_signs_anew(path):
    """CAS-1: even where the signature is taken to be right, facts cannot be dropped, moved, doubled or changed."""
    whole = unpacked(path)
    lines = whole[proof.FACTS].splitlines(keepends=True)
    key, middle = current_key(), len(lines) // 2
    trusted = [proof.raw_public(key)]
    changed = [
        (lines[:middle] + lines[middle + 1 :], f"follows fact {middle}"),
        (lines[: middle + 1] + lines[middle:], "stands twice"),
        ([*lines[:middle], lines[middle + 1], lines[middle], *lines[middle + 2 :]], "line"),
        (lines[:-1], "facts are missing"),
        ([*lines[:3], lines[3].replace(b'"seq":4', b'"seq":44'), *lines[4:]], "fact 44"),
        ([lines[0].replace(b"Lupita", b"Lupito"), *lines[1:]], "fact 1 of case:"),
    ]
    for told, words in changed:
        packed(path, whole | {proof.FACTS: b"".join(told)}, sign=key)
        refused(path, trusted, words)


def test_texts_of_messages_are_held_by_the_chain_too(path, trusted):
    """CAS-1, CAS-7: though the record were written anew and signed with the right key, who holds an earlier file's head sees it."""
    whole = unpacked(path)
    lines = whole[proof.RECORD].splitlines(keepends=True)
    entries = [json.loads(line) for line in lines if json.loads(line)["kind"] == "entry"]
    facts = [json.loads(line) for line in whole[proof.FACTS].splitlines()]
    told = {line["content"]["data"].get("entry") for line in facts if "body_sha256" in line.get("content", {}).get("data", {})}
    assert told == {line["id"] for line in entries} and len(told) >= 4
    assert [line["content"]["data"]["body_sha256"] for line in facts if line.get("head", {}).get("name") == "case.opened"] == [
        hashlib.sha256(entries[0]["body"].encode()).hexdigest()
    ]
    at = next(at for at, line in enumerate(lines) if b"La vemos." in line)
    for changed, words in (
        ([*lines[:at], lines[at].replace(b"La vemos.", b"La vimos."), *lines[at + 1 :]], "is not the one that its fact"),
        ([*lines[:at], *lines[at + 1 :]], "that a fact tells of is missing"),
    ):
        files = {name: raw for name, raw in whole.items() if not name.startswith("files/") or name.encode() in b"".join(changed)}
        packed(path, files | {proof.RECORD: b"".join(changed)}, sign=current_key())
        refused(path, trusted, words)


def test_members_added_removed_renamed_swapped_or_moved_are_found(path, trusted):
    """CAS-7"""
    whole = unpacked(path)
    names = list(whole)
    one, two = [name for name in names if name.startswith("files/")]
    for name in names:
        packed(path, {k: v for k, v in whole.items() if k != name})
        refused(path, trusted, f"{name} is missing")
    packed(path, whole | {"files/" + "0" * 64: b"mas"})
    refused(path, trusted, "was added")
    packed(path, whole | {"extra.txt": b"mas"}, sign=current_key())
    refused(path, trusted, "extra.txt")
    packed(path, whole | {one: whole[two], two: whole[one]})
    refused(path, trusted, f"{one} was altered", f"{two} was altered")
    packed(path, whole | {one: whole[two], two: whole[one]}, sign=current_key())
    refused(path, trusted, "does not hold the content that its name says")
    packed(path, {(name if name != one else one + "x"): raw for name, raw in whole.items()})
    refused(path, trusted)
    for at in range(len(names) - 1):
        packed(path, whole, order=[*names[:at], names[at + 1], names[at], *names[at + 2 :]])
        refused(path, trusted, "reordered")


def test_the_manifest_of_another_case_another_key_or_none_is_refused(path, trusted, contact, engineer, contract, tmp_path):
    """CAS-7: a manifest with a wrong key."""
    whole = unpacked(path)
    other = unpacked(world.made(world.told(contact, engineer), tmp_path))
    for names in ([proof.MANIFEST], [proof.SIGNATURE], [proof.MANIFEST, proof.SIGNATURE], [proof.FACTS], [proof.RECORD], [proof.PAPER]):
        packed(path, whole | {name: other[name] for name in names})
        refused(path, trusted)
    packed(path, whole, sign=OTHER)
    refused(path, trusted, "the signature does not belong")
    packed(path, whole | {proof.KEY: proof.pem_of(proof.raw_public(OTHER))}, sign=OTHER)
    said = refused(path, trusted, "not trusted")
    assert proof.grouped(proof.fingerprint(proof.raw_public(OTHER))) in said
    packed(path, whole | {proof.KEY: b"nothing"}, sign=OTHER)
    refused(path, trusted, "no Ed25519 key")
    packed(path, whole | {proof.SIGNATURE: b""})
    refused(path, trusted)


def test_a_file_that_was_cut_off_or_grew_is_refused(path, trusted):
    """CAS-7: a truncated ZIP, and something before or behind."""
    raw = path.read_bytes()
    for length in [0, 1, 3, 4, 21, 22, 30, 100, *range(len(raw) // 20, len(raw), len(raw) // 20), len(raw) - 23, len(raw) - 1]:
        path.write_bytes(raw[:length])
        refused(path, trusted)
    for changed in (raw + b"\0", b"\0" + raw, raw + raw, raw + raw[-22:], raw[:-2] + b"\3\0abc", b"#!/bin/sh\n" + raw):
        path.write_bytes(changed)
        refused(path, trusted)
    with zipfile.ZipFile(path, "w") as empty:
        empty.comment = b""
    refused(path, trusted, "is missing")


def zipped(path, members, *, method=zipfile.ZIP_STORED, change=None):
    """Write members as any other program would."""
    with zipfile.ZipFile(path, "w", method) as out:
        for name, raw in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = method, 0o100644 << 16
            if change:
                change(info)
            out.writestr(info, raw)


def test_archives_that_mean_harm_are_refused(path, trusted):
    """SEC-28: a bomb, paths that lead outside, links, folders, twins, encryption, a second directory, a million names."""
    whole = list(unpacked(path).items())
    zipped(path, [*whole, ("files/bomb", b"\0" * 50_000_000)], method=zipfile.ZIP_DEFLATED)
    refused(path, trusted, "compressed")
    for name in ("../outside", "/etc/passwd", "files/../../outside", "C:\\x", "files\\x", "a/./b", "a//b", "con\x01", "ñ.txt", "files/"):
        zipped(path, [(name, b"x"), *whole])
        refused(path, trusted)
    zipped(path, [("../outside", b"x")])
    refused(path, trusted, "not allowed")
    zipped(path, whole, change=lambda info: setattr(info, "external_attr", 0o120777 << 16))
    refused(path, trusted, "is a link")
    zipped(path, whole, change=lambda info: setattr(info, "comment", b"hola"))
    refused(path, trusted)
    zipped(path, whole, change=lambda info: setattr(info, "extra", b"\1\0\2\0ab"))
    refused(path, trusted)
    with pytest.warns(UserWarning, match="Duplicate"):
        zipped(path, [*whole, whole[0]])
    refused(path, trusted, "two members have the name")
    zipped(path, whole, change=lambda info: setattr(info, "create_system", 0))
    refused(path, trusted)


def test_encrypted_members_and_a_lying_directory_are_refused(path, trusted):
    """SEC-28"""
    raw = path.read_bytes()
    first = raw.index(b"PK\1\2")
    for at, value in ((8, 1), (10, 8), (10, 99), (42, 7), (20, 1), (38, 0xFF)):
        changed = bytearray(raw)
        changed[first + at] ^= value
        path.write_bytes(changed)
        refused(path, trusted)
    encrypted = bytearray(raw)
    encrypted[first + 8] |= 1
    path.write_bytes(encrypted)
    refused(path, trusted, "encrypted")
    directory, end = raw[first:-22], raw[-22:]
    path.write_bytes(raw[:first] + directory + directory + end)
    refused(path, trusted)
    path.write_bytes(raw[:first] + directory + end[:16] + struct.pack("<L", first - 1) + end[20:])
    refused(path, trusted)
    path.write_bytes(raw[:first] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, 0, first, 0))
    refused(path, trusted, "65535 members")
    path.write_bytes(b"PK\3\4" + b"\0" * 40 + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    refused(path, trusted)


def test_contents_that_are_no_json_of_ours_are_refused(path, trusted):
    """SEC-28: deep nesting, other spellings, wrong types: said, not fallen over; even signed by the right key."""
    whole = unpacked(path)
    manifest = json.loads(whole[proof.MANIFEST])
    strange = [
        b"", b"null", b"[]", b"{", b"[" * 100_000, b'{"format":1}', b"\xff\xfe", json.dumps(manifest).encode(),
        text_of(manifest | {"format": "amparo-case-file/2"}).encode(), text_of(manifest | {"chains": 7}).encode(),
        text_of(manifest | {"members": [1]}).encode(), text_of(manifest | {"chains": [{"subject": 1}]}).encode(),
        text_of({k: v for k, v in manifest.items() if k != "case"}).encode(), b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        text_of(manifest | {"key": "0" * 64}).encode(), text_of(manifest | {"case": "C-99999"}).encode(), text_of(manifest | {"subject": "case:9"}).encode(),
    ]  # fmt: skip
    for raw in strange:
        packed(path, whole | {proof.MANIFEST: raw, proof.SIGNATURE: current_key().sign(raw)})
        refused(path, trusted)
    for name in (proof.FACTS, proof.RECORD):
        for raw in (b"", b"\n", b"{}\n", b"null\n", b"[" * 200_000 + b"\n", whole[name][:-1], whole[name] + b"{}\n", b"x" * 9_000_000,
                    whole[name].replace(b'"kind"', b'"kind" ').replace(b'"seq"', b'"seq" '), whole[name] + b'{"chain":[],"hash":1,"seq":1,"version":2}\n'):  # fmt: skip
            packed(path, whole | {name: raw}, sign=current_key())
            refused(path, trusted)


def test_garbage_is_refused_and_never_falls_over(path, trusted):
    """SEC-28"""
    dice = random.Random(11)
    raw = path.read_bytes()
    for _round in range(150):
        changed = bytearray(raw)
        for _change in range(dice.randrange(1, 6)):
            at, length = dice.randrange(len(changed)), dice.randrange(1, 60)
            act = dice.randrange(3)
            if act == 0:
                changed[at : at + length] = dice.randbytes(length)
            elif act == 1:
                del changed[at : at + length]
            else:
                changed[at:at] = changed[max(0, at - length) : at]
        path.write_bytes(changed)
        if bytes(changed) != raw:
            refused(path, trusted)
    for size in (0, 1, 22, 46, 1000):
        path.write_bytes(dice.randbytes(size))
        refused(path, trusted)


def test_the_command_says_it_in_words_json_and_its_status(path, tmp_path, capsys, monkeypatch):
    """CAS-7: 0 valid, 1 not, 2 wrong use."""
    monkeypatch.setenv("AMPARO_DATA", str(tmp_path / "nowhere"))
    key = tmp_path / "key.pem"
    key.write_bytes(proof.pem_of(proof.raw_public(current_key())))
    assert verify_case.main([str(path), "--key", str(key), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] is True and told["problems"] == []
    assert verify_case.main([str(path)]) == 0 and "fingerprint" in capsys.readouterr().out
    key.write_bytes(proof.pem_of(proof.raw_public(OTHER)))
    assert verify_case.main([str(path), "--key", str(key)]) == 1 and "not trusted" in capsys.readouterr().out
    assert verify_case.main([str(tmp_path / "no.zip")]) == 2
    (tmp_path / "empty.pem").write_text("hola")
    assert verify_case.main([str(path), "--key", str(tmp_path / "empty.pem")]) == 2
    with pytest.raises(SystemExit) as wrong:
        verify_case.main([])
    assert wrong.value.code == 2


def test_the_keys_that_this_installation_published_are_trusted_by_themselves(path, tmp_path, capsys, monkeypatch):
    """CAS-7"""
    monkeypatch.setenv("AMPARO_DATA", str(tmp_path))
    assert (tmp_path / verify_case.KEYS).is_file()
    assert verify_case.main([str(path), "--json"]) == 0 and json.loads(capsys.readouterr().out)["notes"] == []
    whole = unpacked(path)
    packed(path, whole | {proof.KEY: proof.pem_of(proof.raw_public(OTHER))}, sign=OTHER)
    assert verify_case.main([str(path)]) == 1


def test_the_second_verifier_is_short_and_needs_two_things_alone():
    """CAS-7: at most a hundred and twenty lines, the standard library and `cryptography`."""
    text = (ROOT / "docs" / "verify_case.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120 and not re.search(r"(import|from) +amparo", text)
    tree = ast.walk(ast.parse(text))
    named = [name for node in tree if isinstance(node, ast.Import | ast.ImportFrom) for name in (
        [node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])]  # fmt: skip
    imported = {str(name).split(".")[0] for name in named}
    assert imported <= {"base64", "hashlib", "json", "re", "struct", "sys", "zlib", "cryptography"}
    assert SECOND.main(["verify_case.py"]) == 2


def test_without_a_published_key_the_second_verifier_says_what_it_does_not_know(path, tmp_path, capsys):
    """CAS-7: anybody can sign a forgery with a key of his own."""
    keys = tmp_path / "keys.pem"
    keys.write_bytes(proof.pem_of(proof.raw_public(current_key())))
    whole, raw = unpacked(path), proof.raw_public(OTHER)
    manifest = text_of(json.loads(whole[proof.MANIFEST]) | {"key": proof.fingerprint(raw)}).encode()
    packed(path, whole | {proof.KEY: proof.pem_of(raw), proof.MANIFEST: manifest}, sign=OTHER)
    assert SECOND.main(["verify_case.py", str(path)]) == 0 and "by whose key?" in capsys.readouterr().out
    assert SECOND.main(["verify_case.py", str(path), str(keys)]) == 1 and "not trusted" in capsys.readouterr().out


