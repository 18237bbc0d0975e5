"""Where a message goes, as far as it shows by itself: words that are signed, authors, machines. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.kernel.reply import Thing, address_for, find_words, is_pattern, read_word, word_for
from amparo.mailbox.rules import read
from amparo.mailbox.rules.marks import authentication
from amparo.mailbox.rules.routing import Course, Ours, course, things
from amparo.mailbox.rules.taking import glance, received

SECRET = "un secreto"
OURS = Ours("amparo.mx", {"soporte@amparo.mx"}, "mx.amparo.mx", SECRET)
WORD = word_for("ticket:41", 7, secret=SECRET)


def test_a_word_speaks_of_one_thing_and_one_person():
    """SEC-13"""
    assert read_word(WORD, secret=SECRET) == Thing("ticket", 41, 7)
    assert read_word(WORD.upper(), secret=SECRET) == Thing("ticket", 41, 7)  # some servers make capitals small, or the other way
    assert read_word(WORD, secret="otro") is None
    assert len(f"soporte+{word_for('complaint:123456789', 1234567, secret=SECRET)}") <= 64  # RFC 5321, 4.5.3.1.1


@given(st.integers(0, len(WORD) - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-019"))
def test_a_word_that_was_altered_anywhere_speaks_of_nothing(place, sign):
    """SEC-13: another ticket, another person, another letter of the signature."""
    altered = WORD[:place] + sign + WORD[place + 1 :]
    assert read_word(altered, secret=SECRET) is None or altered == WORD


@given(st.text(max_size=200))
def test_any_text_is_searched_for_words(text):
    assert find_words(text + f" <soporte+{WORD}@amparo.mx>", secret=SECRET)[-1:] == [Thing("ticket", 41, 7)] or WORD


@pytest.mark.parametrize(("pattern", "good"), [
    ("soporte+{word}@ejemplo.mx", True), ("{word}@r.ejemplo.mx", True), ("soporte@ejemplo.mx", False), ("{word}{word}@x.mx", False),
    ("s@{word}.mx", False), ("s+{word}@x.mx\nBcc: y", False), ("", False), ("a b{word}@x.mx", False),
])  # fmt: skip
def test_a_pattern_holds_the_word_once(pattern, good):
    """SEC-18"""
    assert is_pattern(pattern) is good
    assert not good or WORD in address_for(pattern, WORD)


def test_words_are_looked_for_in_the_envelope_first():
    """SEC-13: then in the addresses, then in the ids answered to; a bare word in subject or text is none."""
    other = word_for("case:5", 7, secret=SECRET)
    letter = read(f"To: x+{WORD}@amparo.mx\nReferences: <a@b> <{word_for('ticket:9', 7, secret=SECRET)}.3@h>\nSubject: {other}\n\n{other}".encode())
    assert [one.subject for one in things(letter, [f"x+{other}@amparo.mx"], secret=SECRET)] == ["case:5", "ticket:41", "ticket:9"]
    assert [one.subject for one in things(letter, [], secret=SECRET)] == ["ticket:41", "ticket:9"]


@pytest.mark.parametrize(("head", "envelope_from", "way"), [
    ("From: a@b.mx", "a@b.mx", Course.NEW), ("From: a@b.mx\nTo: x+{word}@amparo.mx", "a@b.mx", Course.REPLY), ("From: a@b.mx", "", Course.MACHINE),
    ("From: a@b.mx", "MAILER-DAEMON@x", Course.MACHINE), ("From: a@b.mx\nAuto-Submitted: auto-replied", None, Course.MACHINE),
    ("From: a@b.mx\nReturn-Path: <>", None, Course.MACHINE), ("From: a@b.mx\nList-Id: <x>", None, Course.MACHINE),
    ("From: a@b.mx\nList-Id: <x>\nTo: x+{word}@amparo.mx", None, Course.REPLY), ("From: a@b.mx, c@d.mx", None, Course.SEVERAL_AUTHORS),
    ("Subject: x", None, Course.SEVERAL_AUTHORS), ("From: Soporte+x@Amparo.mx", None, Course.OWN), ("From: a@b.mx\nX-Amparo-Loop: amparo.mx", None, Course.OWN),
    ("From: a@b.mx\nMessage-ID: <{word}.4@amparo.mx>", None, Course.OWN), ("From: a@b.mx\nX-Failed-Recipients: c@d.mx", None, Course.BOUNCE),
    ("Authentication-Results: mx.amparo.mx; dmarc=fail\nFrom: a@b.mx\nTo: x+{word}@amparo.mx", None, Course.UNPROVEN),
])  # fmt: skip
def test_each_message_takes_one_course(head, envelope_from, way):
    """SEC-13, SEC-14, SEC-15"""
    letter = read(f"{head.format(word=WORD)}\n\nhola".encode())
    assert course(letter, envelope_from, things(letter, [], secret=SECRET), OURS) is way


@pytest.mark.parametrize(("head", "found"), [
    ("Authentication-Results: mx.amparo.mx; spf=pass; dmarc=fail (p=none)", "fail"), ("Authentication-Results: mx.amparo.mx 1; dmarc = pass", "pass"),
    ("Received: x\nAuthentication-Results: MX.amparo.mx;\n dmarc=none", "none"), ("Authentication-Results: otro; dmarc=fail", ""),
    ("Authentication-Results: otro; x\nAuthentication-Results: mx.amparo.mx; dmarc=pass", ""), ("Authentication-Results: mx.amparo.mx.malo.org; dmarc=pass", ""),
    ("Authentication-Results: mx.amparo.mx; spf=pass\nAuthentication-Results: mx.amparo.mx; dmarc=fail", "fail"),
    ("Authentication-Results: mx.amparo.mx; spf=pass\nAuthentication-Results: otro; x\nAuthentication-Results: mx.amparo.mx; dmarc=pass", ""),
    ("Subject: x", ""),
])  # fmt: skip
def test_only_what_our_server_wrote_on_top_counts(head, found):
    """SEC-14"""
    assert authentication(read(head.encode() + b"\n\n").headers, "mx.amparo.mx") == found
    assert authentication(read(head.encode() + b"\n\n").headers, "") == ""


def test_a_second_copy_is_known_by_id_and_content():
    """CHG-10: the way it came is no part of it; another text under the same id is another message."""
    base = b"Message-ID: <a@b>\nFrom: a@b\n\nhola\n"
    assert glance(base).fingerprint == glance(b"Received: x\nDelivered-To: y\n" + base + b"\r\n").fingerprint
    assert glance(base).fingerprint != glance(base.replace(b"hola", b"adios")).fingerprint
    assert glance(base).fingerprint != glance(base.replace(b"<a@b>", b"<c@d>")).fingerprint
    assert glance(b"From: a\n\nx").fingerprint != glance(b"From: b\n\nx").fingerprint


def test_the_moment_of_our_server_is_bounded():
    """TIM-9"""
    now = datetime(2026, 11, 11, 18, tzinfo=UTC)
    assert received(now, None) == now == received(now, now + timedelta(seconds=1)) == received(now, now - timedelta(days=8))
    assert received(now, now - timedelta(days=2)) == now - timedelta(days=2)
