"""The register of rules: each rule, the code that carries it, the tests that break when it breaks.

Code and tests name a rule in their docstrings; this module finds them and writes docs/rules.md.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAMED = re.compile(r"\b(ACC|TIM|FOR|TKT|CHT|TEL|CAS|CHG|TAR|LED|CRD|CTR|COM|QUO|LIC|UPD|SRC|LIV|PRO|AGR)-(\d+)\b")

TITLES: dict[str, str] = {
    "ACC-1": "Knowledge base, videos and blog are for any visitor",
    "ACC-2": "Forums are for the registered",
    "ACC-3": "Downloads are for the registered; a file may ask for more",
    "ACC-4": "Each course of the campus says whom it is for",
    "ACC-5": "Tickets are for those with a current version",
    "ACC-6": "Limited telephone advice is for customers",
    "ACC-7": "Preferential services need a contract in force",
    "ACC-8": "Development and quotations need a contract in force",
    "ACC-9": "A refusal names the standing that is missing and how to get it",
    "ACC-10": "The free services have no quota and no expiry",
    "ACC-11": "A contact sees only what belongs to the customer that it acts for",
    "TIM-1": "Calendars: zone, week, holidays, closures, openings",
    "TIM-2": "Business hours count business days from midnight to midnight",
    "TIM-3": "Business days count whole days after the start",
    "TIM-4": "Maximum times to answer",
    "TIM-5": "Fix guarantee: three business days",
    "TIM-6": "A complaint is decided within five business days",
    "TIM-7": "The director's opinion within 72 business hours",
    "TIM-8": "A promise is computed once and never moved",
    "TIM-9": "Answer clocks start with each message and are met by a public answer",
    "TIM-10": "Warnings before, one consequence at the lapse, caught up after a stop",
    "TIM-11": "Clock changes, leap days and starts outside business time are right",
    "FOR-1": "Forums by theme, supervised",
    "FOR-2": "A question without an answer is a lapse",
    "TKT-1": "A ticket is the record of one question or fault",
    "TKT-2": "Either side closes, a new message reopens",
    "TKT-3": "Articles, times and the faster way are shown before sending",
    "TKT-4": "Who is not current is told so, and the way out",
    "TKT-5": "A fault becomes a defect, with the fix guarantee",
    "CHT-1": "Chat between covered contact and engineer",
    "CHT-2": "A chat becomes a ticket, a case or a forum question",
    "CHT-3": "Personal advice in a chat is an advisory case",
    "TEL-1": "The operator finds the caller and sees everything",
    "TEL-2": "The operator acts from the same screen",
    "TEL-3": "Each call is a record",
    "CAS-1": "A numbered case whose record cannot be changed",
    "CAS-2": "The record is kept twelve months from closing",
    "CAS-3": "How each kind opens, stays open and closes",
    "CAS-4": "Closing is proposed, and accepted by the customer",
    "CAS-5": "The clock of thirty minutes of an incident",
    "CAS-6": "Delivered development: put right, or quoted anew",
    "CAS-7": "The whole record with a proof of integrity",
    "CAS-8": "Advice may end in a development request",
    "CAS-9": "Advice has its own limit of time",
    "CHG-1": "Classified, told and consented to before it is attended",
    "CHG-2": "Asking for a quote consumes nothing",
    "CHG-3": "Credits for general services are charged in advance",
    "CHG-4": "Events and incidents: reserved, then charged when the closing is accepted",
    "CHG-5": "Needs that come up: now or later, the customer chooses",
    "CHG-6": "Credits pay when events or incidents are used up",
    "CHG-7": "A summary of services and charges at the end",
    "CHG-8": "The most beneficial charge",
    "CHG-9": "Travel expenses are money, recorded apart",
    "CHG-10": "Never twice, never below zero",
    "TAR-1": "The tariff has versions; a charge names its own",
    "TAR-2": "Installation with a database server",
    "TAR-3": "Installation of terminals only",
    "TAR-4": "Participants and hours begun",
    "LED-1": "Double entry over three units, append-only",
    "LED-2": "What the database itself refuses",
    "LED-3": "Pockets, their expiry, and what is spent first",
    "LED-4": "Any past balance is recomputed from transfers alone",
    "LED-5": "Warnings of low and ending pockets",
    "LED-6": "Reservations outlive their pocket; grace of 30 days",
    "CRD-1": "Service cards",
    "CTR-1": "Plans, and contracts that keep their terms",
    "COM-1": "A complaint on a refused closing",
    "COM-2": "Reviewed by quality; opinion by the director",
    "COM-3": "A reasoned ruling",
    "COM-4": "Upheld: served again and compensated",
    "COM-5": "Dismissed: the charge is final",
    "COM-6": "Not decided in time: decided for the customer",
    "COM-7": "The customer sees each step and deadline",
    "QUO-1": "A quote before anything is done",
    "QUO-2": "Catalogue of standard services",
    "QUO-3": "Quotes by hand",
    "QUO-4": "The general development request",
    "QUO-5": "An order's life; delays told before",
    "QUO-6": "No adaptation is refused for its kind",
    "QUO-7": "Developments are checked against each release",
    "LIC-1": "Registering and activating a product",
    "LIC-2": "Terminals are limited and can be released",
    "LIC-3": "The installed version decides who is licensed",
    "UPD-1": "Updates of the contract's time stay available",
    "UPD-2": "Downloads with notes, size, checksum, signature",
    "UPD-3": "SDK, tools and examples",
    "SRC-1": "What staff answer with is public",
    "SRC-2": "Knowledge base and its search",
    "SRC-3": "Blog and videos",
    "SRC-4": "Campus",
    "SRC-5": "Other makers' material is linked",
    "LIV-1": "Virtual classroom",
    "LIV-2": "Remote desktop",
    "LIV-3": "Live service belongs to a case or course",
    "PRO-1": "Promotions, always the better one",
    "AGR-1": "Agreements, versioned and accepted on record",
}


@dataclass
class Carried:
    """Where a rule stands in the code and in the tests."""

    code: set[str] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)


def _cited(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (rule, name of the function, class or module whose docstring names it)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            for family, number in NAMED.findall(ast.get_docstring(node) or ""):
                yield f"{family}-{number}", getattr(node, "name", "")


def collect() -> dict[str, Carried]:
    """Return what carries and what tests each rule, read from the source."""
    found: dict[str, Carried] = defaultdict(Carried)
    for path in sorted([*(ROOT / "amparo").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]):
        place = path.relative_to(ROOT)
        if "migrations" in place.parts or place.name == "register.py":
            continue
        is_test = "tests" in place.parts
        for rule, name in _cited(path):
            if is_test and name.startswith("test_"):
                found[rule].tests.add(f"{place.with_suffix('')}::{name}")
            elif not is_test:
                module = ".".join(place.with_suffix("").parts[1:]).removesuffix(".__init__")
                found[rule].code.add(f"{module}.{name}" if name else module)
    return found


def problems() -> list[str]:
    """Return what is wrong with the register: unknown rules, rules without code or test."""
    found = collect()
    bad = [f"{rule} is cited but is no rule" for rule in found if rule not in TITLES]
    for rule in TITLES:
        if not found[rule].code:
            bad.append(f"{rule} is named by no code")
        if not found[rule].tests:
            bad.append(f"{rule} is named by no test")
    return bad


def page() -> str:
    """Return the register as Markdown."""
    found = collect()
    lines = [
        "# Rules, code, tests",
        "",
        "Made by `amparo rules --write` from the docstrings; a test checks that it is fresh and that every rule has code and",
        "a test that names it.",
        "",
        "| Rule | What it says | Carried by | Tested by |",
        "|---|---|---|---|",
    ]
    for rule, title in TITLES.items():
        carried = found[rule]
        lines.append(f"| {rule} | {title} | {_short(carried.code)} | {_short(carried.tests)} |")
    return "\n".join(lines) + "\n"


def _short(places: set[str]) -> str:
    shown = [f"`{place}`" for place in sorted(places)[:4]]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
