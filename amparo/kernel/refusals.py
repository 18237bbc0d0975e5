"""Refusals: expected answers of «no», each with a sentence and the way out. ACC-9.

A refusal is not a fault. The edge turns it into a page, a region or an answer of the API; it never reaches
the error log. What a person may not even know of is answered as not found, by the lookup, not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

Text = str | LazyText


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way out: what the link says and where it leads."""

    label: Text
    url: str


class Refusal(Exception):
    """What was asked cannot be done, for a reason the person can be told.

    `code` is stable for programs, `status` the HTTP status, `message` the sentence for people.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[Text] = _("This cannot be done now.")

    def __init__(self, message: Text | None = None, *, remedies: Iterable[Remedy] = (), **context: Any) -> None:
        self.text: Text = message if message is not None else self.message
        self.remedies: tuple[Remedy, ...] = tuple(remedies)
        self.context: dict[str, Any] = context
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.text)


class NotPermitted(Refusal):
    code = "not_permitted"
    status = 403
    message = _("You do not have permission to do this. If you need it, ask your administrator.")


class Stale(Refusal):
    """The thing moved on since the page was shown. Nothing was done."""

    code = "stale"
    status = 409
    message = _("This changed while you were looking at it. Nothing was done; here is how it stands now.")


class Invalid(Refusal):
    """A value that cannot be taken; `field` names the form's field beside which the sentence belongs."""

    code = "invalid"
    status = 422
    message = _("One of the values is not right. Correct it and try again.")

    def __init__(self, message: Text | None = None, *, field: str | None = None, **context: Any) -> None:
        super().__init__(message, **context)
        self.field = field


class LimitReached(Refusal):
    code = "limit_reached"
    status = 429
    message = _("Too many attempts. Wait a few minutes and try again.")
