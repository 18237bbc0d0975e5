"""The page of the security model says which test holds which row; it says the truth."""

from __future__ import annotations

import re

from .source import ROOT

PAGE = ROOT / "docs" / "security.md"


def test_the_page_names_the_tests_of_each_row():
    """SEC-59: what is claimed can be run: each file of the table exists and names its row, and no row lacks one."""
    rows = re.findall(
        r"^\| SEC-(\d+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) > 30
    for number, cell in rows:
        files = re.findall(r"`([^`]+)`", cell)
        assert files, number
        for name in files:
            assert re.search(rf"SEC-{number}\b", (ROOT / name).read_text(encoding="utf-8")), (
                f"{name} does not name SEC-{number}"
            )


def test_every_row_that_a_test_names_is_on_the_page():
    """SEC-59"""
    said = set(re.findall(r"^\| SEC-(\d+) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    for folder in ("amparo", "tests"):
        for path in (ROOT / folder).rglob("test_*.py"):
            named = set(re.findall(r"SEC-(\d+)", path.read_text(encoding="utf-8")))
            assert named <= said, f"{path} names rows that the page lacks: {named - said}"
