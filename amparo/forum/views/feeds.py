"""The feed of a theme: what anybody may read, and nothing else. FOR-1, SEC-29."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from amparo.forum import access, queries
from amparo.kernel.actor import VISITOR
from amparo.ui.meta import absolute


@require_safe
def theme(request: Any, theme_id: int) -> HttpResponse:
    """The latest topics of a theme as Atom, the same for everybody; a theme that not everybody reads has no feed."""
    who = access.reader(VISITOR, at=request.now)
    found = access.themes_for(who).filter(pk=theme_id).first()
    if found is None:
        raise Http404
    page = absolute(f"/forum/themes/{theme_id}/")
    feed = Atom1Feed(title=found.shown_name, link=page, description=found.shown_about, feed_url=f"{page}feed/", language="es")
    for one in queries.feed(who, found):
        feed.add_item(
            title=one["title"], link=absolute(one["url"]), description=one["excerpt"], author_name=one["alias"] or "?", pubdate=one["created_at"],
            updateddate=one["last_at"], unique_id=absolute(one["url"]),
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
