"""Refusals of conversations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal


class NothingSaid(Invalid):
    code = "nothing_said"
    message = _("Write something before you send it.")

    def __init__(self, message: object = None, **context: object) -> None:
        super().__init__(message, field="body", **context)  # type: ignore[arg-type]


class TooLong(Invalid):
    code = "too_long"
    message = _("The message is too long. Shorten it, or attach it as a file.")

    def __init__(self, message: object = None, **context: object) -> None:
        super().__init__(message, field="body", **context)  # type: ignore[arg-type]


class KeyReused(Refusal):
    """The key of an earlier act came back with something else. Nothing was done. CHG-10, SEC-48."""

    code = "key_reused"
    status = 409
    message = _("This form was already sent with other content. Reload the page and send it again.")


class NotTheirsToHold(Invalid):
    code = "not_theirs_to_hold"
    message = _("This person cannot attend matters. Choose an operator or an engineer.")


class SearchTooBroad(Refusal):
    code = "search_too_broad"
    status = 422
    message = _("The search took too long. Add a word that tells the matter apart.")
