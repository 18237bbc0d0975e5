"""Charging: what a service costs, which way of paying it costs the customer least, and that he agreed.

Words: a *tariff* is one version of the prices in credits, in force from a date; a *need* is one thing that the service
consists of; a *way* is one lawful manner of paying all needs (which unit, which bundle, which pocket); a *charge* is a
way proposed for a subject (`case:41`), consented to, reserved, and made final or released.

Rules: CHG-1 to CHG-8, CHG-10, TAR-1 to TAR-4.
Doors: `commands` (propose, consent, reserve, settle, release, charge_now, give_back, charge_less and those of
tariff versions), `queries` (tariff_at, quote, explain, summary), `access`, `errors`, `models`.
"""
