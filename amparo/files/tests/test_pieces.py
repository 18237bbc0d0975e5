"""Uploads that grow in a folder, and what is left there of those that nobody knows. SEC-27."""

from __future__ import annotations

import errno
import os

import pytest

from amparo.files.commands.pieces import Growing, settle


def test_what_nobody_knows_goes_though_something_else_goes_meanwhile(tmp_path):
    """SEC-27: a name whose file is gone when it is looked at stops nothing."""
    growing = Growing(tmp_path)
    for name, age in (("known", 10), ("left", 10), ("fresh", 1_000)):
        growing.begin(name)
        os.utime(growing.path(name), (age, age))
    growing.path("dropped").symlink_to("nowhere")
    assert growing.sweep({"known"}, before=100) == 1
    assert {one.name for one in tmp_path.iterdir()} == {"known", "fresh", "dropped"}


@pytest.mark.parametrize("answer", ["", "EXDEV", "ENOTSUP", "EPERM", "EMLINK"])
def test_a_file_lies_in_its_place_and_still_where_it_came(tmp_path, monkeypatch, answer):
    """UPD-2, SRC-3, SEC-27: also where there are no links, or the place is on another file system; twice is as once, and nothing else lies there."""
    came, place = tmp_path / "came", tmp_path / "on" / "place"
    came.write_bytes(b"film" * 100_000)

    def linked(*_given):
        raise OSError(getattr(errno, answer), "no link")

    if answer:
        monkeypatch.setattr(os, "link", linked)
    for _time in range(2):
        settle(came, place)
        assert place.read_bytes() == came.read_bytes() and place.stat().st_mode & 0o777 == 0o640 and list(place.parent.iterdir()) == [place]
    came.unlink()
    assert place.stat().st_size == 400_000


def test_what_a_disk_refuses_leaves_nothing_half(tmp_path, monkeypatch):
    """SEC-27: neither where it says so at once nor in the middle of a copy."""
    came, place = tmp_path / "came", tmp_path / "on" / "place"
    came.write_bytes(b"film")

    def refuses(code):
        def act(*_given):
            raise OSError(code, "refused")

        return act

    for link, sync in ((errno.EIO, 0), (errno.EXDEV, errno.ENOSPC)):
        with monkeypatch.context() as patched, pytest.raises(OSError, match="refused"):
            patched.setattr(os, "link", refuses(link))
            if sync:
                patched.setattr(os, "fsync", refuses(sync))
            settle(came, place)
        assert came.read_bytes() == b"film" and list(place.parent.iterdir()) == []
