"""A draft as its page will be, for the frame of the editor. SEC-23."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from amparo.knowledge import queries
from amparo.knowledge.models import KIND_LABELS, PART_LABELS, Article


def article(request: HttpRequest, draft: Article) -> HttpResponse:
    """Show a draft to who edits it; nothing on it can be pressed."""
    context = {
        "shown": queries.to_preview(draft), "kinds": KIND_LABELS, "labels": PART_LABELS, "mine": [], "stale": False, "sought": "",
        "subject": draft.theme.name_in(draft.language) if draft.theme else "", "voted": None, "preview": True,
    }  # fmt: skip
    return render(request, "knowledge/portal/preview.html", context)
