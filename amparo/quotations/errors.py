"""Refusals of quotations."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal, Stale

# code of a formula's fault -> what is wrong and the way out. QUO-2
FORMULA_FAULTS: Final[dict[str, Any]] = {
    "empty": _("The formula is empty. Write a number, or an expression such as 4 + 2 * terminals."),
    "too_long": _("The formula is too long: at most %(limit)s characters. Split the service in two, or give it a fixed price."),
    "character": _("“%(found)s” is not part of a formula. Use numbers, names, + - * / ( ) , and comparisons."),
    "number": _("“%(found)s” is not a number that a formula takes: at most 7 digits, and 4 after the point."),
    "expected": _("Here something else was expected than “%(found)s”: %(wanted)s."),
    "ended": _("The formula ends too early: %(wanted)s is missing."),
    "unknown_name": _("“%(found)s” is no parameter of this service. Known are: %(known)s."),
    "unknown_function": _("“%(found)s” cannot be called. There are ceil, min, max and if."),
    "arguments": _("%(found)s takes %(wanted)s."),
    "too_deep": _("This is nested too deep: at most %(limit)s levels. Write it flatter."),
    "too_large": _("The formula has too many parts: at most %(limit)s. Write it shorter."),
    "wants_number": _("A number is expected here, not a yes or no. Write if(%(found)s, 1, 0)."),
    "wants_truth": _("A yes or no is expected here, not a number. Compare it, for example %(found)s > 0."),
    "divides_by_zero": _("This division can be by zero: the divisor goes from %(low)s to %(high)s. Divide by max(1, …), or raise the least value of the parameter."),
    "overflow": _("This can become larger than %(limit)s. Lower the most that a parameter may be, or use min(…)."),
    "too_low": _("The result can be %(low)s, and must be at least %(limit)s. Put max(%(limit)s, …) around it."),
    "too_high": _("The result can be %(high)s, and may be at most %(limit)s. Lower the most that a parameter may be, or use min(…)."),
}

WANTED: Final[dict[str, Any]] = {"more": _("the end, or a sign such as +"), "thing": _("a number, a name or a bracket")}


class FormulaWrong(Invalid):
    """QUO-2: a formula that could not be trusted, with the place: `column` counts from 1, `length` characters are meant."""

    code = "formula_wrong"

    def __init__(self, fault: str, place: int, length: int = 1, *, field: str | None = None, **told: Any) -> None:
        self.fault, self.column, self.length, self.told = fault, place + 1, max(1, length), told
        super().__init__(None, field=field)

    def __str__(self) -> str:
        told = {name: str(WANTED.get(value, value)) if isinstance(value, str) else value for name, value in self.told.items()}
        return str(_("Column %(column)s: %(what)s")) % {"column": self.column, "what": str(FORMULA_FAULTS[self.fault]) % told}


class ParameterInvalid(Invalid):
    """QUO-2: a value outside what the item declares; `field` names the parameter."""

    code = "parameter_invalid"
    message = _("Give a whole number within the range that is shown.")


class DeclarationInvalid(Invalid):
    """QUO-2: the parameters of an item are not declared right."""

    code = "declaration_invalid"
    message = _("A parameter has a name of small letters, a label, and a range whose default lies inside.")


class ItemFixed(Refusal):
    """QUO-2: a published version is never changed, for quotes keep its terms."""

    code = "item_fixed"
    message = _("This version is published, and quotes keep its terms. Draft a new version.")


class NotInCatalogue(Refusal):
    code = "not_in_catalogue"
    status = 404
    message = _("This service is not in the catalogue any more. Ask us for a quote instead; asking costs nothing.")


class LineInvalid(Invalid):
    """QUO-3: a line without text, amount or price."""

    code = "line_invalid"
    message = _("Each line needs a text, a quantity, and a price in credits or a service of the tariff.")


class NothingToCharge(Invalid):
    code = "nothing_to_charge"
    message = _("A quote needs at least one line with a price.")


class TextMissing(Invalid):
    code = "text_missing"
    message = _("Write a few words: the other side decides by them.")


class DaysInvalid(Invalid):
    code = "days_invalid"
    message = _("Give the delivery time in business days, from 1 to 1500.")


class ValidityInvalid(Invalid):
    code = "validity_invalid"
    message = _("A quote is valid for 1 to 180 days.")


class TravelInvalid(Invalid):
    """CHG-9: travel expenses are money, told in words too."""

    code = "travel_invalid"
    message = _("Travel expenses are an amount of money with its currency, never credits.")


class MatterInvalid(Invalid):
    """Every quote belongs to a case of its customer."""

    code = "matter_invalid"
    message = _("A quote belongs to a case of its customer that is not closed. Open the case first; asking for a quote costs nothing.")


class QuoteDecided(Refusal):
    """QUO-3: one outcome. `context["state"]` says which."""

    code = "quote_decided"
    message = _("This quote was decided already. Here is how it stands now; nothing was done twice.")


class QuoteExpired(Refusal):
    """QUO-3: after its validity. Nothing was charged."""

    code = "quote_expired"
    message = _("The validity of this quote has ended, so it cannot be accepted any more. Nothing was charged. Ask for it to be renewed.")


class QuoteReplaced(Stale):
    """QUO-3: a newer version stands in its place."""

    code = "quote_replaced"
    message = _("A newer version of this quote is there. Nothing was charged; here it is.")


class UnitsMissing(Refusal):
    """CHG-3: `context["missing"]` says how many credits."""

    code = "units_missing"
    message = _("There are not enough credits to accept this quote.")


class WorkBegan(Refusal):
    """QUO-5: after the work began an order is not simply cancelled."""

    code = "work_began"
    message = _("Work on this order has begun, so it cannot be cancelled here. Write to us in its case, and we agree on what is fair.")


class InDispute(Refusal):
    """COM-1: what is contested stays as it is until the ruling."""

    code = "in_dispute"
    message = _("A complaint on the case of this order is being reviewed, so what it charged stays as it is until the ruling. You can follow the complaint in the case.")


class TooLateToTell(Refusal):
    """QUO-5: a delay is told before the date."""

    code = "too_late_to_tell"
    message = _("The promised date has passed, so this is not a delay told in time. The promise counts as late; deliver as soon as you can and write to the customer.")


class DateInvalid(Invalid):
    code = "date_invalid"
    message = _("The new date must be after the one that was promised, and within a year.")


class RequestMissing(Invalid):
    """QUO-4: `field` is the first part that is missing, `fields` all of them."""

    code = "request_missing"
    message = _("This part is still empty. A request is sent once it says the aim, the present situation, the wanted result, the product, and how it will be accepted.")


class RequestFrozen(Refusal):
    """CAS-6: what was ordered is what is delivered."""

    code = "request_frozen"
    message = _("The quote of this request was accepted, so what it specifies no longer changes. Ask in the case for a change: it gets a quote of its own.")


class NothingNew(Refusal):
    code = "request_nothing_new"
    message = _("Nothing changed since the version that was sent last, so there is nothing to send.")
