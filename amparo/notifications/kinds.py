"""The kinds of notices: what may be told, to which side, by which ways unless the person chooses otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text


@dataclass(frozen=True, slots=True)
class Kind:
    """`must_mail`: the rules demand the letter, so that it cannot be switched off (CAS-4 tells explicitly).
    `at_night`: goes out at any hour, for staff on duty must see it."""

    code: str
    side: Literal["customer", "staff"]
    label: Text
    mail: bool = True
    page: bool = True
    must_mail: bool = False
    at_night: bool = False


_KINDS = (
    Kind("answer", "customer", _("There is an answer to a ticket or case")),
    Kind("consent", "customer", _("A case waits for your consent: what it is and what it charges")),
    Kind("order", "customer", _("An order waits for you to accept it")),
    Kind("quote", "customer", _("A quote waits for you to decide it")),
    Kind("quote_ending", "customer", _("A quote is about to expire, expired or was withdrawn")),
    Kind("delivery", "customer", _("An order was delivered and waits for you to accept it")),
    Kind("delay", "customer", _("A delivery is delayed: the new date and the reason"), must_mail=True),
    Kind("closing", "customer", _("A case is proposed for closing, with its summary and charge"), must_mail=True),
    Kind("reminder", "customer", _("Reminders of a closing that waits for you"), must_mail=True),
    Kind("summary", "customer", _("The final summary of a closed case"), must_mail=True),
    Kind("complaint", "customer", _("Each step of a complaint, with its time")),
    Kind("ruling", "customer", _("How a complaint was decided, and what that brings"), must_mail=True),
    Kind("purge", "customer", _("The content of an old case will be purged"), must_mail=True),
    Kind("chat_transcript", "customer", _("The transcript of a chat that you asked for"), page=False, must_mail=True),
    Kind("chat_ended", "customer", _("A chat of yours ended without being attended")),
    Kind("clock", "customer", _("The time of a case reached its limit"), mail=False),
    Kind("remote", "customer", _("Somebody who attends your case asks for a remote session"), mail=False),
    Kind("units_low", "customer", _("Events, incidents or credits run low")),
    Kind("units_ending", "customer", _("Units or a contract end soon")),
    Kind("contract", "customer", _("A contract or card was added")),
    Kind("agreement", "customer", _("The copy of an agreement that your company accepted")),
    Kind("agreement_new", "customer", _("A new version of an agreement that your services will ask for")),
    Kind("defect", "customer", _("A fault that you reported: by when it is corrected, and what became of it")),
    Kind("forum", "customer", _("Something new in a topic of the forum that you began or watch")),
    Kind("forum_mention", "customer", _("Somebody calls you by name in the forum")),
    Kind("forum_own", "customer", _("What became of what you wrote in the forum")),
    Kind("forum_digest", "customer", _("The digest of the forum, as often as you chose there"), page=False),
    Kind("news", "customer", _("News of the products of your company"), mail=False, page=False),
    Kind("release", "customer", _("A new version of a product of your company"), mail=False),
    Kind("release_withdrawn", "customer", _("A version that your company downloaded or runs was withdrawn"), must_mail=True),
    Kind("compatibility", "customer", _("How a development of yours fares with a new version"), must_mail=True),
    Kind("course_seat", "customer", _("Your company has a seat in a course for you")),
    Kind("course_completed", "customer", _("One of your company's people completed a course"), mail=False),
    Kind("certificate", "customer", _("A certificate of yours")),
    Kind("certificate_ending", "customer", _("A certificate of yours is about to expire, or is of an earlier version of its product")),
    Kind("live_class", "customer", _("The date of a live class of a course that you take")),
    Kind("class_price", "customer", _("The price of a class waits for your yes")),
    Kind("class_time", "customer", _("When a class is that you are invited to, or that it is not")),
    Kind("class_soon", "customer", _("A class that you are invited to begins soon")),
    Kind("class_recorded", "customer", _("The recording of a class is ready"), mail=False),
    Kind("licence", "customer", _("A licence that you asked for was registered, or not")),
    Kind("new_matter", "staff", _("A new ticket or case came in"), mail=False),
    Kind("customer_wrote", "staff", _("The customer wrote in a matter assigned to you"), mail=False),
    Kind("assigned", "staff", _("A matter was assigned to you")),
    Kind("promise_warned", "staff", _("A promise nears its deadline"), at_night=True),
    Kind("promise_lapsed", "staff", _("A promise lapsed"), at_night=True),
    Kind("clock_staff", "staff", _("The clock of a case warns or reached its limit"), mail=False, at_night=True),
    Kind("closing_answered", "staff", _("The customer accepted, answered or refused a closing")),
    Kind("decided", "staff", _("The customer consented, chose, ordered or withdrew in a case"), mail=False),
    Kind("defect_staff", "staff", _("A fault of the product was reported that is to be corrected")),
    Kind("forum_owed", "staff", _("A question of the forum nears the time of its answer, or passed it")),
    Kind("forum_review", "staff", _("Something in the forum waits for a moderator"), mail=False),
    Kind("forum_staff", "staff", _("Something new in the forum that you watch, or that calls you"), mail=False),
    Kind("article_word", "staff", _("A reader leaves a word below an article of yours"), mail=False),
    Kind("article_flagged", "staff", _("A colleague finds an article of yours wrong")),
    Kind("article_review", "staff", _("Articles of yours wait for their review")),
    Kind("mail_waiting", "staff", _("E-mail waits that could not be brought to a matter"), mail=False),
    Kind("bounced", "staff", _("Letters do not reach an address"), mail=False),
    Kind("quote_answered", "staff", _("The customer answered a quote or a delivery")),
    Kind("remote_guessed", "staff", _("Somebody tries codes of remote sessions"), at_night=True),
    Kind("guessing", "staff", _("Somebody tries many wrong codes of service cards")),
    Kind("licence_watch", "staff", _("Wrong serials, copied terminals or used up moves of licences")),
    Kind("licence_asked", "staff", _("A customer asks for a licence to be registered"), mail=False),
    Kind("quality", "staff", _("A customer raised a complaint, added to it or withdrew it"), at_night=True),
    Kind("opinion", "staff", _("An opinion on a complaint is asked for, or was given"), at_night=True),
    Kind("release_checks", "staff", _("Developments are to be looked at with a new version")),
    Kind("recall", "staff", _("A version was withdrawn: customers are to be looked after")),
    Kind("link_shared", "staff", _("Download links are passed on"), mail=False),
    Kind("call_missed", "staff", _("Somebody called and reached nobody"), mail=False),
    Kind("sales_lead", "staff", _("A customer's units run low or a contract ends")),
    Kind("sale", "customer", _("An order of plans or cards: paid, active, expired, invoiced")),
    Kind("sale_placed", "staff", _("An order of plans or cards came in or was paid"), mail=False),
    Kind("sale_trouble", "staff", _("Money came in for an order and could not do what it was for")),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _KINDS}


def kinds_for(side: str) -> list[Kind]:
    return [kind for kind in _KINDS if kind.side == side]
