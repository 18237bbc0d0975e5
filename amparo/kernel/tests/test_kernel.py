from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.kernel import icalendar, ids, paging
from amparo.kernel.actor import Actor
from amparo.kernel.machine import IllegalMove, Machine
from amparo.kernel.markdown import excerpt, headed, render
from amparo.kernel.refusals import Invalid


class S(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class M(StrEnum):
    CLOSE = "close"


DOOR = Machine(S, M, {(S.OPEN, M.CLOSE): S.CLOSED})


def test_a_move_outside_the_table_is_refused():
    assert DOOR.after("open", M.CLOSE) is S.CLOSED
    with pytest.raises(IllegalMove):
        DOOR.after("closed", M.CLOSE)


@given(st.integers(min_value=1000, max_value=10**9), st.integers(0, 9), st.data())
def test_a_slip_in_a_nic_is_noticed(number, digit, data):
    """Service rules, section 1: a NIC has check digits."""
    nic = ids.make_nic(number)
    assert ids.parse_nic(ids.format_nic(nic)) == nic
    place = data.draw(st.integers(0, len(nic) - 1))
    slipped = nic[:place] + str(digit) + nic[place + 1 :]
    assert (ids.parse_nic(slipped) is None) == (slipped != nic)


def test_an_administrator_does_not_judge():
    """COM-2: nobody judges by being an administrator."""
    admin = Actor(kind="staff", user_id=1, roles=frozenset({"administrator"}))
    assert admin.has_role("sales") and not admin.has_role("quality") and not admin.has_role("rnd_director")


def test_a_contact_sees_one_customer():
    """ACC-11"""
    contact = Actor(kind="contact", user_id=1, customer_id=7, company_role="own")
    assert contact.sees_customer(7) and not contact.sees_customer(8) and not contact.sees_customer(None)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](https://elsewhere.example/pixel.png)",
        '<img src=x onerror="alert(1)">',
        "<svg onload=alert(1)>",
        '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
        "![x](/files/abc/a.png\" onerror=\"alert(1))",
    ],
)
def test_nothing_active_comes_out_of_markdown(text):
    """SEC-21"""
    html = render(text).lower()
    assert "<script" not in html and "<svg" not in html and "<style" not in html and "<math" not in html
    assert "href=\"javascript" not in html and "href=\"data" not in html and "src=\"http" not in html
    assert "<img src=x" not in html and " onerror=" not in html.replace("&quot;", "").split("<p>")[0]


def test_markdown_keeps_what_people_use():
    html = render("# Uno\n\n**dos** `tres`\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![p](/files/k1/p.png)")
    for part in ("<h3>Uno</h3>", "<strong>dos</strong>", "<li>a</li>", "<table>", 'src="/files/k1/p.png"'):
        assert part in html
    assert excerpt("**hola** mundo " * 40, 30).endswith("…")


@pytest.mark.parametrize(
    ("levels", "under", "shown"),
    [("34", 1, "23"), ("3", 2, "3"), ("5353", 1, "2232"), ("46", 2, "34"), ("345", 5, "666"), ("53", 1, "22"), ("", 1, "")],
)
def test_the_headings_of_a_text_follow_upon_the_one_that_it_stands_under(levels, under, shown):
    """None is left out, whatever its writer left out: a screen reader leads by them."""
    text = "".join(f"<h{level}>Uno</h{level}><hr>" for level in levels)
    assert headed(text, under) == "".join(f"<h{level}>Uno</h{level}><hr>" for level in shown)


def test_a_tampered_mark_of_a_page_is_refused():
    """SEC-30"""
    assert paging.unmark(paging.mark(1, "a"), 2) == [1, "a"]
    for bad in ("%%%", "e30", paging.mark(1), paging.mark({"a": 1}, 2)):
        with pytest.raises(Invalid):
            paging.unmark(bad, 2)


def test_a_long_line_of_a_calendar_is_broken_between_letters():
    """RFC 5545, 3.1: at most 75 octets, and together they are what they were."""
    said = f"SUMMARY:{icalendar.text('Facturación; añadir, año y niño. ' * 12)}"
    lines = icalendar.file([said, "END:VEVENT"]).split(b"\r\n")
    assert max(map(len, lines)) <= 75 and lines[-2:] == [b"END:VEVENT", b""]
    assert "".join(line.decode().removeprefix(" ") for line in lines[:-2]) == said
