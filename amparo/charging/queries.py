"""Reads of charging: the tariff in force, what something would cost, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext, ngettext

from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket
from amparo.promotions import queries as promotions
from amparo.promotions import rules as promoted
from amparo.ui import formats

from . import rules
from .machine import State
from .models import Charge, Part, TariffVersion

ALTERNATIVES_KEPT_MAX = 12
ZONE = ZoneInfo("America/Mexico_City")


@dataclass(frozen=True, slots=True)
class ChargeQuote:
    """What needs would cost a customer at a moment: the best way, the others, or how many credits are missing. CHG-8."""

    customer_id: int
    needs: tuple[rules.Need, ...]
    chosen: rules.Way | None
    alternatives: tuple[rules.Way, ...]
    missing: int
    tariff_version: int
    tariff_from: datetime

    @property
    def seen(self) -> str:
        """What a page shows of the price; a form sends it back, and a command refuses when it is no longer so."""
        return rules.seen(self.chosen.tariff_value, self.chosen.amounts) if self.chosen else ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A charge as the consent card shows it: plain words and figures in one language.

    `cost` and the costs of lines and alternatives are [(unit, count)]; an alternative says in `why` why it was not
    taken; `seen` goes into the form. `missing` credits make it impossible.
    """

    title: str
    what: str
    why: str
    cost: list[tuple[str, int]]
    value: int
    lines: list[dict[str, Any]]
    takes: list[dict[str, Any]]
    alternatives: list[dict[str, Any]]
    missing: int
    missing_text: str
    tariff_version: int
    tariff_from: datetime | None
    seen: str
    changed: bool = False
    reasons: list[str] = field(default_factory=list)


# --- the tariff -----------------------------------------------------------------------------------------------------


def tariff_version_at(at: datetime) -> TariffVersion:
    """Return the version in force at a moment; one statement. TAR-1."""
    found = TariffVersion.objects.filter(starts_at__lte=at).order_by("-starts_at").first()
    assert found is not None, "the first version of the tariff is in force since always"
    return found


def tariff_numbered(number: int) -> TariffVersion:
    """Return a published version by its number. TAR-1."""
    return TariffVersion.objects.get(number=number, starts_at__isnull=False)


def tariff_at(at: datetime) -> rules.Tariff:
    """Return the prices in force at a moment. TAR-1."""
    return tariff_version_at(at).as_tariff()


def tariff_versions() -> list[TariffVersion]:
    """Return every version, drafts first, then what is in force last first."""
    return sorted(
        TariffVersion.objects.all(),
        key=lambda v: (v.starts_at is not None, -(v.starts_at or v.drafted_at).timestamp()),
    )


def version_before(version: TariffVersion, versions: Sequence[TariffVersion]) -> TariffVersion | None:
    """Return the version that a version takes over from: of a draft, the last one published."""
    published = [
        v for v in versions if v.starts_at and (version.starts_at is None or v.starts_at < version.starts_at)
    ]
    return max(published, key=lambda v: v.starts_at or v.drafted_at, default=None)


def compare(version: TariffVersion, other: TariffVersion | None) -> list[dict[str, Any]]:
    """Return each figure of a version beside that of another: [{name, label, value, before, changed}]."""
    from .models import MEASURES, PRICES

    rows = []
    for name in (*PRICES, *MEASURES):
        column = TariffVersion._meta.get_field(name)
        assert isinstance(column, Field)
        show = f"get_{name}_display"
        value = getattr(version, show)() if hasattr(version, show) else getattr(version, name)
        before = (
            None
            if other is None
            else getattr(other, show)()
            if hasattr(other, show)
            else getattr(other, name)
        )
        rows.append(
            {
                "name": name,
                "label": column.verbose_name,
                "value": value,
                "before": before,
                "is_price": name in PRICES,
                "changed": other is not None and value != before,
            }
        )
    return rows


# --- what it would cost ---------------------------------------------------------------------------------------------


def quote(
    customer_id: int,
    needs: Sequence[rules.Need],
    *,
    at: datetime,
    pockets: Sequence[Pocket] | None = None,
    tariff_number: int | None = None,
    kept: Mapping[str, Any] | None = None,
) -> ChargeQuote:
    """Return what needs would cost a customer at a moment; three statements. CHG-6, CHG-8, PRO-1, TAR-1.

    `pockets` are the customer's pockets in force, where the caller holds them already; `tariff_number` a version that
    was promised, by default the one in force; `kept` a promotion that was agreed to, which holds though it ended since.
    Raises NeedInvalid, BaseMissing. With too few units `chosen` is None and `missing` says how many credits it takes.
    """
    version = tariff_version_at(at) if tariff_number is None else tariff_numbered(tariff_number)
    tariff = version.as_tariff()
    views = [
        rules.PocketView(p.pk, p.unit, p.available, p.ends_at, p.label, p.source)
        for p in (ledger.pockets(customer_id, at) if pockets is None else pockets)
        if p.ends_at is not None
    ]
    terms = _promotions(customer_id, needs, at) + ([promoted.terms_from(kept)] if kept else [])
    ways = rules.best_ways(needs, tariff, views, terms)
    missing = 0 if ways else min(rules.credits_missing(needs, tariff, views, one) for one in [None, *terms])
    return ChargeQuote(
        customer_id=customer_id,
        needs=tuple(needs),
        chosen=rules.most_beneficial(ways) if ways else None,
        alternatives=tuple(ways[1 : 1 + ALTERNATIVES_KEPT_MAX]),
        missing=missing,
        tariff_version=version.number,
        tariff_from=version.starts_at or at,
    )


def _promotions(customer_id: int, needs: Sequence[rules.Need], at: datetime) -> list[promoted.Terms]:
    """Return the promotions on services that a customer may take for these needs; one statement. PRO-1."""
    found = promotions.ground(customer_id, promoted.SERVICES, at=at)
    if not found.promotions:
        return []
    prices = [promoted.Priced((code,), 1) for code in rules.codes_of(needs)]
    return [terms for terms in found.promotions if promoted.may_take(terms, prices, found.context)]


def kept_tariff(charge: Charge, at: datetime) -> int | None:
    """Return the version of the tariff that a charge keeps at a moment, None where it follows the one in force. QUO-3."""
    return charge.tariff_version if charge.tariff_ends_at is not None and at < charge.tariff_ends_at else None


def kept_promotion(charge: Charge, at: datetime) -> dict[str, Any] | None:
    """Return the promotion that a charge keeps: once agreed to, and as long as it keeps its tariff. PRO-1, QUO-3.

    What is only promised counts as no use yet, so it is kept while a use is left: the last one may have gone elsewhere.
    """
    taken = charge.promotion
    if taken is None or charge.consented_at is not None:
        return taken
    promised = kept_tariff(charge, at) is not None and promotions.may_still_take(taken["id"], charge.customer_id)
    return taken if promised else None


def needs_of(charge: Charge) -> list[rules.Need]:
    return [rules.need_from(need) for need in charge.needs]


def charges_of(subject: str) -> list[Charge]:
    """Return the charges of a thing (`case:41`), oldest first; one statement."""
    return list(Charge.objects.filter(subject=subject).order_by("pk"))


def charged(charge: Charge) -> dict[str, int]:
    """Return the units that a charge finally took, less what was given back."""
    total: dict[str, int] = {}
    for part in Part.objects.filter(charge=charge):
        left = part.charged - part.given_back
        if left:
            total[part.unit] = total.get(part.unit, 0) + left
    return total


def held(charge: Charge) -> dict[str, int]:
    """Return the units that a charge holds now: reserved, or charged and not given back. CHG-4, COM-4."""
    return charge.amounts if charge.state == State.RESERVED else charged(charge)


# --- in words -------------------------------------------------------------------------------------------------------


def explain(charge: Charge, language: str, *, at: datetime | None = None, zone: tzinfo = ZONE) -> Explanation:
    """Say what a charge is for, why this way costs the customer least, and why the others lose. CHG-1, CHG-8.

    With `at`, a charge that still awaits consent is priced anew, and `changed` tells whether that differs from what was
    proposed: show this, and send `seen` back with the consent. TAR-1.
    """
    if at is not None and charge.state == State.PROPOSED:
        fresh = quote(charge.customer_id, needs_of(charge), at=at, tariff_number=kept_tariff(charge, at),
                      kept=kept_promotion(charge, at))  # fmt: skip
        return explain_quote(fresh, language, zone=zone, shown=charge.seen)
    with translation.override(language):
        return _explanation(
            charge.way,
            charge.alternatives,
            charge.needs,
            charge.missing,
            charge.tariff_version,
            None,
            charge.seen,
            zone,
        )


def explain_quote(
    found: ChargeQuote, language: str, *, zone: tzinfo = ZONE, shown: str | None = None
) -> Explanation:
    """Say the same of a quote that nobody proposed yet. `shown` is the price that stood on the page, if any."""
    with translation.override(language):
        made = _explanation(
            found.chosen.as_data() if found.chosen else None,
            alternatives_data(found),
            [need.as_data() for need in found.needs],
            found.missing,
            found.tariff_version,
            found.tariff_from,
            found.seen,
            zone,
        )
    if shown is not None and shown != found.seen:
        return replace(made, changed=True)
    return made


def alternatives_data(found: ChargeQuote) -> list[dict[str, Any]]:
    """The ways not taken, as plain data for the record, each with the reason why it lost. CHG-8."""
    if found.chosen is None:
        return []
    return [way.as_data() | {"loses": rules.loses_by(way, found.chosen)} for way in found.alternatives]


def summary(subject: str, language: str) -> list[dict[str, Any]]:
    """Return the services given for a thing and what each charged: [{label, cost, state}] (CHG-7)."""
    rows = []
    with translation.override(language):
        for charge in charges_of(subject):
            if charge.state == State.WITHDRAWN:
                continue
            for line in charge.lines:
                cost = [(line["unit"], line["amount"])] if charge.state != State.RELEASED else []
                rows.append(
                    {"label": line_label(line), "cost": cost, "state": charge.state, "charge": charge.pk}
                )
    return rows


def service_name(code: str) -> str:
    """The word for a service of the tariff, in the language that is active."""
    return {
        "advisory_event": gettext("Advice (event)"),
        "incident": gettext("Incident: diagnosis and solution"),
        "technical_hour": gettext("Technical service"),
        "online_hour": gettext("Exclusive training or advice online"),
        "home_visit": gettext("Home visit"),
        "urgent_on_site": gettext("Urgent on-site service"),
        "outside_hours": gettext("Service outside opening hours"),
        "install_server": gettext("Installation of a server"),
        "install_terminals": gettext("Installation of terminals"),
        "further_terminal": gettext("Further terminals"),
        "general_quote": gettext("General services, as quoted"),
    }[code]


def line_label(line: Mapping[str, Any]) -> str:
    """One line of the bill in words: «Servicio técnico, 3 h»."""
    code, covered = line["code"], line["covered"]
    name = service_name(code)
    if code in rules.HOURLY:
        label = gettext("%(service)s, %(count)s h") % {"service": name, "count": covered}
        if line.get("participants", 0) > 1:
            people = ngettext("%(count)s participant", "%(count)s participants", line["participants"])
            label = f"{label}, {people % {'count': line['participants']}}"
        return label
    if code in (rules.INSTALL_TERMINALS, rules.FURTHER_TERMINAL):
        terminals = ngettext("%(count)s terminal", "%(count)s terminals", covered) % {"count": covered}
        return f"{name} ({terminals})"
    return f"{name} × {covered}" if covered > 1 else name


def _explanation(
    way: dict[str, Any] | None,
    alternatives: Sequence[Mapping[str, Any]],
    needs: Sequence[Mapping[str, Any]],
    missing: int,
    tariff_version: int,
    tariff_from: datetime | None,
    seen: str,
    zone: tzinfo,
) -> Explanation:
    names = list(dict.fromkeys(service_name(need["code"]) for need in needs))
    lines = way["lines"] if way else []
    reasons = _reasons(way, alternatives, tariff_version, tariff_from, zone) if way else []
    missing_text = ""
    if missing:
        missing_text = ngettext(
            "%(count)s more credit is needed. You can redeem a service card, or ask us for one.",
            "%(count)s more credits are needed. You can redeem a service card, or ask us for one.",
            missing,
        ) % {"count": missing}
    return Explanation(
        title=names[0] if len(names) == 1 else gettext("Services requested"),
        what="; ".join(line_label(line) for line in lines) or "; ".join(names),
        why=" ".join(reasons),
        cost=_cost(way),
        value=way["tariff_value"] if way else 0,
        lines=[
            {
                "label": line_label(line),
                "cost": [(line["unit"], line["amount"])],
                "exchanged": line["exchanged"],
                "saved": line.get("saved", 0),
            }
            for line in lines
        ],
        takes=_takes(way, zone),
        alternatives=[_alternative(other, way, zone) for other in alternatives] if way else [],
        missing=missing,
        missing_text=missing_text,
        tariff_version=tariff_version,
        tariff_from=tariff_from,
        seen=seen,
        reasons=reasons,
    )


def _cost(way: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    takes = way["takes"] if way else []
    total = {unit: sum(t["amount"] for t in takes if t["unit"] == unit) for unit in rules.UNITS}
    return [(unit, count) for unit, count in total.items() if count]


def _ends(take: Mapping[str, Any], zone: tzinfo) -> str:
    """The last day on which a take's pocket can be used: its end is exclusive."""
    last = (datetime.fromisoformat(take["ends_at"]) - _MOMENT).astimezone(zone)
    return formats.day_full(last.date())


_MOMENT = datetime.resolution


def _takes(way: Mapping[str, Any] | None, zone: tzinfo) -> list[dict[str, Any]]:
    return [
        {"label": take["label"], "unit": take["unit"], "amount": take["amount"], "until": _ends(take, zone)}
        for take in (way["takes"] if way else [])
    ]


def _reasons(
    way: Mapping[str, Any],
    alternatives: Sequence[Mapping[str, Any]],
    tariff_version: int,
    tariff_from: datetime | None,
    zone: tzinfo,
) -> list[str]:
    """Say why this way: which unit, which bundle, which pocket. CHG-6, CHG-8."""
    said = []
    if taken := way.get("promotion"):
        said.append(
            gettext("«%(promotion)s» takes %(credits)s off, the best promotion that applies.")
            % {"promotion": taken["name"], "credits": formats.amount("credit", taken["saved"])}
        )
    exchanged = {line["code"]: line for line in way["lines"] if line["exchanged"]}
    for line in exchanged.values():
        said.append(_exchange_words(line, way, tariff_version))
    if any(line["bundle"] and not line["exchanged"] for line in way["lines"]):
        said.append(
            gettext(
                "One incident covers an installation: a server with its first terminal, or several terminals at once; further terminals are charged apart."
            )
        )
    own = {line["unit"] for line in way["lines"] if not line["exchanged"] and line["unit"] != rules.CREDIT}
    if own and not exchanged:
        said.append(
            gettext("It is paid with what your contract includes for it; no credits are used for that.")
        )
    if any(other["loses"] == "expires_later" for other in alternatives):
        first = min(way["takes"], key=lambda take: take["ends_at"])
        said.append(
            gettext("What ends first is used first: %(label)s, usable until %(date)s.")
            % {"label": first["label"], "date": _ends(first, zone)}
        )
    said.append(
        gettext("No lawful way costs you less: this one is worth %(value)s by the tariff.")
        % {"value": formats.amount("credit", way["tariff_value"])}
    )
    return said


def _exchange_words(line: Mapping[str, Any], way: Mapping[str, Any], tariff_version: int) -> str:
    unit = rules.EVENT if line["code"] == rules.ADVICE else rules.INCIDENT
    if any(other["unit"] == unit for other in way["lines"]):
        text = gettext(
            "Your last %(units)s are used, and what is missing is exchanged for %(credits)s, at the tariff in force (version %(version)s)."
        )
    else:
        text = gettext(
            "You have no %(units)s left, so it is exchanged for %(credits)s, at the tariff in force (version %(version)s)."
        )
    return text % {
        "units": formats.unit_name(unit),
        "credits": formats.amount("credit", line["amount"]),
        "version": tariff_version,
    }


def _alternative(other: Mapping[str, Any], way: Mapping[str, Any] | None, zone: tzinfo) -> dict[str, Any]:
    """One way that was not taken, and why. CHG-8."""
    parts = [
        gettext("%(amount)s from %(label)s")
        % {"amount": formats.amount(t["unit"], t["amount"]), "label": t["label"]}
        for t in other["takes"]
    ]
    assert way is not None
    why = {
        "dearer": gettext("It would be worth %(value)s more.")
        % {"value": formats.amount("credit", max(0, other["tariff_value"] - way["tariff_value"]))},
        "expires_later": gettext("It costs the same, but what ends sooner would be left unused."),
        "spends_credits": gettext(
            "It is worth the same, but spends credits where units of your contract can pay."
        ),
        "same": gettext("It costs exactly the same."),
    }[other["loses"]]
    return {
        "label": ", ".join(parts),
        "cost": _cost(other),
        "value": other["tariff_value"],
        "why": why,
        "loses": other["loses"],
    }
