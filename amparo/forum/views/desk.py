"""The forum as staff supervise it: what is owed, what waits for review, what was done. FOR-1, TIM-10."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.forum import access, commands, queries, rules
from amparo.forum.forms import AUDIENCE_LABELS, MergeForm, MoveForm, ReasonForm, SplitForm, ThemeForm
from amparo.forum.models import FLAG_REASONS, VISIBILITIES, WHYS, Theme
from amparo.forum.words import VERBS
from amparo.kernel.refusals import Invalid
from amparo.products.queries import products_with_counts
from amparo.ui.views import staff_only

from . import load, number, visible, visible_post

_FORM = ["GET", "HEAD", "POST"]


@require_safe
@staff_only()
def board(request: Any) -> HttpResponse:
    """Questions by their promise, what waits for review, and what was judged."""
    view, actor = request.GET.get("view", "owed"), request.actor
    after = request.GET.get("after", "")
    if view not in ("owed", "reviews", "judged", "log"):
        raise Http404
    counts = queries.waiting(actor, at=request.now)
    base = reverse("desk_forum:board")
    labels = {"owed": _("Waiting for an answer"), "reviews": _("To review"), "judged": _("Reviewed"), "log": _("What was done")}
    context = {
        "view": view,
        "tabs": [
            {"code": code, "label": label, "url": base if code == "owed" else f"{base}?view={code}", "count": counts["reviews"] if code == "reviews" else None}
            for code, label in labels.items()
        ],
        "rows": queries.owed(actor, at=request.now, soon=False) if view == "owed" else [],
        "page": queries.reviews(actor, done=view == "judged", after=after) if view in ("reviews", "judged") else queries.acts(actor, after=after) if view == "log" else None,
        "may_manage": access.may_manage_themes(actor),
        "moderates": access.is_moderator(actor),
        "whys": WHYS, "verbs": VERBS,
    }  # fmt: skip
    return render(request, "forum/desk/board.html", context)


def _review(request: Any, review_id: int) -> Any:
    found = queries.review(request.actor, review_id)
    if found is None:
        raise Http404
    return found


@require_safe
@staff_only(*access.MODERATING)
def review(request: Any, review_id: int) -> HttpResponse:
    """A post that was reported or held, with who said what."""
    found = _review(request, review_id)
    return _shown(request, found, ReasonForm())


def _shown(request: Any, found: Any, form: Any) -> HttpResponse:
    context = {
        "review": found, "form": form, "mine": request.actor.owns(found.claimed_by_id), "whys": WHYS, "visibilities": VISIBILITIES,
        "reasons": FLAG_REASONS,
    }  # fmt: skip
    return render(request, "forum/desk/review.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_only(*access.MODERATING)
def claim(request: Any, review_id: int) -> HttpResponse:
    """Take a review, so that nobody else works on it; or leave it."""
    found = _review(request, review_id)
    act = commands.release if request.POST.get("leave") else commands.claim
    act(found, actor=request.actor, at=request.now)
    return redirect("desk_forum:review", review_id)


@require_POST
@staff_only(*access.MODERATING)
def decide(request: Any, review_id: int) -> HttpResponse:
    """Judge what was taken."""
    found = _review(request, review_id)
    try:
        commands.decide(found, request.POST.get("decision", "")[:10], request.POST.get("reason", ""), actor=request.actor, at=request.now)
    except Invalid as wrong:
        form = ReasonForm(request.POST)
        form.is_valid()
        form.add_error("reason" if wrong.field == "reason" else None, str(wrong))
        return _shown(request, found, form)
    messages.success(request, _("Done. The next one is waiting here."))
    return redirect(f"{reverse('desk_forum:board')}?view=reviews")


@require_safe
@staff_only(*access.MODERATING)
def topic(request: Any, topic_id: int) -> HttpResponse:
    """What can be done with a topic, and what was."""
    return _tools(request, topic_id)


def _tools(request: Any, topic_id: int, *, status: int = 200, **wrong: Any) -> HttpResponse:
    shown = load(request, topic_id)
    themes = list(Theme.objects.order_by("position", "name"))
    context = {
        "topic": shown,
        "posts": queries.posts_page(shown, request.actor, after=request.GET.get("after", "")),
        "acts": queries.acts(request.actor, topic_id=topic_id, size=20).rows,
        "move": MoveForm(themes=themes, initial={"theme": str(shown.theme_id)}), "merge": MergeForm(), "split": SplitForm(), "reason": ReasonForm(auto_id="why_%s"),
        "may_publish": access.may_publish(request.actor),
        "chosen": rules.chosen(request.POST.getlist("posts")), "verbs": VERBS,
    } | wrong  # fmt: skip
    return render(request, "forum/desk/topic.html", context, status=status)


@require_POST
@staff_only(*access.MODERATING)
def moderate(request: Any, topic_id: int, verb: str) -> HttpResponse:
    """One act upon a topic."""
    shown = visible(request, topic_id)
    given = {"actor": request.actor, "at": request.now}
    try:
        _act(request, shown, verb, given)
    except Invalid as wrong:
        return _tools(request, topic_id, status=422, error=str(wrong))
    messages.success(request, _("Done. It can be undone below."))
    return redirect("desk_forum:topic", topic_id)


def _act(request: Any, shown: Any, verb: str, given: dict[str, Any]) -> None:
    post = request.POST
    match verb:
        case "close":
            commands.close(shown, post.get("reason", ""), **given)
        case "reopen":
            commands.reopen(shown, **given)
        case "hide":
            commands.hide_topic(shown, post.get("reason", ""), **given)
        case "pin":
            commands.pin(shown, **given)
        case "kind":
            commands.change_kind(shown, post.get("kind", ""), **given)
        case "move":
            commands.move(shown, get_object_or_404(Theme, pk=number(post.get("theme", "")) or 0), **given)
        case "merge":
            commands.merge(shown, visible(request, number(post.get("into", "")) or 0), **given)
        case "split":
            commands.split(shown, rules.chosen(post.getlist("posts")), post.get("title", ""), kind=post.get("kind", "question"), **given)
        case _:
            raise Http404


@require_http_methods(_FORM)
@staff_only(*access.MODERATING)
def hide_post(request: Any, post_id: int) -> HttpResponse:
    """Hide a post, with the reason that its author reads."""
    post = visible_post(request, post_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.hide_post(post, form.cleaned_data["reason"], actor=request.actor, at=request.now)
        messages.success(request, _("It is hidden. Its author sees the reason."))
        return redirect("desk_forum:topic", post.topic_id)
    return render(request, "forum/desk/hide.html", {"post": post, "form": form}, status=422 if form.errors else 200)


@require_POST
@staff_only(*access.MODERATING)
def undo(request: Any, act_id: int) -> HttpResponse:
    """Undo what a moderator did."""
    act = get_object_or_404(access.acts_for(request.actor), pk=act_id)
    commands.undo(act, actor=request.actor, at=request.now)
    messages.success(request, _("Undone."))
    return redirect("desk_forum:topic", act.topic_id)


@require_POST
@staff_only("engineer", "operator", "moderator", "editor", "developer")
def article(request: Any, topic_id: int) -> HttpResponse:
    """Make the draft of an article out of a question and its solution, in one step. SRC-1."""
    made = commands.make_article(visible(request, topic_id), actor=request.actor, at=request.now)
    messages.success(request, _("The draft of the article is made. An editor publishes it."))
    return redirect("forum:topic", made.pk)


@require_safe
@staff_only("moderator")
def themes(request: Any) -> HttpResponse:
    """All themes, also those that are closed."""
    return render(request, "forum/desk/themes.html", {"themes": queries.themes(request.actor, access.reader(request.actor, at=request.now)), "audiences": AUDIENCE_LABELS})


@require_http_methods(_FORM)
@staff_only("moderator")
def theme(request: Any, theme_id: int | None = None) -> HttpResponse:
    """A new theme, or what one is and who reads it."""
    found = get_object_or_404(Theme, pk=theme_id) if theme_id else None
    begin = {name: getattr(found, name) for name in ("name", "name_en", "about", "about_en", "audience", "position", "is_open")} if found else {}
    form = ThemeForm(request.POST or None, products=[(one["id"], one["name"]) for one in products_with_counts()], initial=begin | {"product": str(found.product_id or "") if found else ""})
    if request.method == "POST" and form.is_valid():
        commands.put_theme(found, form.told(), actor=request.actor, at=request.now)
        messages.success(request, _("Saved."))
        return redirect("desk_forum:themes")
    return render(request, "forum/desk/theme.html", {"form": form, "shown": found}, status=422 if form.errors else 200)
