from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from amparo.ui import formats

ZONE = ZoneInfo("America/Mexico_City")
NOW = datetime(2026, 11, 24, 20, 20, tzinfo=UTC)


def at(days=0, hours=0, minutes=0):
    return NOW + timedelta(days=days, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "spanish", "english"),
    [
        (at(minutes=40), "hoy 15:00", "today 15:00"),
        (at(hours=19, minutes=45), "mañana 10:05", "tomorrow 10:05"),
        (at(days=-1), "ayer 14:20", "yesterday 14:20"),
        (at(days=2, hours=3, minutes=40), "jue 26 nov, 18:00", "Thu 26 Nov, 18:00"),
        (at(days=40), "dom 3 ene, 14:20", "Sun 3 Jan, 14:20"),
        (at(days=127), "31 mar 2027, 14:20", "31 Mar 2027, 14:20"),
    ],
)
def test_moments_are_said_as_people_say_them(moment, spanish, english):
    with translation.override("es-mx"):
        assert formats.moment(moment, now=NOW, zone=ZONE) == spanish
    with translation.override("en"):
        assert formats.moment(moment, now=NOW, zone=ZONE) == english


def test_today_is_the_readers_day_not_that_of_utc():
    """23:30 in Mexico City is tomorrow already in UTC."""
    late = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    with translation.override("es-mx"):
        assert formats.moment(late, now=NOW, zone=ZONE) == "hoy 23:30"


@pytest.mark.parametrize(
    ("length", "spanish", "english"),
    [
        (timedelta(seconds=59), "menos de 1 min", "less than 1 min"),
        (timedelta(minutes=40, seconds=59), "40 min", "40 min"),
        (timedelta(hours=3), "3 h", "3 h"),
        (timedelta(hours=3, minutes=20), "3 h 20 min", "3 h 20 min"),
        (timedelta(hours=20, minutes=59), "20 h", "20 h"),
        (timedelta(days=1, hours=20), "1 día 20 h", "1 day 20 h"),
        (timedelta(days=5, hours=3), "5 días", "5 days"),
        (-timedelta(minutes=95), "1 h 35 min", "1 h 35 min"),
    ],
)
def test_lengths_have_two_units_at_most_and_are_never_rounded_up(length, spanish, english):
    with translation.override("es-mx"):
        assert formats.duration(length) == spanish
    with translation.override("en"):
        assert formats.duration(length) == english


def test_amounts_have_their_word():
    with translation.override("es-mx"):
        assert formats.amount("incident", 1) == "1 incidente"
        assert formats.amount("credit", 4) == "4 créditos"
        assert formats.amount("event", -1) == "-1 evento"
        assert formats.amounts([("incident", 1), ("credit", 2)]) == "1 incidente y 2 créditos"
        assert formats.amounts([("credit", 0)]) == "sin cargo"
        assert formats.business_days(2) == "2 días hábiles"
        assert formats.business_hours(48) == "48 horas hábiles"
    with translation.override("en"):
        assert formats.amount("event", 1240) == "1\u202f240 events"
    with pytest.raises(ValueError, match="hour"):
        formats.amount("hour", 1)


@pytest.mark.parametrize(
    ("left", "length", "tone"),
    [
        (-1, 480, "late"),
        (0, 480, "late"),
        (60, 480, "act"),
        (119, 480, "act"),
        (121, 480, "waiting"),
        (300, None, "waiting"),
    ],
)
def test_the_tone_of_a_promise_tells_when_to_act(left, length, tone):
    due = NOW + timedelta(minutes=left)
    started = due - timedelta(minutes=length) if length else None
    assert formats.promise_tone(due, now=NOW, started_at=started) == tone


def test_small_words():
    assert formats.initials("María del Carmen Ruiz") == "MR"
    assert formats.initials("") == "?"
    assert formats.stopwatch(452) == "07:32"
    assert formats.stopwatch(3849) == "1:04:09"
    assert formats.size(184_320) == "184 kB"
    assert formats.size(2_430_000) == "2.4 MB"
    assert formats.share_gone(NOW, NOW + timedelta(hours=4), now=NOW + timedelta(hours=1)) == 25
    with translation.override("es-mx"):
        assert formats.day_full(date(2026, 11, 26)) == "jueves 26 de noviembre de 2026"


@pytest.mark.parametrize(
    ("colour", "ink"), [("#0d6b6b", "#ffffff"), ("#ffd400", "#14201f"), ("javascript:x", "#ffffff")]
)
def test_letters_on_a_colour_can_be_read(colour, ink):
    assert formats.on_colour(colour) == ink
    assert formats.safe_colour("red; } body { display: none") == formats.HOUSE_COLOUR


def test_a_word_to_type_is_a_pattern_that_browsers_take():
    """Their expressions refuse a backslash before what has no meaning, as a dash or a space."""
    from amparo.ui.jinja import literal_pattern

    assert literal_pattern("soporte-2 10482-71") == "soporte-2 10482-71"
    assert literal_pattern("a.b+c@d.mx (x)") == r"a\.b\+c@d\.mx \(x\)"
