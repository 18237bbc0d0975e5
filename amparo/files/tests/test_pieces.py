"""Uploads that grow in a folder, and what is left there of those that nobody knows. SEC-27."""

from __future__ import annotations

import os

from amparo.files.commands.pieces import Growing


def test_what_nobody_knows_goes_though_something_else_goes_meanwhile(tmp_path):
    """SEC-27: a name whose file is gone when it is looked at stops nothing."""
    growing = Growing(tmp_path)
    for name, age in (("known", 10), ("left", 10), ("fresh", 1_000)):
        growing.begin(name)
        os.utime(growing.path(name), (age, age))
    growing.path("dropped").symlink_to("nowhere")
    assert growing.sweep({"known"}, before=100) == 1
    assert {one.name for one in tmp_path.iterdir()} == {"known", "fresh", "dropped"}
