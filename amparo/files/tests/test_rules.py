"""What a file is, what it is called, which part of it is asked for."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.files.rules import UNKNOWN, safe_name, sniff
from amparo.kernel.ranges import Unsatisfiable, byte_range, disposition


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.html", "image/png"),
        (b"\xff\xd8\xff\xe0....", "a", "image/jpeg"),
        (b"RIFF0000WEBPVP8 ", "a.webp", "image/webp"),
        (b"%PDF-1.7", "a.exe", "application/pdf"),
        (b"PK\x03\x04....", "informe.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04....", "informe.png", "application/zip"),
        ("Cañón, señal\n".encode(), "a.txt", "text/plain"),
        (b"a;b\n1;2\n", "tabla.csv", "text/csv"),
        ("ñ".encode() * 2000 + b"\xc3", "a.txt", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "a.png", UNKNOWN),
        (b"  <!DOCTYPE html><script>", "a.txt", UNKNOWN),
        (b"hola <script>alert(1)</script>", "a.txt", UNKNOWN),
        (b"<?xml version='1.0'?>", "a.xml", UNKNOWN),
        (b"MZ\x90\x00\x03", "a.jpg", UNKNOWN),
        (b"\xff\xfe\x00h", "a.txt", UNKNOWN),
        (b"texto\x07con campana", "a.txt", UNKNOWN),
    ],
)
def test_the_content_says_what_a_file_is(head, name, kind):
    """SEC-26: neither the name nor what the sender said."""
    assert sniff(head, name) == kind


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("factura marzo.pdf", "factura marzo.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\caja.PNG", "caja.PNG"),
        ("..\u200b/..\u200b/x.txt", "x.txt"),
        ("foto\u202egnp.exe", "fotognp.exe"),
        ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie_ x.txt"),
        (".\u200b.\u200bhtaccess", "htaccess"),
        ("con.txt", "archivo.txt"),
        ("", "archivo"),
        ("....", "archivo"),
        ("ﬁle／..／x.txt", "x.txt"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("señal <b>.txt", "señal _b_.txt"),
    ],
)
def test_names_are_made_safe(name, kept):
    """SEC-17, SEC-21: normalised first, checked after."""
    assert safe_name(name) == kept


@given(st.text(max_size=400))
def test_any_name_becomes_one_plain_line(name):
    """SEC-17, SEC-18"""
    kept = safe_name(name)
    assert 1 <= len(kept) <= 121 and kept == kept.strip() and not kept.startswith(".")
    assert not set(kept) & set('/\\<>:"|?*\r\n\0') and ".." not in kept
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in kept)
    header = disposition(kept, inline=False)
    assert header.isascii() and "\r" not in header and "\n" not in header


@pytest.mark.parametrize(
    ("header", "size", "part"),
    [
        ("", 10, None),
        ("bytes=0-3", 10, (0, 3)),
        ("bytes=4-", 10, (4, 9)),
        ("bytes=-3", 10, (7, 9)),
        ("bytes=-30", 10, (0, 9)),
        ("bytes=5-99", 10, (5, 9)),
        ("bytes=0-1,4-5", 10, None),
        ("bytes=7-2", 10, None),
        ("bytes=-", 10, None),
        ("items=0-1", 10, None),
        ("bytes=1-" + "9" * 30, 10, None),
    ],
)
def test_one_range_is_understood(header, size, part):
    assert byte_range(header, size) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_is_told(header):
    with pytest.raises(Unsatisfiable):
        byte_range(header, 10)


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_range_never_leaves_the_file(size, first, last):
    try:
        part = byte_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
        return
    if part:
        assert 0 <= part[0] <= part[1] < size
