"""Refusals of cases."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class KindInvalid(Invalid):
    code = "kind_invalid"
    message = _("Choose what this is: advice, an incident, a general service or a development.")


class ReasonNotOfKind(Invalid):
    """CAS-3: any other reason for the kind is refused."""

    code = "reason_not_of_kind"
    message = _("A case of this kind does not close for this reason. Choose one of the reasons that are offered.")


class TextMissing(Invalid):
    """CAS-3: a required text was not written; `field` names it."""

    code = "text_missing"
    message = _("This has to be written: the customer decides by it.")


class BeyondLimit(Refusal):
    """CAS-3, CAS-5: longer than its time, without the customer's yes to more."""

    code = "beyond_limit"
    message = _(
        "The attention took longer than its time and the customer did not consent to more, so it cannot close as "
        "solved. Propose closing by mutual agreement, or ask for consent to the further services."
    )


class ProcedureOpen(Refusal):
    """CAS-3: stays open while a procedure with further services was agreed."""

    code = "procedure_open"
    message = _("A procedure was agreed whose services are not finished. Close the linked cases first.")


class ClockRunning(Refusal):
    code = "clock_running"
    message = _("The clock of this case is already running.")


class ClockStopped(Refusal):
    code = "clock_stopped"
    message = _("The clock of this case is not running.")


class LimitUndecided(Refusal):
    """CAS-5: at the limit the case asks for a decision before the clock goes on."""

    code = "limit_undecided"
    message = _(
        "The time of this attention is used up. Before it goes on, propose closing, agree a procedure, or ask the "
        "customer to consent to further services."
    )


class LimitNotReached(Refusal):
    code = "limit_not_reached"
    message = _("The time of this attention is not used up yet, so there is nothing to decide.")


class NothingAsked(Refusal):
    """There is no consent, order or closing waiting for an answer."""

    code = "nothing_asked"
    message = _("Nothing is waiting for this answer any more. Look at how the case stands now.")


class NotOffered(Refusal):
    """What is asked for belongs to another kind of case."""

    code = "not_offered"
    message = _("A case of this kind is not attended like that. Classify it first as what it is.")


class UnitsMissing(Refusal):
    """CHG-3, CHG-6: not enough of anything; `context["missing"]` says how many credits."""

    code = "units_missing"
    message = _("There are not enough units for this service.")


class LinkInvalid(Invalid):
    code = "link_invalid"
    message = _("Only two cases of the same customer can be linked, each pair once.")


class DateInvalid(Invalid):
    code = "date_invalid"
    message = _("The delivery date must be today or later.")


class Uncertain(Invalid):
    """CHG-1: a yes or no that staff note down says who gave it and how."""

    code = "uncertain"
    message = _("Write who of the customer said so, and whether by telephone, by chat or in person.")


class OrderAccepted(Refusal):
    code = "order_accepted"
    message = _("An order or a further service was accepted in this case, so it stays what it is. Open a linked case for anything else.")


class GivenAgain(Refusal):
    """COM-4: a service that is given again stays what it was, and charges nothing new."""

    code = "given_again"
    message = _(
        "This case gives a service again after a complaint, so it stays what it is and charges nothing new. Open a linked "
        "case for anything else."
    )


class NothingToLessen(Refusal):
    code = "nothing_to_lessen"
    message = _("This price does not wait for the customer's answer any more, so it cannot be made less. Give units back with the closing instead.")


class EffectNotLawful(Invalid):
    """CHG-4: a proposal may not charge what the rules give back."""

    code = "effect_not_lawful"
    message = _("This charge is given back when the case closes for this reason; it cannot be charged.")
