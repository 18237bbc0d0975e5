"""Reads of the forum, shaped for pages, letters and feeds."""

from .board import DESK_SHOWN, RAIL, OwedRow, acts, owed, review, reviews, waiting
from .hearing import (
    Heard,
    Limits,
    digest_for,
    digests_due,
    excerpt_of,
    heard_of,
    languages_of,
    leave_path,
    left_by,
    level_of,
    limits_for_new,
    member_of,
    members_like,
    muted,
    person_of,
    time_in_words,
    watched,
    watchers,
    watches_of,
)
from .topics import (
    PAGE_POSTS,
    PostRow,
    TopicRow,
    feed,
    page_of_post,
    page_topic,
    posts_page,
    sitemap,
    themes,
    topics,
    versions,
)

__all__ = [
    "DESK_SHOWN", "PAGE_POSTS", "RAIL", "Heard", "Limits", "OwedRow", "PostRow", "TopicRow", "acts", "digest_for", "digests_due", "excerpt_of", "feed", "heard_of",
    "languages_of", "leave_path", "left_by", "level_of", "limits_for_new", "member_of", "members_like", "muted", "owed", "page_of_post", "page_topic", "person_of", "posts_page", "review", "reviews", "sitemap",
    "themes", "time_in_words", "topics", "versions", "waiting", "watched", "watchers", "watches_of",
]  # fmt: skip
