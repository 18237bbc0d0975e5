"""Refusals of the classroom."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, LimitReached, Refusal


class ClassFull(LimitReached):
    """LIV-1: at most so many students at once."""

    code = "class_full"
    status = 409
    message = _("This class is full. The instructor can let you in when somebody leaves.")


class PeopleNotAgreed(LimitReached):
    """TAR-4: more at once would cost more, and nobody agreed to that yet."""

    code = "people_not_agreed"
    status = 409
    message = _("No more of your company can be in this class at once than was agreed to. Propose more to the customer, who sees the price first.")


class FloorFull(LimitReached):
    """LIV-1: at most so many cameras at once."""

    code = "floor_full"
    status = 409
    message = _("As many people as can be seen at once have the floor. Take it from somebody first.")


class NotInside(Refusal):
    """Somebody who was not let in, or was sent out, wants what only those inside may."""

    code = "not_inside"
    status = 409
    message = _("You are not in the class now. Wait until the instructor lets you in.")


class NotRunning(Refusal):
    code = "class_not_running"
    message = _("The class is not running now.")


class NotYet(Refusal):
    """Who comes long before the time."""

    code = "class_not_yet"
    message = _("The class is not open yet. Come back a little before it begins.")


class ClassInvalid(Invalid):
    code = "class_invalid"
    message = _("The class cannot be planned so. Look at the values.")


class NothingToAgree(Refusal):
    code = "nothing_to_agree"
    message = _("There is nothing to agree to in this class.")


class TooSlow(LimitReached):
    code = "too_many_lines"
    message = _("You are writing too fast. Wait a moment.")
