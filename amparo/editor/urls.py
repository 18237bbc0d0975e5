"""The addresses of the editor: of all that Wagtail brings, those that are named here; everything else does not exist.

A name that Wagtail's pages link to stays known and leads to our own page, or nowhere (404). SEC-1, SEC-53.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import update_wrapper
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from wagtail.admin import urls as of_wagtail
from wagtail.admin.api import urls as api

from amparo.ui.views import View, staff_only

from .access import EDITABLE, EDITOR
from .adapters import CONTENT_POLICY

PLACES = frozenset({
    "wagtailadmin_sprite", "wagtailadmin_javascript_catalog", "wagtailadmin_dismissibles",
    "wagtailadmin_editing_sessions:ping", "wagtailadmin_editing_sessions:release",
})  # fmt: skip
OF_THINGS = frozenset({
    "list", "list_results", "add", "edit", "history", "history_results", "preview_on_add", "preview_on_edit",
    "revisions_view", "revisions_revert", "revisions_compare", "revisions_unschedule", "unpublish", "lock", "unlock",
    "workflow_action", "collect_workflow_action_data", "confirm_workflow_cancellation", "workflow_history",
    "workflow_history_detail", "workflow_preview",
})  # fmt: skip
OF_CHOOSERS = frozenset({"choose", "choose_results", "chosen", "chosen_multiple"})
# What we have pages of our own for.
OURS = {
    "wagtailadmin_login": "account_login", "wagtailadmin_logout": "account_logout", "wagtailadmin_account": "people:profile",
}  # fmt: skip


def is_open(name: str) -> bool:
    """True for an address that stays: a place of the editor, or one of a thing that editors edit."""
    space, _sep, last = name.rpartition(":")
    models = {one.partition(".")[2] for one in EDITABLE}
    if space in {f"editor_{model}" for model in models}:
        return last in OF_THINGS
    if space in {f"editor_choose_{model}" for model in models}:
        return last in OF_CHOOSERS
    return name in PLACES


def _gone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    raise Http404


def _home(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The list of what stands first in the menu: there is no page of pages."""
    first = min(EDITABLE, key=lambda model: EDITABLE[model])
    return HttpResponseRedirect(reverse(f"editor_{first.partition('.')[2]}:list"))


def _leading_to(name: str) -> View:
    def lead(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse(name))

    return lead


def _guarded(view: View) -> View:
    @staff_only(EDITOR)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        return response

    return update_wrapper(enter, view)


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Return every address of Wagtail with its full name."""
    yield from _walk(of_wagtail.urlpatterns, "")


def _walk(found: list[Any], space: str) -> Iterator[tuple[str, URLPattern]]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name or ''}", one


def _missing(name: str) -> URLResolver:
    """Wagtail's pages name the lists of documents and images also where there are none."""
    return path(f"{name}/", include(([path("", _gone, name="listing")], name)))


def _view_of(name: str, of_wagtail_itself: View) -> View:
    if name == "wagtailadmin_home":
        return _home
    if name in OURS:
        return _leading_to(OURS[name])
    return of_wagtail_itself if is_open(name) else _gone


def _close() -> list[Any]:
    api.urlpatterns[0].url_patterns.extend([_missing("documents"), _missing("images")])
    for name, pattern in patterns():
        pattern.callback = _guarded(_view_of(name, pattern.callback))
    return of_wagtail.urlpatterns


urlpatterns = _close()
