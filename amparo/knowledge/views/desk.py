"""Articles on the desk: what waits, every article, and what is done with one. SRC-2."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid
from amparo.knowledge import access, commands, queries, rules
from amparo.knowledge.commands.publishing import KEPT_IN_VERSIONS
from amparo.knowledge.models import KIND_LABELS, PART_LABELS, Article, Attachment, Flag, Theme, Vote
from amparo.threads.rules import draft_key
from amparo.ui.views import staff_only


def _load(request: HttpRequest, article_id: int) -> Article:
    return get_object_or_404(access.on_desk(request.actor), pk=article_id)


@require_safe
@staff_only()
def work(request: HttpRequest) -> HttpResponse:
    """What waits for who looks after articles: words, flags, overdue reviews, drafts. SRC-2."""
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    context = {
        "work": queries.work_list(request.actor, whose=whose, at=request.now), "whose": whose, "kinds": KIND_LABELS,
        "may_publish": access.may_publish(request.actor),
    }  # fmt: skip
    return render(request, "knowledge/desk/work.html", context)


@require_safe
@staff_only()
def articles(request: HttpRequest) -> HttpResponse:
    """Every article, drafts too."""
    words, state = request.GET.get("q", "").replace("\x00", "")[:200].strip(), request.GET.get("state", "")
    page = queries.articles_list(request.actor, words=words, state=state, after=request.GET.get("after", "")[:300])
    context = {"page": page, "q": words, "state": state, "kinds": KIND_LABELS, "may_publish": access.may_publish(request.actor)}
    return render(request, "knowledge/desk/articles.html", context)


@require_safe
@staff_only()
def article(request: HttpRequest, article_id: int) -> HttpResponse:
    """An article with what was said of it, its files, its relations and its versions."""
    shown = queries.article_desk(request.actor, article_id)
    if shown is None:
        raise Http404
    actor = request.actor
    context: dict[str, Any] = {
        "shown": shown, "draft": queries.to_preview(shown.draft), "kinds": KIND_LABELS, "labels": PART_LABELS,
        "may_publish": access.may_publish(actor), "may_care": access.may_look_after(actor, shown.article),
        "sought": request.GET.get("other", "").replace("\x00", "")[:200].strip(), "draft_key": draft_key(actor.user_id, f"article:{article_id}"),
    }  # fmt: skip
    if context["sought"] and context["may_publish"]:
        context["found"] = queries.articles_list(actor, words=context["sought"], size=8).rows
    return render(request, "knowledge/desk/article.html", context)


@require_POST
@staff_only()
def publish(request: HttpRequest, article_id: int) -> HttpResponse:
    """Publish the draft that waits."""
    commands.publish(_load(request, article_id), actor=request.actor, at=request.now)
    messages.success(request, _("It is published."))
    return redirect("desk_knowledge:article", article_id)


@require_POST
@staff_only()
def take_back(request: HttpRequest, article_id: int) -> HttpResponse:
    """Take it back from its readers."""
    commands.take_back(_load(request, article_id), actor=request.actor, at=request.now)
    messages.success(request, _("Nobody can read it now. It is a draft again."))
    return redirect("desk_knowledge:article", article_id)


@require_POST
@staff_only()
def review(request: HttpRequest, article_id: int) -> HttpResponse:
    """Say that it still holds."""
    commands.review(_load(request, article_id), actor=request.actor, at=request.now)
    messages.success(request, _("Noted as reviewed."))
    if request.POST.get("next") == "work":
        return redirect("desk_knowledge:work")
    return redirect("desk_knowledge:article", article_id)


@require_POST
@staff_only()
def flag(request: HttpRequest, article_id: int) -> HttpResponse:
    """Say that it is wrong."""
    commands.flag(_load(request, article_id), request.POST.get("reason", ""), actor=request.actor, at=request.now)
    messages.success(request, _("Its owner has it on the list."))
    return redirect("desk_knowledge:article", article_id)


@require_POST
@staff_only()
def close_flag(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Answer who found it wrong."""
    one = get_object_or_404(Flag, pk=flag_id)
    commands.close_flag(one, request.POST.get("answer", ""), actor=request.actor, at=request.now)
    return redirect("desk_knowledge:article", one.article_id)


@require_POST
@staff_only()
def close_word(request: HttpRequest, vote_id: int) -> HttpResponse:
    """Take a reader's word off the list."""
    one = get_object_or_404(Vote, pk=vote_id)
    commands.close_word(one, actor=request.actor, at=request.now)
    return redirect("desk_knowledge:article", one.article_id)


@require_POST
@staff_only()
def attach(request: HttpRequest, article_id: int) -> HttpResponse:
    """Give it files."""
    wanted = request.POST.getlist("files")
    commands.attach(_load(request, article_id), wanted, draft_key=draft_key(request.actor.user_id, f"article:{article_id}"), actor=request.actor, at=request.now)
    return redirect("desk_knowledge:article", article_id)


@require_POST
@staff_only()
def detach(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Take a file off its page."""
    one = get_object_or_404(Attachment, pk=attachment_id)
    commands.detach(one, actor=request.actor, at=request.now)
    return redirect("desk_knowledge:article", one.article_id)


@require_POST
@staff_only()
def relate(request: HttpRequest, article_id: int) -> HttpResponse:
    """Let it point to another article, or no more."""
    given = request.POST.get("other", "")
    if not given.isdecimal() or len(given) > 18:
        raise Invalid(field="other")
    move = commands.unrelate if request.POST.get("what") == "remove" else commands.relate
    move(_load(request, article_id), int(given), actor=request.actor, at=request.now)
    return redirect("desk_knowledge:article", article_id)


@require_safe
@staff_only()
def versions(request: HttpRequest, article_id: int) -> HttpResponse:
    """Two published versions side by side, line by line. SRC-2."""
    given = [request.GET.get(name, "") for name in ("a", "b")]
    numbers = [int(one) if one.isdecimal() and len(one) < 9 else 0 for one in given]
    found = queries.history_of(request.actor, article_id, *numbers)
    if found is None:
        raise Http404
    old, new = found
    changes = [
        (PART_LABELS.get(name, name), rules.compared(str(old.content.get(name) or ""), str(new.content.get(name) or "")))
        for name in KEPT_IN_VERSIONS
    ]
    context = {"article": _load(request, article_id), "old": old, "new": new, "changes": [one for one in changes if one[1]]}
    return render(request, "knowledge/desk/versions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("editor")
def themes(request: HttpRequest) -> HttpResponse:
    """The themes of articles."""
    error = ""
    if request.method == "POST":
        names = {name: request.POST.get(name, "") for name in ("name_es", "name_en")}
        try:
            if request.POST.get("theme"):
                given = request.POST["theme"]
                one = get_object_or_404(Theme, pk=int(given) if given.isdecimal() and len(given) < 18 else 0)
                commands.rename_theme(one, **names, actor=request.actor, at=request.now)
            else:
                commands.add_theme(**names, actor=request.actor, at=request.now)
        except Invalid as wrong:
            error = str(wrong)
        else:
            return redirect("desk_knowledge:themes")
    context = {"themes": queries.themes(translation.get_language() or "es"), "error": error}
    return render(request, "knowledge/desk/themes.html", context, status=422 if error else 200)
