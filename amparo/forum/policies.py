"""The figures of the forum that an administrator can change with effect from a date."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Any:
    def check(value: int) -> Text | None:
        if low <= value <= high:
            return None
        return _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}

    return check


_G = "forum"


def _figure(name: str, default: int, low: int, high: int, rule: str, label: Any, words: Any, unit: Any = "") -> None:
    declare(f"forum.{name}", default=default, kind=int, group=_G, rule=rule, label=label, help=words, unit=unit, check=_between(low, high))


declare(
    "forum.reading_is_open", default=True, kind=bool, group=_G, rule="ACC-2",
    label=_("Anybody may read the forum"), help=_("When off, only registered people can. Themes with narrower access keep it."),
)  # fmt: skip
_figure("desk_percent", 90, 50, 99, "TIM-10", _("Share of its time after which a question reaches the desk"),
        _("Until then users answer each other; after that staff see it in their queue."), "%")
_figure("resumed_hours_min", 24, 1, 240, "FOR-2", _("Least time to answer a question again"),
        _("If the only answer is hidden, the question has to be answered again in the time it had left, or in this many business hours if that is longer."), _("hours"))
_figure("first_day_topics_max", 3, 1, 50, "FOR-1", _("Topics on the first day"), _("How many topics a new member may begin within their first 24 hours."))
_figure("first_day_replies_max", 10, 1, 200, "FOR-1", _("Replies on the first day"), _("How many replies a new member may write within their first 24 hours."))
_figure("new_links_max", 2, 0, 20, "FOR-1", _("Links of a new member"), _("A post of a new member with more links waits for a moderator."))
_figure("new_pictures_max", 1, 0, 10, "FOR-1", _("Pictures of a new member"), _("How many pictures a post of a new member may have."))
_figure("pictures_max", 8, 1, 20, "FOR-1", _("Pictures of a post"), _("How many pictures a post may have."))
_figure("fast_seconds", 3, 0, 60, "FOR-1", _("A first post sent faster than this waits for a moderator"), _("People need longer than this to write."), _("seconds"))
_figure("hourly_posts_max", 30, 5, 500, "FOR-1", _("Posts in an hour"), _("How many posts anybody but staff may write within an hour."))
_figure("proof_numbers_max", 50_000, 1_000, 1_000_000, "FOR-1", _("Work of the check against robots"),
        _("How much the browser of a new member has to compute before a post is taken. 50,000 takes about a second."))
_figure("trust1_replies", 3, 1, 100, "FOR-1", _("Posts until a member is trusted"), _("With this many visible posts, and after the days below, a member is no longer new."))
_figure("trust1_days", 1, 0, 30, "FOR-1", _("Days until a member is trusted"), _("Customers with a contract in force are trusted from the start."), _("days"))
_figure("trust2_replies", 40, 5, 1000, "FOR-1", _("Posts until a member is a regular"), _("Regulars may correct the titles of topics. They need thanks of others too."))
_figure("trust2_days", 15, 1, 365, "FOR-1", _("Days until a member is a regular"), _("Counted from the day the member joined."), _("days"))
_figure("trust2_thanks", 3, 0, 100, "FOR-1", _("Thanks until a member is a regular"), _("How often others must have thanked the member."))
_figure("flags_that_hide", 3, 2, 20, "FOR-1", _("Reports that hide a post"), _("A post reported by this many trusted members is hidden until a moderator decides."))
_figure("claim_minutes", 15, 1, 240, "FOR-1", _("How long a review stays claimed"), _("After this many minutes without a decision another moderator can take it."), _("minutes"))
_figure("edit_days", 30, 0, 365, "FOR-1", _("Days in which an author may edit"), _("Afterwards only staff edit a post."), _("days"))
