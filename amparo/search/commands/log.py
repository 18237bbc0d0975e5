"""The log of searches: what was asked, what came of it, and nobody's name. SRC-2, TKT-3.

It is no part of the record of anybody: rows are kept for a set time, then dropped.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from amparo.policies.queries import value
from amparo.search import rules
from amparo.search.errors import TooManySearches
from amparo.search.models import Search
from amparo.search.queries import Found

CLICK_HOURS = 24

_NOTE = """
INSERT INTO search_search (token, at, words, normal, who, place, kinds, product_id, language, results, was_hidden, clicked_subject, next_act)
SELECT %(token)s, %(at)s, %(words)s, %(normal)s, %(who)s, %(place)s, %(kinds)s, %(product)s, %(language)s, %(results)s, %(hidden)s, '', ''
WHERE (SELECT count(*) FROM search_search WHERE who = %(who)s AND at > %(since)s AND at <= %(at)s) < %(most)s
RETURNING token
"""


def searcher(identity: str, at: datetime) -> str:
    """Return what tells one searcher from another within a month: a hash under the service's pepper. SRC-2."""
    return rules.who(identity, at, settings.SECRETS["pepper"])


def note_search(
    words: str, found: Found, *, identity: str, place: str, kinds: Sequence[str] = (), product_id: int | None = None,
    language: str = "", at: datetime,
) -> str:
    """Note a search and return the token by which a click is told of it. Raises TooManySearches. SRC-2, SEC-45.

    `identity` (`user:4`, or what a visitor comes from) is never stored. `place` says where it was typed: page, header,
    help, ticket. Did-you-mean and near hits count as nothing found. One statement.
    """
    token = uuid.uuid4()
    given = {
        "token": token, "at": at, "words": " ".join(rules.clean(words).split())[:200], "normal": rules.normal(words), "place": place[:12],
        "who": searcher(identity, at), "kinds": ",".join(kinds)[:80], "product": product_id, "language": language[:5],
        "results": 0 if found.near or found.did_you_mean else found.total, "hidden": found.was_hidden,
        "since": at - timedelta(minutes=1), "most": value("search.per_minute_max", at=at),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, given)
        if cursor.fetchone() is None:
            raise TooManySearches()
    return str(token)


def note_click(token: str, position: int, subject: str, *, at: datetime) -> bool:
    """Note which hit of a search was opened first; false where the search is not known, too old, or has its click. SRC-2."""
    try:
        number = uuid.UUID(token)
    except ValueError:
        return False
    open_ones = Search.objects.filter(token=number, at__gt=at - timedelta(hours=CLICK_HOURS), clicked_position=None)
    return bool(open_ones.update(clicked_position=max(0, min(position, 999)), clicked_subject=subject[:60]))


def note_act(identity: str, act: str, *, at: datetime) -> int:
    """Note what somebody did after searching: of his searches of the last hours. Returns how many. TKT-3."""
    since = at - timedelta(hours=value("search.ticket_hours", at=at))
    names = {searcher(identity, at), searcher(identity, since)}  # the hash changes with the month
    return Search.objects.filter(who__in=names, at__gt=since, at__lte=at, next_act="").update(next_act=act[:20], next_at=at)


def forget_searches(*, at: datetime) -> int:
    """Drop searches older than the set time."""
    gone, _kinds = Search.objects.filter(at__lt=at - timedelta(days=value("search.kept_days", at=at))).delete()
    return gone
