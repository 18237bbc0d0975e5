"""Refusals of tickets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal, Stale


class NotOurProduct(Invalid):
    code = "not_our_product"
    message = _("There is no licence of this product registered for this customer. Choose one of the list.")


class TitleMissing(Invalid):
    code = "title_missing"
    message = _("Say in a few words what it is about.")


class SomebodyWrote(Stale):
    """A colleague or the customer wrote meanwhile: the answer was not sent, its text is kept. TKT-1."""

    code = "somebody_wrote"
    message = _("Somebody wrote while you were writing. Your text was not sent and is still here; read what is new, then send it.")


class NobodyCalling(Invalid):
    code = "nobody_calling"
    message = _("Choose for whom the ticket is.")


class NotClosed(Refusal):
    code = "not_closed"
    message = _("The ticket is open already.")


class WentOnAlready(Invalid):
    """The topic has its ticket: a second one would leave the first without its way back. CHG-10."""

    code = "went_on_already"
    message = _("This topic goes on as a ticket already. Your text was not sent and is still here: write it in that ticket.")
