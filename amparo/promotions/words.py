"""Promotions and their conditions as sentences for people. PRO-1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from amparo.ui import formats

from . import rules
from .queries import Judged
from .rules import Applied, Check, Terms

STATES = {
    "draft": (_("draft"), "neutral"),
    "coming": (_("begins later"), "waiting"),
    "running": (_("in force"), "done"),
    "over": (_("over"), "neutral"),
}
SERVICE_NAMES = {
    "advisory_event": _("Advice (event)"),
    "incident": _("Incident"),
    "technical_hour": _("Hour of technical service"),
    "online_hour": _("Exclusive hour online"),
    "home_visit": _("Home visit"),
    "urgent_on_site": _("Urgent on-site service"),
    "outside_hours": _("Service outside opening hours"),
    "install_server": _("Installation of a server"),
    "install_terminals": _("Installation of terminals"),
    "further_terminal": _("Further terminals"),
    "general_quote": _("General services, as quoted"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called, for whoever writes sentences of many promotions."""

    goods: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[int, str] = field(default_factory=dict)
    products: Mapping[int, str] = field(default_factory=dict)

    def good(self, code: str) -> str:
        named = {"plan": _("plans"), "card": _("service cards"), **SERVICE_NAMES, **self.goods}
        return str(named.get(code, code))


@dataclass(frozen=True, slots=True)
class Said:
    """One promotion in words: what it gives, and each condition with whether it is met."""

    id: int
    name: str
    gives: str
    saves: str
    applies: bool
    taken: bool
    verdict: str
    conditions: tuple[tuple[bool, str], ...]
    is_benefit: bool


def money(centavos: int) -> str:
    """Return centavos as people write money."""
    return f"${centavos // 100:,}.{centavos % 100:02}"


def gives(terms: Terms) -> str:
    """Return what a promotion gives: «15 % de descuento»."""
    if terms.kind == rules.PERCENT:
        return gettext("%(percent)s %% off") % {"percent": terms.value}
    if terms.kind == rules.AMOUNT:
        amount = money(terms.value) if terms.scope == rules.MONEY else formats.amount("credit", terms.value)
        return gettext("%(amount)s off") % {"amount": amount}
    return gettext("%(units)s more") % {"units": formats.amounts(list(terms.units))}


def saves(applied: Applied) -> str:
    """Return what a promotion takes off this price, or adds to it."""
    if applied.units:
        return "+ " + formats.amounts(list(applied.units))
    if not applied.saved:
        return "—"
    return "− " + (money(applied.saved) if applied.terms.scope == rules.MONEY else formats.amount("credit", applied.saved))


def condition(check: Check, names: Names) -> str:
    """Return a condition as a sentence that says what was found."""
    found = dict(check.found)
    if "at" in found:
        found["day"] = formats.day_full(timezone.localtime(found["at"]).date())
    found["goods"] = ", ".join(names.good(one) for one in found.get("goods", ()))
    found["plans"] = ", ".join(names.plans.get(one, str(one)) for one in found.get("plans", ()))
    found["products"] = ", ".join(names.products.get(one, str(one)) for one in found.get("products", ()))
    if check.code == "uses":
        return ngettext("%(left)s of %(of)s use is left.", "%(left)s of %(of)s uses are left.", found["of"]) % found
    if check.code == "own_uses":
        return ngettext("%(left)s of %(of)s use of each customer is left.", "%(left)s of %(of)s uses of each customer are left.", found["of"]) % found
    met, missed = _SENTENCES[check.code]
    return str(met if check.passed else missed) % found


_SENTENCES: dict[str, tuple[Any, Any]] = {
    "published": (_("It is published."), _("It is a draft and not published.")),
    "begun": (_("It runs since %(day)s."), _("It begins on %(day)s.")),
    "not_over": (_("It runs until %(day)s."), _("It ended on %(day)s.")),
    "goods": (_("It is for: %(goods)s."), _("It is only for: %(goods)s.")),
    "plan": (_("The customer has a contract of: %(plans)s."), _("It needs a contract in force of: %(plans)s.")),
    "contract": (_("The customer has a contract in force."), _("It needs a contract in force.")),
    "product": (_("The customer has a licence of: %(products)s."), _("It needs a licence of: %(products)s.")),
    "code": (_("Its code was given."), _("It needs its code.")),
}


def said(judged: Judged, names: Names) -> Said:
    """Return one promotion in words, with the verdict: applied, not the best, or why not."""
    if judged.taken:
        verdict = gettext("Applied: the best for the customer.")
    elif judged.applies and judged.applied.benefit > 0:
        verdict = gettext("It applies, but another one is better; they are not added up.")
    elif judged.applies:
        verdict = gettext("It applies, but takes nothing off here.")
    else:
        verdict = gettext("It does not apply.")
    terms = judged.terms
    return Said(
        terms.id, terms.name, gives(terms), saves(judged.applied), judged.applies, judged.taken, verdict,
        tuple((check.passed, condition(check, names)) for check in judged.checks), terms.id < 0,
    )  # fmt: skip
