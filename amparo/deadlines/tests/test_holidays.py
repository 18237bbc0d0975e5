"""Public holidays of the library against a table written out by hand from the labour law."""

from datetime import date

import pytest

from amparo.deadlines.rules import public_holidays

# Ley Federal del Trabajo, artículo 74: 1 January; the first Monday of February (for 5 February); the third Monday of
# March (for 21 March); 1 May; 16 September; the third Monday of November (for 20 November); 1 October every six years
# at the change of the federal government; 25 December. Electoral days are for the administrator to add.
BY_LAW = {
    2024: ["01-01", "02-05", "03-18", "05-01", "09-16", "10-01", "11-18", "12-25"],
    2025: ["01-01", "02-03", "03-17", "05-01", "09-16", "11-17", "12-25"],
    2026: ["01-01", "02-02", "03-16", "05-01", "09-16", "11-16", "12-25"],
    2027: ["01-01", "02-01", "03-15", "05-01", "09-16", "11-15", "12-25"],
    2028: ["01-01", "02-07", "03-20", "05-01", "09-16", "11-20", "12-25"],
    2029: ["01-01", "02-05", "03-19", "05-01", "09-16", "11-19", "12-25"],
    2030: ["01-01", "02-04", "03-18", "05-01", "09-16", "10-01", "11-18", "12-25"],
}
NAMES = {
    "01-01": "Año Nuevo",
    "05-01": "Día del Trabajo",
    "09-16": "Día de la Independencia",
    "10-01": "Transmisión del Poder Ejecutivo Federal",
    "12-25": "Navidad",
}


@pytest.mark.parametrize("year", BY_LAW)
def test_the_public_holidays_of_mexico_are_those_of_the_labour_law(year):
    """TIM-1"""
    found = public_holidays("MX", "", year, year)
    assert sorted(found) == [date.fromisoformat(f"{year}-{day}") for day in BY_LAW[year]]
    for day, name in NAMES.items():
        if day in BY_LAW[year]:
            assert found[date.fromisoformat(f"{year}-{day}")]["es"] == name


def test_each_holiday_has_a_name_in_both_languages():
    """TIM-1"""
    found = public_holidays("MX", "", 2024, 2024)
    assert found[date(2024, 12, 25)] == {"es": "Navidad", "en": "Christmas Day"}


def test_a_country_with_states_and_one_without_names_in_spanish():
    """TIM-1: the library's own language stands in where it has no Spanish."""
    catalonia = public_holidays("ES", "CT", 2026, 2026)
    assert date(2026, 9, 11) in catalonia
    assert date(2026, 9, 11) not in public_holidays("ES", "", 2026, 2026)
    assert all(names["es"] and names["en"] for names in public_holidays("JP", "", 2026, 2026).values())
