"""The shipped calendar and the shipped times to answer. TIM-1, TIM-4 to TIM-7. An administrator changes them on screens."""

from datetime import UTC, datetime

from django.db import migrations

from amparo.deadlines.rules import public_holidays

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 2015, 2050
KINDS = [
    # code, counting, amount, priority
    ("answer.case", "opening_hours", 1, 1),
    ("answer.ticket", "business_hours", 48, 2),
    ("answer.forum", "business_hours", 72, 3),
    ("callback", "opening_hours", 4, 2),
    ("fix", "business_days", 3, 1),
    ("complaint", "business_days", 5, 1),
    ("opinion", "business_hours", 72, 1),
]


def ship(apps, schema_editor):
    calendar = apps.get_model("deadlines", "ServiceCalendar").objects.create(
        name="Horario de servicio", is_default=True, created_at=ALWAYS
    )
    holidays = public_holidays("MX", "", FIRST_YEAR, LAST_YEAR)
    apps.get_model("deadlines", "CalendarVersion").objects.create(
        calendar=calendar,
        number=1,
        in_force_from=ALWAYS,
        made_at=ALWAYS,
        spec={
            "zone": "America/Mexico_City",
            "country": "MX",
            "subdivision": "",
            "first_year": FIRST_YEAR,
            "last_year": LAST_YEAR,
            "weekly": [["09:00-18:00"]] * 5 + [[], []],
            "changes": [],
            "holidays": {day.isoformat(): names for day, names in holidays.items()},
            "closures": {},
            "openings": {},
        },
    )
    kinds = apps.get_model("deadlines", "PromiseKind").objects
    for code, counting, amount, priority in KINDS:
        kinds.create(
            code=code,
            in_force_from=ALWAYS,
            counting=counting,
            amount=amount,
            priority=priority,
            warn_percents=[50, 75, 90],
            made_at=ALWAYS,
        )


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0002_guards")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
