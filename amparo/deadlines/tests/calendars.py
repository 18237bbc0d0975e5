"""Calendars for trials: what a counter may look like, in zones whose clocks behave differently."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from amparo.deadlines.rules import Calendar, Week

OFFICE: Week = (((540, 1080),),) * 5 + ((), ())
SPLIT: Week = (((540, 840), (960, 1140)),) * 5 + (((600, 780),), ())
ALWAYS: Week = (((0, 1440),),) * 7
NIGHTS: Week = (((0, 360), (1320, 1440)),) * 7
SUNDAYS: Week = ((),) * 6 + (((0, 480),),)
ODD: Week = (((1, 2),), (), ((0, 90), (125, 1439)), ((60, 150), (170, 200)), (), ((1380, 1440),), ((0, 180),))
CLOSED: Week = ((),) * 7

MEXICO_2026 = {
    date(2026, 1, 1): "Año Nuevo",
    date(2026, 2, 2): "Día de la Constitución",
    date(2026, 3, 16): "Natalicio de Benito Juárez",
    date(2026, 5, 1): "Día del Trabajo",
    date(2026, 9, 16): "Día de la Independencia",
    date(2026, 11, 16): "Día de la Revolución",
    date(2026, 12, 25): "Navidad",
}


def mexico(**given) -> Calendar:
    return Calendar("America/Mexico_City", given.pop("weekly", OFFICE), holidays=MEXICO_2026, **given)


def local(text: str, zone: str = "America/Mexico_City") -> datetime:
    """A moment by the wall clock: `2026-12-11 16:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def spoken(at: datetime, zone: str = "America/Mexico_City") -> str:
    """The moment by the wall clock, as the tests write it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M")
