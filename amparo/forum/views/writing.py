"""Taking part in the forum: ask, answer, edit, thank, report, watch. ACC-2, FOR-1."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.forum import access, commands, queries, rules
from amparo.forum.forms import AliasForm, EditForm, FlagForm, MemberForm, TopicForm
from amparo.forum.models import LEVELS
from amparo.kernel.actor import VISITOR
from amparo.kernel.paths import own_path
from amparo.kernel.refusals import Invalid, LimitReached
from amparo.threads import queries as threads
from amparo.threads.commands import save_draft
from amparo.ui.views import signed_in

from . import composing, key_of, load, number, visible, visible_post, written
from .portal import page as topic_page

_FORM = ["GET", "HEAD", "POST"]


@require_http_methods(_FORM)
@signed_in
def new(request: Any) -> HttpResponse:
    """The form of a new topic, or what is missing to begin one. ACC-9."""
    actor = request.actor
    missing = access.may_take_part(actor, at=request.now)
    if missing is not None and request.method != "POST":
        return render(request, "forum/portal/new.html", {"missing": missing})
    themes, member = queries.themes(actor, access.reader(actor, at=request.now)), queries.member_of(actor)
    proposed = "" if member or actor.is_staff else rules.proposed_alias(actor.name, actor.email, actor.user_id)
    begin = {"theme": request.GET.get("theme", ""), "title": request.GET.get("title", "")[: rules.TITLE_MAX]}
    form = TopicForm(request.POST or None, themes=themes, similar=reverse("forum:similar"), proposed=proposed, initial=begin)
    error, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                topic = _asked(request, form, themes)
            except (Invalid, LimitReached) as wrong:
                error, status = _beside(form, wrong), wrong.status
            else:
                return _after(request, topic, topic.visibility)
    draft = threads.draft_of("topic:new", actor)
    kept = {"body": draft.body} if draft else None
    context = {
        "form": form, "error": error, "body": request.POST.get("body"), "missing": None, "time": queries.time_in_words(request.now),
        **composing(request, "topic:new", kept, trust=member.trust if member else None),
    }  # fmt: skip
    return render(request, "forum/portal/new.html", context, status=status)


def _asked(request: Any, form: TopicForm, themes: Any) -> Any:
    given = form.cleaned_data
    theme = next(one for one in themes if str(one.pk) == given["theme"])
    return commands.ask(theme, given["title"], written(request), kind=given["sort"], key=key_of(request), actor=request.actor, at=request.now)


def _after(request: Any, topic: Any, visibility: str) -> HttpResponse:
    if visibility == "held":
        messages.info(request, _("Thank you. A moderator looks at it first; then everybody sees it, and its promise counts from now."))
    elif request.actor.is_signed_in:
        messages.success(request, _("Published."))
    _tell_of_mask(request, topic.posts.order_by("id").first())
    return redirect("forum:topic", topic.pk)


def _tell_of_mask(request: Any, post: Any) -> None:
    """Say gently that something private was hidden before it was stored."""
    if post is not None and post.was_masked:
        messages.warning(request, _("We hid a serial, a NIC, a code or an address that stood in your text: everybody can read the forum. For private data open a ticket."))


def _beside(form: Any, wrong: Any) -> str:
    """Put a refusal beside its field; return it where it belongs to the text."""
    field = getattr(wrong, "field", None)
    if form is not None and field in form.fields:
        form.add_error(field, str(wrong))
        return ""
    return str(wrong)


@require_POST
@signed_in
def reply(request: Any, topic_id: int) -> HttpResponse:
    """Write in a topic."""
    topic = visible(request, topic_id)
    form = AliasForm(request.POST) if "alias" in request.POST else None
    try:
        post = commands.reply(topic, written(request), key=key_of(request), actor=request.actor, at=request.now)
    except (Invalid, LimitReached) as wrong:
        error = _beside(form, wrong) or _("Look at the name that you chose.")
        return topic_page(request, load(request, topic_id), error=error, body=request.POST.get("body", ""), status=wrong.status, form=form)
    _tell_of_mask(request, post)
    if post.visibility == "held":
        messages.info(request, _("Thank you. A moderator looks at it first; then everybody sees it."))
    return redirect("forum:post", post.pk)


@require_POST
@signed_in
def draft(request: Any, place: str) -> HttpResponse:
    """Keep what somebody has written and not yet sent: a topic that he may not see does not exist."""
    kind, _sep, which = place.partition(":")
    if kind != "topic" or (which != "new" and (number(which) is None or not access.may_see_id(request.actor, int(which), at=request.now))):
        raise Http404
    save_draft(place, body=request.POST.get("body", "")[: rules.BODY_MAX], actor=request.actor, at=request.now)
    return HttpResponse(status=204)


@require_http_methods(_FORM)
@signed_in
def edit(request: Any, post_id: int) -> HttpResponse:
    """Change what one wrote; the title too where it is the first post of one's topic."""
    post = visible_post(request, post_id)
    if not access.may_edit(request.actor, post, at=request.now):
        raise Http404
    topic = load(request, post.topic_id)
    is_first = topic.first_id == post.pk
    form = EditForm(request.POST or None, initial={"title": topic.title}) if is_first else None
    error, status = "", 200
    if request.method == "POST":
        try:
            if form is not None and form.is_valid() and form.cleaned_data["title"] != topic.title:
                commands.retitle(topic, form.cleaned_data["title"], actor=request.actor, at=request.now)
            saved = commands.edit(post, written(request), seen=number(request.POST.get("seen", "")), actor=request.actor, at=request.now)
        except Invalid as wrong:
            error, status = _beside(form, wrong), wrong.status
        else:
            _tell_of_mask(request, saved)
            return redirect("forum:post", post.pk)
    context = {
        "post": post, "topic": topic, "form": form, "error": error, "body": request.POST.get("body", post.body),
        **composing(request, f"post:{post.pk}", None, trust=2),
    }  # fmt: skip
    return render(request, "forum/portal/edit.html", context, status=status)


@require_POST
@signed_in
def solve(request: Any, post_id: int) -> HttpResponse:
    """Mark the solution, or take the mark away from the post that has it."""
    post = visible_post(request, post_id)
    seen = number(request.POST.get("seen", ""))
    if post.topic.solution_id == post.pk and seen == post.pk:
        commands.unsolve(post.topic, actor=request.actor, at=request.now)
    else:
        commands.solve(post, seen=seen, actor=request.actor, at=request.now)
    return redirect("forum:post", post.pk)


@require_POST
@signed_in
def thank(request: Any, post_id: int) -> HttpResponse:
    """Say that a post was useful."""
    post = commands.thank(visible_post(request, post_id), actor=request.actor, at=request.now)
    return redirect("forum:post", post.pk)


@require_http_methods(_FORM)
@signed_in
def flag(request: Any, post_id: int) -> HttpResponse:
    """Report a post to the moderators."""
    post = visible_post(request, post_id)
    form = FlagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.flag(post, form.cleaned_data["reason"], form.cleaned_data["words"], actor=request.actor, at=request.now)
        messages.success(request, _("Thank you. A moderator looks at it."))
        return redirect("forum:post", post.pk)
    return render(request, "forum/portal/flag.html", {"post": post, "form": form}, status=422 if form.errors else 200)


@require_POST
@signed_in
def watch(request: Any) -> HttpResponse:
    """Say what one wants to hear of a topic, a theme or a product."""
    target = number(request.POST.get("target", ""))
    if target is None:
        raise Http404
    commands.watch(request.POST.get("kind", "")[:10], target, request.POST.get("level", "")[:10], actor=request.actor, at=request.now)
    messages.success(request, _("Noted."))
    return redirect(own_path(request.POST.get("next", "")) or reverse("forum:home"))


@require_POST
@signed_in
def read(request: Any, topic_id: int) -> HttpResponse:
    """Remember how far somebody has read."""
    post_id = number(request.POST.get("post", ""))
    if post_id is not None:
        commands.read_up_to(visible(request, topic_id), post_id, actor=request.actor, at=request.now)
    return HttpResponse(status=204)


@require_safe
@signed_in
def proof(request: Any) -> HttpResponse:
    """The work that the browser of a new member does while he writes."""
    return JsonResponse(commands.proof_asked(actor=request.actor, at=request.now))


@require_http_methods(_FORM)
@signed_in
def me(request: Any) -> HttpResponse:
    """One's name in the forum, and what one is written to."""
    member = queries.member_of(request.actor)
    missing = access.may_take_part(request.actor, at=request.now)
    begin = {"alias": member.alias if member else rules.proposed_alias(request.actor.name, request.actor.email, request.actor.user_id), "digest": member.digest if member else "weekly"}
    form = MemberForm(request.POST or None, initial=begin)
    if request.method == "POST" and form.is_valid():
        try:
            commands.introduce(form.cleaned_data["alias"], form.cleaned_data["digest"], actor=request.actor, at=request.now)
        except Invalid as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))
        else:
            messages.success(request, _("Saved."))
            return redirect("forum:me")
    context = {"form": form, "member": member, "missing": missing, "watches": queries.watches_of(request.actor, at=request.now), "levels": LEVELS}
    return render(request, "forum/portal/me.html", context, status=422 if form.errors else 200)


@csrf_exempt  # a mail program posts here by itself; the signed word is the right (RFC 8058)
@require_http_methods(_FORM)
def leave(request: HttpRequest, word: str) -> HttpResponse:
    """Stop what a letter came for, without signing in: looking changes nothing, one press or the mail program does it. FOR-1."""
    found = queries.left_by(word)
    if found is None:
        raise Http404
    user_id, what = found
    if request.method == "POST":
        commands.unsubscribe(user_id, what, actor=VISITOR, at=request.now)  # type: ignore[attr-defined]
    return render(request, "forum/portal/leave.html", {"what": what, "done": request.method == "POST"})
