"""What every edited thing has, and the one step of approval. SRC-2, SRC-3."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from wagtail.actions.unpublish import UnpublishAction
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    Task,
    TaskState,
    Workflow,
    WorkflowMixin,
)

from amparo.contracts.rules.audience import AUDIENCES
from amparo.kernel.actor import Actor

from . import access, adapters

AUDIENCE_LABELS = {
    "visitor": _("Everybody"),
    "registered": _("Registered people"),
    "customer": _("Customers"),
    "licensed": _("Who has a current licence of the product"),
    "covered": _("Who has a contract in force"),
    "staff": _("Staff only"),
}
LANGUAGE_LABELS = {"es": "Español", "en": "English"}


class Edited(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, models.Model):  # type: ignore[misc]
    """Something that editors write: drafts, revisions, schedule, approval, lock and preview; published through a command.

    A row says what is published; drafts lie in revisions, so that readers ask the row alone, with `live`. When a revision
    goes live, now or at its hour, `published_hook` is called with (thing, actor=, at=): it renders, indexes, records.
    The columns named in `KEPT` belong to commands: no revision brings an old value of them back.
    """

    audience = models.CharField(
        _("who may read it"), max_length=12, default="visitor", choices=list(AUDIENCE_LABELS.items())
    )
    product = models.ForeignKey(
        "products.Product", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product"),
        help_text=_("Empty: about all products."),
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=5, default="es", choices=list(LANGUAGE_LABELS.items()))
    translation_group = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner"),
        help_text=_("Who looks after it: gets what readers say, and reviews it."),
    )  # fmt: skip
    published_at = models.DateTimeField(null=True, editable=False)

    KEPT: ClassVar[tuple[str, ...]] = ()
    published_hook: ClassVar[str] = ""  # dotted names of commands (thing, *, actor, at)
    unpublished_hook: ClassVar[str] = ""
    preview_view: ClassVar[str] = ""  # dotted name of a view (request, thing) that draws it as readers will see it
    DEFAULT_PREVIEW_SIZES = [
        {"name": "mobile", "icon": "mobile-alt", "device_width": 390, "label": _("Preview as on a telephone")},
        {"name": "desktop", "icon": "desktop", "device_width": 1280, "label": _("Preview as on a desk")},
    ]

    class Meta:
        abstract = True

    def clean(self) -> None:
        """A thing is published once a language: the other one is named beside the field. SRC-2, SRC-3."""
        super().clean()
        same = type(self)._default_manager.filter(translation_group=self.translation_group, language=self.language, live=True)
        if other := same.exclude(pk=self.pk).first():
            raise ValidationError({"language": _("«%(title)s» is published in this language already.") % {"title": other}})

    @property
    def preview_sizes(self) -> list[dict[str, Any]]:
        return self.DEFAULT_PREVIEW_SIZES

    @classmethod
    def get_default_workflow(cls) -> Workflow | None:
        """One approval for everything that is edited: the first that is active."""
        return Workflow.objects.active().order_by("pk").first()

    def with_content_json(self, content: Any) -> Any:
        """Return the thing as a revision has it, with what belongs to the row and not to its text as it is now."""
        revised = super().with_content_json(content)
        for name in ("translation_group", "published_at", *self.KEPT):
            setattr(revised, name, getattr(self, name))
        return revised

    def publish(self, revision: Any, user: Any = None, *args: Any, **kwargs: Any) -> None:
        """Publish a revision, or keep it for its hour; what goes live is handed to the app's command."""
        self.publish_at(revision, adapters.actor_for(user), adapters.now(), *args, user=user, **kwargs)

    def publish_at(self, revision: Any, actor: Actor, at: datetime, *args: Any, **kwargs: Any) -> None:
        """As `publish`, by somebody and at a moment that the caller names."""
        with transaction.atomic():
            super().publish(revision, *args, **kwargs)
            stored = type(self)._default_manager.select_related("product").get(pk=self.pk)
            if stored.live and stored.live_revision_id == revision.pk:
                import_string(self.published_hook)(stored, actor=actor, at=at)

    def unpublish(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        """Take it back from its readers; the app's command is told."""
        self.unpublish_at(adapters.actor_for(user), adapters.now(), *args, user=user, **kwargs)

    def unpublish_at(self, actor: Actor, at: datetime, *args: Any, **kwargs: Any) -> None:
        """As `unpublish`, by somebody and at a moment that the caller names."""
        with transaction.atomic():
            UnpublishAction(self, *args, **kwargs).execute(skip_permission_checks=True)  # who may was asked before
            stored = type(self)._default_manager.select_related("product").get(pk=self.pk)
            import_string(self.unpublished_hook)(stored, actor=actor, at=at)

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        return adapters.preview(import_string(self.preview_view), request, self)


class ReviewByAnother(Task):
    """A step of approval: any editor but the one who asked for it."""

    class Meta:
        verbose_name = _("Review by another editor")
        verbose_name_plural = _("Reviews by another editor")

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        if not self._may_review(obj, user):
            return []
        return [("reject", _("Ask for changes"), True), ("approve", _("Approve"), False)]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> models.QuerySet[TaskState]:
        if not access.may_edit(adapters.actor_for(user)):
            return TaskState.objects.none()
        waiting = TaskState.objects.filter(task=self, status=TaskState.STATUS_IN_PROGRESS)
        return waiting.exclude(workflow_state__requested_by=user)

    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> None:
        """The editor's pages offer the step to others only; who asked by hand is refused here. SEC-53."""
        if not self._may_review(task_state.workflow_state.content_object, user):
            raise access.OWN_WORK
        super().on_action(task_state, user, action_name, **kwargs)

    def _may_review(self, obj: Any, user: Any) -> bool:
        state = obj.current_workflow_state
        asked = state.requested_by_id if state is not None else None
        if not access.may_edit(adapters.actor_for(user)) or asked == user.pk:
            return False
        return not access.wants_another(obj, adapters.actor_for(user), at=adapters.now())

    @classmethod
    def get_description(cls) -> Any:
        return _("Any editor but the one who asked for it approves.")


AUDIENCES_HERE = tuple(AUDIENCE_LABELS)
assert AUDIENCES_HERE == AUDIENCES
