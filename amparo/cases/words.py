"""Facts of a case in words, for the record and the timeline: pure, in the language that is active. CAS-1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from amparo.ui import formats

Data = Mapping[str, Any]

KINDS: Final = {
    "advisory": gettext_lazy("Advice"),
    "incident": gettext_lazy("Incident"),
    "general": gettext_lazy("General service"),
    "development": gettext_lazy("Development"),
}
STATES_CUSTOMER: Final = {
    "requested": gettext_lazy("We are looking at it"),
    "classified": gettext_lazy("Confirm how it will be attended"),
    "attention": gettext_lazy("In attention"),
    "procedure": gettext_lazy("In follow-up"),
    "closing_proposed": gettext_lazy("Review and accept the closing"),
    "silent": gettext_lazy("Review and accept the closing"),
    "complaint": gettext_lazy("Complaint in review"),
    "closed": gettext_lazy("Closed"),
    "withdrawn": pgettext_lazy("case", "Withdrawn"),
}
STATES_STAFF: Final = {
    "requested": gettext_lazy("To classify"),
    "classified": gettext_lazy("To be confirmed (customer)"),
    "attention": gettext_lazy("In attention"),
    "procedure": gettext_lazy("In follow-up"),
    "closing_proposed": gettext_lazy("Closing proposed"),
    "silent": gettext_lazy("Without an answer"),
    "complaint": gettext_lazy("Complaint (quality)"),
    "closed": gettext_lazy("Closed"),
    "withdrawn": pgettext_lazy("case", "Withdrawn"),
}
TONES: Final = {
    "requested": ("waiting", "act"), "classified": ("act", "waiting"), "attention": ("waiting", "act"),
    "procedure": ("waiting", "act"), "closing_proposed": ("act", "waiting"), "silent": ("act", "neutral"),
    "complaint": ("waiting", "late"),
    "closed": ("done", "done"), "withdrawn": ("neutral", "neutral"),
}  # fmt: skip
REASONS: Final = {
    "information_complete": gettext_lazy("The information was given"),
    "mutual_agreement": gettext_lazy("By mutual agreement"),
    "solved": gettext_lazy("Solved"),
    "not_technically_possible": gettext_lazy("Not technically possible"),
    "delivered": gettext_lazy("Delivered"),
    "service_completed": gettext_lazy("Service completed"),
}
HOWS: Final = {
    "portal": gettext_lazy("in the portal"),
    "telephone": gettext_lazy("by telephone"),
    "chat": gettext_lazy("in the chat"),
    "email": gettext_lazy("by e-mail"),
    "on_site": gettext_lazy("on site"),
}
WHYS: Final = {
    "procedure": gettext_lazy("agreed procedure"),
    "need": gettext_lazy("need that came up"),
    "development": gettext_lazy("development"),
    "complaint": gettext_lazy("service given again"),
    "other": gettext_lazy("follow-up"),
}


def state_words(state: str, kind: str, *, staff: bool, order_waits: bool = False, refused: bool = False) -> str:
    """Return a case's state as its reader sees it. look.md, table of states."""
    if refused and state in ("closing_proposed", "silent"):
        return _("Closing not accepted (quality)") if staff else _("You did not accept the closing")
    if state == "classified" and kind in ("general", "development"):
        if order_waits:
            return _("Order to be accepted (customer)") if staff else _("Review and accept the order")
        return _("To quote") if staff else _("We are preparing your order")
    return str((STATES_STAFF if staff else STATES_CUSTOMER)[state])


def state_tone(state: str, kind: str, *, staff: bool, order_waits: bool = False) -> str:
    """Return the tone of a state by who has to act."""
    if state == "classified" and kind in ("general", "development") and not order_waits:
        return "act" if staff else "waiting"
    return TONES[state][1 if staff else 0]


def before(due_at: datetime, *, now: datetime, zone: tzinfo) -> str:
    """Return a deadline as one says it to a customer: «antes del jueves 26, 18:00», «hoy antes de las 18:00». COM-7."""
    local = due_at.astimezone(zone)
    away = (local.date() - now.astimezone(zone).date()).days
    if away in (0, 1):
        text = _("today before %(time)s") if away == 0 else _("tomorrow before %(time)s")
        return text % {"time": formats.clock(due_at, zone=zone)}
    day = formats.weekday(local.date(), month=not -6 <= away <= 6)
    return _("before %(day)s, %(time)s") % {"day": day, "time": formats.clock(due_at, zone=zone)}


def amounts(told: Mapping[str, int] | None) -> str:
    """«1 incidente y 2 créditos», «sin cargo»."""
    order = ("event", "incident", "credit")
    return formats.amounts([(unit, told[unit]) for unit in order if (told or {}).get(unit)] if told else [])


def minutes(seconds: int) -> str:
    """«23 min»; the minutes begun count."""
    count = -(-int(seconds) // 60)
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def explanation_draft(kind: str, limit_minutes: int) -> str:
    """Return what the customer is told of a kind unless the engineer writes otherwise. CHG-1, CAS-5."""
    return {
        "advisory": _("This is advice: we tell you how it is done, by chat, telephone or shared screen, and you do it yourself."),
        "incident": _("This is an incident: we diagnose and solve it remotely, in up to %(count)s minutes of attention.")
        % {"count": limit_minutes},
        "general": _("This is a general service. We look at what it takes and send you an order with its price in credits, which you accept before anything is charged."),
        "development": _("This is a development. We look at what it takes and send you an order with its price in credits, which you accept before anything is charged."),
    }[kind]


def summary_draft(kind: str, title: str, seconds: int, needs: Sequence[str]) -> str:
    """Return a first summary of the services given, for the engineer to complete. CHG-7."""
    lines = [_("We attended: %(title)s.") % {"title": title.rstrip(".")}]
    if seconds and kind in ("advisory", "incident"):
        lines.append(_("Time of attention: %(time)s.") % {"time": minutes(seconds)})
    lines += [f"- {need}" for need in needs]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Telling:
    """How a fact is told. `inline` facts stand among the messages too; `staff` ones are not the customer's; `url` leads to what it tells of."""

    text: Callable[[Data], str]
    icon: str = "point"
    tone: str = "neutral"
    inline: bool = False
    staff: bool = False
    url: Callable[[Data], str] | None = None


def _said(data: Data, text: str) -> str:
    """Add who of the customer said it and how, where staff noted it down."""
    if data.get("how") in (None, "", "portal"):
        return text
    return _("%(text)s %(name)s said so %(how)s.") % {
        "text": text, "name": data.get("given_by", ""), "how": HOWS.get(data["how"], data["how"]),
    }  # fmt: skip


def _opened(d: Data) -> str:
    if d.get("again_of"):
        return _("Case opened to give the service of C-%(number)s again.") % {"number": d["again_of"]}
    if d.get("on_behalf"):
        return _("Case opened for %(name)s.") % {"name": d["on_behalf"]}
    return _("Case opened.")


def _classified(d: Data) -> str:
    kind = KINDS.get(d["kind"], d["kind"])
    text = _("Reclassified as: %(kind)s.") if d.get("before") else _("Classified as: %(kind)s.")
    text %= {"kind": kind}
    if d.get("told"):
        text += " " + _("It would cost %(cost)s.") % {"cost": amounts(d["told"])}
    if d.get("missing"):
        text += " " + ngettext("%(count)s credit is missing.", "%(count)s credits are missing.", d["missing"]) % {"count": d["missing"]}
    return text


def _need(d: Data) -> str:
    text = _("A need came up: %(what)s.") % {"what": d["description"]}
    return f"{text} " + _("It would cost %(cost)s apart.") % {"cost": amounts(d["told"])} if d.get("told") else text


def _chosen(d: Data) -> str:
    texts = {
        "now": _("«%(what)s» is attended now."),
        "later": _("«%(what)s» is left for later, and charged apart."),
        "declined": _("«%(what)s» is not attended."),
    }
    return _said(d, texts[d["choice"]] % {"what": d["description"]})


def _closed(d: Data) -> str:
    texts = {
        "accepted": _("The closing was accepted: %(reason)s. Charged: %(cost)s."),
        "tacit": _("Closed without an answer within the time that the notice gave: %(reason)s. Charged: %(cost)s."),
        "uncharged": _("Closed without an answer and without a charge: %(reason)s."),
        "dismissed": _("Closed as it was proposed, since the complaint was dismissed: %(reason)s. Charged: %(cost)s."),
        "partly": _("Closed by the ruling, which upholds the complaint in part. Charged: %(cost)s."),
        "upheld": _("Closed by the ruling, which upholds the complaint. Charged: %(cost)s."),
        "lapsed": _("Closed for the customer, since the complaint was not decided in its time. Charged: %(cost)s."),
    }
    return texts[d["how"]] % {"reason": REASONS[d["reason"]], "cost": amounts(d.get("told"))}


def _decided(d: Data) -> str:
    texts = {
        "closing": _("At the limit of time: the closing is proposed."),
        "procedure": _("At the limit of time: a procedure is agreed."),
        "further": _("At the limit of time: further services are proposed, with the customer's consent."),
    }
    return texts[d["choice"]]


def _day(text: str) -> str:
    return formats.day_full(date.fromisoformat(text[:10]))


TELLINGS: Final[dict[str, Telling]] = {
    "case.opened": Telling(_opened, "briefcase"),
    "case.classified": Telling(_classified, "tag", inline=True),
    "case.consented": Telling(
        lambda d: _said(d, _("Consented to: %(cost)s. Attention begins.") % {"cost": amounts(d["told"])}), "check",
        inline=True,
    ),
    "case.consent_declined": Telling(
        lambda d: _said(d, _("Consent was not given; nothing is attended or charged.")), "x", inline=True
    ),
    "case.clock_started": Telling(lambda d: _("The clock of attention starts."), "player-play", inline=True),
    "case.clock_stopped": Telling(
        lambda d: _("The clock stops after %(run)s; %(total)s in all.")
        % {"run": minutes(d["seconds"]), "total": minutes(d["total"])}, "player-pause", inline=True,
    ),
    "case.clock_warned": Telling(
        lambda d: _("%(now)s of %(limit)s are used.") % {"now": minutes(d["minutes"] * 60), "limit": minutes(d["limit_minutes"] * 60)},
        "clock", "act", inline=True, staff=True,
    ),
    "case.clock_reached": Telling(
        lambda d: _("The %(limit)s of this attention are used up.") % {"limit": minutes(d["limit_minutes"] * 60)}, "clock", "act",
        inline=True,
    ),
    "case.limit_decided": Telling(_decided, "arrow-right", inline=True),
    "case.procedure_agreed": Telling(lambda d: _("A procedure was agreed; the case stays open."), "list-check", inline=True),
    "case.need_raised": Telling(_need, "plus", inline=True),
    "case.need_chosen": Telling(_chosen, "check", inline=True),
    "case.charged_less": Telling(
        lambda d: _("Less is asked: %(cost)s instead of %(before)s. %(reason)s")
        % {"cost": amounts(d["told"]), "before": amounts(d["before"]), "reason": d["reason"]}, "coins", "money", inline=True,
    ),
    "case.order_proposed": Telling(
        lambda d: _("Order proposed: %(cost)s, delivery on %(day)s.") % {"cost": amounts(d["told"]), "day": _day(d["delivery_on"])},
        "file-text", inline=True,
    ),
    "case.order_accepted": Telling(
        lambda d: (_("Order accepted; charged in advance: %(cost)s.") if d["in_advance"] else _("Order accepted; reserved: %(cost)s."))
        % {"cost": amounts(d["told"])}, "check", "money", inline=True,
    ),
    "case.order_declined": Telling(lambda d: _("Order not accepted; nothing was charged."), "x", inline=True),
    "case.closing_proposed": Telling(
        lambda d: _("Closing proposed: %(reason)s. It would charge: %(cost)s.")
        % {"reason": REASONS[d["reason"]], "cost": amounts(d["told"])}, "file-check", inline=True,
    ),
    "case.closing_reminded": Telling(
        lambda d: _("Reminder %(count)s of %(of)s of the proposed closing.") % {"count": d["count"], "of": d["of"]}, "bell", inline=True
    ),
    "case.closing_answered": Telling(
        lambda d: _("The customer answered instead of accepting: the case goes on."), "message-circle", inline=True
    ),
    "case.closing_refused": Telling(
        lambda d: _("The customer did not accept the closing: %(reasons)s") % {"reasons": d["reasons"]}, "alert-triangle", "late",
        inline=True,
    ),
    "case.went_silent": Telling(
        lambda d: _("Without an answer: the case leaves the working queue, its reservation is kept."), "clock-pause", inline=True
    ),
    "case.closed": Telling(_closed, "circle-check", "done", inline=True),
    "case.withdrawn": Telling(lambda d: _("Withdrawn before anything was ordered; nothing was charged."), "x", inline=True),
    "case.purge_announced": Telling(
        lambda d: _("The customer was told that the content of this case will be purged on %(day)s.") % {"day": _day(d["purge_at"])},
        "archive", inline=True,
    ),
    "case.purged": Telling(
        lambda d: _("The content was purged, because its time was over. Number, dates, kind and charges stay."), "archive"
    ),
    "case.linked": Telling(
        lambda d: _("Linked case C-%(number)s (%(why)s).") % {"number": d["follow_up"], "why": WHYS[d["why"]]}, "link", inline=True
    ),
    "case.given_again": Telling(
        lambda d: _("The service is given again, at no further charge, by complaint Q-%(number)s.") % {"number": d["complaint"]},
        "refresh", "done", inline=True,
    ),
    "case.follows": Telling(
        lambda d: _("It follows from case C-%(number)s (%(why)s).") % {"number": d["case"], "why": WHYS[d["why"]]}, "link", inline=True
    ),
    "case.customer_wrote": Telling(lambda d: _("The customer wrote."), "message-circle"),
    "case.answered": Telling(lambda d: _("We answered."), "message-circle"),
    "case.told": Telling(lambda d: _("The service told something."), "message-circle"),
    "case.assigned": Telling(lambda d: _("Given to another person to attend."), "user-circle", staff=True),
    "case.defect_marked": Telling(
        lambda d: _("Marked as a defect; the correction is promised.") if d.get("covered") else _("Marked as a defect of the product."),
        "bug", "act", inline=True,
    ),
    "case.defect_corrected": Telling(lambda d: _("The defect was corrected and handed over."), "bug", "done", inline=True),
    "case.defect_rejected": Telling(lambda d: _("It is not a defect; the reason was given."), "bug", inline=True),
    "charge.proposed": Telling(
        lambda d: _("Price proposed: %(cost)s (tariff version %(version)s).") % {"cost": amounts(d["amounts"]), "version": d["tariff_version"]}
        if not d.get("missing")
        else ngettext("Price proposed; %(count)s credit is missing.", "Price proposed; %(count)s credits are missing.", d["missing"])
        % {"count": d["missing"]}, "coins", "money",
    ),
    "charge.consented": Telling(lambda d: _("Price consented to: %(cost)s.") % {"cost": amounts(d["amounts"])}, "check", "money"),
    "charge.reserved": Telling(lambda d: _("Reserved: %(cost)s.") % {"cost": amounts(d["amounts"])}, "lock", "money"),
    "charge.final": Telling(lambda d: _("Charged: %(cost)s.") % {"cost": amounts(d["charged"])}, "coins", "money"),
    "charge.released": Telling(lambda d: _("Given back whole: %(cost)s.") % {"cost": amounts(d["amounts"])}, "arrow-back-up", "money"),
    "charge.withdrawn": Telling(lambda d: _("The proposed price no longer holds."), "x", "money"),
    "charge.given_back": Telling(lambda d: _("Given back: %(cost)s.") % {"cost": amounts(d["given_back"])}, "arrow-back-up", "money", inline=True),
    "charge.lessened": Telling(lambda d: _("A cheaper way was chosen for the customer: %(cost)s.") % {"cost": amounts(d["amounts"])}, "coins", "money"),
    "promise.made": Telling(lambda d: _("An answer is promised."), "clock"),
    "promise.kept": Telling(lambda d: _("The promise was kept."), "circle-check", "done"),
    "promise.met_late": Telling(lambda d: _("The promise was met late."), "alert-circle", "late"),
    "promise.lapsed": Telling(lambda d: _("The promise was not kept in time."), "alert-circle", "late", inline=True),
    "promise.warned": Telling(lambda d: _("%(percent)s %% of the promised time has passed.") % {"percent": d["percent"]}, "clock", "act", staff=True),
    "promise.ended": Telling(lambda d: _("The promise is no longer owed."), "circle-minus"),
}


def tell_also(more: Mapping[str, Telling]) -> None:
    """Take the tellings of an app above, for its facts that stand on a case's chain; called while the service starts. LIV-3."""
    TELLINGS.update(more)


SAID: Final = frozenset({"case.customer_wrote", "case.answered", "case.told"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A fact as a page shows it."""

    text: str
    icon: str
    tone: str
    inline: bool
    url: str = ""


def sentence(name: str, data: Data, *, staff: bool) -> Sentence | None:
    """Return a fact in words, None where its reader is not to see it. A fact of a later app is told by its name."""
    telling = TELLINGS.get(name)
    if telling is None:
        return Sentence(name, "point", "neutral", False) if staff else None
    if telling.staff and not staff:
        return None
    return Sentence(telling.text(data), telling.icon, telling.tone, telling.inline, telling.url(data) if telling.url else "")
