"""Refusals of complaints."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NothingToRefuse(Refusal):
    """COM-1: a complaint refuses a proposal of closing."""

    code = "nothing_to_refuse"
    message = _(
        "There is no proposal of closing to refuse in this case. A complaint is raised from one; until then, write to us "
        "in the case."
    )


class AlreadyRaised(Refusal):
    code = "already_raised"
    message = _("This closing was refused already and its complaint is under way. Add what is missing to it.")


class ReasonsMissing(Invalid):
    code = "reasons_missing"
    message = _("Write the reasons: they are what is judged.")


class NotOfThisRecord(Invalid):
    code = "not_of_this_record"
    message = _("Only entries of this case's own record can be picked as evidence.")


class Involved(Refusal):
    """COM-2: nobody who worked on the case judges it or is asked."""

    code = "involved"
    status = 403
    message = _(
        "You worked on this case, or gave the opinion on it, so somebody else has to judge it. Leave it to another person "
        "of quality control."
    )


class NobodyToAsk(Refusal):
    """COM-2, TIM-7"""

    code = "nobody_to_ask"
    message = _(
        "There is nobody to ask for an opinion: no research-and-development director who did not work on the case. "
        "An administrator can give that role to a person."
    )


class OpinionAsked(Refusal):
    code = "opinion_asked"
    message = _("An opinion is asked for already. Wait for it, or rule without it.")


class OpinionTooLate(Refusal):
    """COM-6: a late opinion does not extend a complaint."""

    code = "opinion_too_late"
    message = _("This complaint is decided, so no opinion is needed any more. Nothing was sent.")


class OpinionGiven(Refusal):
    code = "opinion_given"
    message = _("This opinion was given already; it cannot be changed.")


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("This complaint is decided already. Nothing was done; here is how it stands.")


class LapseStands(Refusal):
    """COM-6: who decides after the time decides nothing."""

    code = "lapse_stands"
    message = _(
        "The time for this complaint is over, so it is decided for the customer. Your ruling came after it and was not "
        "issued; what you wrote is kept as a draft."
    )


class DoesNotFit(Invalid):
    """COM-4, COM-5: consequences that do not fit the ruling."""

    code = "does_not_fit"


FITS = {
    "dismissed_gives_nothing": _("A dismissed complaint brings nothing: the case closes as it was proposed. Take the consequences away, or uphold it in part."),
    "upheld_gives_again": _("A complaint that is upheld gives the service again. If it should not be given, uphold the complaint in part."),
    "partly_gives_something": _("Say what the ruling brings: the service again, units given back, credits, or a measure in words."),
    "credits_out_of_range": _("Give a whole number of credits, not more than the settings allow."),
    "more_than_held": _("More cannot be given back than the case holds."),
    "carried_whole": _("A reservation that carries over to the second service is given back whole or not at all. Give it back whole, grant credits, or do not give the service again."),
}  # fmt: skip
