"""Times, durations and amounts in words, in the language that is active. Pure: `now` is an argument.

«hoy 15:00», «mañana 10:05», «jue 26 nov, 18:00»; «40 min», «3 h», «2 días hábiles»; «1 incidente», «4 créditos».
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from django.utils.translation import get_language, gettext, gettext_noop, ngettext, npgettext

Tone = Literal["act", "late", "waiting", "done", "money", "neutral"]

_WEEKDAYS = {
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_WEEKDAYS_LONG = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_MONTHS_LONG = {
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


@lru_cache(maxsize=512)
def _word(language: str | None, sentence: str) -> str:
    """Return a fixed word in the active language, which `language` names; asked of the catalogue once."""
    return gettext(sentence)


def _tongue(language: str | None) -> str:
    """The language of the names of days and months: Spanish unless English is active."""
    return "en" if (language or "es").startswith("en") else "es"


_NEAR = {0: gettext_noop("today"), 1: gettext_noop("tomorrow"), -1: gettext_noop("yesterday")}


def day(on: date, *, today: date, language: str | None = None) -> str:
    """Return a date as people say it: «hoy», «mañana», «ayer», «jue 26 nov», «31 mar 2027».

    `language` may name the active language where the caller knows it already.
    """
    language = language or get_language()
    away = (on - today).days
    if away in _NEAR:
        return _word(language, _NEAR[away])
    tongue = _tongue(language)
    month = _MONTHS[tongue][on.month - 1]
    if on.year == today.year or abs(away) <= 60:
        return f"{_WEEKDAYS[tongue][on.weekday()]} {on.day} {month}"
    return f"{on.day} {month} {on.year}"


@lru_cache(maxsize=2048)
def _day_full(on: date, tongue: str) -> str:
    weekday, month = _WEEKDAYS_LONG[tongue][on.weekday()], _MONTHS_LONG[tongue][on.month - 1]
    if tongue == "en":
        return f"{weekday} {on.day} {month} {on.year}"
    return f"{weekday} {on.day} de {month} de {on.year}"


def day_full(on: date, *, language: str | None = None) -> str:
    """Return a date in full: «jueves 26 de noviembre de 2026», «Thursday 26 November 2026»."""
    return _day_full(on, _tongue(language or get_language()))


def weekday(on: date, *, month: bool = False) -> str:
    """Return a day by its name, near enough to need no year: «jueves 26», «jueves 26 de noviembre»."""
    tongue = _tongue(get_language())
    near = f"{_WEEKDAYS_LONG[tongue][on.weekday()]} {on.day}"
    if not month:
        return near
    return f"{near} {'' if tongue == 'en' else 'de '}{_MONTHS_LONG[tongue][on.month - 1]}"


def clock(at: datetime, *, zone: tzinfo) -> str:
    """Return the time of day: «15:00»."""
    local = at.astimezone(zone)
    return f"{local.hour:02}:{local.minute:02}"


def moment(at: datetime, *, now: datetime, zone: tzinfo, language: str | None = None) -> str:
    """Return a moment as people say it: «hoy 15:00», «mañana 10:05», «jue 26 nov, 18:00»."""
    return moment_on(at, today=now.astimezone(zone).date(), zone=zone, language=language)


def moment_on(at: datetime, *, today: date, zone: tzinfo, language: str | None = None) -> str:
    """The same, said on a day."""
    local = at.astimezone(zone)
    on = local.date()
    comma = "" if -1 <= (on - today).days <= 1 else ","
    return f"{day(on, today=today, language=language)}{comma} {local.hour:02}:{local.minute:02}"


def moment_full(at: datetime, *, zone: tzinfo, language: str | None = None) -> str:
    """Return a moment with nothing left out, for titles: «jueves 26 de noviembre de 2026, 18:00 (CST)»."""
    local = at.astimezone(zone)
    return (
        f"{day_full(local.date(), language=language)}, {local.hour:02}:{local.minute:02} ({local.tzname()})"
    )


@lru_cache(maxsize=2048)
def _days(language: str | None, days: int) -> str:
    """A number of days in the active language, which `language` names."""
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def duration(length: timedelta, *, language: str | None = None) -> str:
    """Return a length of time in at most two units, never rounded up: «40 min», «3 h», «3 h 20 min», «2 días 4 h»."""
    language = language or get_language()
    minutes = int(abs(length).total_seconds() // 60)
    if minutes < 1:
        return _word(language, gettext_noop("less than 1 min"))
    if minutes < 60:
        return _word(language, gettext_noop("%(count)s min")) % {"count": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        whole = _word(language, gettext_noop("%(count)s h")) % {"count": hours}
        return (
            f"{whole} {_word(language, '%(count)s min') % {'count': rest}}" if rest and hours < 6 else whole
        )
    days, hours = divmod(hours, 24)
    whole = _days(language, days)
    return f"{whole} {_word(language, '%(count)s h') % {'count': hours}}" if hours and days < 3 else whole


def stopwatch(seconds: int) -> str:
    """Return a running clock: «07:32», «1:04:09»."""
    minutes, second = divmod(max(0, seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


def business_days(count: int) -> str:
    """«1 día hábil», «2 días hábiles»."""
    return ngettext("%(count)s business day", "%(count)s business days", count) % {"count": count}


def business_hours(count: int) -> str:
    """«1 hora hábil», «48 horas hábiles»."""
    return ngettext("%(count)s business hour", "%(count)s business hours", count) % {"count": count}


def opening_hours(count: int) -> str:
    """«1 hora de servicio», «8 horas de servicio»."""
    return ngettext("%(count)s opening hour", "%(count)s opening hours", count) % {"count": count}


def number(value: int | float) -> str:
    """Return a number with its thousands apart: «12 480» (a thin space, the same in both languages)."""
    return f"{value:,}".replace(",", "\u202f")


def amount(unit: str, count: int) -> str:
    """Return an amount of units with its word: «1 incidente», «4 créditos», «-1 evento»."""
    n = {"count": number(count)}
    if unit == "event":
        return npgettext("unit", "%(count)s event", "%(count)s events", abs(count)) % n
    if unit == "incident":
        return npgettext("unit", "%(count)s incident", "%(count)s incidents", abs(count)) % n
    if unit == "credit":
        return npgettext("unit", "%(count)s credit", "%(count)s credits", abs(count)) % n
    raise ValueError(unit)


def unit_name(unit: str, count: int = 2) -> str:
    """The word of a unit alone: «eventos»."""
    if unit == "event":
        return npgettext("unit name", "event", "events", count)
    if unit == "incident":
        return npgettext("unit name", "incident", "incidents", count)
    if unit == "credit":
        return npgettext("unit name", "credit", "credits", count)
    raise ValueError(unit)


def amounts(costs: list[tuple[str, int]]) -> str:
    """Return several amounts in one phrase: «1 incidente y 2 créditos»; nothing costs «sin cargo»."""
    words = [amount(unit, count) for unit, count in costs if count]
    if not words:
        return gettext("no charge")
    if len(words) == 1:
        return words[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def size(octets: int) -> str:
    """Return the size of a file: «812 B», «48 kB», «2.4 MB»."""
    if octets < 1000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets // 1000} kB"
    return f"{octets / 1_000_000:.1f} MB"


def promise_tone(due_at: datetime, *, now: datetime, started_at: datetime | None = None) -> Tone:
    """Return how a promise stands to the eye: late, act (the last quarter or the last hour), or waiting."""
    left = due_at - now
    if left <= timedelta(0):
        return "late"
    if left <= timedelta(hours=1):
        return "act"
    if started_at is not None and started_at < due_at and left < (due_at - started_at) / 4:
        return "act"
    return "waiting"


def share_gone(start: datetime, end: datetime, *, now: datetime) -> int:
    """Return how much of an interval is over, in whole percent from 0 to 100."""
    if end <= start:
        return 100
    return max(0, min(100, int((now - start) / (end - start) * 100)))


def initials(name: str) -> str:
    """Return the two letters that stand for a person: «María del Carmen Ruiz» is MR."""
    words = [word for word in name.split() if word[:1].isalpha()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(name: str) -> int:
    """Return which of the six quiet tints stands behind a person's letters: always the same one."""
    return sum(map(ord, name)) % 6


HOUSE_COLOUR = "#0d6b6b"


def safe_colour(colour: str) -> str:
    """Return a colour that may stand in a letter: six digits, else the house's."""
    text = str(colour).strip()
    good = len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])
    return text.lower() if good else HOUSE_COLOUR


def on_colour(colour: str) -> str:
    """Return the ink that reads best on a colour: white, or near black on a bright one."""
    red, green, blue = (int(safe_colour(colour)[at : at + 2], 16) / 255 for at in (1, 3, 5))

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    return "#ffffff" if 1.05 / (luminance + 0.05) >= 4.5 else "#14201f"


def month(on: date) -> str:
    """Return a month as the label of a figure: «nov 2026», «Nov 2026»."""
    return f"{_MONTHS[_tongue(get_language())][on.month - 1]} {on.year}"
