"""Reads of the forum, shaped for pages, letters and feeds."""

from .board import OwedRow, acts, owed, review, reviews, waiting
from .hearing import Heard, digest_for, digests_due, heard_of, languages_of, member_of, members_like, watched
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
    "PAGE_POSTS", "Heard", "OwedRow", "PostRow", "TopicRow", "acts", "digest_for", "digests_due", "feed", "heard_of", "languages_of",
    "member_of", "members_like", "owed", "page_of_post", "page_topic", "posts_page", "review", "reviews", "sitemap",
    "themes", "topics", "versions", "waiting", "watched",
]  # fmt: skip
