"""From facts to notices: who is told what, in the reader's own language. Each is idempotent by the fact's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from amparo.cases import words as cases
from amparo.cases.models import Closing
from amparo.history.models import Fact
from amparo.history.queries import FactRow
from amparo.kernel.markdown import excerpt
from amparo.people.queries import customer_card
from amparo.sales.models import Sale
from amparo.threads.models import Entry
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from ..readers import Matter
from .shared import moment, subject, tell, when, zone

_SAID_BY_A_STEP = ("classify:", "closing:", "order:", "need:", "refusal:", "procedure:")


# --- what customers are told -----------------------------------------------------------------------------------------


def _said_by_a_step(key: str) -> bool:
    """True where a message came with a step that tells of itself; a key stands behind its writer: `user:3:closing:7`."""
    return any(f":{step}" in f":{key}" for step in _SAID_BY_A_STEP)


def answered(fact: FactRow) -> None:
    """Tell who asked that there is an answer. TKT-1, CAS-4."""
    matter = readers.matter_of(fact.subject)
    entry = Entry.objects.filter(pk=fact.data["entry"], is_internal=False).first()
    if matter is None or entry is None or _said_by_a_step(entry.key or ""):
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        return Words(
            title=_("Answer in %(matter)s") % {"matter": subject(matter)},
            url=f"{matter.portal_url}#{entry.anchor}",
            paragraphs=(f"{entry.author_name}:", excerpt(entry.body, 600)),
            action=_("Read and answer"),
        )

    tell("answer", fact, matter, readers.who_asked(matter), write)


def classified(fact: FactRow) -> None:
    """Tell what a case was classified as and what it would cost, and ask for consent. CHG-1."""
    matter = readers.matter_of(fact.subject)
    if matter is None or not (fact.data.get("told") or fact.data.get("missing")):
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures = [(_("It was classified as"), str(cases.KINDS[fact.data["kind"]]))]
        if fact.data.get("told"):
            figures.append((_("It would charge"), cases.amounts(fact.data["told"])))
        if count := fact.data.get("missing"):
            figures.append((_("Missing"), ngettext("%(n)s credit", "%(n)s credits", count) % {"n": count}))
        return Words(
            title=_("Confirm how we attend %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(excerpt(fact.data["explanation"], 600), _("Nothing is charged before you say yes.")),
            figures=tuple(figures),
            action=_("See it and answer"),
        )

    tell("consent", fact, matter, readers.who_decides(matter), write)


def order_proposed(fact: FactRow) -> None:
    """Tell that an order waits to be accepted. CHG-3. One that stands for a quote is told of by its quote."""
    matter = readers.matter_of(fact.subject)
    if matter is None or fact.data.get("quote"):
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures = [
            (_("It costs"), cases.amounts(fact.data["told"])),
            (_("Delivery"), formats.day_full(date.fromisoformat(fact.data["delivery_on"][:10]))),
        ]
        return Words(
            title=_("An order waits for you in %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(excerpt(fact.data["description"], 600), _("Nothing is charged before you accept it.")),
            figures=tuple(figures),
            action=_("See the order"),
        )

    tell("order", fact, matter, readers.who_decides(matter), write)


def need_raised(fact: FactRow) -> None:
    """Tell that a need came up, and ask when it is attended. CHG-5."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures = ((_("It would cost apart"), cases.amounts(fact.data["told"])),) if fact.data.get("told") else ()
        return Words(
            title=_("A need came up in %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(fact.data["description"], _("Choose whether it is attended now, later, or not at all.")),
            figures=figures,
            action=pgettext("button", "Choose"),
        )

    tell("consent", fact, matter, readers.who_decides(matter), write)


def _closing_figures(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [(_("Reason"), str(cases.REASONS[data["reason"]]))] if "reason" in data else []
    if data.get("seconds"):
        rows.append((_("Time of attention"), cases.minutes(data["seconds"])))
    rows.extend(
        (one["words"] or str(cases.KINDS.get(one["what"], _("Service"))), cases.amounts(one["amounts"]) if one["effect"] != "give_back" else _("Given back"))
        for one in data.get("effects", ())
    )
    rows.append((_("Total"), cases.amounts(data.get("told") or {})))
    return tuple(rows)


def closing_proposed(fact: FactRow) -> None:
    """Tell the customer explicitly that closing is proposed, with summary and charge. CAS-4, CHG-7."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        ways = _("You can accept, answer to go on, or refuse. Without your answer nothing is charged.")
        if fact.data.get("tacit_at"):
            ways = _("You can accept, answer to go on, or refuse. Without an answer by %(day)s the closing counts as accepted.") % {
                "day": when(fact.data["tacit_at"], reader)
            }
        return Words(
            title=_("Review the closing of %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(excerpt(fact.data["summary"], 1200), ways),
            figures=_closing_figures(fact.data),
            action=_("Review and accept"),
        )

    tell("closing", fact, matter, readers.who_decides(matter), write)


def reminded(fact: FactRow) -> None:
    """Remind of a closing that waits. CAS-4."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures = ((_("Accepting charges"), cases.amounts(fact.data["told"])),)
        last = fact.data["count"] >= fact.data["of"]
        text = _("The closing of your case waits for your word: accept it, answer, or refuse it.")
        after = _("This is the last reminder; the case then rests, with its reservation kept.") if last else ""
        if fact.data.get("tacit_at"):
            after = _("Without an answer by %(day)s the closing counts as accepted.") % {"day": when(fact.data["tacit_at"], reader)}
        return Words(
            title=_("Reminder: %(matter)s waits for you") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=tuple(part for part in (text, after) if part),
            figures=figures,
            action=_("Review and accept"),
        )

    tell("reminder", fact, matter, readers.who_decides(matter), write)


def closed(fact: FactRow) -> None:
    """Send the final summary: what was done, how it closed and what each service charged. CHG-7."""
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return
    if fact.data["how"] not in ("accepted", "tacit", "uncharged"):
        return  # a complaint's decision tells of itself: COM-7
    closing = Closing.objects.get(pk=fact.data["closing"])
    charged = fact.data if fact.data["how"] == "uncharged" else {**fact.data, "effects": closing.effects}

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        how = {
            "accepted": _("The closing was accepted; its charge is final."),
            "tacit": _("The closing counts as accepted, since the time that the notice gave has passed."),
            "uncharged": _("The case was closed without a charge."),
        }[fact.data["how"]]
        return Words(
            title=_("Closed: %(matter)s") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(excerpt(closing.summary, 1200), how, _("The whole record stays in your portal; a new matter can follow from it.")),
            figures=_closing_figures(charged),
            action=_("See the case"),
        )

    # The summary goes also to who accepted: it is the receipt.
    told = []
    for reader in readers.who_decides(matter):
        with translation.override(reader.language):
            told.append((reader, write(matter, fact, reader)))
    commands.tell("summary", told, subject=fact.subject, customer_id=matter.customer_id, fact_id=fact.id, at=moment(fact))


def _units(kind: str, fact: FactRow, write: Callable[[Reader], Words]) -> None:
    told = []
    for reader in readers.administrators_of(fact.customer_id or 0):
        with translation.override(reader.language):
            told.append((reader, write(reader)))
    commands.tell(kind, told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def contract_sold(fact: FactRow) -> None:
    """Tell that a contract or a card was added. CTR-1, CRD-1. What was ordered is told with its order."""
    if fact.subject_kind == "contract" and Sale.objects.filter(contract=int(fact.subject.partition(":")[2])).exists():
        return

    def write(reader: Reader) -> Words:
        card = fact.subject_kind == "card"
        return Words(
            title=_("Your service card was redeemed") if card else _("Your contract is in place"),
            url="/statements/",
            paragraphs=(_("What it brings stands in your statement."),),
            action=_("See the statement"),
        )

    _units("contract", fact, write)


# --- what staff are told ---------------------------------------------------------------------------------------------


def _desk(kind: str, fact: FactRow, people: Callable[[Matter], list[Reader]], title: Callable[[], str]) -> None:
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        figures: tuple[tuple[str, str], ...] = ()
        if matter.due_at:
            figures = ((_("Promised by"), formats.moment_full(matter.due_at, zone=zone(reader))),)
        return Words(title=f"{title()}: {subject(matter)}", url=matter.desk_url, figures=figures, action=_("Open it"))

    tell(kind, fact, matter, people(matter), write)


def opened(fact: FactRow) -> None:
    """Tell who answers that a matter came in."""
    _desk("new_matter", fact, readers.who_attends, lambda: _("New"))


def customer_wrote(fact: FactRow) -> None:
    """Tell who has a matter that the customer wrote. What was said with a step of a quote or an order is told with it."""
    key = Entry.objects.filter(pk=fact.data["entry"]).values_list("key", flat=True).first() or ""
    if any(f":{step}" in key for step in ("quote:", "order:")):
        return
    _desk("customer_wrote", fact, lambda m: readers.who_attends(m) if m.assignee_id else [], lambda: _("The customer wrote"))


def assigned(fact: FactRow) -> None:
    """Tell a person that a matter is his now."""
    _desk("assigned", fact, lambda m: readers.who_attends(m) if fact.data.get("to") else [], lambda: _("Assigned to you"))


def _who_owes(fact: FactRow) -> Callable[[Matter], list[Reader]]:
    """Who is to keep a promise: who attends the matter; of a correction also whoever corrects. TIM-5, TIM-10."""
    if fact.data.get("kind") != "fix":
        return readers.who_attends
    return lambda matter: list({one.user_id: one for one in [*readers.who_attends(matter), *readers.staff("developer")]}.values())


def promise_warned(fact: FactRow) -> None:
    """Warn staff before a deadline. TIM-10."""
    percent = fact.data["percent"]
    _desk("promise_warned", fact, _who_owes(fact), lambda: _("%(percent)s %% of the time has passed") % {"percent": percent})


def promise_lapsed(fact: FactRow) -> None:
    """Tell staff that a promise lapsed. TIM-10."""
    _desk("promise_lapsed", fact, _who_owes(fact), lambda: _("A promise lapsed"))


def clock_warned(fact: FactRow) -> None:
    """Warn staff before the limit of the clock. CAS-5, CAS-9."""
    _desk("clock_staff", fact, readers.who_attends, lambda: _("The clock nears its limit"))


def clock_reached(fact: FactRow) -> None:
    """Ask staff, and show the customer, at the limit of the clock. CAS-5, CAS-9."""
    _desk("clock_staff", fact, readers.who_attends, lambda: _("The clock reached its limit"))
    matter = readers.matter_of(fact.subject)
    if matter is None:
        return

    def write(matter: Matter, fact: FactRow, reader: Reader) -> Words:
        return Words(
            title=_("The time of %(matter)s is used up") % {"matter": subject(matter)},
            url=matter.portal_url,
            paragraphs=(_("We will propose to close, agree a procedure, or ask your consent for further services."),),
        )

    tell("clock", fact, matter, readers.who_asked(matter), write)


def closing_answered(fact: FactRow) -> None:
    """Tell who has a case what the customer said to its closing."""
    _desk("closing_answered", fact, lambda m: readers.who_attends(m) if m.assignee_id else [], lambda: _("The customer answered the closing"))


def decided(fact: FactRow) -> None:
    """Tell who has a case that the customer said yes or no, so that it goes on at once. CHG-1, CHG-3, CHG-5."""
    if fact.data.get("quote"):
        return  # its quote tells it
    _desk("decided", fact, readers.who_attends, lambda: {
        "case.consented": _("The customer consented"),
        "case.consent_declined": _("The customer did not consent"),
        "case.need_chosen": _("The customer chose what happens with a need"),
        "case.order_accepted": _("The customer accepted the order"),
        "case.order_declined": _("The customer did not accept the order"),
        "case.withdrawn": _("The customer withdrew"),
    }[fact.name])  # fmt: skip


def guessing(fact: FactRow) -> None:
    """Report that codes of service cards are being guessed. CRD-1, SEC-45."""
    card = customer_card(fact.customer_id or 0)
    told = []
    for reader in readers.staff("sales", "administrator"):
        with translation.override(reader.language):
            title = _("Many wrong codes of service cards: %(customer)s") % {"customer": card.name if card else "?"}
            why = _("Further codes are refused for a while. Ask the customer whether it was they who tried.")
            told.append((reader, Words(title=title, url=f"/desk/people/{fact.customer_id}/", paragraphs=(why,), action=_("Open it"))))
    commands.tell("guessing", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))


def closing_refused(fact: FactRow) -> None:
    """Tell quality that a customer refused a closing. COM-1."""
    _desk("quality", fact, lambda m: readers.staff("quality"), lambda: _("A customer refused the closing"))


def lead(fact: FactRow) -> None:
    """Tell sales what a customer may need: a call passed on, a contract asked for or ending. TEL-2, ACC-8."""
    if fact.name == "call.ended" and (fact.data.get("outcome") != "lead" or Fact.objects.filter(subject=fact.subject, name="call.lead").exists()):
        return
    told = []
    for reader in readers.staff("sales"):
        with translation.override(reader.language):
            title = {
                "call.ended": _("A caller was passed on to sales"),
                "call.lead": _("A caller was passed on to sales"),
                "contract.asked": _("A customer asks for a contract"),
                "contract.ending": _("A customer's contract ends soon"),
            }[fact.name]
            about = fact.data.get("about") or fact.data.get("plan_name") or fact.data.get("number") or ""
            url = f"/desk/phone/{fact.customer_id}/" if fact.customer_id else "/desk/phone/"
            told.append((reader, Words(title=f"{title}: {about}", url=url, paragraphs=(fact.data.get("notes") or "",) if fact.data.get("notes") else ())))
    commands.tell("sales_lead", told, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact))
