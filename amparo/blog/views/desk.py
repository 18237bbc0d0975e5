"""Posts at the desk: drafts, what is scheduled, pictures, translations; the text itself is written in the editor. SRC-3."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.blog import access, commands, queries
from amparo.blog.models import Post
from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS
from amparo.kernel import markdown
from amparo.threads.rules import draft_key
from amparo.ui.views import staff_only

STATES = ("", "live", "scheduled", "draft")


def _load(request: HttpRequest, post_id: int) -> Post:
    return get_object_or_404(access.on_desk(request.actor).select_related("product", "cover", "owner", "latest_revision"), pk=post_id)


@require_safe
@staff_only()
def posts(request: HttpRequest) -> HttpResponse:
    """Every post, drafts and scheduled ones too."""
    state, sought = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "")[:80]
    context = {
        "rows": queries.desk_list(request.actor, state=state if state in STATES else "", words=sought), "state": state, "sought": sought,
        "may_write": access.may_write(request.actor), "audiences": AUDIENCE_LABELS, "languages": LANGUAGE_LABELS,
        "add": reverse("editor_post:add") if access.may_write(request.actor) else "",
    }  # fmt: skip
    return render(request, "blog/desk/list.html", context)


@require_safe
@staff_only()
def post(request: HttpRequest, post_id: int) -> HttpResponse:
    """A post: how its latest draft reads, its pictures, its other language, and what can be done with it."""
    found = _load(request, post_id)
    draft = found.latest_revision.as_object() if found.latest_revision else found
    others = access.on_desk(request.actor).filter(translation_group=found.translation_group).exclude(pk=found.pk)
    key = draft_key(request.actor.user_id, f"post:{found.pk}")
    context = {
        "post": found, "draft": draft, "draft_html": markdown.render(draft.body), "pictures": queries.pictures(found), "others": list(others),
        "may_write": access.may_write(request.actor), "audiences": AUDIENCE_LABELS, "languages": LANGUAGE_LABELS, "draft_key": key,
        "edit": reverse("editor_post:edit", args=[found.pk]) if access.may_write(request.actor) else "", "waits": found.scheduled_revision,
        "changed": found.live and found.has_unpublished_changes,
    }  # fmt: skip
    return render(request, "blog/desk/post.html", context)


@require_POST
@staff_only("editor")
def publish(request: HttpRequest, post_id: int) -> HttpResponse:
    """Publish the draft that waits."""
    commands.publish(_load(request, post_id), actor=request.actor, at=request.now)
    messages.success(request, _("Published: it stands in the news and in the feeds."))
    return redirect("desk_blog:post", post_id)


@require_POST
@staff_only("editor")
def take_back(request: HttpRequest, post_id: int) -> HttpResponse:
    """Take a post back from its readers."""
    commands.take_back(_load(request, post_id), actor=request.actor, at=request.now)
    messages.success(request, _("Taken back: nobody reads it any more; it stays as a draft."))
    return redirect("desk_blog:post", post_id)


@require_POST
@staff_only("editor")
def translate(request: HttpRequest, post_id: int) -> HttpResponse:
    """Begin the version in the other language."""
    made = commands.translate(_load(request, post_id), actor=request.actor, at=request.now)
    return redirect("desk_blog:post", made.pk)


@require_POST
@staff_only("editor")
def pictures(request: HttpRequest, post_id: int) -> HttpResponse:
    """Give uploaded pictures to a post."""
    found = _load(request, post_id)
    stored = commands.add_pictures(
        found, request.POST.getlist("files"), draft_key=request.POST.get("draft_key", "")[:40], actor=request.actor, at=request.now
    )
    if stored and found.cover_id is None:
        commands.set_cover(found, stored[0], actor=request.actor, at=request.now)
    return redirect("desk_blog:post", post_id)


@require_POST
@staff_only("editor")
def cover(request: HttpRequest, post_id: int) -> HttpResponse:
    """Choose which picture stands above a post, or none."""
    found, wanted = _load(request, post_id), request.POST.get("picture", "")
    if not wanted:
        commands.clear_cover(found, actor=request.actor, at=request.now)
    else:
        picture = next((one for one in queries.pictures(found) if one.public_id == wanted), None)
        if picture is not None:
            commands.set_cover(found, picture, actor=request.actor, at=request.now)
    return redirect("desk_blog:post", post_id)
