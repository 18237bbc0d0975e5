"""The forum as everybody reads it. ACC-2, FOR-1, TIM-4."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from amparo.forum import access, queries, rules
from amparo.forum.forms import AliasForm
from amparo.forum.models import LEVELS
from amparo.kernel.paging import mark
from amparo.search import queries as search

from . import composing, load, visible_post

VIEWS = ("latest", "unanswered", "unsolved", "solved", "mine")


def _tabs(request: HttpRequest, base: str) -> list[dict[str, Any]]:
    labels = {"latest": _("Latest"), "unanswered": _("Waiting for an answer"), "unsolved": _("Not solved"), "solved": pgettext("topics", "Solved"), "mine": pgettext("forum", "Mine")}
    shown = VIEWS if request.actor.is_signed_in else VIEWS[:-1]  # type: ignore[attr-defined]
    return [{"code": one, "label": labels[one], "url": base if one == "latest" else f"{base}?view={one}"} for one in shown]


def _view(request: HttpRequest) -> str:
    view = request.GET.get("view", "latest")
    if view not in VIEWS:
        raise Http404
    return view


@require_safe
def home(request: Any) -> HttpResponse:
    """The themes, and what was said last in all of them."""
    who, view = access.reader(request.actor, at=request.now), _view(request)
    context = {
        "themes": queries.themes(request.actor, who),
        "page": queries.topics(request.actor, who, view=view, after=request.GET.get("after", "")),
        "view": view,
        "tabs": _tabs(request, reverse("forum:home")),
        "moderates": access.is_moderator(request.actor),
    }
    return render(request, "forum/portal/home.html", context)


@require_safe
def theme(request: Any, theme_id: int) -> HttpResponse:
    """The topics of a theme, the pinned ones first."""
    who, view = access.reader(request.actor, at=request.now), _view(request)
    shown = access.themes_for(who).select_related("product").filter(pk=theme_id).first()
    if shown is None:
        raise Http404
    context = {
        "shown": shown,
        "page": queries.topics(request.actor, who, theme_id=theme_id, view=view, after=request.GET.get("after", "")),
        "view": view,
        "tabs": _tabs(request, reverse("forum:theme", args=[theme_id])),
        "levels": LEVELS,
        "level": queries.level_of(request.actor, "theme", theme_id),
        "product_level": queries.level_of(request.actor, "product", shown.product_id) if shown.product_id else None,
        "is_public": shown.audience == "visitor",
    }
    return render(request, "forum/portal/theme.html", context)


@require_safe
def topic(request: Any, topic_id: int) -> HttpResponse:
    """A topic with a page of its posts; one that was merged leads to where it went."""
    who = access.reader(request.actor, at=request.now)
    shown = load(request, topic_id, who)
    if shown.visibility == "merged":
        return redirect("forum:topic", shown.merged_into_id)
    return page(request, shown)


def page(request: Any, shown: Any, *, error: str = "", body: str | None = None, status: int = 200, form: Any = None) -> HttpResponse:
    """The page of a topic, also where what was posted could not be taken."""
    actor = request.actor
    missing = access.may_take_part(actor, at=request.now) if actor.is_signed_in else None
    posts = queries.posts_page(shown, actor, after=request.GET.get("after", ""))
    if request.htmx and not error:
        return render(request, "forum/portal/_posts.html", _context(request, shown, posts, missing))
    context = _context(request, shown, posts, missing) | {
        "error": error,
        "body": body,
        "form": form or (AliasForm(initial={"alias": _proposed(actor)}) if shown.own_alias is None and not actor.is_staff else None),
        **composing(request, shown.subject, shown.draft, trust=shown.own_trust),
    }
    return render(request, "forum/portal/topic.html", context, status=status)


def _context(request: Any, shown: Any, posts: Any, missing: Any) -> dict[str, Any]:
    actor = request.actor
    first = next((one for one in posts.rows if one.id == shown.first_id), None)
    return {
        "topic": shown,
        "posts": posts,
        "first": first,
        "solution": next((one for one in posts.rows if one.id == shown.solution_id), None),
        "missing": missing,
        "may_reply": missing is None and access.may_reply(actor, shown),
        "may_solve": missing is None and access.may_solve(actor, shown),
        "may_retitle": missing is None and actor.is_signed_in and access.may_retitle(actor, shown, shown.own_trust),
        "may_publish": access.may_publish(actor) and shown.is_solved,
        "moderates": access.is_moderator(actor),
        "editable": {one.id for one in posts.rows if access.may_edit(actor, one, at=request.now)},
        "past_readable": {one.id for one in posts.rows if access.may_read_versions(actor, one)},
        "knows_ticket": actor.is_staff or actor.owns(shown.author_id),
        "may_ticket": actor.has_role("operator", "engineer"),
        "levels": LEVELS,
        "is_public": shown.theme.audience == "visitor" and shown.visibility == "shown",
    }


def _proposed(actor: Any) -> str:
    return rules.proposed_alias(actor.name, actor.email, actor.user_id or 0)


@require_safe
def post(request: Any, post_id: int) -> HttpResponse:
    """Lead to a post on its page of its topic: addresses of posts outlive moves, splits and merges."""
    found = visible_post(request, post_id)
    begins = queries.page_of_post(found, request.actor)
    query = f"?after={mark(begins)}" if begins is not None else ""
    return redirect(f"{reverse('forum:topic', args=[found.topic_id])}{query}#{found.anchor}")


@require_safe
def versions(request: Any, post_id: int) -> HttpResponse:
    """What a post said before, for its author and for staff. SEC-10."""
    found = visible_post(request, post_id)
    if not access.may_read_versions(request.actor, found):
        raise Http404
    return render(request, "forum/portal/versions.html", {"post": found, "versions": queries.versions(found)})


@require_safe
def similar(request: Any) -> HttpResponse:
    """What may answer already, while the title is typed: topics and articles that this reader may see. FOR-1, SEC-29."""
    words = request.GET.get("title", "")[:160].strip()
    hits = search.similar(access.reader(request.actor, at=request.now), words, kinds=("article", "topic"), limit=5) if len(words) > 5 else []
    return render(request, "forum/portal/_similar.html", {"hits": hits})


@require_safe
def people(request: Any) -> HttpResponse:
    """Names that begin so, for @: only who has written what everybody sees, and only to who is signed in. SEC-29."""
    if not request.actor.is_signed_in:
        raise Http404
    return JsonResponse({"people": queries.members_like(request.actor, request.GET.get("q", "")[:30])})
