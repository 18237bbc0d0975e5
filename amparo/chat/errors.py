"""Refusals of chats."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal, Stale


class NobodyThere(Refusal):
    """Nobody attends chats at this moment: what there is instead, with its time, is told beside. CHT-2."""

    code = "nobody_there"
    message = _("Nobody attends chats at this moment. Leave a ticket or open a case: both are answered within their time.")


class Ended(Stale):
    code = "chat_ended"
    message = _("This chat has ended. Your text was not sent; open another chat, or leave a ticket.")


class NothingSaid(Invalid):
    code = "nothing_said"
    message = _("Write something first, or attach a file.")


class TooLong(Invalid):
    code = "too_long"
    message = _("The message is too long: at most %(count)s characters. Nothing was sent; split it, or attach it as a file.")


class TooFast(LimitReached):
    code = "too_fast"
    message = _("You send too many messages. Wait a minute; what you wrote is still here.")


class KeyReused(Refusal):
    code = "key_reused"
    message = _("This was sent before with another text. Look at what stands in the chat now.")


class TakenByAnother(Stale):
    code = "taken_by_another"
    message = _("A colleague has this chat already.")


class NotOnDuty(Invalid):
    code = "not_on_duty"
    message = _("This colleague does not attend chats now. Choose somebody who does.")


class NoteMissing(Invalid):
    code = "note_missing"
    message = _("Write for your colleague what it is about.")


class BecameAlready(Stale):
    code = "became_already"
    message = _("This chat became that already. Here is how it stands now.")


class ProductMissing(Invalid):
    code = "product_missing"
    message = _("Choose the product that it is about.")


class NoCase(Refusal):
    code = "no_case"
    message = _("This chat has no case yet. Open one first.")


class OriginInvalid(Invalid):
    code = "origin_invalid"
    message = _("Write each address as https://example.com, with nothing after it.")


class NotHandedOver(Refusal):
    """The site's word of who it is does not hold: altered, too old, used, or not of this site. SEC-42."""

    code = "not_handed_over"
    status = 401
    message = _("We could not tell who you are. Open the page again, or sign in here.")
