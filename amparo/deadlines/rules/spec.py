"""A calendar as JSON, as it is stored with each version; hours as people write them; public holidays. TIM-1.

    {"zone": "America/Mexico_City", "country": "MX", "subdivision": "", "first_year": 2020, "last_year": 2045,
     "weekly": [["09:00-18:00"], ... seven ...], "changes": [{"from": "2027-01-04", "weekly": [...]}],
     "holidays": {"2026-12-25": {"es": "Navidad", "en": "Christmas Day"}},
     "closures": {"2026-12-24": "Nochebuena"}, "openings": {"2026-12-26": {"name": "Inventario", "hours": ["10:00-14:00"]}}}

The holidays are written into it, so that a later edition of the library changes no version that stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from .calendar import Calendar, Interval, Week, merged

HolidayNames = dict[date, dict[str, str]]

_HOURS = re.compile(r"^(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|a|to)\s*(\d{1,2})(?:[:.](\d{2}))?$")


def calendar_of(spec: Mapping[str, Any], language: str = "es") -> Calendar:
    """The calendar that a stored specification describes, its holidays named in one language."""
    return Calendar(
        zone=spec["zone"],
        weekly=_week(spec["weekly"]),
        changes=tuple((date.fromisoformat(c["from"]), _week(c["weekly"])) for c in spec.get("changes", ())),
        holidays={
            date.fromisoformat(day): names[language] for day, names in spec.get("holidays", {}).items()
        },
        closures={date.fromisoformat(day): name for day, name in spec.get("closures", {}).items()},
        openings={
            date.fromisoformat(day): hours_from_text(", ".join(opening["hours"]))
            for day, opening in spec.get("openings", {}).items()
        },
        first_year=spec["first_year"],
        last_year=spec["last_year"],
    )


def _week(days: Iterable[Iterable[str]]) -> Week:
    return tuple(hours_from_text(", ".join(hours)) for hours in days)


def hours_from_text(text: str) -> tuple[Interval, ...]:
    """Read hours as people write them: `9-14, 16:00-19:00`; nothing is closed; `0-24` is all day.

    Raises ValueError with the part that cannot be read. Hours past midnight belong to the next day's own entry.
    """
    intervals: list[Interval] = []
    for part in re.split(r"[,;/]| y | and ", text.strip()):
        part = part.strip()
        if not part:
            continue
        found = _HOURS.match(part)
        if not found:
            raise ValueError(part)
        begin, end = (int(found[i]) * 60 + int(found[i + 1] or 0) for i in (1, 3))
        minutes = int(found[2] or 0), int(found[4] or 0)
        if not 0 <= begin < end <= 1440 or max(minutes) > 59:
            raise ValueError(part)
        intervals.append((begin, end))
    if merged(intervals) != tuple(sorted(intervals)):
        raise ValueError(text)
    return tuple(sorted(intervals))


def hours_to_text(intervals: Iterable[Interval]) -> list[str]:
    """Hours as they are stored and shown: `["09:00-14:00", "16:00-19:00"]`."""
    return [f"{b // 60:02}:{b % 60:02}-{e // 60:02}:{e % 60:02}" for b, e in intervals]


def week_from_text(days: Iterable[str]) -> Week:
    """Seven days of hours from seven texts, Monday first. Raises ValueError."""
    week = tuple(hours_from_text(text) for text in days)
    if len(week) != 7:
        raise ValueError("a week has seven days")
    return week


def week_to_text(week: Week) -> list[list[str]]:
    """A week as it is stored."""
    return [hours_to_text(intervals) for intervals in week]


def public_holidays(country: str, subdivision: str, first_year: int, last_year: int) -> HolidayNames:
    """The public holidays of a country (and state, where the library knows states), named in Spanish and English.

    Where the library lacks a language, the country's own names stand. Without a country there are none. TIM-1.
    Raises NotImplementedError for a country or state that the library does not know.
    """
    if not country:
        return {}
    import holidays  # at the first calendar that is made: it is a tenth of what every process would load

    years = range(first_year, last_year + 1)
    known = holidays.country_holidays(country, subdiv=subdivision or None)
    languages = tuple(getattr(known, "supported_languages", ()) or ())

    def named(*wanted: str) -> dict[date, str]:
        language = next((name for name in languages if name.startswith(wanted)), None)
        return dict(
            holidays.country_holidays(
                country, subdiv=subdivision or None, years=years, language=language
            ).items()
        )

    spanish, english = named("es"), named("en")
    return {day: {"es": name, "en": english.get(day, name)} for day, name in sorted(spanish.items())}
