"""Versions, the way between them, turns of a rollout, archives. UPD-1, UPD-2."""

from __future__ import annotations

import io
import itertools
import zipfile

import pytest

from amparo.downloads.commands.archives import ENTRIES_MAX, listing
from amparo.downloads.rules import rollout, versions
from amparo.downloads.rules.proof import canonical, checksum_line


def test_versions_are_ordered_as_people_count():
    """LIC-3"""
    ordered = ["9.2", "9.10", "10.0-alpha", "10.0-beta.2", "10.0-beta.11", "10.0", "10.0b", "10.0.1", "10.1", "v11", "12.0.0.4"]
    assert sorted(reversed(ordered), key=versions.order) == ordered
    for older, newer in itertools.pairwise(ordered):
        assert versions.is_newer(newer, older) and not versions.is_newer(older, newer)
    assert versions.parse("10") == versions.parse("10.0.0") and versions.parse("10.1+build7") == versions.parse("v10.1")
    assert versions.is_newer("1.0", "") and not versions.is_newer("nada", "1.0")


@pytest.mark.parametrize("text", ["", "a", "1..2", "1.2.3.4.5.6.7", "1.2<b>", "9" * 12, "1.٣", "1. 2", "-1", "1.2-" + "a" * 40])
def test_what_is_no_version_is_none(text):
    """SEC-22"""
    assert versions.parse(text) is None


@pytest.mark.parametrize(
    ("version", "other", "corrects"),
    [("10.1.2", "10.1", True), ("10.1b", "10.1", True), ("10.1", "10.1.2", False), ("10.2", "10.1", False),
     ("11.1", "10.1", False), ("10.1.3-beta", "10.1", False), ("10.0.1", "10", True)],
)  # fmt: skip
def test_a_correction_keeps_the_first_two_numbers(version, other, corrects):
    """UPD-1"""
    assert versions.corrects(version, other) is corrects


def test_the_way_goes_over_what_each_step_needs():
    """UPD-2: «de 10.4 a 12.3: pasa por 11.8»; the fewest steps, the newest of equals; none where there is none."""
    steps = [versions.Step("12.3", "11.5"), versions.Step("11.8", "10.0"), versions.Step("11.5", "10.0"), versions.Step("10.0", "9.0"),
             versions.Step("9.9", ""), versions.Step("13.0", "12.9")]  # fmt: skip
    assert versions.way("10.4", "12.3", steps) == ("11.8", "12.3")
    assert versions.way("11.6", "12.3", steps) == ("12.3",)
    assert versions.way("8.0", "12.3", steps) == ("9.9", "10.0", "11.8", "12.3")
    assert versions.way("12.0", "13.0", steps) is None and versions.way("1.0", "99", steps) is None
    assert versions.way("", "9.9", steps) == ("9.9",)


def test_turns_are_stable_fair_and_other_for_each_release():
    """UPD-2"""
    places = [rollout.place(7, f"licence:{number}") for number in range(5000)]
    assert places == [rollout.place(7, f"licence:{number}") for number in range(5000)]
    assert 0.17 < sum(place < 20 for place in places) / 5000 < 0.23
    both = sum(rollout.place(7, f"licence:{n}") < 20 and rollout.place(8, f"licence:{n}") < 20 for n in range(5000))
    assert both < 300
    assert rollout.reached(7, "", 100) and not rollout.reached(7, "", 99)


def test_what_is_signed_reads_as_commands_read_it():
    """UPD-2"""
    assert checksum_line("pos 10.exe", "ab" * 32) == b"SHA256 (pos 10.exe) = " + b"ab" * 32 + b"\n"
    assert canonical({"b": 1, "a": "ñ"}) == '{"a":"ñ","b":1}'.encode()


def _zip(path, names, size: int = 1) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"\0" * size)


def test_an_archive_is_told_from_its_table_and_never_unpacked(tmp_path):
    """SEC-28: paths, bombs, a million entries, damaged tables."""
    path = tmp_path / "a.zip"
    _zip(path, ["../../etc/passwd", "ok/\u202efdp.exe", "grande.bin"], size=5_000_000)
    names = dict(listing(path))
    assert names["grande.bin"] == 5_000_000 and "../../etc/passwd" in names and "\u202e" not in "".join(names)
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]
    _zip(path, [f"f{number}" for number in range(3000)])
    assert len(listing(path)) == ENTRIES_MAX
    whole = path.read_bytes()
    for octets in (b"", b"PK", whole[:500], whole[:-5], b"PK" + b"\0" * 70_000, whole[:-22] + whole[-22:-12] + b"\xff" * 6 + whole[-6:]):
        path.write_bytes(octets)
        listing(path)
    table = io.BytesIO()
    with zipfile.ZipFile(table, "w") as archive:
        for number in range(20_000):
            archive.writestr("n" * 100 + str(number), b"")
    path.write_bytes(table.getvalue())
    assert listing(path) == []
