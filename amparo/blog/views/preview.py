"""A draft as its page will be, for the frame of the editor. SEC-23."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from amparo.blog.models import Post
from amparo.kernel import markdown

from .portal import shown


def post(request: HttpRequest, draft: Post) -> HttpResponse:
    """Show a draft to who edits it; nothing on it can be pressed."""
    draft.rendered = markdown.render(draft.body)
    draft.published_at = draft.published_at or request.now
    return render(request, "blog/portal/post.html", shown(draft, [], preview=True))
