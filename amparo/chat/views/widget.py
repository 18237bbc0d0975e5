"""The widget on sites of the vendor's own: its script, its frame, and the chat within, known by a pass and never by a cookie. CHT-1, SEC-35, SEC-42."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from amparo.chat import access, commands, queries
from amparo.chat import views as shared
from amparo.chat.models import Site
from amparo.files import queries as file_queries
from amparo.files import views as files
from amparo.kernel.refusals import Refusal
from amparo.ui.middleware import policy

from . import portal

HEAD = "chat/widget/_head.html"
PASS = "X-Chat-Pass"  # noqa: S105 the name of a header
View = Callable[..., HttpResponseBase]


def _site(public_id: str) -> Site:
    site = queries.site_by_id(public_id)
    if site is None:
        raise Http404
    return site


def _to(site_id: str) -> shared.To:
    return lambda name, *rest: reverse(f"chat:widget_{name}", args=[site_id, *rest])


def by_pass(view: View) -> View:
    """Let in whoever holds a pass of this very site; the reader's own session, if he has one, counts for nothing here. SEC-6."""

    @csrf_exempt  # a pass is sent by our frame's script alone: no other page can set the header
    @wraps(view)
    def guarded(request: HttpRequest, site_id: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor, site = queries.who_has(request.headers.get(PASS, ""), at=request.now)
        if site is None or site.public_id != site_id or not actor.is_contact:
            return JsonResponse({"error": "pass"}, status=401)
        request.actor = actor
        with translation.override(actor.language):
            response = view(request, site, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    return guarded


@require_safe
@cache_control(max_age=300, public=True)
def script(request: HttpRequest, site_id: str) -> HttpResponse:
    """The one script that a site includes: a button and the frame. It holds no secret and nothing of anybody."""
    site = _site(site_id)
    context = {
        "origin": settings.PUBLIC_URL, "frame_url": settings.PUBLIC_URL + reverse("chat:widget", args=[site.public_id]), "origins": site.origins,
        "sentences": {code[:2]: _sentences(code) for code, _name in settings.LANGUAGES}, "language": settings.LANGUAGE_CODE[:2],
    }  # fmt: skip
    answer = render(request, "chat/widget/script.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _sentences(language: str) -> dict[str, str]:
    """What the script itself says on the site's page, in the language of that page."""
    with translation.override(language):
        return {
            "shut": _("Close: %(name)s") % {"name": "%s"}, "unread": _("%(name)s, not read: %(count)s") % {"name": "%s", "count": "%d"},
            "origin": _("The chat cannot be shown here: %(address)s is not among the addresses of this site. Whoever sets up the chat adds it under «Sites with the widget».") % {"address": "%s"},
        }  # fmt: skip


def _spoken(language: str) -> str | None:
    """Return the language of the page around the frame; a chat then speaks its reader's own."""
    return next((code for code, _name in settings.LANGUAGES if code[:2] == language[:2]), get_language())


@require_safe
def frame(request: HttpRequest, site_id: str) -> HttpResponse:
    """The frame: what anybody may do, until the site hands its reader over. Only the site's own pages may show it. SEC-35."""
    site = _site(site_id)
    with translation.override(_spoken(request.GET.get("language", ""))):
        answer = render(request, "chat/widget/frame.html", {"site": site, "to": _to(site.public_id), "module": static("chat/frame.js")})
    nonce = request.csp_nonce()
    answer["Content-Security-Policy"] = policy(nonce).replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(site.origins)}")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@csrf_exempt
@require_POST
def enter(request: HttpRequest, site_id: str) -> HttpResponse:
    """Take the site's signed word of who its reader is, once; answer with the pass of this frame. SEC-42."""
    try:
        token, _given = commands.enter(_site(site_id), request.POST.get("word", ""), at=request.now)
    except Refusal as refusal:
        with translation.override(_spoken(request.POST.get("language", ""))):
            return JsonResponse({"error": refusal.code, "sentence": str(refusal)}, status=refusal.status)
    return JsonResponse({"pass": token})


@by_pass
@require_safe
def room(request: HttpRequest, site: Site) -> HttpResponse:
    """The reader's live chat, or the door to one."""
    return _room(request, site)


def _room(request: HttpRequest, site: Site, **more: Any) -> HttpResponse:
    live = access.visible_to(request.actor).filter(contact_id=request.actor.user_id).exclude(state="ended").first()
    to = _to(site.public_id)
    if live is None:
        asked = shared.number(request, "chat")
        mine = access.visible_to(request.actor).filter(contact_id=request.actor.user_id, pk=asked).first() if asked else None
        if mine is None:
            return render(request, "chat/widget/_door.html", portal.door(request, request.actor, **more) | {"to": to})
        live = mine
    page = shared.page_or_404(request, live.pk)
    context = shared.context_of(request, page, to) | {"asked": shared.asked_context(request, page, to), "refusal": None, "error": "", **shared.writing(request, page), **more}
    return render(request, "chat/widget/_chat.html", context)


@by_pass
@require_POST
def new(request: HttpRequest, site: Site) -> HttpResponse:
    """Open a chat from a site."""
    body = request.POST.get("body", "")
    try:
        commands.open_chat(
            body, product_id=shared.number(request, "product") or None, site=site, **shared.posted(request), actor=request.actor, at=request.now
        )
    except Refusal as refusal:
        return _room(request, site, error=str(refusal), body=body)
    return _room(request, site)


@by_pass
@require_POST
def upload(request: HttpRequest, site: Site) -> HttpResponse:
    """Take one file for what is written next: the same limits and the same look for viruses as everywhere. SEC-26, SEC-27."""
    return files.receive(request, files.keep)


@by_pass
@require_POST
def discard(request: HttpRequest, site: Site, public_id: str) -> HttpResponse:
    """Drop a file that was not sent."""
    return files.drop(request, public_id)


@by_pass
@require_safe
def file(request: HttpRequest, site: Site, public_id: str, name: str) -> HttpResponseBase:
    """Give out a file of a chat that the reader sees: an attachment that runs nowhere, or our rendering of a picture. ACC-11, SEC-25."""
    found = file_queries.find(public_id)
    if found is None or not found.subject.startswith("chat:"):
        raise Http404
    return files.serve(request, public_id, name)


@by_pass
@require_POST
def events(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """What came since a number; who asks is there, which is noted: so it is no GET. CHT-1, SEC-34."""
    commands.looked(chat_id, actor=request.actor, at=request.now)
    return shared.envelope(request, chat_id, _to(site.public_id), template=HEAD)


@by_pass
@require_POST
def say(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """Say something."""
    try:
        commands.say(
            shared.load(request, chat_id), request.POST.get("body", ""), **shared.posted(request), actor=request.actor, at=request.now
        )
    except Refusal as refusal:
        return shared.no(refusal)
    return shared.envelope(request, chat_id, _to(site.public_id), template=HEAD)


@by_pass
@require_POST
def read(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """Note what was read."""
    return shared.read(request, chat_id)


@by_pass
@require_POST
def typing(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """Tell that one types."""
    return shared.typing(request, chat_id)


@by_pass
@require_POST
def end(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """End a chat; its transcript stays in sight."""
    commands.end(shared.load(request, chat_id), actor=request.actor, at=request.now)
    return JsonResponse({"chat": chat_id})


@by_pass
@require_POST
def become(request: HttpRequest, site: Site, chat_id: int, what: str) -> HttpResponse:
    """Leave a chat as a ticket or a case; its page opens on our side, where one signs in. CHT-2."""
    loaded = shared.load(request, chat_id)
    try:
        if what == "ticket":
            made = commands.become_ticket(loaded, "", key=shared.key_of(request), actor=request.actor, at=request.now)
            return JsonResponse({"open": reverse("tickets:ticket", args=[made.pk]), "chat": chat_id})
        if what != "case":
            raise Http404
        case = commands.become_case(loaded, "", ends=True, key=shared.key_of(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        return shared.no(refusal)
    return JsonResponse({"open": reverse("cases:case", args=[case.pk]), "chat": chat_id})


@by_pass
@require_safe
def asked(request: HttpRequest, site: Site, chat_id: int) -> HttpResponse:
    """What the chat's case asks now."""
    page, to = shared.page_or_404(request, chat_id), _to(site.public_id)
    return render(request, "chat/portal/_asked.html", {"asked": shared.asked_context(request, page, to), "refusal": None, "to": to, "page": page})


@by_pass
@require_POST
def act(request: HttpRequest, site: Site, chat_id: int, what: str, need_id: int = 0, choice: str = "") -> HttpResponse:
    """Answer in the chat what its case asks. CHG-1, CAS-4."""
    try:
        portal.answer_case(request, shared.load(request, chat_id), what, need_id, choice)
    except Refusal as refusal:
        return shared.no(refusal)
    return JsonResponse({"chat": chat_id})
