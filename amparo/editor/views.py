"""The editor's form: what somebody wrote alone another publishes, and nothing that was typed is lost to an approval."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.models import Revision
from wagtail.snippets.views.snippets import CreateView, EditView

from . import access, adapters

# What a revision says of itself and not of its text: two that differ in nothing else say the same.
_BOOKKEEPING = frozenset({
    "live", "has_unpublished_changes", "first_published_at", "last_published_at", "live_revision", "latest_revision", "go_live_at",
    "expire_at", "expired", "locked", "locked_at", "locked_by", "published_at",
})  # fmt: skip


class AnotherPublishes:
    """Saves as a draft, and says so, where the setting asks for another pair of eyes. SRC-2, SEC-53."""

    request: Any
    object: Any
    model: Any

    def get_available_actions(self) -> list[str]:
        actions = list(super().get_available_actions())  # type: ignore[misc]
        if "publish" in actions and "action-publish" in self.request.POST and self._wants_another():
            actions.remove("publish")
            messages.warning(self.request, _("Saved as a draft: you wrote it, and another editor publishes it. Send it for review."))
        return actions

    def _wants_another(self) -> bool:
        thing = self.object or self.model()
        return access.wants_another(thing, adapters.actor_for(self.request.user), at=adapters.now())


class NewView(AnotherPublishes, CreateView):
    """A new thing."""


class ChangeView(AnotherPublishes, EditView):
    """The form of a thing that exists.

    Wagtail's autosave refuses (400) what would be written over a newer revision, and then saves no more. An approval or a
    publication makes a newer revision too, of the same words: there is nothing to be written over, so that what is typed
    in the page that stood open meanwhile is kept as a new draft. And it never writes over a revision that went live: what
    was approved stays as it was approved.
    """

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        given = request.POST.get("overwrite_revision_id", "")
        if not given or self.is_out_of_date or not self.latest_revision:
            return
        if given != str(self.latest_revision.pk) or given == str(self.object.live_revision_id):
            request.POST = request.POST.copy()
            del request.POST["overwrite_revision_id"]

    @cached_property
    def is_out_of_date(self) -> bool:
        return bool(super().is_out_of_date) and not self._says_the_same()

    def _says_the_same(self) -> bool:
        """True where the newest revision has the words that this page began with: nobody wrote meanwhile."""
        given = self.request.POST.get("overwrite_revision_id") or self.request.POST.get("loaded_revision_id") or ""
        begun = self.object.revisions.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
        if begun is None or begun.pk == self.latest_revision.pk:
            return False
        if not self.request.POST.get("overwrite_revision_id") and begun.created_at.isoformat() != self.request.POST.get("loaded_revision_created_at"):
            return False  # another page wrote it over since
        return _words(begun) == _words(self.latest_revision)


def _words(revision: Revision) -> dict[str, Any]:
    kept = set(revision.content_object.KEPT)
    return {name: value for name, value in revision.content.items() if name not in _BOOKKEEPING and name not in kept and f"{name}_id" not in kept}
